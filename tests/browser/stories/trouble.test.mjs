// When the ground gives: no room, no store, no connection to it. Each has its screen, and nothing saved is lost.
import assert from 'node:assert/strict';
import test from 'node:test';
import { launchOn } from '../lib/chromium.mjs';
import { verify } from '../lib/core.mjs';
import { loseConnections, removeStore } from '../lib/faults.mjs';
import { HABIT } from '../lib/person.mjs';
import { Stage } from '../lib/stage.mjs';
import { until } from '../lib/wait.mjs';
import { t } from '../lib/words.mjs';

/** Room for the vault and a few tasks. */
const ROOM_BYTES = 60_000;
const MOST_TASKS = 100;

/** Lets the browser give the app `bytes` more than it uses now; holds until the answer is called. */
async function allow(tab, origin, bytes) {
  const tools = await tab.page.context().newCDPSession(tab.page);
  const { usage } = await tools.send('Storage.getUsageAndQuota', { origin });
  await tools.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: usage + bytes });
  return async () => {
    await tools.send('Storage.overrideQuotaForOrigin', { origin });
    await tools.detach();
  };
}

test('a full storage has its screen; nothing is half done, and all goes on when there is room', async (it) => {
  const stage = await Stage.for(it);
  const context = await launchOn(stage.dir('profile'));
  stage.after(() => context.close());
  const ada = await stage.personIn(context);
  await ada.untilInstalled();
  const makeRoom = await allow(ada.tab, stage.relay.url, ROOM_BYTES);
  const phrase = await ada.begin();

  const full = () => ada.tab.sees('heading', t.problem.quotaTitle);
  const orFull = (what, test) => until(what, async () => ((await full()) ? 'full' : (await test()) && 'done'));
  const added = [];
  for (let n = 1; n <= MOST_TASKS; n += 1) {
    await ada.tab.key('n');
    if ((await orFull('quick add', () => ada.tab.sees('heading', t.quick.title))) === 'full') break;
    await ada.tab.keys(`Task ${n}`);
    await ada.tab.key('Enter');
    const row = () => ada.tab.sees('button', t.task.tick(`Task ${n}`, false));
    if ((await orFull('the task is on Today', row)) === 'full') break;
    added.push(`Task ${n}`);
  }
  await ada.tab.see('heading', t.problem.quotaTitle);
  it.diagnostic(`${added.length} tasks before the storage was full`);
  await makeRoom();
  await ada.tap('button', t.common.again);
  await ada.unlock();
  await ada.seeHabit(HABIT, true);
  for (const title of added) await ada.seeTask(title);
  await verify(ada.tab);
  await ada.addTask('Room again');
  await ada.untilSynced();
  const desk = await stage.home(phrase);
  const titles = (await desk.records('task')).map(({ fields }) => fields.title);
  for (const title of [...added, 'Room again']) assert.ok(titles.includes(title), title);
});

test('a store that the browser removed has its screen, and the phrase brings everything back from there', async (it) => {
  const stage = await Stage.for(it);
  const ada = await stage.person();
  const phrase = await ada.begin();
  await ada.addTask('Safe elsewhere');
  await ada.untilSynced();
  await removeStore(ada.tab, stage.relay.url);
  await ada.tab.see('heading', t.problem.evictedTitle);
  await ada.tap('button', t.problem.evictedJoin);
  await ada.typePhrase(phrase);
  await ada.seeTask('Safe elsewhere');
});

test('a store that is removed under the open app is called gone, not taken over', async (it) => {
  const stage = await Stage.for(it);
  const ada = await stage.person();
  await ada.begin();
  await ada.untilSynced();
  const tools = await ada.tab.page.context().newCDPSession(ada.tab.page);
  await tools.send('Storage.clearDataForOrigin', { origin: stage.relay.url, storageTypes: 'indexeddb' });
  await ada.addTaskByKeys('Nowhere to go').catch(() => undefined);
  await ada.tab.see('heading', t.problem.evictedTitle);
});

test('a connection to the store that ends and does not come back has its screen; opening again, everything is there', async (it) => {
  const stage = await Stage.for(it);
  const ada = await stage.person();
  await ada.begin();
  await ada.addTask('Before');
  await loseConnections(ada.tab);
  await ada.addTaskByKeys('Never saved').catch(() => undefined);
  await ada.tab.see('heading', t.problem.closedTitle);
  await ada.tap('button', t.problem.reload);
  await ada.unlock();
  await ada.seeTask('Before');
  assert.ok(!(await ada.tab.text()).includes('Never saved'));
  await ada.addTask('After');
  await ada.untilSynced();
});
