// Civil dates as texts, `2026-11-21`. Arithmetic goes through UTC, so no zone and no summer time can bend it.

import type { CivilDate } from '../../core/types';

const DAY = 86_400_000;

function utc(date: CivilDate): number {
  return Date.parse(`${date}T00:00:00Z`);
}

export function plusDays(date: CivilDate, days: number): CivilDate {
  return new Date(utc(date) + days * DAY).toISOString().slice(0, 10);
}

/** Whole days from `from` to `to`; negative if `to` is earlier. */
export function daysBetween(from: CivilDate, to: CivilDate): number {
  return Math.round((utc(to) - utc(from)) / DAY);
}

/** 0 is Monday. */
export function weekdayOf(date: CivilDate): number {
  return (new Date(utc(date)).getUTCDay() + 6) % 7;
}

/** The first day of the week of a date; `start` is its weekday, 0 is Monday. */
export function weekOf(date: CivilDate, start: number): CivilDate {
  return plusDays(date, -((weekdayOf(date) - start + 7) % 7));
}

/** The first day of the month of a date, or of one so many months later. */
export function monthOf(date: CivilDate, later = 0): CivilDate {
  const at = new Date(utc(date));
  return new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + later, 1)).toISOString().slice(0, 10);
}

/** So many days in a row. */
export function datesFrom(first: CivilDate, count: number): readonly CivilDate[] {
  return Array.from({ length: count }, (_, later) => plusDays(first, later));
}

/** Today by the device's clock and zone; the core's own `today` counts wherever it was asked. */
export function deviceToday(): CivilDate {
  const now = new Date();
  const two = (value: number) => String(value).padStart(2, '0');
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}

/** The time of day by the device's clock, `HH:MM`. */
export function deviceTime(): string {
  const now = new Date();
  return timeOf(now.getHours() * 60 + now.getMinutes());
}

/** Minutes after midnight, of `HH:MM`. */
export function minutesOf(time: string): number {
  const [hours = '0', minutes = '0'] = time.split(':');
  return Number(hours) * 60 + Number(minutes);
}

/** `HH:MM`, of minutes after midnight. */
export function timeOf(minutes: number): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
