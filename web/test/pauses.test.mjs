// Pauses of a habit, read and written as the core keeps them.
import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from './load.mjs';

const { pauseOn, pausesOf, pausesWritten, pausesWrong } = await load('ui/state/pauses.ts');
const KEPT = { '2026-11-20': 'open', '2026-08-01': '2026-08-14' };

test('pauses are read by their first day, one that lasts without a last', () => {
  assert.deepEqual(pausesOf(KEPT), [{ from: '2026-08-01', until: '2026-08-14' }, { from: '2026-11-20', until: '' }]);
  assert.deepEqual(pausesOf(undefined), []);
});

test('what did not change is not written, and the last one clears the field', () => {
  assert.deepEqual(pausesWritten(pausesOf(KEPT), KEPT), {});
  assert.deepEqual(pausesWritten([], undefined), {});
  assert.deepEqual(pausesWritten([], KEPT), { pauses: null });
  const ended = [...pausesOf(KEPT).slice(0, 1), { from: '2026-11-20', until: '2026-11-22' }, { from: '', until: '' }];
  assert.deepEqual(pausesWritten(ended, KEPT), { pauses: { '2026-08-01': '2026-08-14', '2026-11-20': '2026-11-22' } });
});

test('a pause that ends before it begins, or two from one day, are wrong', () => {
  assert.equal(pausesWrong(pausesOf(KEPT)), false);
  assert.equal(pausesWrong([{ from: '2026-11-20', until: '2026-11-19' }]), true);
  assert.equal(pausesWrong([{ from: '2026-11-20', until: '2026-11-20' }]), false);
  assert.equal(pausesWrong([{ from: '2026-11-20', until: '' }, { from: '2026-11-20', until: '2026-12-01' }]), true);
});

test('a day lies in a pause from its first day to its last', () => {
  const on = (date) => pauseOn(KEPT, date)?.from ?? null;
  assert.deepEqual(['2026-07-31', '2026-08-01', '2026-08-14', '2026-08-15', '2026-11-20', '2027-01-01'].map(on), [null, '2026-08-01', '2026-08-01', null, '2026-11-20', '2026-11-20']);
});
