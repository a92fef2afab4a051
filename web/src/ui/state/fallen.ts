// What fell due between two moments: a view of the calendar and of reminders, worked out anew each time.

import type { CalendarItem, CivilDate, TodayHabit } from '../../core/types';
import { rulesOf } from './forms';
import { isNamed, nameOf, parseRule } from './records';

export interface Fallen {
  readonly key: string;
  readonly type: string;
  readonly id: string;
  readonly title: string;
  readonly date: CivilDate;
  /** `HH:MM`; null: at no time of the day. */
  readonly time: string | null;
}

/** A moment as civil texts sort: `2026-11-22T09:30`, by the clock of the device. */
export function civilOf(at: number): string {
  const date = new Date(at);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/**
 * Between two moments, still open, the newest first. What has no time of day falls due as the day begins. What is not to
 * remind (`wants`) stands nowhere here; quiet hours count for what makes a noise, and this makes none.
 */
export function fallenOf(
  items: readonly CalendarItem[],
  habits: readonly TodayHabit[],
  { today, since, now, wants }: { readonly today: CivilDate; readonly since: string; readonly now: string; readonly wants: (type: string) => boolean },
): readonly Fallen[] {
  const dated = items
    .filter(({ state }) => state === 'open')
    .map(({ type, id, title, on, date, start }) => ({ key: `${type} ${id} ${date ?? on}`, type, id, title, date: on, time: start }));
  const reminded = habits
    .filter(({ due, log }) => due && log === null)
    .flatMap(({ habit }) =>
      Object.entries(rulesOf(habit.fields['reminders']))
        .filter(([, rule]) => isNamed(parseRule(rule), today))
        .map(([time]) => ({ key: `habit ${habit.id} ${time}`, type: 'habit', id: habit.id, title: nameOf(habit), date: today, time })),
    );
  const at = ({ date, time }: Fallen) => `${date}T${time ?? '00:00'}`;
  return [...dated, ...reminded].filter((one) => wants(one.type) && at(one) > since && at(one) <= now).sort((a, b) => (at(a) < at(b) ? 1 : -1));
}
