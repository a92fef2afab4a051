// Writes that depend on each other go one after the other.
import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from './load.mjs';

const { turns } = await load('ui/state/turns.ts');
const settled = () => new Promise(setImmediate);

test('a write begins when the one before is over, and sees what that one left', async () => {
  const inTurn = turns();
  let kept = {};
  const write = (name) =>
    inTurn(async () => {
      const before = kept;
      await settled();
      kept = { ...before, [name]: true };
    });
  await Promise.all([write('habit'), write('task'), write('event')]);
  assert.deepEqual(Object.keys(kept), ['habit', 'task', 'event']);
});

test('one that failed says so to whoever asked for it, and the next one runs all the same', async () => {
  const inTurn = turns();
  const failed = inTurn(async () => {
    throw new Error('locked');
  });
  const next = inTurn(async () => 'done');
  await assert.rejects(failed, /locked/);
  assert.equal(await next, 'done');
});
