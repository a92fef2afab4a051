// The build of the app. A build whose service worker does not precache the WASM fails: without it the app would
// open online and be dead on a train.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';

function wasmMustBePrecached(): Plugin {
  let out = '';
  return {
    name: 'wasm-must-be-precached',
    apply: 'build',
    enforce: 'post',
    configResolved(config) {
      out = resolve(config.root, config.build.outDir);
    },
    closeBundle: {
      order: 'post',
      sequential: true,
      handler() {
        const worker = readFileSync(resolve(out, 'sw.js'), 'utf8');
        if (!/core_wasm_bg-[\w-]+\.wasm/.test(worker)) {
          throw new Error('the service worker does not precache the WASM of the core; the app would not open offline');
        }
      },
    },
  };
}

export default defineConfig({
  base: './',
  plugins: [
    svelte(),
    VitePWA({
      // The page decides when a new version takes over: never under a live page.
      registerType: 'prompt',
      injectRegister: false,
      // The manifest is the UI's own file in public/.
      manifest: false,
      workbox: {
        globPatterns: ['**/*.{js,css,html,wasm,svg,png,ico,webmanifest,woff2}'],
        maximumFileSizeToCacheInBytes: 8 * 1024 * 1024,
        navigateFallback: 'index.html',
        navigateFallbackDenylist: [/\/api\//, /\/healthz$/, /\/readyz$/],
        cleanupOutdatedCaches: true,
        clientsClaim: false,
        skipWaiting: false,
      },
    }),
    wasmMustBePrecached(),
  ],
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    // Bytes of a data: URL are not cached, and a policy without data: refuses them.
    assetsInlineLimit: 0,
    reportCompressedSize: true,
  },
  server: {
    proxy: { '/api': { target: 'http://localhost:8787', ws: true } },
  },
});
