// A phone with five years in it, and a walk through them whose every step is timed: by what is drawn and by the tasks of
// the main thread. Elements are found by plain selectors: a driver that looks for roles and names does so on the
// main thread, and would be measured along.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { askCore } from './core.mjs';
import { fiveYears } from './fiveyears.mjs';
import { longestTasks, mark, markLoads, startTrace } from './trace.mjs';
import { seconds, until, within } from './wait.mjs';
import { t } from './words.mjs';

const SEED = 1;
/** Joining takes everything in. */
const JOIN_MS = 180_000;
const WORDS = ['otter', 'Portuguese'];
/** Turns of the wheel on a long list, in pixels, and the frames between them. */
const WHEEL = { turns: 25, by: 700, ms: 60 };
const LETTER_MS = 90;
/** The count is told when the rows answer what is typed. */
const ANSWERED = 'dialog.search [role=status] .unseen:not(:empty), dialog.search .nothing';
const SHOWN_MS = 30_000;

const day = () => new Intl.DateTimeFormat('en-CA').format(new Date());

/** Fills a vault by `lifeos` and joins it on the person's phone; how many seconds each took. */
export async function livedFiveYears(person, desk, relay, folder) {
  const file = join(folder, 'five-years.json');
  writeFileSync(file, fiveYears(SEED, day()));
  let phrase = '';
  const imported = await seconds(async () => {
    phrase = await desk.begin(relay);
    await desk.lifeos('import', file);
  });
  const sent = await seconds(() => desk.lifeos('sync'));
  const { page } = person.tab;
  page.setDefaultTimeout(JOIN_MS);
  const joined = await seconds(async () => {
    await person.join(phrase, 'passkey');
    await person.untilSynced();
  });
  const whole = async () => (await askCore(person.tab, { search: { text: 'a', records: [], trash: false, limit: 1 } })).ready;
  const indexed = await seconds(() => until('the index of search is made', whole, JOIN_MS));
  await person.untilInstalled();
  return { imported, sent, joined, indexed };
}

/** Middle of the first element of `selector`, in sight. */
const middleOf = (page, selector) =>
  page.evaluate((selector) => {
    const element = document.querySelector(selector);
    if (element === null) throw new Error(`nothing is ${selector}`);
    // Not at the edge, where the tabs lie over it.
    element.scrollIntoView({ block: 'center' });
    const { x, y, width, height } = element.getBoundingClientRect();
    return [x + width / 2, y + height / 2];
  }, selector);

/** Begins to watch: from the next event of `kind` at `what` until `selector` is there and painted. `shownAfter` waits for it. */
function watch({ kind, what, selector }) {
  globalThis.met = false;
  globalThis.shown = new Promise((resolve) => {
    const begin = ({ target, timeStamp }) => {
      if (target.closest(what) === null) return;
      removeEventListener(kind, begin, { capture: true });
      globalThis.met = true;
      const painted = () => requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - timeStamp)));
      const look = () => (document.querySelector(selector) === null ? requestAnimationFrame(look) : painted());
      requestAnimationFrame(look);
    };
    addEventListener(kind, begin, { capture: true });
  });
}
const shownAfter = (page, selector) => within(`${selector} is shown`, page.evaluate(() => globalThis.shown), SHOWN_MS);

/** Taps `what`; the milliseconds until `selector` is painted. */
async function tap(page, what, selector) {
  await page.evaluate(watch, { kind: 'click', what, selector });
  await until(`${what} is met`, async () => {
    await page.mouse.click(...(await middleOf(page, what)));
    // What grows above it may have moved it on.
    return page.evaluate(() => globalThis.met);
  });
  return shownAfter(page, selector);
}

/** The same by the keyboard: where a list still grows, an aim would be off. */
async function enter(page, what, selector) {
  await page.evaluate(watch, { kind: 'click', what, selector });
  await page.focus(what);
  await page.keyboard.press('Enter');
  return shownAfter(page, selector);
}

const TAB = { today: 'nav.tabs a[href="#/today"]', plan: 'nav.tabs a[href="#/plan"]', life: 'nav.tabs a[href="#/life"]' };
const LISTS = [
  ['#/habits', 'main .rows a.what[href^="#/habits/"]'],
  ['#/tasks', 'main .rows a.what[href^="#/tasks/"]'],
  ...['routine', 'goal', 'project', 'journal', 'identity', 'event', 'season'].map((type) => [`#/life/${type}`, `main .rows a.what[href^="#/life/${type}/"]`]),
];

export class Walk {
  constructor(person, browser, origin) {
    Object.assign(this, { person, browser, origin, page: person.tab.page });
  }

  /** Marks where a page begins to load, from the next one on. */
  static async of(person, browser, origin) {
    await markLoads(person.tab.page);
    return new Walk(person, browser, origin);
  }

