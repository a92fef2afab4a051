// The words on the screens, from the catalogues themselves: a story breaks when a screen changes, not when a word does.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { load, web } from './programs.mjs';

const { runnerImport } = await import(pathToFileURL(load.resolve('vite')).href.replace(/index\.cjs$/, 'dist/node/index.js'));
const strings = join(web, 'src/strings');
const module = async (name) => (await runnerImport(join(strings, name), { configFile: false, logLevel: 'error' })).module;
const [{ format }, { en }, { ar }] = await Promise.all(['format.ts', 'en/index.ts', 'ar/index.ts'].map(module));

/** English, as the browsers of the stories show it. */
export const LOCALE = 'en-GB';
export const t = en(format(LOCALE));
export const arabic = ar(format('ar-u-nu-latn'));
