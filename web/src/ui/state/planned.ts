// What stands on the calendar, in words and addresses.

import type { CalendarItem, MoveTo } from '../../core/types';
import type { Strings } from '../../strings/en';
import type { Format } from '../../strings/format';
import { to } from './routes';

/** The page of the record behind it. */
export function addressOf({ type, id }: Pick<CalendarItem, 'type' | 'id'>): string {
  switch (type) {
    case 'task':
      return to.record('task', id);
    case 'event':
    case 'routine':
      return to.recordOf(type, id);
    case 'birthday':
      return to.recordOf('person', id);
  }
}

/** When it is on `day`: its hours, or all of it. */
export function whenWords(item: CalendarItem, day: string, t: Strings, f: Format): string {
  if (item.start === null) return item.until > day ? `${t.plan.allDayLong}, ${t.plan.until(f.shortDay(item.until))}` : t.plan.allDayLong;
  const start = item.on < day ? f.clock('00:00') : f.clock(item.start);
  if (item.until > day) return `${start}, ${t.plan.until(f.shortDay(item.until))}`;
  return item.end === null ? start : t.plan.span(start, f.clock(item.end));
}

/** What it is, and how it stands with it; what need not be said is left out. */
export function kindWords(item: CalendarItem, t: Strings): string {
  const state = t.plan.states[item.state];
  return state === '' ? t.plan.kinds[item.type] : t.plan.kindState(t.plan.kinds[item.type], state);
}

/** Where it stands and what it is, for a sheet about it that was opened on `day`. */
export function placeWords(item: CalendarItem, day: string, t: Strings, f: Format): readonly string[] {
  const on = item.on <= day && day <= item.until ? day : item.on;
  const whole = item.start === null && item.type !== 'event';
  return [on === '' ? t.today.noDate : f.shortDay(on), ...(whole ? [] : [whenWords(item, on, t, f)]), kindWords(item, t)];
}

/** Where something was moved. */
export function whereWords(place: MoveTo, item: CalendarItem, f: Format): string {
  const start = place.start === undefined ? item.start : place.start;
  const day = f.shortDay(place.on);
  return start === null ? day : `${day}, ${f.clock(start)}`;
}
