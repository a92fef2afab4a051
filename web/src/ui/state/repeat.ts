// A recurrence as plain choices: every day, on weekdays, weekly, monthly, yearly, and until when. Only the text of a rule is
// read and written here (RFC 5545); which dates it gives is the core's to say. A rule that these choices cannot tell is kept
// as it is.

import type { CivilDate } from '../../core/types';
import type { Strings } from '../../strings/en';
import type { Format } from '../../strings/format';

export type Frequency = 'day' | 'weekdays' | 'week' | 'month' | 'year';

export interface Repeat {
  readonly every: Frequency;
  /** Each, each second, each third, ... */
  readonly interval: number;
  /** Of a week: 0 is Monday. None: the day it begins on. */
  readonly days: readonly number[];
  /** Of a month: the nth such weekday, -1 the last; null: the same date. */
  readonly nth: { readonly n: number; readonly day: number } | null;
  readonly until: CivilDate | null;
  readonly count: number | null;
}

const DAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];
/** Monday to Friday. */
export const WORKDAYS: readonly number[] = [0, 1, 2, 3, 4];
const FREQUENCIES: Readonly<Record<string, Frequency>> = { DAILY: 'day', WEEKLY: 'week', MONTHLY: 'month', YEARLY: 'year' };
const NAMES: Readonly<Record<Frequency, string>> = { day: 'DAILY', weekdays: 'WEEKLY', week: 'WEEKLY', month: 'MONTHLY', year: 'YEARLY' };
export const MOST_INTERVAL = 99;
export const MOST_COUNT = 999;

export const once: Repeat = { every: 'week', interval: 1, days: [], nth: null, until: null, count: null };

function whole(text: string | undefined): number | null {
  return text !== undefined && /^[1-9]\d{0,2}$/.test(text) ? Number(text) : null;
}

function dateOf(text: string): CivilDate | null {
  const found = /^(\d{4})(\d{2})(\d{2})(?:T\d{6}Z?)?$/.exec(text);
  return found ? `${found[1]}-${found[2]}-${found[3]}` : null;
}

function same(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((day, at) => day === b[at]);
}

/** The days of `BYDAY`, in order; null if one has a number or is none. */
function daysOf(text: string): readonly number[] | null {
  const days = text.split(',').map((name) => DAYS.indexOf(name));
  return days.includes(-1) ? null : [...new Set(days)].sort((a, b) => a - b);
}

function nthOf(text: string): Repeat['nth'] {
  const found = /^(-1|[1-4])(MO|TU|WE|TH|FR|SA|SU)$/.exec(text);
  return found ? { n: Number(found[1]), day: DAYS.indexOf(found[2] ?? '') } : null;
}

/** Null: no rule that these choices can tell. */
export function parseRepeat(text: string): Repeat | null {
  const parts = new Map<string, string>();
  for (const part of text.toUpperCase().split(';')) {
    const [name = '', value = ''] = part.split('=');
    if (value === '' || parts.has(name)) return null;
    parts.set(name, value);
  }
  const take = (name: string): string | undefined => {
    const value = parts.get(name);
    parts.delete(name);
    return value;
  };
  const frequency = FREQUENCIES[take('FREQ') ?? ''];
  const interval = whole(take('INTERVAL') ?? '1');
  const ends = take('UNTIL');
  const until = ends === undefined ? null : dateOf(ends);
  const times = take('COUNT');
  const count = times === undefined ? null : whole(times);
  // Where the week begins matters only to every second week and the like on several days.
  if (interval === 1) take('WKST');
  const by = take('BYDAY');
  if (frequency === undefined || interval === null || parts.size > 0) return null;
  if ((ends !== undefined && until === null) || (times !== undefined && count === null) || (ends !== undefined && times !== undefined)) return null;
  const rest = { interval, nth: null, days: [], until, count } as const;
  if (by === undefined) return { ...rest, every: frequency };
  if (frequency === 'month') {
    const nth = nthOf(by);
    return nth === null ? null : { ...rest, every: frequency, nth };
  }
  const days = daysOf(by);
  if (days === null || frequency !== 'week') return null;
  return interval === 1 && same(days, WORKDAYS) ? { ...rest, every: 'weekdays' } : { ...rest, every: frequency, days };
}

export function writeRepeat(repeat: Repeat): string {
  const { every, interval, days, nth, until, count } = repeat;
  const parts = [`FREQ=${NAMES[every]}`];
  if (every !== 'weekdays' && interval > 1) parts.push(`INTERVAL=${interval}`);
  const on = every === 'weekdays' ? WORKDAYS : every === 'week' ? [...days].sort((a, b) => a - b) : [];
  if (on.length > 0) parts.push(`BYDAY=${on.map((day) => DAYS[day]).join(',')}`);
  if (every === 'month' && nth !== null) parts.push(`BYDAY=${nth.n}${DAYS[nth.day]}`);
  if (until !== null) parts.push(`UNTIL=${until.replaceAll('-', '')}`);
  else if (count !== null) parts.push(`COUNT=${count}`);
  return parts.join(';');
}

/** In words, as in "Every 2 weeks on Monday and Thursday, until 31 December 2026". */
export function repeatWords(text: string, t: Strings, f: Format): string {
  const words = t.life.repeat;
  const repeat = parseRepeat(text);
  if (repeat === null) return words.other;
  const { every, interval, days, nth, until, count } = repeat;
  const long = f.weekdays('long');
  const base = every === 'weekdays' ? words.weekdays : words.every[every](interval);
  const on = every === 'week' && days.length > 0 ? words.on(f.list(days.map((day) => long[day] ?? ''))) : '';
  const which = every === 'month' && nth !== null ? words.onNth(words.nth[nth.n] ?? '', long[nth.day] ?? '') : '';
  const end = until !== null ? words.until(f.dayAndYear(until)) : count !== null ? words.count(count) : '';
  return [base + on + which, end].filter((part) => part !== '').join(words.comma);
}