  async #largestPaint() {
    return this.page.evaluate(
      () =>
        new Promise((resolve) => {
          const seen = (list) => resolve(list.getEntries().at(-1).startTime);
          new PerformanceObserver(seen).observe({ type: 'largest-contentful-paint', buffered: true });
        }),
    );
  }

  /** The page is loaded and unlocked. */
  async #open() {
    const { tab } = this.person;
    await tab.reload();
    await tab.see('heading', t.unlock.title);
    const cover = await this.#largestPaint();
    await mark(this.page, 'unlock');
    const today = await tap(this.page, 'main.cover button.btn', '#today-tasks');
    return { 'largest paint': cover, 'unlock to Today': today };
  }

  async #switch() {
    const { page } = this;
    await mark(page, 'switch tabs');
    const taken = [await tap(page, TAB.plan, 'ol.days > li')];
    for (const [view, shown] of [['week', '.hours-frame'], ['month', 'table.month'], ['agenda', 'ol.days > li']]) {
      taken.push(await tap(page, `nav.views a[href^="#/plan/${view}"]`, shown));
    }
    await mark(page, 'lists');
    const lists = [];
    for (const [address, shown] of LISTS) {
      taken.push(await tap(page, TAB.life, `main a.what[href="${address}"]`));
      lists.push(await tap(page, `main a.what[href="${address}"]`, shown));
    }
    await mark(page, 'a habit');
    await tap(page, TAB.life, 'main a.what[href="#/habits"]');
    await tap(page, 'main a.what[href="#/habits"]', 'main .rows a.what[href^="#/habits/"]');
    const habit = await tap(page, 'main .rows a.what[href^="#/habits/"]', '#habit-strength');
    await mark(page, 'back to Today');
    taken.push(await tap(page, TAB.today, '#today-tasks'));
    return { 'tab to page': Math.max(...taken), 'to a list': Math.max(...lists), 'to a habit, charts drawn': habit };
  }

  /** Types each word letter by letter; the longest time from a letter to what it finds. */
  async #search() {
    const { page } = this;
    await mark(page, 'search');
    await tap(page, 'main header .find', 'dialog.search input');
    const times = [];
    for (const word of WORDS) {
      await page.fill('dialog.search input', '');
      for (const letter of word) {
        await page.evaluate(watch, { kind: 'input', what: 'input', selector: ANSWERED });
        await page.keyboard.press(letter);
        times.push(await shownAfter(page, ANSWERED));
      }
      // Faster than it is answered, as people type.
      await page.fill('dialog.search input', '');
      await page.keyboard.type(word, { delay: LETTER_MS });
    }
    times.sort((a, b) => a - b);
    await page.keyboard.press('Escape');
    return { 'letter to finds, median': times[Math.floor(times.length / 2)], 'letter to finds, longest': times.at(-1) };
  }

  async #wheel() {
    await this.page.mouse.move(195, 500);
    for (let n = 0; n < WHEEL.turns; n += 1) {
      await this.page.mouse.wheel(0, WHEEL.by);
      await this.page.waitForTimeout(WHEEL.ms);
    }
  }
  async #scroll() {
    const { page } = this;
    await mark(page, 'scroll tasks');
    await tap(page, TAB.life, 'main a.what[href="#/tasks"]');
    await tap(page, 'main a.what[href="#/tasks"]', 'main .rows a.what[href^="#/tasks/"]');
    const all = await enter(page, 'main button[aria-expanded=false]', 'main .rows > li.settled');
    await this.#wheel();
    await mark(page, 'scroll journal');
    await tap(page, TAB.life, 'main a.what[href="#/life/journal"]');
    await tap(page, 'main a.what[href="#/life/journal"]', 'main .rows a.what[href^="#/life/journal/"]');
    await this.#wheel();
    await mark(page, 'end');
    // Where the next round is loaded again.
    await tap(page, TAB.today, '#today-tasks');
    return { 'to all tasks that are done': all };
  }

  /** Once through all of it: times of what is drawn by name, the longest task of each part, and the trace for DevTools. */
  async once(profiled = false) {
    await startTrace(this.browser, this.page, profiled);
    let trace;
    const drawn = {};
    try {
      for (const step of [() => this.#open(), () => this.#switch(), () => this.#search(), () => this.#scroll()]) Object.assign(drawn, await step());
    } finally {
      trace = await this.browser.stopTracing();
    }
    const tasks = longestTasks(trace, this.origin).filter(({ name }) => name !== 'end');
    return { drawn, tasks, trace };
  }
}

/** Lowest, median and highest of numbers. */
export function spread(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return { least: sorted[0], median: sorted[Math.floor(sorted.length / 2)], most: sorted.at(-1) };
}
