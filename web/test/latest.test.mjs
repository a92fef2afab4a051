// Questions that overtake each other: what typing asks of the core, and which answers are shown.
import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from './load.mjs';

const { Latest } = await load('ui/state/latest.ts');
const PAUSE_MS = 50;
/** What waits for promises alone has run. */
const settled = () => new Promise(setImmediate);

/** Questions that were asked, to be answered by hand, and what was told. */
function stage(it) {
  it.mock.timers.enable({ apis: ['setTimeout'] });
  const asked = [];
  const told = [];
  const latest = new Latest(PAUSE_MS, {
    ask: (question) => new Promise((resolve, reject) => asked.push({ question, resolve, reject })),
    answered: (question, answer) => told.push([question, answer]),
    failed: (question, thrown) => told.push([question, thrown.message]),
  });
  const pass = async (ms) => {
    it.mock.timers.tick(ms);
    await settled();
  };
  return { latest, asked, told, pass, questions: () => asked.map(({ question }) => question) };
}

test('of what is typed quickly only the last is asked, when the pause is over', async (it) => {
  const { latest, pass, questions } = stage(it);
  for (const typed of ['w', 'wa', 'wal']) {
    latest.ask(typed);
    await pass(PAUSE_MS - 1);
  }
  assert.deepEqual(questions(), []);
  await pass(1);
  assert.deepEqual(questions(), ['wal']);
});

test('one question is asked at a time; the answer to an older one is dropped, and of those that waited only the newest goes', async (it) => {
  const { latest, asked, told, pass, questions } = stage(it);
  for (const typed of ['wa', 'walk', 'water']) {
    latest.ask(typed);
    await pass(PAUSE_MS);
  }
  assert.deepEqual(questions(), ['wa']);
  asked[0].resolve('old');
  await settled();
  assert.deepEqual(told, []);
  assert.deepEqual(questions(), ['wa', 'water']);
  asked[1].resolve('new');
  await settled();
  assert.deepEqual(told, [['water', 'new']]);
});

test('an answer that comes while a newer question waits for its pause is dropped', async (it) => {
  const { latest, asked, told, pass } = stage(it);
  latest.ask('wa');
  await pass(PAUSE_MS);
  latest.ask('wal');
  asked[0].resolve('old');
  await settled();
  assert.deepEqual(told, []);
});

test('a failure is told of the newest question alone, and the next one is asked all the same', async (it) => {
  const { latest, asked, told, pass, questions } = stage(it);
  latest.ask('wa');
  await pass(PAUSE_MS);
  latest.ask('wal');
  await pass(PAUSE_MS);
  asked[0].reject(new Error('locked'));
  await settled();
  assert.deepEqual(questions(), ['wa', 'wal']);
  asked[1].reject(new Error('timeout'));
  await settled();
  assert.deepEqual(told, [['wal', 'timeout']]);
});

test('after a drop nothing is asked and nothing told, at whatever it was', async (it) => {
  const { latest, asked, told, pass, questions } = stage(it);
  latest.ask('wa');
  await pass(PAUSE_MS);
  latest.ask('wal');
  await pass(PAUSE_MS);
  latest.drop();
  latest.ask('walk');
  latest.drop();
  await pass(PAUSE_MS);
  asked[0].resolve('old');
  await settled();
  assert.deepEqual([questions(), told], [['wa'], []]);
});
