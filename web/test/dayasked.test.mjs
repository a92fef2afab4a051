// What the screens ask of a day, as it crosses to the core.
import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from './load.mjs';

const { importRequest, moveRequest, routineRequest } = await load('core/day-asked.ts');
const item = { type: 'task', id: 'i', date: '2026-11-19' };

test('a time that stays, no time and a time are three things, and none of them is lost as JSON', () => {
  const time = (to) => JSON.parse(JSON.stringify(moveRequest(item, { on: '2026-11-20', ...to }))).move.time;
  assert.deepEqual([time({}), time({ start: undefined }), time({ start: null }), time({ start: '18:00' })], ['stays', 'stays', 'allDay', { at: '18:00' }]);
});

test('a move names what is moved by its own date, not by where it stands', () => {
  assert.deepEqual(moveRequest(item, { on: '2026-11-20', start: null }), { move: { type: 'task', id: 'i', date: '2026-11-19', on: '2026-11-20', time: 'allDay' } });
});

test('a step is told apart from all of them', () => {
  const action = (given) => routineRequest('r', '2026-11-19', given).routineStep.action;
  assert.deepEqual([action('finish'), action({ step: 's', done: false })], ['finish', { step: { step: 's', done: false } }]);
});

test('an import writes unless it is to count alone', () => {
  assert.equal(importRequest('', {}).importFile.dry, false);
  assert.deepEqual(importRequest('t', { dry: true, type: 'task', format: 'csv' }), { importFile: { text: 't', dry: true, format: 'csv', record: 'task' } });
});
