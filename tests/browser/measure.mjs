// How the app feels with five years in it, on a phone's screen: `node tests/browser/measure.mjs [--rounds N] [--slower N] [--keep FILE]`.
// A measurement, not a test: it asserts nothing, and prints medians with the lowest and the highest. `--slower 4` has the
// browser slow the main thread down so many times; `--keep` writes the last round's trace, with a profile, for DevTools.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { addAuthenticator, launch, newProfile, newTab } from './lib/chromium.mjs';
import { Home } from './lib/home.mjs';
import { Person } from './lib/person.mjs';
import { builtApp } from './lib/programs.mjs';
import { Relay } from './lib/relay.mjs';
import { livedFiveYears, spread, Walk } from './lib/years.mjs';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' }, slower: { type: 'string', default: '1' }, keep: { type: 'string' } } });
const [rounds, slower] = [Number(values.rounds), Number(values.slower)];
if (!Number.isInteger(rounds) || rounds < 1 || !(slower >= 1)) throw new Error('--rounds and --slower are numbers from 1');

async function slow(page) {
  const tools = await page.context().newCDPSession(page);
  await tools.send('Emulation.setCPUThrottlingRate', { rate: slower });
}

/** The rounds' figures by name. */
function together(all) {
  const rows = new Map();
  for (const { drawn, tasks } of all) {
    const longest = tasks.flatMap(({ name, ms, own }) => [[`longest task, ${name}`, ms], [`longest task, ${name}, its own work`, own]]);
    const named = [...Object.entries(drawn), ...longest];
    for (const [name, ms] of named) rows.set(name, [...(rows.get(name) ?? []), ms]);
  }
  return rows;
}

const folder = mkdtempSync(join(tmpdir(), 'lifeos-measure-'));
const relay = await Relay.on('sqlite', folder, builtApp());
const browser = await launch();
try {
  const tab = await newTab(await newProfile(browser));
  await addAuthenticator(tab, { prf: true });
  await tab.open(relay.url);
  const person = new Person(tab);
  const took = await livedFiveYears(person, new Home(folder), relay, folder);
  console.log(Object.entries(took).map(([what, s]) => `${what} ${s.toFixed(1)} s`).join(', '));
  console.log(`${cpus().length} cores, ${cpus()[0].model.trim()}, Chromium ${browser.version()}, ${slower} times slower; milliseconds`);
  await slow(tab.page);
  const walk = await Walk.of(person, browser, relay.url);
  const all = [];
  for (let round = 1; round <= rounds; round += 1) {
    const { trace, ...seen } = await walk.once(values.keep !== undefined);
    if (values.keep !== undefined) writeFileSync(values.keep, trace);
    all.push(seen);
    for (const { name, ms, own, what } of seen.tasks) console.error(`round ${round}, ${name}: ${ms.toFixed(0)}, own work ${own.toFixed(0)} (${what})`);
  }
  for (const [name, times] of together(all)) {
    const { least, median, most } = spread(times);
    console.log(`| ${name} | ${median.toFixed(0)} | ${least.toFixed(0)} .. ${most.toFixed(0)} |`);
  }
} finally {
  await browser.close();
  await relay.end();
  rmSync(folder, { recursive: true, force: true });
}
