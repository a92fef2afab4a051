// The story that every engine must pass: a vault with a passphrase, a train without signal, and home again.
import assert from 'node:assert/strict';
import { begins } from './names.mjs';
import { HABIT, Person } from './person.mjs';
import { Stage } from './stage.mjs';
import { seconds } from './wait.mjs';

const SYNCED_S = 5;

/** `launch` starts the engine with a home of its own. */
export async function passphraseStory(it, launch) {
  const stage = await Stage.for(it);
  const { tab, end } = await launch(stage.dir('home'));
  stage.after(end);
  stage.watch(tab);
  await tab.open(stage.relay.url);
  const ada = new Person(tab);
  const phrase = await ada.begin();
  await ada.addTask('Before the tunnel');
  await ada.untilSynced();
  await ada.untilInstalled();

  await stage.relay.kill();
  await tab.reload();
  await ada.unlock();
  await ada.seeHabit(HABIT, true);
  await ada.seeTask('Before the tunnel');
  await ada.untilOffline();
  await ada.addTask('In the tunnel');
  await ada.tick('Before the tunnel');
  // What was found is opened, without a network and with a slip.
  await ada.search('tunel');
  await ada.tap('option', begins('In the tunnel'));
  await tab.see('heading', 'In the tunnel');
  await ada.go('today');
  await tab.reload();
  await ada.unlock();
  await ada.seeTask('In the tunnel');
  await ada.seeTask('Before the tunnel', true);

  await stage.relay.start();
  const took = await seconds(() => ada.untilSynced());
  it.diagnostic(`synced ${took.toFixed(1)} s after the relay came back`);
  assert.ok(took < SYNCED_S, `synced after ${took} s`);
  const desk = await stage.home(phrase);
  const tasks = Object.fromEntries((await desk.records('task')).map(({ fields }) => [fields.title, fields.status]));
  assert.deepEqual(tasks, { 'Before the tunnel': 'completed', 'In the tunnel': 'pending' });

  await ada.lock();
  assert.ok(!(await tab.text()).includes('In the tunnel'));
  await ada.unlock();
  await ada.go('today');
  await ada.seeTask('In the tunnel');
  await ada.untilSynced();
}
