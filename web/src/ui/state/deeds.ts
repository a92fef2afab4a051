// What can be done to something on the calendar, and the words for what was done.

import type { CalendarItem } from '../../core/types';
import { app } from './app.svelte';
import { i18n } from './i18n.svelte';
import { placeOf } from './kinds';
import { router } from './router.svelte';

export type Deed = 'done' | 'skip' | 'open';

/** Events and birthdays pass by themselves; a single task is done or not; what comes again can be left out once. */
export function deedsOf({ type, date, state }: CalendarItem): readonly Deed[] {
  if (type === 'birthday') return [];
  if (type === 'event') return date === null ? [] : ['skip'];
  if (state !== 'open') return ['open'];
  return type === 'routine' || date !== null ? ['done', 'skip'] : ['done'];
}

/** The one tap; null if there is none. */
export function tapOf(item: CalendarItem): Deed | null {
  return item.type === 'event' ? null : (deedsOf(item)[0] ?? null);
}

function run({ type, id, date, on }: CalendarItem, deed: Deed): Promise<unknown> {
  const { client } = app;
  if (type === 'routine') return client.routineStep(id, date ?? on, ({ done: 'finish', skip: 'skip', open: 'reset' } as const)[deed]);
  if (date === null) return client.set(id, { status: deed === 'done' ? 'completed' : 'pending' });
  return client.occurrence(id, date, ({ done: 'complete', skip: 'skip', open: 'reset' } as const)[deed]);
}

function said({ type, title }: CalendarItem, deed: Deed): string {
  const { day, task } = i18n.t;
  switch (deed) {
    case 'done':
      return type === 'routine' ? day.saidFinished(title) : task.saidDone(title);
    case 'skip':
      return day.saidSkipped(title);
    case 'open':
      return type === 'routine' ? day.saidReset(title) : task.saidOpen(title);
  }
}

/** Whether it is one date of many that can be changed apart. */
export function isPart({ type, date, state }: CalendarItem): boolean {
  return date !== null && state === 'open' && (type === 'task' || type === 'event');
}

/** Makes it a record of its own, with all later dates or alone, and opens its form. */
export async function changeApart({ type, id, date, title }: CalendarItem, onward: boolean): Promise<void> {
  const { plan } = i18n.t;
  try {
    const made = await app.client.part(id, date ?? '', onward);
    if (made.id !== id) app.say(onward ? plan.saidOnward(title) : plan.saidApart(title), { undo: true });
    router.go(placeOf(type).edit(made.id));
  } catch (thrown) {
    app.fail(thrown);
  }
}

/** Ends the series before this date. */
export function endHere({ id, date, title }: CalendarItem): Promise<boolean> {
  return app.change(() => app.client.endBefore(id, date ?? ''), i18n.t.plan.saidEnded(title));
}

/** Does it, says so, and offers to take it back. */
export function act(item: CalendarItem, deed: Deed): Promise<boolean> {
  return app.change(() => run(item, deed), said(item, deed));
}
