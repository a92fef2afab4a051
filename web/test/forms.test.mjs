// Forms made from declarations: what is written, what is refused, and what is left alone.
import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from './load.mjs';

const { asked, draftOf, freshId, moved, written } = await load('ui/state/forms.ts');
const AT = { today: '2026-11-22', young: false };
const FIELDS = [
  { name: 'title', kind: 'line', required: true },
  { name: 'why', kind: 'prose', required: false },
  { name: 'mood', kind: 'int', required: false, min: 1, max: 5 },
  { name: 'target', kind: 'decimal', required: false },
  { name: 'done', kind: 'bool', required: false },
  { name: 'tags', kind: 'tags', required: false },
  { name: 'steps', kind: 'list', required: false, item: [{ name: 'title', kind: 'line', required: true }, { name: 'minutes', kind: 'int', required: false, max: 480 }] },
  { name: 'schedule', kind: 'schedule', required: false },
];
const write = (draft, before = null, at = AT) => written(FIELDS, { ...draftOf(FIELDS, before ?? {}), ...draft }, before, at);

test('a new record is written without its empty fields', () => {
  assert.deepEqual(write({ title: ' Run ', mood: '4', target: '2,5', done: true, tags: ['a ', ''] }), {
    fields: { title: 'Run', mood: 4, target: 2.5, done: true, tags: ['a'] },
    wrong: {},
  });
});

test('of an old record only what was touched is written, and what was emptied is cleared', () => {
  const before = { title: 'Run', why: 'Stairs', mood: 4, tags: ['a', 'b'], steps: [{ id: 'x', title: 'Walk' }] };
  assert.deepEqual(write({}, before).fields, {});
  assert.deepEqual(write({ why: '', tags: ['b'] }, before).fields, { why: null, tags: ['b'] });
  assert.deepEqual(write({ tags: [], steps: [] }, before).fields, { tags: null, steps: null });
});

test('what cannot be is refused where it stands, and nothing of that field is written', () => {
  const { fields, wrong } = write({ title: '  ', mood: '6', target: 'much' });
  assert.deepEqual(wrong, { title: 'needed', mood: 'most', target: 'number' });
  assert.deepEqual(fields, {});
  assert.deepEqual(write({ title: 'a', mood: '1.5' }).wrong, { mood: 'whole' });
  assert.deepEqual(write({ title: 'a', mood: '0' }).wrong, { mood: 'least' });
});

test('items keep their ids, new ones have none, empty ones are left out', () => {
  const before = { title: 'Morning', steps: [{ id: 'x', title: 'Bed', minutes: 3 }, { id: 'y', title: 'Water' }] };
  const [bed, water] = draftOf(FIELDS, before).steps;
  const fresh = { id: freshId([bed, water]), values: { title: 'Read', minutes: '10' } };
  const empty = { id: freshId([bed, water, fresh]), values: { title: ' ' } };
  assert.notEqual(fresh.id, empty.id);
  assert.deepEqual(write({ steps: [water, bed, fresh, empty] }, before).fields, {
    steps: [{ id: 'y', title: 'Water' }, { id: 'x', title: 'Bed', minutes: 3 }, { title: 'Read', minutes: 10 }],
  });
  assert.deepEqual(write({ steps: [{ ...bed, values: { title: 'Bed', minutes: '500' } }] }, before).wrong, { steps: 'item' });
});

test('a new rule holds from today on; of a record of today, from the beginning', () => {
  const before = { title: 'Morning', schedule: { '0001-01-01': 'daily' } };
  assert.deepEqual(write({ schedule: 'week 3' }, before).fields, { schedule: { '0001-01-01': 'daily', '2026-11-22': 'week 3' } });
  assert.deepEqual(write({ schedule: 'week 3' }, before, { ...AT, young: true }).fields, { schedule: { '0001-01-01': 'week 3' } });
  assert.deepEqual(write({ schedule: 'daily' }, before).fields, {});
});

test('a form asks for what people write, not for what the app keeps', () => {
  const type = { name: 'habit', shape: 'thing', scope: 'habits', fields: [{ name: 'name', kind: 'line' }, { name: 'position', kind: 'other' }, { name: 'archived', kind: 'bool' }, { name: 'pauses', kind: 'map' }] };
  assert.deepEqual(asked(type).map(({ name }) => name), ['name']);
});

test('an item is moved to where it was dropped; outside the list nothing moves', () => {
  assert.deepEqual(moved(['a', 'b', 'c'], 0, 2), ['b', 'c', 'a']);
  assert.deepEqual(moved(['a', 'b', 'c'], 2, 0), ['c', 'a', 'b']);
  assert.deepEqual(moved(['a', 'b'], 0, 2), ['a', 'b']);
});

test('what was on and is switched off is written; what never was on is not', () => {
  const begun = draftOf(FIELDS, { done: true });
  const on = (draft, more = {}) => written(FIELDS, { ...draftOf(FIELDS, {}), title: 'a', ...draft }, null, { ...AT, ...more }).fields;
  assert.deepEqual(on({ done: false }, { begun }), { title: 'a', done: false });
  assert.deepEqual(on({ done: false }), { title: 'a' });
  assert.deepEqual(on({ done: true }, { begun }), { title: 'a', done: true });
  assert.deepEqual(write({ done: false }, { title: 'a', done: true }).fields, { done: false });
});
