// A move of something on the calendar, by hand or by its sheet.

import type { CalendarItem, MoveTo } from '../../core/types';
import { app } from './app.svelte';
import { i18n } from './i18n.svelte';
import { whereWords } from './planned';

/** Writes the move, says where it went, and offers to take it back. */
export async function move(item: CalendarItem, to: MoveTo): Promise<boolean> {
  const same = to.on === item.on && (to.start === undefined || to.start === item.start);
  if (same) return true;
  const name = { type: item.type, id: item.id, date: item.date };
  const where = whereWords(to, item, i18n.f);
  return app.change(() => app.client.move(name, to), i18n.t.plan.saidMoved(item.title, where));
}
