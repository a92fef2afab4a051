// The relay dies, the network fails in three ways; a person reads and writes on, and all is synced soon after.
import assert from 'node:assert/strict';
import test from 'node:test';
import { HABIT } from '../lib/person.mjs';
import { DATABASES, Stage } from '../lib/stage.mjs';
import { seconds } from '../lib/wait.mjs';
import { arabic } from '../lib/words.mjs';

const NOTICED_S = 15;
const SYNCED_S = 5;

for (const database of DATABASES) {
  test(`while the relay is dead everything reads and writes, over reloads too, and is synced within ${SYNCED_S} s of its return (${database})`, async (it) => {
    const stage = await Stage.for(it, { database });
    const ada = await stage.person();
    const phrase = await ada.begin();
    await ada.addTask('Before the tunnel');
    await ada.untilSynced();
    await ada.untilInstalled();

    await stage.relay.kill();
    await ada.tab.reload();
    await ada.unlock();
    await ada.seeHabit(HABIT, true);
    await ada.seeTask('Before the tunnel');
    await ada.addTask('In the tunnel');
    await ada.tick('Before the tunnel');
    await ada.untilOffline();
    await ada.tab.reload();
    await ada.unlock();
    await ada.seeTask('In the tunnel');
    await ada.seeTask('Before the tunnel', true);
    await ada.addTask('Deep in the tunnel');

    await stage.relay.start();
    const took = await seconds(() => ada.untilSynced());
    it.diagnostic(`synced ${took.toFixed(1)} s after the relay came back`);
    assert.ok(took < SYNCED_S, `synced after ${took} s`);
    const desk = await stage.home(phrase);
    const tasks = Object.fromEntries((await desk.records('task')).map(({ fields }) => [fields.title, fields.status]));
    assert.deepEqual(tasks, { 'Before the tunnel': 'completed', 'In the tunnel': 'pending', 'Deep in the tunnel': 'pending' });
  });
}

test('the first visit, too, has everything of the app without a network', async (it) => {
  const stage = await Stage.for(it);
  const ada = await stage.person();
  await ada.begin();
  await ada.untilInstalled();
  // What lies in the ordinary cache of a browser may go at any time.
  const tools = await ada.tab.page.context().newCDPSession(ada.tab.page);
  await tools.send('Network.clearBrowserCache');
  await stage.relay.kill();
  await ada.lock();
  await ada.unlock();
  await ada.go('settings');
  // These words are a file that nothing has asked for yet.
  await ada.tap('radio', 'العربية');
  await ada.tab.see('heading', arabic.settings.title);
});

for (const [manner, words] of [
  ['refuse', 'refuses connections'],
  ['close', 'hangs up on everybody'],
  ['blackhole', 'swallows everything and closes nothing'],
]) {
  test(`a network that ${words} is noticed within ${NOTICED_S} s, and ${SYNCED_S} s after it is back all is synced`, async (it) => {
    const stage = await Stage.for(it);
    const ada = await stage.person();
    await ada.begin();
    await ada.untilSynced();

    await stage.relay.network.be(manner);
    const noticed = await seconds(() => ada.untilOffline());
    await ada.addTask('In the tunnel');
    await ada.seeTask('In the tunnel');
    await stage.relay.network.be('open');
    const synced = await seconds(() => ada.untilSynced());
    it.diagnostic(`offline after ${noticed.toFixed(1)} s, synced ${synced.toFixed(1)} s after the return`);
    assert.ok(noticed <= NOTICED_S, `noticed after ${noticed} s`);
    assert.ok(synced < SYNCED_S, `synced after ${synced} s`);
  });
}
