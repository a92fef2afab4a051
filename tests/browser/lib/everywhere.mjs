// The story that every engine must pass: a vault with a passphrase, one of each record, a train without signal, and home again.
import assert from 'node:assert/strict';
import { begins } from './names.mjs';
import { HABIT, Person } from './person.mjs';
import { Stage } from './stage.mjs';
import { seconds } from './wait.mjs';

const SYNCED_S = 5;

const RECORDS = (t) => [
  ['goal', { [t.life.fields.title]: 'Read more books' }],
  ['project', { [t.life.fields.title]: 'Paint the shed' }],
  ['event', { [t.life.fields.title]: 'Lunch with Tomas' }],
  ['identity', { [t.life.fields['identity.title']]: 'Patience' }],
  ['journal', { [t.life.fields.text]: 'A quiet day by the river' }],
];

/** One of each kind, one of them thrown away and taken back twice: at once, and out of the trash. */
async function oneOfEach(person) {
  const { tab, t } = person;
  for (const [type, texts] of RECORDS(t)) await person.addRecord(type, texts);
  await person.open('#/life/project');
  for (const back of ['undo', 'trash']) {
    await person.tap('link', begins('Paint the shed'));
    await tab.see('heading', 'Paint the shed');
    await person.tap('button', begins(t.common.trash));
    await tab.lose('heading', 'Paint the shed');
    if (back === 'trash') await person.open('#/life/project/trash');
    await person.tap('button', back === 'trash' ? t.common.restore : t.common.undo);
    await person.open('#/life/project');
    await tab.see('link', begins('Paint the shed'));
  }
}

/** `launch` starts the engine with a home of its own. */
export async function passphraseStory(it, launch) {
  const stage = await Stage.for(it);
  const { tab, end } = await launch(stage.dir('home'));
  stage.after(end);
  stage.watch(tab);
  await tab.open(stage.relay.url);
  const ada = new Person(tab);
  const phrase = await ada.begin();
  await oneOfEach(ada);
  await ada.go('today');
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
  await ada.search('quiet rivr');
  await ada.tap('option', begins(ada.t.life.kinds.journal.one));
  await tab.read('A quiet day by the river');
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
  for (const [type, texts] of RECORDS(ada.t)) {
    const [record] = await desk.records(type);
    assert.deepEqual([record?.type, record?.deleted], [type, false]);
    for (const text of Object.values(texts)) assert.ok(Object.values(record.fields).includes(text), `${type}: ${text}`);
  }

  await ada.lock();
  assert.ok(!(await tab.text()).includes('In the tunnel'));
  await ada.unlock();
  await ada.go('today');
  await ada.seeTask('In the tunnel');
  await ada.untilSynced();
}
