// Habits as a person groups them. The core gives them in order, groups together.

import type { TodayHabit } from '../../core/types';

export interface Group {
  /** Null for those without a group. */
  readonly name: string | null;
  readonly habits: readonly TodayHabit[];
}

function groupOf({ habit }: TodayHabit): string | null {
  const group = habit.fields['group'];
  return typeof group === 'string' && group !== '' ? group : null;
}

/** A group stands where the first of its habits stands; those without one stand together, likewise. */
export function grouped(habits: readonly TodayHabit[]): readonly Group[] {
  const groups = new Map<string | null, TodayHabit[]>();
  for (const habit of habits) {
    const name = groupOf(habit);
    const known = groups.get(name);
    if (known === undefined) groups.set(name, [habit]);
    else known.push(habit);
  }
  return [...groups].map(([name, of]) => ({ name, habits: of }));
}
