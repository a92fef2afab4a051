// What a phone downloads, held against its limits: gzipped JavaScript and CSS up to the first screen, and in all.
// To the first screen count what index.html names, what those files import at once, and the worker, whose start the
// first screen after unlocking waits for. The WASM has a limit of its own.
import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';

const FIRST_KB = 120;
const ALL_KB = 280;

const dist = process.argv[2] ?? 'dist';
const assets = join(dist, 'assets');
const text = (name) => readFileSync(join(assets, name), 'utf8');
const gzipped = (bytes) => gzipSync(bytes, { level: 9 }).length;

const names = readdirSync(assets).filter((name) => /\.(?:js|css)$/.test(name));
const shell = readdirSync(dist).filter((name) => /\.js$/.test(name));
const first = new Set();
function take(name) {
  if (first.has(name) || !names.includes(name)) return;
  first.add(name);
  if (!name.endsWith('.js')) return;
  for (const [, path] of text(name).matchAll(/(?:\bfrom|\bimport)\s*["']\.\/([\w.-]+\.js)["']/g)) take(basename(path));
}
for (const [, path] of readFileSync(join(dist, 'index.html'), 'utf8').matchAll(/(?:src|href)="\.\/assets\/([\w.-]+)"/g)) take(path);
for (const name of names) if (/^worker-/.test(name)) take(name);
if (![...first].some((name) => name.startsWith('index-')) || ![...first].some((name) => name.startsWith('worker-'))) {
  throw new Error('index.html names no script, or the worker is missing: the bundle is not what this measures');
}

const sum = (list) => list.reduce((total, bytes) => total + bytes, 0) / 1000;
const firstKb = sum([...first].map((name) => gzipped(text(name))));
const allKb = sum([...names.map((name) => gzipped(text(name))), ...shell.map((name) => gzipped(readFileSync(join(dist, name))))]);
console.log(`gzipped JavaScript and CSS: ${firstKb.toFixed(1)} KB to the first screen (at most ${FIRST_KB}), ${allKb.toFixed(1)} KB in all (at most ${ALL_KB})`);
if (firstKb > FIRST_KB || allKb > ALL_KB) {
  console.error('error: the app has outgrown what a phone should download; load what the first screen does not need later');
  process.exit(1);
}
