// What fell due while the app was closed: for a device that shows no reminders, and for whoever did not see them. Nothing of it is
// stored; it follows from the calendar and from when the inbox was last looked at on this device.

import type { CalendarItem, CivilDate, TodayHabit } from '../../core/types';
import { app } from './app.svelte';
import { deviceToday, plusDays } from './dates';
import { rulesOf } from './forms';
import { local } from './local';
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

/** No further back than this: older things are late, not news. */
const DAYS = 7;

/** A moment as civil texts sort: `2026-11-22T09:30`, by the clock of the device. */
export function civilOf(at: number): string {
  const date = new Date(at);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** Between two moments, still open, the newest first. What has no time of day falls due as the day begins. */
export function fallenOf(items: readonly CalendarItem[], habits: readonly TodayHabit[], today: CivilDate, since: string, now: string): readonly Fallen[] {
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
  return [...dated, ...reminded].filter((one) => at(one) > since && at(one) <= now).sort((a, b) => (at(a) < at(b) ? 1 : -1));
}

export function seenUntil(now: number): string {
  const kept = Number(local.get('seen'));
  const earliest = civilOf(now - DAYS * 86_400_000);
  // A device that never looked has missed nothing yet but today.
  const seen = kept > 0 ? civilOf(kept) : `${deviceToday()}T00:00`;
  return seen > earliest ? seen : earliest;
}

export async function fell(now = Date.now()): Promise<readonly Fallen[]> {
  const today = deviceToday();
  const since = seenUntil(now);
  const [items, day] = await Promise.all([app.client.calendar(plusDays(today, -DAYS), today), app.client.today(today)]);
  return fallenOf(items, day.habits, today, since, civilOf(now));
}
export function markSeen(now = Date.now()): void {
  local.set('seen', String(now));
}
