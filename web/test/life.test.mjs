// Pure parts of the pages of a life: order and groups, progress, what fell due, what was otherwise, sets, switches.
import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from './load.mjs';

const { entriesOf, placed } = await load('ui/state/arranging.ts');
const { moved } = await load('ui/state/forms.ts');
const { currentOf, progressOf, readNumber, saidValues, turned } = await load('ui/state/aims.ts');
const { fallenOf } = await load('ui/state/fallen.ts');
const { differences, putBack } = await load('ui/state/past.ts');
const { recordsOf, SETS, setsFor } = await load('ui/state/sets.ts');
const { domainsOn, switchesOf } = await load('ui/state/domains.ts');
const { groupsOf } = await load('ui/state/lists.ts');
const { format } = await load('strings/format.ts');
const { en } = await load('strings/en/index.ts');

const record = (id, fields, type = 'habit') => ({ type, id, created: '2026-01-01T08:00:00Z', updated: '2026-01-01T08:00:00Z', deleted: false, fields });
const habits = [record('a', { name: 'A' }), record('b', { name: 'B', group: 'Morning' }), record('c', { name: 'C', group: 'Morning' }), record('d', { name: 'D' })];
const keys = (entries) => entries.map(({ key }) => key);

test('habits stand below the heading of their group, those without one first', () => {
  assert.deepEqual(keys(entriesOf(habits, ['Evening'])), ['group ', 'a', 'd', 'group Morning', 'b', 'c', 'group Evening']);
});

test('a place in the list is the habit before it and the heading above it', () => {
  const entries = entriesOf(habits, ['Evening']);
  assert.deepEqual(placed(moved(entries, 1, 5), 'a'), { after: 'c', group: 'Morning' });
  assert.deepEqual(placed(moved(entries, 1, 6), 'a'), { after: 'c', group: 'Evening' });
  assert.deepEqual(placed(moved(entries, 4, 1), 'b'), { after: null, group: '' });
});

test('progress counts milestones before amounts, and stays within its ends', () => {
  const milestones = [{ id: 'x', title: 'One', done: true }, { id: 'y', title: 'Two' }];
  assert.equal(progressOf({ milestones, target: 10 }).share, 0.5);
  assert.equal(progressOf({ start: 80, target: 70 }, 77.5).share, 0.25);
  assert.equal(progressOf({ target: 100 }, 140).share, 1);
  assert.equal(progressOf({ title: 'No measure' }), null);
  assert.deepEqual(turned({ milestones }, 'y'), [milestones[0], { id: 'y', title: 'Two', done: true }]);
});

test('what a person said of a goal is read from its history, the newest first', () => {
  const change = (change, ...changes) => ({ change, time: `2026-11-0${change}T08:00:00Z`, changes });
  const history = [change('1', { field: 'title', before: null, after: 'Run' }), change('2', { field: 'current', before: null, after: 3 }), change('3', { field: 'current', before: 3, after: null }), change('4', { field: 'why', before: '', after: 'x' }, { field: 'current', before: null, after: 4.5 })];
  assert.deepEqual(saidValues(history).map(({ change, value }) => [change, value]), [['4', 4.5], ['2', 3]]);
  assert.equal(currentOf({ current: 4.5 }), 4.5);
  assert.equal(currentOf({ start: 4.5 }), null);
  assert.deepEqual(['12,5', ' -3 ', '−3', '0', 'x', '', '1e9'].map(readNumber), [12.5, -3, -3, 0, null, null, null]);
});

test('the inbox has what fell due between two moments and is still open, the newest first', () => {
  const item = (id, on, start, state = 'open') => ({ type: 'event', id, title: id, date: null, on, until: on, start, end: null, state, movable: true });
  const items = [item('before', '2026-11-21', '09:00'), item('due', '2026-11-21', '18:00'), item('done', '2026-11-21', '19:00', 'done'), item('later', '2026-11-22', '12:00'), item('dated', '2026-11-22', null)];
  const reminded = { habit: record('h', { name: 'Walk', reminders: { '07:30': 'daily', '20:00': 'daily', '08:00': 'weekdays mon' } }), due: true, log: null, week: [] };
  const habits = [reminded, { ...reminded, log: { state: 'done' } }];
  const between = { today: '2026-11-22', since: '2026-11-21T10:00', now: '2026-11-22T11:00' };
  const fallen = (wants) => fallenOf(items, habits, { ...between, wants }).map(({ id, time }) => [id, time]);
  assert.deepEqual(fallen(() => true), [['h', '07:30'], ['dated', null], ['due', '18:00']]);
  assert.deepEqual(fallen((type) => type !== 'event'), [['h', '07:30']], 'what was switched off reminded');
});

