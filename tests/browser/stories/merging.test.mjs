// Two browsers and a command line write while apart and come together: nobody wins over anybody, nothing is lost.
import assert from 'node:assert/strict';
import test from 'node:test';
import { DATABASES, Stage } from '../lib/stage.mjs';
import { until } from '../lib/wait.mjs';
import { t } from '../lib/words.mjs';

const EDITS = 200;
/** Each is added and ticked; the rest goes to the two tasks that all three work on. */
const TASKS = (EDITS - 4) / 2;
const TOGETHER_MS = 30_000;

const titles = (of) => Array.from({ length: TASKS }, (_, n) => `${of} ${n + 1}`);

async function editShared(person, title, label, value) {
  await person.go('tasks');
  await person.tap('link', new RegExp(`^${title}`));
  await person.tap('link', t.common.edit);
  await person.tab.see('heading', t.task.edit);
  await person.type(label, value);
  await person.tap('button', t.common.save);
  await person.tab.lose('heading', t.task.edit);
  await person.go('today');
}

/**
 * A tap on every open square, one after the other, as each is seen to be ticked; a long list shows more of itself as
 * one comes near its end. The number of taps. Runs in the page.
 */
async function tickAll() {
  for (let taps = 0; ; ) {
    const square = document.querySelector('main [data-row][aria-pressed="false"]');
    if (square === null && document.querySelector('main .end') === null) return taps;
    (square ?? document.querySelector('main .end')).scrollIntoView({ block: 'center' });
    square?.click();
    taps += square === null ? 0 : 1;
    do await new Promise(requestAnimationFrame);
    while (square?.isConnected && square.ariaPressed === 'false');
  }
}

async function editApart(person, of, field) {
  await editShared(person, 'Renamed by all', t.task.title, `Renamed by the ${of}`);
  await editShared(person, 'A field for each', ...field);
  await person.tick(`Renamed by the ${of}`);
  await person.tick('A field for each');
  for (const title of titles(of)) await person.addTaskByKeys(title);
  assert.equal(await person.tab.evaluate(tickAll), TASKS);
}

async function editDesk(desk) {
  const ids = Object.fromEntries((await desk.records('task')).map(({ id, fields }) => [fields.title, id]));
  await desk.batch([
    ['set', ids['Renamed by all'], 'title=Renamed by the desk'],
    ['set', ids['A field for each'], 'priority=3'],
    ...titles('desk').map((title) => ['add', 'task', `title=${title}`]),
  ]);
  const added = (await desk.records('task')).filter(({ fields }) => fields.title.startsWith('desk '));
  const shared = Object.values(ids).map((id) => ['set', id, 'status=completed']);
  await desk.batch([...added.map(({ id }) => ['set', id, 'status=completed']), ...shared]);
}

for (const database of DATABASES) {
  test(`${EDITS} edits offline on each of two browsers and a command line come together, all equal and nothing lost (${database})`, async (it) => {
    const stage = await Stage.for(it, { database });
    const phone = await stage.person();
    const phrase = await phone.begin();
    await phone.addTask('Renamed by all');
    await phone.addTask('A field for each');
    await phone.untilSynced();
    const tablet = await stage.person();
    await tablet.join(phrase);
    await tablet.seeTask('A field for each');
    const desk = await stage.home(phrase);

    await stage.relay.kill();
    await Promise.all([
      editApart(phone, 'phone', [t.task.minutes, '45']),
      editApart(tablet, 'tablet', [t.task.notes, 'From the tablet']),
      editDesk(desk),
    ]);
    await stage.relay.start();
    await Promise.all([phone.untilSynced(), tablet.untilSynced()]);
    await desk.lifeos('sync');
    const whole = await desk.export();
    for (const person of [phone, tablet]) await until('the export equals the desk\'s', async () => (await person.export()) === whole, TOGETHER_MS);

    const tasks = new Map((await desk.records('task')).map(({ fields }) => [fields.title, fields]));
    for (const title of ['phone', 'tablet', 'desk'].flatMap(titles)) assert.equal(tasks.get(title)?.status, 'completed', title);
    const { priority, estimated_minutes: minutes, description, notes } = tasks.get('A field for each');
    assert.deepEqual([priority, minutes, description ?? notes], [3, 45, 'From the tablet']);
    const renamed = [...tasks.keys()].filter((title) => title.startsWith('Renamed by'));
    assert.equal(renamed.length, 1);
    assert.match(renamed[0], /^Renamed by the (phone|tablet|desk)$/);
    assert.equal(tasks.size, 3 * TASKS + 2);
    await desk.lifeos('verify');
  });
}
