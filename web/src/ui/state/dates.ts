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

/** Today by the device's clock and zone; the core's own `today` counts wherever it was asked. */
export function deviceToday(): CivilDate {
  const now = new Date();
  const two = (value: number) => String(value).padStart(2, '0');
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}