test('of a record as it was, what differs is told and can be written back', () => {
  const fields = [{ name: 'title', kind: 'line' }, { name: 'due', kind: 'date' }, { name: 'position', kind: 'other' }, { name: 'custom', kind: 'map' }];
  const was = record('x', { title: 'Old', position: '80', custom: { a: '1', b: '2' } }, 'goal');
  const now = record('x', { title: 'New', due: '2026-12-01', position: '90', custom: { b: '2', a: '1' } }, 'goal');
  const found = differences(was, now, fields);
  assert.deepEqual(putBack(found), { title: 'Old', due: null });
});

test('every set has words in both languages, and dates only where a record needs one', () => {
  for (const set of SETS) {
    for (const language of ['en', 'ar']) {
      for (const { type, fields } of recordsOf(set, language, '2026-11-22')) {
        const name = fields.name ?? fields.title;
        assert.equal(typeof name, 'string', `${set.key} ${type}`);
        assert.equal(/[\u0600-\u06ff]/.test(name), language === 'ar', name);
        assert.equal(JSON.stringify(fields).includes('"ar"'), false, 'a text was left in two languages');
      }
    }
  }
  const weekly = recordsOf(SETS.find(({ key }) => key === 'small-money'), 'en', '2026-11-22');
  assert.equal(weekly[0].fields.due, '2026-11-22');
  assert.deepEqual(setsFor(['people', 'faith']).map(({ key }) => key)[0], 'who');
});

test('what was picked at the beginning decides what is shown; of an older vault, everything is', () => {
  const settings = (features) => record('s', { features }, 'settings');
  const shown = (features) => domainsOn(settings(features)).map(({ type }) => type);
  assert.ok(shown({}).includes('season') && domainsOn(null).length === 9);
  assert.deepEqual(shown(switchesOf(['money'])), ['habit', 'goal', 'task']);
  assert.deepEqual(switchesOf([]), {});
});

test('the journal stands by months, the newest first; events by whether they are over', () => {
  const f = format('en-GB');
  const t = en(f);
  const day = (id, date) => record(id, { date }, 'journal');
  const months = groupsOf('journal', [day('a', '2026-10-30'), day('b', '2026-11-02'), day('c', '2026-11-20')], '2026-11-22', t, f);
  assert.deepEqual(months.map(({ name, records }) => [name, records.map(({ id }) => id)]), [['November 2026', ['c', 'b']], ['October 2026', ['a']]]);
  const event = (id, start, more = {}) => record(id, { title: id, start, ...more }, 'event');
  const events = groupsOf('event', [event('past', '2026-11-21'), event('long', '2026-11-20', { end: '2026-11-23' }), event('again', '2026-01-01', { rrule: 'FREQ=DAILY' })], '2026-11-22', t, f);
  assert.deepEqual(events.map(({ key, records }) => [key, records.map(({ id }) => id)]), [['coming', ['long']], ['again', ['again']], ['past', ['past']]]);
});

test('of what has names each group goes by them as the language sorts, whatever the case and the marks', () => {
  const f = format('en-GB');
  const t = en(f);
  const goal = (title, status) => record(title, { title, status }, 'goal');
  const goals = groupsOf('goal', ['zither', 'Écart', 'apple', 'Ease', 'east'].map((title) => goal(title, 'active')), '2026-11-22', t, f);
  assert.deepEqual(goals.map(({ records }) => records.map(({ id }) => id)), [['apple', 'Ease', 'east', 'Écart', 'zither']]);
});
