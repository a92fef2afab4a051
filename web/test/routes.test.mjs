// Addresses: what is written is read back, and what cannot be read leads somewhere.
import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from './load.mjs';

const { filled, parse, to } = await load('ui/state/routes.ts');
const ID = '0b1e2f3a-0000-4000-8000-000000000001';

test('every address of the plan and of records is read back as the page it was written for', () => {
  const pages = [
    [to.plan, { page: 'plan', view: null, date: null }],
    [to.planned('week', '2026-11-19'), { page: 'plan', view: 'week', date: '2026-11-19' }],
    [to.life, { page: 'life' }],
    [to.records('goal'), { page: 'records', type: 'goal', trash: false }],
    [to.recordTrash('goal'), { page: 'records', type: 'goal', trash: true }],
    [to.newRecord('event'), { page: 'record-form', type: 'event', id: null, given: {} }],
    [to.recordOf('journal', ID), { page: 'record', type: 'journal', id: ID }],
    [to.editRecord('journal', ID), { page: 'record-form', type: 'journal', id: ID, given: {} }],
    [to.recordHistory('journal', ID), { page: 'history', id: ID }],
    [to.done('task', ID, '2026-11-19'), { page: 'done', type: 'task', id: ID, date: '2026-11-19' }],
  ];
  for (const [address, page] of pages) assert.deepEqual(parse(address), page, address);
});

test('habits and tasks have the pages they always had, under either address', () => {
  assert.deepEqual(parse(to.records('habit')), parse(to.list('habit')));
  assert.deepEqual(parse(to.recordOf('task', ID)), parse(to.record('task', ID)));
  assert.deepEqual(parse(to.editRecord('task', ID)), parse(to.edit('task', ID)));
  assert.deepEqual(parse(to.newRecord('task')), parse(to.fresh('task')));
  assert.deepEqual(parse(to.recordTrash('habit')), parse(to.trash('habit')));
});

test('an address that cannot be read leads to the nearest page that is there', () => {
  assert.deepEqual(parse('#/plan/decade/2026-11-19'), { page: 'plan', view: null, date: '2026-11-19' });
  assert.deepEqual(parse('#/plan/day/2026-99-99'), { page: 'plan', view: 'day', date: null });
  assert.deepEqual(parse('#/life/%3Cb%3E'), { page: 'life' });
  assert.deepEqual(parse('#/today/yesterday'), { page: 'today', date: null });
  for (const half of ['#/done', `#/done/task/${ID}`, `#/done/task/${ID}/soon`, `#/done/%3Cb%3E/${ID}/2026-11-19`]) {
    assert.deepEqual(parse(half), { page: 'today', date: null }, half);
  }
});

test('the form of a new record begins with what is known of it, that of an old one with the record', () => {
  const given = { start: '2026-11-19T14:00' };
  assert.deepEqual(filled(parse(to.newRecord('event')), 'Lunch', given).given, { title: 'Lunch', ...given });
  assert.deepEqual(filled(parse(to.fresh('task')), 'Call', { due: '2026-11-19' }), { page: 'task-form', id: null, title: 'Call', given: { due: '2026-11-19' } });
  assert.deepEqual(filled(parse(to.editRecord('event', ID)), 'Lunch', given).given, {});
  assert.deepEqual(filled(parse(to.life), 'Lunch', given), { page: 'life' });
});
