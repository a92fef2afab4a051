// What is done to a bundle once everything is written, the service worker included.
import { resolve } from 'node:path';
import type { Plugin } from 'vite';

/** A plugin that is given the folder of the finished build. Those listed later run later. */
export function afterBuild(name: string, run: (folder: string) => void): Plugin {
  let out = '';
  return {
    name,
    apply: 'build',
    enforce: 'post',
    configResolved(config) {
      out = resolve(config.root, config.build.outDir);
    },
    closeBundle: { order: 'post', sequential: true, handler: () => run(out) },
  };
}
