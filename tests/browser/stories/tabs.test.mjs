// Two tabs of one browser are one app; and a lock is a lock: in every tab, by the wall clock, with no worker left.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Stage } from '../lib/stage.mjs';
import { until } from '../lib/wait.mjs';
import { t } from '../lib/words.mjs';

const workers = (...people) => people.map(({ tab }) => tab.page.workers().length);
const MINUTES = 5;

test('two tabs follow each other, lock together and unlock together, and no worker outlives the lock', async (it) => {
  const stage = await Stage.for(it);
  const first = await stage.person();
  await first.begin();
  const second = await stage.personIn(first.tab.page.context());
  await second.tab.see('heading', t.today.habits);
  await second.addTask('From the second tab');
  await first.seeTask('From the second tab');
  await first.tick('From the second tab');
  await second.seeTask('From the second tab', true);
  assert.deepEqual(workers(first, second), [1, 0], 'one worker owns the vault');

  await second.lock();
  await first.tab.see('heading', t.unlock.title);
  await until('the worker is gone', () => workers(first, second).every((count) => count === 0));
  assert.ok(!(await first.tab.text()).includes('From the second tab'));

  await second.unlock();
  await second.go('today');
  for (const person of [first, second]) await person.seeTask('From the second tab', true);
});

test('a tab that unlocks takes over; when it is closed, the other asks to unlock', async (it) => {
  const stage = await Stage.for(it);
  const first = await stage.person();
  await first.begin();
  await first.lock();
  const second = await stage.personIn(first.tab.page.context());
  await second.unlock();
  await second.addTask('Of the new owner');
  await first.go('today');
  await first.seeTask('Of the new owner');
  assert.deepEqual(workers(first, second), [0, 1]);

  await second.tab.close();
  // The person comes back to the first tab and wants to do something.
  await first.tap('button', t.task.tick('Of the new owner', false));
  await first.tab.see('heading', t.problem.takenTitle);
  await first.tap('button', t.problem.here);
  await first.unlock();
  await first.tab.see('heading', t.today.habits);
  await first.seeTask('Of the new owner');
  await first.untilSynced();
});

/** A clock of the page that can be put forward, as a phone's is while its pages sleep. */
const shiftClock = (page) =>
  page.addInitScript(() => {
    const real = Date.now;
    globalThis.away = 0;
    Date.now = () => real() + globalThis.away;
  });

/** Goes to another page of the browser and comes back `minutes` later by the wall clock. */
async function goAway(tab, minutes) {
  const { page } = tab;
  const tools = await page.context().newCDPSession(page);
  // The driver makes every page believe that it is looked at.
  await tools.send('Emulation.setFocusEmulationEnabled', { enabled: false });
  const other = await page.context().newPage();
  await other.bringToFront();
  await tab.evaluate((ms) => (globalThis.away += ms), minutes * 60_000);
  await page.bringToFront();
  await other.close();
  await tools.detach();
}

test('a page that returns after the deadline is locked before it shows anything; one that returns before is not', async (it) => {
  const stage = await Stage.for(it);
  const ada = await stage.person();
  await shiftClock(ada.tab.page);
  await ada.tab.reload();
  await ada.begin();
  await ada.go('settings');
  await ada.tab.choose(t.settings.lockAfter, t.settings.lockMinutes(MINUTES));
  await ada.go('today');
  await ada.addTask('For nobody else');

  await goAway(ada.tab, MINUTES - 1);
  await ada.seeTask('For nobody else');
  // What is done counts.
  await ada.tick('For nobody else');
  await goAway(ada.tab, MINUTES - 1);
  await ada.seeTask('For nobody else', true);

  await goAway(ada.tab, MINUTES);
  assert.ok(!(await ada.tab.text()).includes('For nobody else'), 'it was shown after the deadline');
  await ada.tab.see('heading', t.unlock.title);
  await until('the worker is gone', () => ada.tab.page.workers().length === 0);
  await ada.unlock();
  await ada.seeTask('For nobody else', true);
});
