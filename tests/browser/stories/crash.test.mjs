// A tab is killed while it saves: whatever the screen had shown as saved is there, the store is sound, and sync goes on.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import test from 'node:test';
import { launchOn } from '../lib/chromium.mjs';
import { verify } from '../lib/core.mjs';
import { kill, pids } from '../lib/processes.mjs';
import { Stage } from '../lib/stage.mjs';
import { until, within } from '../lib/wait.mjs';

const ROUNDS = 10;
/** In one of so many the whole browser dies. */
const WHOLE_EVERY = 5;
const TASKS = 24;

/**
 * Tells the test of every square as soon as the screen shows it changed, and taps on, so that some changes are always
 * still being saved. Runs in the page.
 */
function burst() {
  const UNDER_WAY = 3;
  const squares = () => [...document.querySelectorAll('main [data-row]')].filter(({ ariaLabel }) => ariaLabel.startsWith('Task '));
  const states = () => new Map(squares().map(({ ariaLabel, ariaPressed }) => [ariaLabel.replace(/,[^,]*$/, ''), ariaPressed === 'true']));
  const left = squares();
  let before = states();
  let underWay = 0;
  const tap = () => {
    for (; underWay < UNDER_WAY && left.length > 0; underWay += 1) left.shift().click();
  };
  new MutationObserver(() => {
    const now = states();
    for (const [title, done] of now) {
      if (before.get(title) === done) continue;
      globalThis.shown(title, done);
      underWay -= 1;
    }
    before = now;
    tap();
  }).observe(document.querySelector('main'), { subtree: true, childList: true, attributes: true });
  tap();
}

/** The tasks as the screen shows them, done or not; null until all are shown. Runs in the page. */
function states(count) {
  const squares = [...document.querySelectorAll('main [data-row]')].filter(({ ariaLabel }) => ariaLabel.startsWith('Task '));
  if (squares.length < count) return null;
  return squares.map(({ ariaLabel, ariaPressed }) => [ariaLabel.replace(/,[^,]*$/, ''), ariaPressed === 'true']);
}
const shownTasks = async (tab) => new Map(await until('all tasks are shown', () => tab.evaluate(states, TASKS)));

test(`tabs killed ${ROUNDS} times in the middle of saving have kept everything that they had shown as saved`, async (it) => {
  const stage = await Stage.for(it);
  const profile = stage.dir('profile');
  let shown;
  let enough;
  const open = async () => {
    const context = await launchOn(profile);
    await context.exposeFunction('shown', (title, done) => {
      shown.set(title, done);
      if (shown.size === enough?.at) enough.reached();
    });
    return context;
  };
  let context = await open();
  stage.after(() => context.close().catch(() => undefined));
  let ada = await stage.personIn(context);
  const phrase = await ada.begin();
  for (let n = 1; n <= TASKS; n += 1) await ada.addTaskByKeys(`Task ${n}`);
  await ada.untilSynced();
  await shownTasks(ada.tab);

  const told = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const whole = round % WHOLE_EVERY === 2;
    shown = new Map();
    // Each round dies at another point: after the first answers, in the midst, near the end.
    const reached = new Promise((reached) => (enough = { at: 1 + Math.floor((round * TASKS) / ROUNDS), reached }));
    const victims = await pids(context, whole ? 'browser' : 'renderer');
    const dead = whole ? once(context, 'close') : once(ada.tab.page, 'crash');
    await ada.tab.evaluate(burst);
    await within(`${enough.at} tasks shown as saved`, reached);
    kill(victims);
    await within('the page is gone', dead);
    const saved = new Map(shown);
    told.push(saved.size);
    if (whole) context = await open();
    else for (const page of context.pages()) await page.close();
    ada = await stage.personIn(context);
    await ada.unlock();
    const now = await shownTasks(ada.tab);
    assert.equal(now.size, TASKS);
    for (const [title, done] of saved) assert.equal(now.get(title), done, `${title} in round ${round + 1}`);
    await verify(ada.tab);
  }
  assert.ok(told.some((count) => count < TASKS / 2), `nothing was still under way at the deaths: ${told.join(', ')}`);
  it.diagnostic(`changes shown as saved before each death: ${told.join(', ')}`);

  await ada.addTask('After all that');
  await ada.untilSynced();
  const now = await shownTasks(ada.tab);
  const desk = await stage.home(phrase);
  const there = new Map((await desk.records('task')).map(({ fields }) => [fields.title, fields.status === 'completed']));
  for (const [title, done] of now) assert.equal(there.get(title), done, `${title} on the desk`);
  assert.equal(there.size, TASKS + 1);
  await desk.lifeos('verify');
});
