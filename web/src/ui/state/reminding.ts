// What reminds, and when it may not: switches and quiet hours of the settings.

import type { Json, RecordView } from '../../core/types';

/** Kinds of records that can remind. */
export const REMINDING = ['habit', 'task', 'event', 'birthday'] as const;
/** The switch of everything. */
export const MASTER = 'all';

export function switchesOf(settings: RecordView | null): Readonly<Record<string, Json>> {
  const value = settings?.fields['notifications'];
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, Json>>) : {};
}
/** What is not switched off is on, here as for each kind. */
export function isRemindedOn(settings: RecordView | null): boolean {
  return switchesOf(settings)[MASTER] !== false;
}
export function reminds(settings: RecordView | null, type: string): boolean {
  return switchesOf(settings)[type] !== false;
}

/** A locked screen says that something is due, not what, unless the person chose otherwise. */
export function saysNames(settings: RecordView | null): boolean {
  return settings?.fields['private_reminders'] === false;
}

export type Permission = 'granted' | 'denied' | 'default' | 'missing' | 'install';

/** Whether this browser may show reminders, and if not, what stands in the way. `waits`: an iPhone whose page is not installed. */
export function permission(waits: boolean): Permission {
  if (waits) return 'install';
  if (!('Notification' in globalThis)) return 'missing';
  return Notification.permission;
}
