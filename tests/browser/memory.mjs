// What a tab takes with somebody's whole vault in it: `node tests/browser/memory.mjs URL WAY WORD…`, the 24 words of the vault on
// standard input. A fresh profile joins the vault at URL, with a `passkey` or a `passphrase`, takes everything in, is opened again, goes through the screens and
// searches for each WORD. What was seen is the last line, JSON, in bytes and milliseconds; `./dev bench tab` reads it.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addAuthenticator, launchOn, Tab } from './lib/chromium.mjs';
import { askCore } from './lib/core.mjs';
import { Isolates, Renderer, SWITCHES } from './lib/memory.mjs';
import { Person } from './lib/person.mjs';
import { until } from './lib/wait.mjs';
import { t } from './lib/words.mjs';

/** Between two looks while everything comes. */
const LOOK_MS = 250;
const PATIENCE_MS = 15 * 60_000;
const HITS = 20;
/** Every screen that the tabs at the bottom lead to; the last one is where a person looks first. */
const SCREENS = ['habits', 'tasks', 'settings', 'today'];

const began = performance.now();
const tell = (what) => console.error(`          [${((performance.now() - began) / 1000).toFixed(1)} s] ${what}`);
const timed = async (work) => {
  const from = performance.now();
  await work();
  return performance.now() - from;
};

/** The most after a collection, with the sizes of what is in it. */
async function weigh(what, renderer, page) {
  const isolates = await Isolates.of(page);
  await isolates.collect();
  const seen = { pss: await renderer.most(), ...(await isolates.sizes()) };
  const mib = (bytes) => (bytes / 2 ** 20).toFixed(1);
  tell(`${what}: ${mib(seen.pss)} MiB; JavaScript ${mib(seen.page)} + ${mib(seen.workers)}, WASM ${mib(seen.wasm)}`);
  return seen;
}

/** Until everything was received and the index of search is made. */
async function untilWhole(person, renderer) {
  await person.untilSynced();
  tell('everything was received');
  await until('the index of search is made', async () => (await search(person.tab, 'a')).ready, PATIENCE_MS);
  await renderer.rest(PATIENCE_MS);
}

const search = (tab, text) => askCore(tab, { search: { text, records: [], trash: true, limit: HITS } });

async function lookAround(person, way) {
  if (way === 'passkey') await person.tap('button', t.unlock.passkey);
  else await person.unlock();
  await person.tab.see('heading', t.today.habits);
  for (const screen of SCREENS) await person.go(screen);
  await person.tab.see('heading', t.today.habits);
}

/** Types all words where a person searches, and leaves what the last one finds on the screen. */
async function searchAll(person, words) {
  const { tab } = person;
  let found = 0;
  await person.search('');
  for (const word of words) {
    await tab.fill(t.find.ask, word);
    // Asked after the screen asked, so that its own answer has come before this one.
    const { matches, ready } = await search(tab, word);
    if (!ready) throw new Error('the index of search is not whole');
    if (matches.length > 0) found += 1;
    await tab.page.getByRole('option').first().waitFor();
  }
  if (found < words.length / 2) throw new Error(`${found} of ${words.length} searches found something`);
}

async function measure(context, { url, way, words, phrase }) {
  const renderer = new Renderer(context);
  const [page] = context.pages();
  const blank = await weigh('a blank page', renderer, page);
  const tab = new Tab(page);
  page.setDefaultTimeout(PATIENCE_MS);
  const person = new Person(tab);
  if (way === 'passkey') await addAuthenticator(tab, { prf: true });
  await tab.open(url);
  const joined = {};
  const { most: peak } = await renderer.during(LOOK_MS, async () => {
    joined.ms = await timed(async () => {
      await person.join(phrase, way);
      tell('joined');
      await untilWhole(person, renderer);
    });
  });
  const first = await weigh('after the first sync', renderer, page);
  await tab.reload();
  const unlocked = await timed(() => lookAround(person, way));
  await searchAll(person, words);
  await renderer.rest(PATIENCE_MS);
  const again = await weigh('opened again, searched', renderer, page);
  const { documents, rows, problems } = await askCore(tab, 'verify');
  if (problems.length > 0) throw new Error(problems.join('\n'));
  if (tab.faults.length > 0) throw new Error(tab.faults.join('\n'));
  return { browser: context.browser()?.version(), blank, peak, first, again, documents, rows, joined: joined.ms, unlocked };
}

const [url, way, ...words] = process.argv.slice(2);
if (!['passkey', 'passphrase'].includes(way) || words.length === 0) {
  throw new Error('memory.mjs URL passkey|passphrase WORD…, and the words of the vault on standard input');
}
const phrase = readFileSync(0, 'utf8').trim();
const profile = mkdtempSync(join(tmpdir(), 'lifeos-memory-'));
const context = await launchOn(profile, {}, SWITCHES);
try {
  console.log(JSON.stringify(await measure(context, { url, way, words, phrase })));
} finally {
  await context.close();
  rmSync(profile, { recursive: true, force: true });
}
