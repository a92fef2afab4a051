// What can be done to something on the calendar, and the words for what was done.

import type { CalendarItem } from '../../core/types';
import { app } from './app.svelte';
import { i18n } from './i18n.svelte';

export type Deed = 'done' | 'skip' | 'open';

/** Events and birthdays pass by themselves; a single task is done or not; what comes again can be left out once. */
export function deedsOf({ type, date, state }: CalendarItem): readonly Deed[] {
  if (type === 'event' || type === 'birthday') return [];
  if (state !== 'open') return ['open'];
  return type === 'routine' || date !== null ? ['done', 'skip'] : ['done'];
}

/** The one tap; null if there is none. */
export function tapOf(item: CalendarItem): Deed | null {
  return deedsOf(item)[0] ?? null;
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

/** Does it, says so, and offers to take it back. */
export function act(item: CalendarItem, deed: Deed): Promise<boolean> {
  return app.change(() => run(item, deed), said(item, deed));
}
