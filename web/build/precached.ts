// A build whose service worker does not precache the WASM fails: without it the app would open online and be dead on a
// train.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Plugin } from 'vite';

export function wasmMustBePrecached(): Plugin {
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
