// Days, times and zones as records hold them.
import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from './load.mjs';

const { endsBefore, partsOf, whenOf } = await load('ui/state/when.ts');

test('what a record holds is read into its parts and written as it was, its zone too', () => {
  for (const text of ['2026-11-22', '2026-11-22T09:30', '2026-11-22T09:30[America/Toronto]', '']) assert.equal(whenOf(partsOf(text)), text);
  assert.deepEqual(partsOf('2026-11-22T09:30[America/Toronto]'), { date: '2026-11-22', time: '09:30', zone: 'America/Toronto' });
  assert.equal(whenOf({ date: '2026-11-22', time: '', zone: 'Asia/Tokyo' }), '2026-11-22');
});

test('an end lies before its beginning by its day, or by its time if both have one', () => {
  assert.equal(endsBefore('2026-11-22T09:00', '2026-11-21'), true);
  assert.equal(endsBefore('2026-11-22T09:00', '2026-11-22T08:30'), true);
  assert.equal(endsBefore('2026-11-22T09:00', '2026-11-22'), false);
  assert.equal(endsBefore('2026-11-22', '2026-11-22T08:00'), false);
  assert.equal(endsBefore('2026-11-22T09:00', ''), false);
});

test('clocks of two zones are not held against each other', () => {
  assert.equal(endsBefore('2026-11-22T23:00[Asia/Tokyo]', '2026-11-22T17:00[Europe/Berlin]'), false);
  assert.equal(endsBefore('2026-11-22T23:00[Asia/Tokyo]', '2026-11-22T17:00[Asia/Tokyo]'), true);
});
