// A relay that was restored from a backup, and then took another change of members: two lists of devices, until a person
// says with which devices to go on.
import assert from 'node:assert/strict';
import test from 'node:test';
import { barriers, overflow } from '../lib/accessible.mjs';
import { Stage } from '../lib/stage.mjs';
import { t } from '../lib/words.mjs';

test('two lists of devices stop all sending, until one goes on: what either removed stays removed', async (it) => {
  const stage = await Stage.for(it);
  const ada = await stage.person();
  const phrase = await ada.begin();
  await ada.untilSynced();
  const tablet = await stage.person();
  await tablet.join(phrase);
  await tablet.untilSynced();
  const copy = await stage.relay.backup();
  await ada.untilSynced();
  await ada.openDevices();
  await ada.removeDevice(await ada.anotherDevice());
  await tablet.tab.see('heading', t.removed.title);
  await ada.lock();

  await stage.relay.restore(copy);
  const other = await stage.person();
  await other.join(phrase);
  await other.untilSynced();
  await ada.unlock();
  await ada.tab.see('link', t.sync.problem);
  await ada.go('today');
  await ada.addTask('Only after the lists are one');
  await ada.tab.evaluate(() => void (location.hash = '#/alarms'));
  await ada.tab.see('heading', t.fork.title);
  assert.deepEqual(await barriers(ada.tab), []);
  assert.deepEqual(await overflow(ada.tab), []);
  assert.ok(!(await other.tab.text()).includes('Only after the lists are one'), 'it was sent before');

  await ada.tap('button', t.fork.resolve);
  await ada.tab.lose('heading', t.fork.title);
  await ada.untilSynced();
  await other.seeTask('Only after the lists are one');
  await ada.openDevices();
  await ada.tab.read(t.revoke.gone(1));
  await ada.anotherDevice();
});
