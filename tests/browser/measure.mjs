// How the app feels with a year in it: the first screen after unlocking, the largest paint, the longest task of the
// main thread. `node tests/browser/measure.mjs [rounds]`; a measurement, not a test: it asserts nothing, and prints every round.
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { addAuthenticator, launch, newProfile, newTab } from './lib/chromium.mjs';
import { begins } from './lib/names.mjs';
import { Person } from './lib/person.mjs';
import { builtApp, program, run } from './lib/programs.mjs';
import { Relay } from './lib/relay.mjs';
import { t } from './lib/words.mjs';

const ROUNDS = Number(process.argv[2] ?? 5);
const PASSPHRASE = 'a desk of plain oak';
const JOIN_MS = 180_000;

/** A desktop that lived a year, and its words. */
async function livedYear(folder, relay) {
  const home = join(folder, 'home');
  const env = { ...process.env, LIFEOS_PASSPHRASE: PASSPHRASE };
  const said = await run(program('life-year'), ['--home', home, '--relay', relay.url, '--seed', '1'], { env });
  console.log(said.trim().split('\n').at(-1));
  await run(program('lifeos'), ['sync'], { env: { ...env, LIFEOS_HOME: home } });
  return /^phrase: (.+)$/m.exec(said)[1];
}

/** Every task of the page's main thread in a trace, in milliseconds with what it was. */
function tasksOf(trace, origin) {
  const { traceEvents } = JSON.parse(trace.toString());
  const frames = traceEvents.filter((event) => event.name === 'FrameCommittedInBrowser' && event.args?.data?.url?.startsWith(origin));
  const pages = new Set(frames.map((event) => event.args.data.processId ?? event.pid));
  const main = traceEvents.filter((event) => event.name === 'thread_name' && event.args?.name === 'CrRendererMain');
  const threads = new Set(main.filter((event) => pages.size === 0 || pages.has(event.pid)).map((event) => `${event.pid}.${event.tid}`));
  const tasks = traceEvents.filter((event) => event.name === 'RunTask' && event.ph === 'X' && threads.has(`${event.pid}.${event.tid}`));
  if (tasks.length === 0) throw new Error('the trace holds no task of the page');
  return tasks.map((event) => event.dur / 1000).sort((a, b) => b - a);
}

const now = (tab) => tab.evaluate(() => performance.now());
const largestPaint = (tab) =>
  tab.evaluate(
    () =>
      new Promise((resolve) => {
        let last = null;
        new PerformanceObserver((list) => {
          last = list.getEntries().at(-1);
          resolve(last.startTime);
        }).observe({ type: 'largest-contentful-paint', buffered: true });
      }),
  );

async function measure(browser, person, origin) {
  const { tab } = person;
  await browser.startTracing(tab.page, { categories: ['toplevel', 'devtools.timeline', 'disabled-by-default-devtools.timeline'] });
  await tab.reload();
  await tab.see('heading', t.unlock.title);
  const cover = await largestPaint(tab);
  const tapped = await now(tab);
  await person.tap('button', t.unlock.passkey);
  await tab.see('heading', t.today.habits);
  const first = (await now(tab)) - tapped;
  const unlocked = tasksOf(await browser.stopTracing(), origin);

  await browser.startTracing(tab.page, { categories: ['toplevel', 'devtools.timeline', 'disabled-by-default-devtools.timeline'] });
  await person.go('habits');
  await person.go('tasks');
  await tab.page.mouse.wheel(0, 4_000);
  await person.go('today');
  await tab.see('heading', t.today.habits);
  const used = tasksOf(await browser.stopTracing(), origin);
  return { cover, first, unlocking: unlocked[0], using: used[0] };
}

const folder = mkdtempSync(join(tmpdir(), 'lifeos-measure-'));
const relay = await Relay.on('sqlite', folder, builtApp());
const browser = await launch();
try {
  const phrase = await livedYear(folder, relay);
  const context = await newProfile(browser);
  const tab = await newTab(context);
  await addAuthenticator(tab, { prf: true });
  await tab.open(relay.url);
  const person = new Person(tab, {});
  tab.page.setDefaultTimeout(JOIN_MS);
  const began = Date.now();
  await person.join(phrase, 'passkey');
  await tab.see('link', begins(t.sync.synced));
  console.log(`joined a year: in step after ${((Date.now() - began) / 1000).toFixed(1)} s`);
  await person.untilInstalled();
  console.log(`${cpus().length} cores, ${cpus()[0].model.trim()}, Chromium ${browser.version()}; milliseconds`);
  console.log('round  largest paint of the cover  tap to first screen  longest task, unlocking  longest task, going about');
  for (let round = 1; round <= ROUNDS; round += 1) {
    const { cover, first, unlocking, using } = await measure(browser, person, relay.url);
    const cell = (value, width) => value.toFixed(0).padStart(width);
    console.log(`${cell(round, 5)}${cell(cover, 29)}${cell(first, 21)}${cell(unlocking, 25)}${cell(using, 28)}`);
  }
} finally {
  await browser.close();
  await relay.end();
  rmSync(folder, { recursive: true, force: true });
}
