// The same build around a page without screens, for stories of the core in `tests/browser`.
import { fileURLToPath } from 'node:url';
import { mergeConfig } from 'vite';
import config from './vite.config.ts';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default mergeConfig(config, {
  root: at('../tests/browser/harness'),
  publicDir: false,
  resolve: { alias: { 'workbox-window': at('./node_modules/workbox-window') } },
  cacheDir: at('./node_modules/.vite-harness'),
  build: { outDir: at('./node_modules/.harness'), emptyOutDir: true },
});
