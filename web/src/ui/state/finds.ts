// What search found, as a row shows it. A kind of record is looked for as soon as it has a page to open.

import type { Match, Piece } from '../../core/types';
import type { Strings } from '../../strings/en';
import type { IconName } from '../parts/Icon.svelte';
import { deviceToday } from './dates';
import { DOMAINS, domainOf } from './domains';
import type { Format } from '../../strings/format';
import { kindWords, placeOf } from './kinds';
import { dueWords, taskOf } from './records';
import { to } from './router.svelte';

/** The kinds that say more of themselves than what they are. */
const KINDS = ['habit', 'task', 'habit_log'] as const;
type Kind = (typeof KINDS)[number];

/** The kinds that have pages. */
export const SEARCHED: readonly string[] = [...KINDS, ...DOMAINS.map(({ type }) => type).filter((type) => type !== 'habit' && type !== 'task')];

/** A find in words. */
export interface Find {
  /** The same for the same record, whatever was found in it. */
  readonly key: string;
  readonly icon: IconName;
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

/** A record of a kind whose page says the rest. */
function recordOf(match: Match, t: Strings): Find {
  return {
    key: `${match.type} ${match.id}`,
    icon: domainOf(match.type).icon,
    title: match.titled ? match.snippet : [{ text: match.title || kindWords(match.type, t).one, found: false }],
    note: kindWords(match.type, t).one,
    late: false,
    snippet: match.titled ? [] : match.snippet,
    address: placeOf(match.type).record(match.id),
  };
}

/** Null for a kind that has no page. */
export function findOf(match: Match, t: Strings, f: Format): Find | null {
  if (!SEARCHED.includes(match.type)) return null;
  const kind = KINDS.find((kind) => kind === match.type);
  if (kind === undefined) return recordOf(match, t);
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
