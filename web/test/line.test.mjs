// Quick add in words: what a line would do, and with what a form begins.
import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from './load.mjs';

const { meaningOf, ownExample, taskFields, writtenWords } = await load('ui/state/line.ts');
const { format } = await load('strings/format.ts');
const { en } = await load('strings/en/index.ts');
const f = format('en-GB');
const t = en(f);

const TODAY = '2026-11-19';
const log = { kind: 'log', habit: 'h', name: 'Read', date: TODAY, unit: 'min', state: 'value', value: 20 };
const task = { kind: 'task', title: 'Call Mum', due: '2026-11-20', time: '18:00', priority: 3, labels: ['family'] };
const words = (quick) => {
  const { text, more } = meaningOf(quick, TODAY, t, f);
  return [text, more];
};

test('a log says what, how much and when', () => {
  assert.deepEqual(words(log), ['Log Read: 20 min, today', '']);
  assert.deepEqual(words({ ...log, state: 'skip', date: '2026-11-18' }), ['Log Read: skipped, yesterday', '']);
  assert.deepEqual(words({ ...log, state: 'done', date: '2026-11-10' }), [`Log Read: done, ${f.shortDay('2026-11-10')}`, '']);
});

test('a task says its name, and its particulars besides; without any it says nothing more', () => {
  assert.deepEqual(words(task), ['Task: Call Mum', 'tomorrow 18:00 · priority high · #family']);
  assert.deepEqual(words({ ...task, due: TODAY, time: null, priority: null, labels: [] }), ['Task: Call Mum', 'today']);
  assert.deepEqual(words({ ...task, due: null, time: null, priority: null, labels: [] }), ['Task: Call Mum', '']);
});

test('what is not clear says what to write', () => {
  const unclear = (why, more = {}) => words({ kind: 'unclear', why, ...more })[0];
  assert.match(unclear('how_much', { name: 'Read', unit: 'min' }), /How much of Read.* min/);
  assert.match(unclear('other_unit', { name: 'Read', unit: 'min' }), /Read is counted in min/);
  assert.notEqual(unclear('empty'), unclear('ambiguous'));
});

test('what was written is told as the rows of Today tell it', () => {
  assert.equal(writtenWords(log, t), t.habit.saidValue('Read', '20 min'));
  assert.equal(writtenWords(task, t), t.common.added('Call Mum'));
});

test('the form of a task begins with what the line named, and with nothing else', () => {
  assert.deepEqual(taskFields(task), { due: '2026-11-20', due_time: '18:00', priority: 3, labels: ['family'] });
  assert.deepEqual(taskFields({ ...task, due: null, time: null, priority: null, labels: [] }), {});
  assert.deepEqual(taskFields({ ...task, due: null, time: null, priority: 0, labels: [] }), { priority: 0 }, 'no priority is one too');
});

test('the first example logs a habit of one\'s own: a measured one with its amount, never one to avoid', () => {
  const habit = (fields) => ({ type: 'habit', id: fields.name, created: '2026-01-01T00:00:00Z', updated: '', deleted: false, fields });
  const walk = habit({ name: 'Walk' });
  const read = habit({ name: 'Read', kind: 'measurable', target: 20, unit: 'min' });
  const phone = habit({ name: 'Phone in bed', polarity: 'bad' });
  assert.equal(ownExample([phone, walk, read]), 'Read 20 min');
  assert.equal(ownExample([phone, walk]), 'Walk');
  assert.equal(ownExample([phone]), null);
});
