// A build whose service worker does not precache the WASM fails: without it the app would open online and be dead on a
// train.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';
import { afterBuild } from './after.ts';

export function wasmMustBePrecached(): Plugin {
  return afterBuild('wasm-must-be-precached', (folder) => {
    const worker = readFileSync(join(folder, 'sw.js'), 'utf8');
    if (!/core_wasm_bg-[\w-]+\.wasm/.test(worker)) {
      throw new Error('the service worker does not precache the WASM of the core; the app would not open offline');
    }
  });
}
