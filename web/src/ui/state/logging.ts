// What a tap on a habit means, and the words for what was done.

import type { CivilDate, LogAction, LogDay } from '../../core/types';
import { app } from './app.svelte';
import { i18n } from './i18n.svelte';
import type { Habit } from './records';

/** The one tap. Null if it needs an amount that only the person knows. */
export function usualAction(habit: Habit, log: LogDay | null): LogAction | null {
  if (log !== null) return { kind: 'undo' };
  if (habit.measurable) {
    return habit.target !== null && !habit.atMost && !habit.bad ? { kind: 'value', value: habit.target } : null;
  }
  return habit.bad ? { kind: 'slip' } : { kind: 'done' };
}

export function saidOf(habit: Habit, action: LogAction): string {
  const t = i18n.t.habit;
  switch (action.kind) {
    case 'done':
      return t.saidDone(habit.name);
    case 'skip':
      return t.saidSkip(habit.name);
    case 'slip':
      return t.saidSlip(habit.name);
    case 'value':
      return t.saidValue(habit.name, t.amount(action.value, habit.unit));
    case 'undo':
      return t.saidClear(habit.name);
  }
}

/** For `app.change`: the deed and its words. */
export function logHabit(habit: Habit, date: CivilDate, action: LogAction): [() => Promise<unknown>, string] {
  return [() => app.client.log(habit.id, date, action), saidOf(habit, action)];
}

/** An amount as a person types it, with a point or a comma. Null if it is none. */
export function readAmount(text: string): number | null {
  const trimmed = text.trim().replace(',', '.');
  if (trimmed === '') return null;
  const value = Number(trimmed);
  return Number.isFinite(value) && value >= 0 && value <= 999_999_999 ? Math.round(value * 1000) / 1000 : null;
}
