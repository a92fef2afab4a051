// What the screens ask of a day, as it crosses to the core, and moments of times on the wall.
import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from './load.mjs';

const { endOf, importRequest, momentOf, moveRequest, noticeOf, portable, routineRequest } = await load('core/day-asked.ts');
const item = { type: 'task', id: 'i', date: '2026-11-19' };

test('a time that stays, no time and a time are three things, and none of them is lost as JSON', () => {
  const time = (to) => JSON.parse(JSON.stringify(moveRequest(item, { on: '2026-11-20', ...to }))).move.start;
  const all = [time({}), time({ start: undefined }), time({ start: null }), time({ start: '18:00' })];
  assert.deepEqual(all, ['stays', 'stays', 'allDay', { at: { time: '18:00' } }]);
});

test('a move names what is moved by its own date, not by where it stands; what comes once has none', () => {
  const to = { on: '2026-11-20', start: null };
  assert.deepEqual(moveRequest(item, to), { move: { id: 'i', date: '2026-11-19', on: '2026-11-20', start: 'allDay' } });
  assert.deepEqual(moveRequest({ ...item, date: null }, to), { move: { id: 'i', on: '2026-11-20', start: 'allDay' } });
});

test('a step is told apart from all of them', () => {
  const action = (given) => routineRequest('r', '2026-11-19', given).routineStep.action;
  assert.deepEqual([action('finish'), action({ step: 's', done: false })], ['finish', { step: { step: 's', done: false } }]);
});

test('an import writes unless it is to count alone; a table says of which type', () => {
  assert.deepEqual(importRequest('t'), { import: { file: 'json', text: 't', dry: false } });
  const table = { import: { file: { csv: { record: 'task' } }, text: 't', dry: true } };
  assert.deepEqual(importRequest('t', { dry: true, type: 'task', format: 'csv' }), table);
  assert.equal(portable('ics', 'task'), 'ics');
});

test('a time that a night leaves out is an hour later; of one that comes twice it is the first', () => {
  const zone = process.env.TZ;
  try {
    process.env.TZ = 'Europe/Berlin';
    const utc = (wall) => new Date(momentOf(wall)).toISOString().slice(0, 16);
    assert.equal(utc('2026-03-29T02:30'), '2026-03-29T01:30');
    assert.equal(utc('2026-10-25T02:30'), '2026-10-25T00:30');
    assert.equal(utc('2026-11-21T08:00'), '2026-11-21T07:00');
    // The day on which clocks go back has 25 hours.
    assert.equal(endOf('2026-10-25') - endOf('2026-10-24'), 25 * 3_600_000);
  } finally {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  }
});

test('two reminders of one record are told apart', () => {
  const at = (occurrence) => noticeOf({ type: 'habit', id: 'h', occurrence, at: occurrence, expires: occurrence, title: 'Pray' });
  const [morning, evening] = [at('2026-11-21T08:00'), at('2026-11-21T21:00')];
  assert.notEqual(morning.id, evening.id);
  assert.deepEqual([morning.date, morning.record, morning.title], ['2026-11-21', 'h', 'Pray']);
});
