// What search found, as a row shows it. A kind of record is looked for as soon as it has a page to open.

import type { Match, Piece } from '../../core/types';
import type { Strings } from '../../strings/en';
import { deviceToday } from './dates';
import type { Format } from '../../strings/format';
import { dueWords, taskOf } from './records';
import { to } from './router.svelte';

/** The kinds that have pages. */
const KINDS = ['habit', 'task', 'habit_log'] as const;
type Kind = (typeof KINDS)[number];

export const SEARCHED: readonly string[] = KINDS;

/** A find in words. */
export interface Find {
  /** The same for the same record, whatever was found in it. */
  readonly key: string;
  readonly icon: 'habit' | 'task' | 'pen';
  readonly title: readonly Piece[];
  /** What it is, and how it stands with it. */
  readonly note: string;
  readonly late: boolean;
  /** What was found in it, if that is not its name. */
  readonly snippet: readonly Piece[];
  readonly address: string;
}

function noteOf(kind: Kind, match: Match, t: Strings, f: Format): { readonly note: string; readonly late: boolean } {
  switch (kind) {
    case 'habit':
      return { note: t.habit.one, late: false };
    case 'habit_log':
      return { note: t.find.checkIn(f.dayAndYear(match.date ?? '')), late: false };
    case 'task': {
      const task = taskOf({ id: match.id, fields: match.facts });
      const today = deviceToday();
      const state = task.status === 'pending' ? [] : [t.task.statuses[task.status] ?? ''];
      // When a task was due means nothing once it is done.
      const due = task.done ? [] : dueWords(task, today, t, f);
      return { note: [t.task.one, ...state, ...due].join(' · '), late: !task.done && task.due !== null && task.due < today };
    }
  }
}

/** Null for a kind that has no page. */
export function findOf(match: Match, t: Strings, f: Format): Find | null {
  const kind = KINDS.find((kind) => kind === match.type);
  if (kind === undefined) return null;
  return {
    key: [match.type, match.id, match.date ?? ''].join(' '),
    icon: kind === 'habit_log' ? 'pen' : kind,
    title: match.titled ? match.snippet : [{ text: match.title, found: false }],
    ...noteOf(kind, match, t, f),
    snippet: match.titled ? [] : match.snippet,
    // The day shows what was noted on it.
    address: kind === 'habit_log' ? to.day(match.date ?? '') : to.record(kind, match.id),
  };
}
