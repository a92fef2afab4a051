// The build of the app.
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';
import { compressed } from './build/compress.ts';
import { wasmMustBePrecached } from './build/precached.ts';

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
        // The first page, too, is served by the worker as soon as that has everything. A newer one waits for the person.
        clientsClaim: true,
        skipWaiting: false,
        // What is done with a push message.
        importScripts: ['push.js'],
      },
    }),
    wasmMustBePrecached(),
    compressed(),
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
