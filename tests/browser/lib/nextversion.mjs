// The next version of the app: the same build under other asset names, so that nothing of the old one is served.
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const TEXT = /\.(js|css|html|webmanifest)$/;

/** Turns the build in `folder` into its next version, whose page says so in a meta element. */
export function makeNextVersion(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  for (const path of paths.filter((path) => /\.(br|gz)$/.test(path))) rmSync(path);
  const assets = readdirSync(join(folder, 'assets'));
  const renamed = assets.map((name) => [name, name.replace(/(\.[a-z]+)$/, '.next$1')]);
  for (const path of paths.filter((path) => TEXT.test(path))) {
    let text = readFileSync(path, 'utf8');
    for (const [before, after] of renamed) text = text.replaceAll(before, after);
    if (basename(path) === 'index.html') text = text.replace('<head>', '<head><meta name="version" content="next">');
    if (basename(path) === 'sw.js') text = text.replace(/("index\.html",revision:")[^"]*/, '$1next');
    writeFileSync(path, text);
  }
  for (const [before, after] of renamed) renameSync(join(folder, 'assets', before), join(folder, 'assets', after));
  return assets;
}

/** What the page says of its version; null for the first. */
export const versionOf = (tab) =>
  tab.evaluate(() => document.querySelector('meta[name="version"]')?.getAttribute('content') ?? null);
