// The calendar of the sample data: what its records have on which day. Rules are followed only as far as the samples need
// them; the core knows all of them.
import { dateOf, isDue } from './mock-data';
import type { CalendarItem, CivilDate, RecordView } from './types';

const DAY_MS = 86_400_000;
/** So far a date may have been moved and still be found. */
const SLACK_DAYS = 31;
const DAYS = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'];

/** What became of one date of something that comes again. */
export interface Kept {
  readonly state: 'open' | 'completed' | 'skipped';
  readonly on?: CivilDate;
  readonly start?: string | null;
}

/** What of a routine was done on a day. */
export interface Ticked {
  readonly done: readonly string[];
  readonly finished: boolean;
  readonly skipped: boolean;
}

export interface Logs {
  readonly kept: (id: string, date: CivilDate) => Kept;
  readonly ticked: (id: string, date: CivilDate) => Ticked;
}

export function plus(date: CivilDate, days: number): CivilDate {
  return dateOf(Date.parse(date) + days * DAY_MS);
}

function daysFrom(from: CivilDate, to: CivilDate): readonly CivilDate[] {
  const days: CivilDate[] = [];
  for (let day = from; day <= to; day = plus(day, 1)) days.push(day);
  return days;
}

export function textOf(row: RecordView, field: string): string {
  const value = row.fields[field];
  return typeof value === 'string' ? value : '';
}

/** Whether a rule that begins on `first` names `date`. */
function names(rule: string, first: CivilDate, date: CivilDate): boolean {
  if (date < first) return false;
  const part = (name: string) => new RegExp(`${name}=([^;]+)`).exec(rule)?.[1];
  const days = Math.round((Date.parse(date) - Date.parse(first)) / DAY_MS);
  const every = Number(part('INTERVAL') ?? 1);
  switch (part('FREQ')) {
    case 'DAILY':
      return days % every === 0;
    case 'WEEKLY': {
      const wanted = part('BYDAY')?.split(',') ?? [DAYS[new Date(first).getUTCDay()] ?? ''];
      return wanted.includes(DAYS[new Date(date).getUTCDay()] ?? '') && Math.floor(days / 7) % every === 0;
    }
    case 'MONTHLY':
      return date.slice(8) === first.slice(8);
    case 'YEARLY':
      return date.slice(5) === first.slice(5);
    default:
      return date === first;
  }
}

/** The dates of a rule from `from` to `to`. */
export function datesOf(row: RecordView, first: CivilDate, from: CivilDate, to: CivilDate): readonly CivilDate[] {
  const rule = textOf(row, 'rrule');
  return daysFrom(from, to).filter((date) => names(rule, first, date));
}

type Item = CalendarItem;
const whole = (row: RecordView, type: Item['type'], on: CivilDate): Item => ({
  type,
  id: row.id,
  title: textOf(row, 'title') || textOf(row, 'name'),
  date: null,
  on,
  until: on,
  start: null,
  end: null,
  state: 'open',
  movable: true,
});

function events(row: RecordView, logs: Logs, from: CivilDate, to: CivilDate): readonly Item[] {
  const [on = '', start = null] = textOf(row, 'start').split('T');
  const [last = on, end = null] = textOf(row, 'end') === '' ? [on] : textOf(row, 'end').split('T');
  const one: Item = { ...whole(row, 'event', on), until: last, start, end };
  if (textOf(row, 'rrule') === '') return [one];
  return datesOf(row, on, plus(from, -SLACK_DAYS), plus(to, SLACK_DAYS)).map((date) => moved({ ...one, date, on: date, until: date }, logs.kept(row.id, date)));
}

/** A date where it stands now, as long as it was. */
function moved(item: Item, { on = item.on, start = item.start, state }: Kept): Item {
  const same = start === item.start;
  const stands = state === 'completed' ? 'done' : state;
  return { ...item, on, until: on, start, end: same ? item.end : laterBy(start, item), state: stands, movable: state === 'open' };
}

/** The end of something that begins at another time now. */
export function laterBy(start: string | null, { start: before, end }: Pick<Item, 'start' | 'end'>): string | null {
  if (start === null || before === null || end === null) return null;
  const minutes = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
  const at = Math.min(minutes(start) + minutes(end) - minutes(before), 24 * 60 - 1);
  return `${String(Math.floor(at / 60)).padStart(2, '0')}:${String(at % 60).padStart(2, '0')}`;
}

function tasks(row: RecordView, logs: Logs, from: CivilDate, to: CivilDate): readonly Item[] {
  const due = textOf(row, 'due');
  if (due === '') return [];
  const status = textOf(row, 'status');
  const over = status === 'completed' || status === 'cancelled';
  const one: Item = { ...whole(row, 'task', due), start: textOf(row, 'due_time') || null, state: over ? 'done' : 'open', movable: !over };
  if (textOf(row, 'rrule') === '') return [one];
  return datesOf(row, due, plus(from, -SLACK_DAYS), plus(to, SLACK_DAYS)).map((date) => moved({ ...one, date, on: date, until: date }, logs.kept(row.id, date)));
}

function routines(row: RecordView, logs: Logs, from: CivilDate, to: CivilDate): readonly Item[] {
  return daysFrom(from, to)
    .filter((date) => isDue(row.fields, date))
    .map((date) => {
      const { finished, skipped } = logs.ticked(row.id, date);
      const state = skipped ? 'skipped' : finished ? 'done' : 'open';
      const [start, end] = [textOf(row, 'window_start') || null, textOf(row, 'window_end') || null];
      return { ...whole(row, 'routine', date), date, start, end, state, movable: false };
    });
}

function birthdays(row: RecordView, from: CivilDate, to: CivilDate): readonly Item[] {
  const born = textOf(row, 'birth_date');
  const days = born === '' ? [] : daysFrom(from, to).filter((date) => date.slice(5) === born.slice(5));
  return days.map((date) => ({ ...whole(row, 'birthday', date), date, movable: false }));
}

/** Everything on these days. */
export function planned(rows: readonly RecordView[], logs: Logs, from: CivilDate, to: CivilDate): readonly Item[] {
  const all = rows.flatMap((row): readonly Item[] => {
    switch (row.type) {
      case 'event':
        return events(row, logs, from, to);
      case 'task':
        return tasks(row, logs, from, to);
      case 'routine':
        return routines(row, logs, from, to);
      case 'person':
        return birthdays(row, from, to);
      default:
        return [];
    }
  });
  return all.filter(({ on, until }) => on <= to && until >= from);
}
