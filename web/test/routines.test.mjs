// Routines, series and groups as the screens read them.
import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from './load.mjs';

const { occurrenceItem, routineState, stepsOf } = await load('ui/state/routines.ts');
const { grouped } = await load('ui/state/groups.ts');

const record = (type, fields) => ({ type, id: type, created: '', updated: '', deleted: false, fields });
const steps = [{ id: 'a', title: 'Bed', minutes: 2 }, { id: 'b', title: 'Water' }];
const day = (more) => ({ routine: record('routine', { title: 'Morning', steps }), due: true, done: [], finished: false, skipped: false, ...more });

test('steps that a newer version wrote otherwise are left out, never a crash', () => {
  assert.deepEqual(stepsOf(record('routine', { steps: [...steps, 'c', { title: 'no id' }, null] })).map(({ id, minutes }) => [id, minutes]), [['a', 2], ['b', null]]);
  assert.deepEqual(stepsOf(record('routine', {})), []);
});

test('a routine names its next open step, in the order of the steps and not of the ticks', () => {
  assert.deepEqual([routineState(day()).next?.id, routineState(day()).state], ['a', 'none']);
  const second = routineState(day({ done: ['b'] }));
  assert.deepEqual([second.next?.id, second.done, second.state], ['a', 1, 'part']);
});

test('steps that are gone do not count, and skipped outweighs what was ticked before', () => {
  assert.equal(routineState(day({ done: ['gone'] })).state, 'none');
  assert.equal(routineState(day({ done: ['a'], skipped: true })).state, 'skip');
  assert.equal(routineState(day({ done: ['a', 'b'], finished: true })).state, 'done');
});

test('a date of a task that comes again keeps its name when it is moved, and one that is over stays where it is', () => {
  const one = { task: record('task', { title: 'Bins' }), date: '2026-11-19', on: '2026-11-21', time: '20:00', state: 'open', missed: 0 };
  const { date, on, start, movable } = occurrenceItem(one);
  assert.deepEqual([date, on, start, movable], ['2026-11-19', '2026-11-21', '20:00', true]);
  assert.deepEqual([occurrenceItem({ ...one, state: 'completed' }).state, occurrenceItem({ ...one, state: 'completed' }).movable], ['done', false]);
});

test('groups stand where their first habit stands, those without one together, all in the order that was given', () => {
  const habit = (name, group) => ({ habit: { ...record('habit', { name, ...(group ? { group } : {}) }), id: name } });
  const groups = grouped([habit('psalm', 'Morning'), habit('walk'), habit('stretch', 'Morning'), habit('phone', 'Evening'), habit('read', '')]);
  assert.deepEqual(
    groups.map(({ name, habits }) => [name, habits.map(({ habit: { id } }) => id)]),
    [['Morning', ['psalm', 'stretch']], [null, ['walk', 'read']], ['Evening', ['phone']]],
  );
});

test('a task without a date stands nowhere until it is moved to a day, whichever that is', async () => {
  const { taskItem } = await load('ui/state/routines.ts');
  const { placeWords } = await load('ui/state/planned.ts');
  const { format } = await load('strings/format.ts');
  const { en } = await load('strings/en/index.ts');
  const f = format('en-GB');
  const t = en(f);
  const words = (fields, day) => placeWords(taskItem(record('task', fields)), day, t, f);
  assert.notEqual(taskItem(record('task', { title: 'Drill' })).on, '2026-11-19');
  assert.deepEqual(words({ title: 'Drill' }, '2026-11-19'), [t.today.noDate, t.plan.kinds.task]);
  assert.deepEqual(words({ title: 'Letter', due: '2026-11-18', due_time: '09:00' }, '2026-11-19'), [f.shortDay('2026-11-18'), '09:00', t.plan.kinds.task]);
});
