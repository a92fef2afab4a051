// Changes in words, and those of one doing together.
import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from './load.mjs';

const [{ linesOf, openOf, shownOf, stepsOf, whoOf }, { format }, { en }] = await Promise.all(['ui/state/told.ts', 'strings/format.ts', 'strings/en/index.ts'].map(load));
const f = format('en-GB');
const t = en(f);
const lines = (type, ...changes) => linesOf({ type, changes }, t, f).map(({ name, words }) => `${name}: ${words}`);
const row = (key, before, after) => ({ field: 'rows', key, before, after });

test('a value is told from what to what, a member of a set by itself, and a place in an order not at all', () => {
  assert.deepEqual(lines('task', { field: 'title', before: 'Call', after: 'Call Mum' }), [`Title: ${t.history.from('Call', 'Call Mum')}`]);
  assert.deepEqual(lines('task', { field: 'status', before: 'pending', after: 'completed' }, { field: 'completed_on', before: null, after: '2026-11-22' }), [`State: ${t.history.from('open', 'done')}`]);
  assert.deepEqual(lines('task', { field: 'due', before: null, after: '2026-11-22' }), [`Due: ${f.shortDay('2026-11-22')}`]);
  assert.deepEqual(lines('task', { field: 'labels', key: 'home', before: null, after: true }, { field: 'labels', key: 'work', before: true, after: null }), ['Labels: + home − work']);
  assert.deepEqual(lines('settings', { field: 'features', key: 'goal', before: null, after: false }, { field: 'features', key: 'phrase_checked', before: false, after: true }), ['Shown: − Goals + recovery phrase checked']);
  assert.deepEqual(lines('goal', { field: 'milestones', item: 'i1', part: 'title', before: null, after: 'Half' }, { field: 'milestones', item: 'i1', part: 'pos', before: null, after: '8000' }), ['Milestones: Half']);
  assert.deepEqual(lines('habit', { field: 'position', before: '8000', after: '4000' }), [`Place: ${t.recent.moved}`]);
});

test('a check-in is told by its day', () => {
  const day = f.shortDay('2026-11-22');
  const done = { state: 'done', logged: '2026-11-22T08:00:00Z', origin: 'hand' };
  assert.deepEqual(lines('habit_log', row('2026-11-22', null, done)), [`${day}: done`]);
  assert.deepEqual(lines('habit_log', row('2026-11-22', done, null)), [`${day}: ${t.history.from('done', 'nothing')}`]);
  assert.deepEqual(lines('habit_log', row('2026-11-22', { state: 'value', value: 1200 }, { state: 'skip', note: 'ill' })), [`${day}: ${t.history.from('1,200', 'skipped (ill)')}`]);
});

test('of a row with fields, what only programs read is left out, and steps are counted', () => {
  const day = f.shortDay('2026-11-22');
  const routine = [row('2026-11-22|done.i1', null, true), row('2026-11-22|done.i2', null, true), row('2026-11-22|done.i3', true, null), row('2026-11-22|finished', null, true), row('2026-11-22|logged', null, 5), row('2026-11-22|origin', null, 'h')];
  assert.deepEqual(lines('routine_log', ...routine), [`${day}: 2 steps taken`, `${day}: 1 step not taken after all`, `${day}: all of it done`]);
  assert.deepEqual(lines('task_log', row('2026-11-22|status', null, 'completed'), row('2026-11-22|logged', null, 5)), [`${day}: done`]);
});

test('what one device did in one moment is one step, and a note of a task put off is no line of it', () => {
  const change = (type, time, device = 'a', standing = 'whole') => ({ type, time, device, origin: 'hand', standing });
  const all = [change('task', '3'), change('task_reschedule', '3'), change('task', '3', 'b'), change('habit', '2', 'b', 'back'), change('task_reschedule', '1', 'b', 'changed')];
  const steps = stepsOf(all);
  assert.deepEqual(steps.map((step) => step.length), [2, 1, 1, 1]);
  assert.deepEqual(steps.map((step) => shownOf(step).map(({ type }) => type)), [['task'], ['task'], ['habit'], ['task_reschedule']]);
  assert.deepEqual(steps.map((step) => openOf(step).length), [2, 1, 0, 0]);
});

test('who made a change is this device or another, and how if not by hand', () => {
  const here = 'a1b2c3d4e5f60708ffff';
  assert.equal(whoOf({ origin: 'hand', device: 'a1b2c3d4e5f60708' }, here, t), t.history.here);
  assert.equal(whoOf({ origin: 'undo', device: 'ffb2c3d4e5f60708' }, here, t), `${t.history.origins.undo}, ${t.history.device('ffb2c3')}`);
});
