// Routines and series as the screens read them.

import type { CalendarItem, CivilDate, Json, Occurrence, RecordView, RoutineDay } from '../../core/types';
import { nameOf, taskOf } from './records';

export interface RoutineStep {
  readonly id: string;
  readonly title: string;
  readonly minutes: number | null;
}

function isMap(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The steps in their order; what a newer version wrote otherwise is left out. */
export function stepsOf(routine: RecordView): readonly RoutineStep[] {
  const steps = routine.fields['steps'];
  if (!Array.isArray(steps)) return [];
  return (steps as readonly Json[]).flatMap((step) => {
    if (!isMap(step) || typeof step['id'] !== 'string') return [];
    const { id, title, minutes } = step;
    return [{ id, title: typeof title === 'string' ? title : '', minutes: typeof minutes === 'number' ? minutes : null }];
  });
}

export interface RoutineState {
  readonly steps: readonly RoutineStep[];
  readonly done: number;
  /** The first that is open. */
  readonly next: RoutineStep | null;
  readonly state: 'none' | 'part' | 'done' | 'skip';
}

export function routineState({ routine, done, finished, skipped }: RoutineDay): RoutineState {
  const steps = stepsOf(routine);
  // Steps that are no longer there do not count.
  const count = steps.filter(({ id }) => done.includes(id)).length;
  const next = steps.find(({ id }) => !done.includes(id)) ?? null;
  const state = skipped ? 'skip' : finished ? 'done' : count > 0 ? 'part' : 'none';
  return { steps, done: count, next, state };
}

/** A routine as it would stand on the calendar of a day. */
export function routineItem({ routine, finished, skipped }: RoutineDay, date: CivilDate): CalendarItem {
  const state = skipped ? 'skipped' : finished ? 'done' : 'open';
  return { type: 'routine', id: routine.id, title: nameOf(routine), date, on: date, until: date, start: null, end: null, state, movable: false };
}

/** And a date of a task that comes again. */
export function occurrenceItem({ task, date, on, time, state }: Occurrence): CalendarItem {
  const stands = state === 'completed' ? 'done' : state;
  return { type: 'task', id: task.id, title: nameOf(task), date, on, until: on, start: time, end: null, state: stands, movable: state === 'open' };
}

/** A single task as it would stand on the calendar; one without a date stands nowhere, which is an empty date. */
export function taskItem(record: RecordView): CalendarItem {
  const { id, title, due, dueTime, done } = taskOf(record);
  const on = due ?? '';
  return { type: 'task', id, title, date: null, on, until: on, start: due === null ? null : dueTime, end: null, state: done ? 'done' : 'open', movable: !done };
}
