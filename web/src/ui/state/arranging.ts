// Habits and the headings of their groups as one list, and what a place in it means.

import type { RecordView } from '../../core/types';

export type Entry =
  | { readonly kind: 'group'; readonly key: string; readonly name: string }
  | { readonly kind: 'habit'; readonly key: string; readonly habit: RecordView };

function groupOf(habit: RecordView): string {
  const group = habit.fields['group'];
  return typeof group === 'string' ? group : '';
}

/** Those without a group first, then each group where its first habit stands; at the end those that hold nothing yet. */
export function entriesOf(habits: readonly RecordView[], empty: readonly string[]): readonly Entry[] {
  const groups = ['', ...new Set(habits.map(groupOf).filter((name) => name !== ''))];
  const all = [...groups, ...empty.filter((name) => !groups.includes(name))];
  return all.flatMap((name): readonly Entry[] => [
    { kind: 'group', key: `group ${name}`, name },
    ...habits.filter((habit) => groupOf(habit) === name).map((habit) => ({ kind: 'habit', key: habit.id, habit }) as const),
  ]);
}

/** The habit that stands before this one, whatever its group, and the heading above it. */
export function placed(entries: readonly Entry[], id: string): { readonly after: string | null; readonly group: string } {
  const at = entries.findIndex((entry) => entry.key === id);
  const above = entries.slice(0, Math.max(at, 0)).toReversed();
  const habit = above.find((entry) => entry.kind === 'habit');
  const heading = above.find((entry) => entry.kind === 'group');
  return { after: habit?.key ?? null, group: heading?.kind === 'group' ? heading.name : '' };
}
