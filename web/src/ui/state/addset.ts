// Adding a set: one record after another. If one is refused, those before it stay, and that is said.

import type { RecordView } from '../../core/types';
import { app } from './app.svelte';
import { deviceToday } from './dates';
import { i18n } from './i18n.svelte';
import { recordsOf, textOf, type Set } from './sets';

export async function addSet(set: Set): Promise<readonly RecordView[]> {
  const added: RecordView[] = [];
  try {
    for (const { type, fields } of recordsOf(set, i18n.language, deviceToday())) added.push(await app.client.add(type, fields));
    app.say(i18n.t.setup.sets.added(textOf(set.name, i18n.language)), { undo: added.length });
  } catch (thrown) {
    app.fail(thrown);
  }
  return added;
}
