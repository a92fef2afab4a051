// The calendar as it is drawn: days, weeks, months, and what overlaps.
import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from './load.mjs';

const { byDay, keyOf, partOf, quarter, sideBySide, weeksOf } = await load('ui/state/calendar.ts');
const { monthOf, weekOf, minutesOf, timeOf } = await load('ui/state/dates.ts');

const item = (title, on, start = null, end = null, more = {}) => ({
  type: 'event', id: title, title, date: null, on, until: on, start, end, state: 'open', movable: true, ...more,
});
const clock = (from, to) => ({ from: minutesOf(from), to: minutesOf(to) });
/** `name: lane of lanes`, in the order in which they are drawn. */
const drawn = (...spans) => sideBySide(spans, (span) => clock(span[1], span[2])).map(({ item: [name], lane, lanes }) => `${name}: ${lane} of ${lanes}`);

test('what follows at once or later stands alone', () => {
  assert.deepEqual(drawn(['b', '10:00', '11:00'], ['a', '09:00', '10:00'], ['c', '12:00', '13:00']), ['a: 0 of 1', 'b: 0 of 1', 'c: 0 of 1']);
});

test('what overlaps stands side by side, and a lane that is free again is used again', () => {
  assert.deepEqual(
    drawn(['long', '09:00', '12:00'], ['first', '09:00', '10:00'], ['second', '10:00', '11:00'], ['after', '12:00', '13:00']),
    ['long: 0 of 2', 'first: 1 of 2', 'second: 1 of 2', 'after: 0 of 1'],
  );
});

test('a chain of overlaps is one group, though its ends do not meet', () => {
  assert.deepEqual(drawn(['a', '09:00', '10:30'], ['b', '10:00', '11:30'], ['c', '11:00', '12:00']), ['a: 0 of 2', 'b: 1 of 2', 'c: 0 of 2']);
});

test('what takes no time is drawn high enough to be touched, and what would lie under it stands beside it', () => {
  const [a, b] = sideBySide([['a', '09:00', '09:00'], ['b', '09:15', '10:00']], (span) => clock(span[1], span[2]));
  assert.deepEqual([a.to - a.from, a.lanes, b.lane], [30, 2, 1]);
});

test('something that crosses midnight has a part on each of its days', () => {
  const night = item('night', '2026-11-20', '22:00', '02:00', { until: '2026-11-22' });
  assert.deepEqual(partOf(night, '2026-11-20'), clock('22:00', '24:00'));
  assert.deepEqual(partOf(night, '2026-11-21'), clock('00:00', '24:00'));
  assert.deepEqual(partOf(night, '2026-11-22'), clock('00:00', '02:00'));
});

test('something without an end takes half an hour, and never longer than its day', () => {
  assert.deepEqual(partOf(item('call', '2026-11-20', '18:00'), '2026-11-20'), clock('18:00', '18:30'));
  assert.deepEqual(partOf(item('late', '2026-11-20', '23:50'), '2026-11-20'), clock('23:50', '24:00'));
});

test('each day has its whole days and its hours in order; what is on none of the days is left out', () => {
  const days = byDay(
    [
      item('lunch', '2026-11-20', '13:00', '14:00'),
      item('stand-up', '2026-11-20', '09:30'),
      item('trip', '2026-11-19', null, null, { until: '2026-11-20' }),
      item('elsewhere', '2026-11-25'),
    ],
    ['2026-11-19', '2026-11-20', '2026-11-21'],
  );
  assert.deepEqual(
    days.map(({ day, allDay, timed }) => [day, allDay.map(({ title }) => title), timed.map(({ title }) => title)]),
    [
      ['2026-11-19', ['trip'], []],
      ['2026-11-20', ['trip'], ['stand-up', 'lunch']],
      ['2026-11-21', [], []],
    ],
  );
});

test('a date of something that comes again has a key of its own', () => {
  const one = item('water', '2026-11-20', null, null, { date: '2026-11-19' });
  assert.equal(keyOf(one), keyOf({ ...one, on: '2026-11-23' }), 'moved, it is the same');
  assert.notEqual(keyOf(one), keyOf({ ...one, date: '2026-11-20' }));
});

test('a month is its whole weeks, from the day on which a week begins', () => {
  const ends = (weeks) => [weeks[0][0], weeks.at(-1)[6], weeks.length];
  // November 2026 begins on a Sunday and ends on a Monday; February 2027 is four weeks from Monday on.
  assert.deepEqual(ends(weeksOf('2026-11-19', 0)), ['2026-10-26', '2026-12-06', 6]);
  assert.deepEqual(ends(weeksOf('2026-11-19', 6)), ['2026-11-01', '2026-12-05', 5]);
  assert.deepEqual(ends(weeksOf('2027-02-28', 0)), ['2027-02-01', '2027-02-28', 4]);
  assert.ok(weeksOf('2026-11-19', 5).every((week) => week.length === 7));
});

test('weeks begin where the person says, over months and years', () => {
  assert.equal(weekOf('2026-11-22', 0), '2026-11-16');
  assert.equal(weekOf('2026-11-22', 6), '2026-11-22');
  assert.equal(weekOf('2027-01-01', 5), '2026-12-26');
  assert.deepEqual([monthOf('2026-12-31', 1), monthOf('2026-01-31', -1)], ['2027-01-01', '2025-12-01']);
});

test('a time that is dropped comes to a quarter of an hour of the same day', () => {
  assert.deepEqual([quarter(-40), quarter(67), quarter(68), quarter(2000)].map(timeOf), ['00:00', '01:00', '01:15', '23:45']);
});
