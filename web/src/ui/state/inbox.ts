// What fell due while the app was closed: for a device that shows no reminders, and for whoever did not see them. Nothing of it is
// stored; it follows from the calendar and from when the inbox was last looked at on this device.

import { app } from './app.svelte';
import { deviceToday, plusDays } from './dates';
import { civilOf, fallenOf, type Fallen } from './fallen';
import { local } from './local';
import { isRemindedOn, reminds } from './reminding';
import { vault } from './vault.svelte';

/** No further back than this: older things are late, not news. */
const DAYS = 7;

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
  const wants = (type: string) => isRemindedOn(vault.settings) && reminds(vault.settings, type);
  return fallenOf(items, day.habits, { today, since, now: civilOf(now), wants });
}
export function markSeen(now = Date.now()): void {
  local.set('seen', String(now));
}
