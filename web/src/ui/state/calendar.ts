// The calendar as it is drawn: what stands on which day, and how things that overlap stand side by side. Times are
// minutes after midnight.

import type { CalendarItem, CivilDate } from '../../core/types';
import { datesFrom, minutesOf, monthOf, weekOf } from './dates';

export const DAY_MINUTES = 24 * 60;
/** Something without an end is drawn as if it took so long. */
export const USUAL_MINUTES = 30;
/** Drawn less high than this, nothing could be read or touched. */
export const LEAST_MINUTES = 30;

/** The same for the same thing on the calendar, wherever it is moved. */
export function keyOf({ type, id, date }: Pick<CalendarItem, 'type' | 'id' | 'date'>): string {
  return [type, id, date ?? ''].join(' ');
}

/** Where a thing stands on one day. */
export interface Part {
  readonly from: number;
  readonly to: number;
}

/** The part of a timed thing that lies on `day`; of one that crosses midnight, each day has its own. */
export function partOf(item: CalendarItem, day: CivilDate): Part {
  const from = item.on < day || item.start === null ? 0 : minutesOf(item.start);
  if (item.until > day) return { from, to: DAY_MINUTES };
  const end = item.end === null ? from + USUAL_MINUTES : minutesOf(item.end);
  return { from, to: Math.min(Math.max(end, from), DAY_MINUTES) };
}

/** A thing in its place: the lane it stands in, of so many side by side. */
export interface Placed<T> {
  readonly item: T;
  readonly from: number;
  readonly to: number;
  readonly lane: number;
  readonly lanes: number;
}

/** Side by side what overlaps; what touches nothing has all of the width. */
export function sideBySide<T>(items: readonly T[], part: (item: T) => Part): readonly Placed<T>[] {
  const drawn = items
    .map((item) => {
      const { from, to } = part(item);
      return { item, from, to: Math.max(to, from + LEAST_MINUTES) };
    })
    .sort((a, b) => a.from - b.from || b.to - a.to);
  const placed: Placed<T>[] = [];
  let group: { readonly item: T; readonly from: number; readonly to: number; readonly lane: number }[] = [];
  /** When each lane is free again. */
  let free: number[] = [];
  const settle = (): void => {
    for (const one of group) placed.push({ ...one, lanes: free.length });
    group = [];
    free = [];
  };
  for (const one of drawn) {
    if (free.every((until) => until <= one.from)) settle();
    const found = free.findIndex((until) => until <= one.from);
    const lane = found === -1 ? free.length : found;
    free[lane] = one.to;
    group.push({ ...one, lane });
  }
  settle();
  return placed;
}

export interface DayItems {
  readonly day: CivilDate;
  readonly allDay: readonly CalendarItem[];
  readonly timed: readonly CalendarItem[];
}

const before = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** What stands on each of these days: the whole days first, the rest by the hour. Something long stands on each of its days. */
export function byDay(items: readonly CalendarItem[], days: readonly CivilDate[]): readonly DayItems[] {
  const all = new Map<CivilDate, { readonly allDay: CalendarItem[]; readonly timed: CalendarItem[] }>(
    days.map((day) => [day, { allDay: [], timed: [] }]),
  );
  for (const item of items) {
    for (const [day, on] of all) {
      if (day < item.on || day > item.until) continue;
      (item.start === null ? on.allDay : on.timed).push(item);
    }
  }
  return days.map((day) => {
    const { allDay = [], timed = [] } = all.get(day) ?? {};
    return {
      day,
      allDay: allDay.sort((a, b) => before(a.on, b.on) || before(a.title, b.title)),
      timed: timed.sort((a, b) => partOf(a, day).from - partOf(b, day).from || before(a.title, b.title)),
    };
  });
}

/** The whole weeks in which a month lies. */
export function weeksOf(date: CivilDate, weekStart: number): readonly (readonly CivilDate[])[] {
  const [first, end] = [monthOf(date), monthOf(date, 1)];
  const weeks: (readonly CivilDate[])[] = [];
  for (let from = weekOf(first, weekStart); from < end; from = datesFrom(from, 8)[7] ?? end) weeks.push(datesFrom(from, 7));
  return weeks;
}

/** A time of day, brought to the nearest quarter of an hour of the same day. */
export function quarter(minutes: number): number {
  return Math.min(Math.max(Math.round(minutes / 15) * 15, 0), DAY_MINUTES - 15);
}
