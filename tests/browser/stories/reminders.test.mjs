// A reminder all the way: written on a form, sealed in the worker, kept and pushed by a relay that cannot read it, shown while
// the vault is locked, and ticked from there. The push service and the finger on the notice are the story's own.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import test from 'node:test';
import { Canaries } from '../lib/canary.mjs';
import { newProfile } from '../lib/chromium.mjs';
import { begins } from '../lib/names.mjs';
import { notices } from '../lib/notices.mjs';
import { PushService } from '../lib/pushservice.mjs';
import { Stage } from '../lib/stage.mjs';
import { until } from '../lib/wait.mjs';
import { t } from '../lib/words.mjs';

/** So much is needed to write the reminder down before it is due. */
const LEAD_MS = 25_000;
const PUSHED_MS = 120_000;

/** The next full minute that leaves time enough, as a form takes it. */
function soon() {
  const at = new Date(Math.ceil((Date.now() + LEAD_MS) / 60_000) * 60_000);
  return `${String(at.getHours()).padStart(2, '0')}:${String(at.getMinutes()).padStart(2, '0')}`;
}

async function remindingHabit(who, name) {
  const label = t.life.fields.reminders;
  await who.open('#/habits/new');
  await who.type(t.habit.name, name);
  await who.tap('button', t.life.general.addOne(label));
  await who.type(`${label} 1`, soon());
  await who.tap('button', t.common.add);
  await who.tab.see('heading', name);
}

/** Names on a locked screen, and this browser subscribed. */
async function wantReminders(who) {
  await who.go('settings');
  await who.tap('link', begins(t.setup.notices.row));
  await who.tab.page.getByRole('switch', { name: begins(t.setup.notices.generic).begins }).click();
  await who.tap('button', t.setup.notices.ask);
  await who.tab.lose('button', t.setup.notices.ask);
}

test('a reminder is pushed by a relay that cannot read it, shown while the vault is locked, and ticked from there', async (it) => {
  const service = await PushService.start();
  const stage = await Stage.for(it);
  stage.after(() => service.end());
  stage.relay.words = ['--push-service', service.url];
  await stage.relay.kill();
  await stage.relay.start();
  const context = await newProfile(await stage.browser());
  await context.grantPermissions(['notifications']);
  await service.serve(context);
  const ada = await stage.personIn(context);
  const { tab } = ada;
  await ada.begin();
  await ada.untilInstalled();
  const canaries = new Canaries();
  const name = canaries.word('the habit');
  await wantReminders(ada);
  await remindingHabit(ada, name);
  await ada.untilSynced();

  const delivery = await until('the reminder is pushed', () => service.came[0], PUSHED_MS);
  service.check(delivery, Buffer.from(await tab.evaluate(() => globalThis.storyPushKey)));
  const words = service.open(delivery);
  const { title, record } = JSON.parse(words);
  assert.equal(title, name);
  assert.match(record, /^habit\/[0-9a-f-]+\/\d{4}-\d{2}-\d{2}$/);
  assert.ok(readdirSync(stage.folder).includes('relay.sqlite'));
  assert.deepEqual(canaries.onDisk(stage.folder), []);
  assert.deepEqual(canaries.in(Buffer.concat([delivery.body, Buffer.from(JSON.stringify(delivery.headers))])), []);

  await ada.lock();
  const screen = await notices(tab, stage.relay.url);
  await screen.push(words);
  const shown = await screen.shown();
  assert.deepEqual(shown.map(({ title, offers }) => ({ title, offers })), [{ title: name, offers: ['Done'] }]);
  await screen.press('done');
  await until('the page is told', async () => (await tab.evaluate(() => location.hash)).startsWith('#/done/'));
  await ada.unlock();
  await tab.read(t.habit.saidDone(name));
  await tab.read(t.today.allKept);
  assert.equal(await tab.evaluate(() => location.hash), '#/today');

  // A task's, where the vault is open already; once it is done a second tap leads to it and does nothing.
  await ada.addTask('call Mum today');
  const [task] = JSON.parse(await ada.export()).records.filter(({ type }) => type === 'task');
  const again = JSON.stringify({ ...JSON.parse(words), title: 'Task', record: `task/${task.id}/${task.fields.due}`, tag: `task/${task.id}` });
  for (const answered of [() => tab.read(t.task.saidDone('call Mum')), () => tab.see('button', t.task.reopen)]) {
    await screen.push(again);
    assert.equal((await screen.shown()).length, 1);
    await screen.press('done');
    await answered();
  }
  assert.equal(JSON.parse(await ada.export()).records.find(({ id }) => id === task.id).fields.status, 'completed');
});
