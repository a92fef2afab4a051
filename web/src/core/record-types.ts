// The contract of records: what they hold, how they are asked for, what changed in them.
import type { CalendarItem, Occurrence, RoutineDay } from './day-types';

/** JSON as records hold it. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Names of record types: `goal`, `task`, `habit`, `habit_log`, `profile`, `season`, `settings`, ... */
export type RecordTypeName = string;

/** A civil date, `2026-11-21`. */
export type CivilDate = string;

/** Fields of a record by name. Empty ones are left out; in writes, null clears. */
export type Fields = { readonly [field: string]: Json };

/** A record as it is now. */
export interface RecordView {
  readonly type: RecordTypeName;
  readonly id: string;
  /** RFC 3339, UTC. */
  readonly created: string;
  readonly updated: string;
  /** In the trash. */
  readonly deleted: boolean;
  readonly fields: Fields;
}

/** What was logged for a habit on a day. */
export interface LogDay {
  readonly state: 'done' | 'skip' | 'slip' | 'value';
  /** With `value` only. */
  readonly value?: number;
  readonly note?: string;
  readonly time?: string;
}

/** What to log. `undo` removes the day's row. */
export type LogAction =
  | { readonly kind: 'done' }
  | { readonly kind: 'skip' }
  | { readonly kind: 'slip' }
  | { readonly kind: 'value'; readonly value: number }
  | { readonly kind: 'undo' };

/** A habit on a day, as Today shows it. */
export interface TodayHabit {
  readonly habit: RecordView;
  /** Whether its schedule asks for it on that day. */
  readonly due: boolean;
  /** Of that day; null if nothing was logged. */
  readonly log: LogDay | null;
  /** The seven days up to that day, oldest first. */
  readonly week: readonly { readonly date: CivilDate; readonly log: LogDay | null }[];
}

/** Everything on one day. */
export interface Today {
  readonly date: CivilDate;
  readonly timezone: string;
  readonly season: RecordView | null;
  /** In the person's own order, groups together. */
  readonly habits: readonly TodayHabit[];
  readonly routines: readonly RoutineDay[];
  /** Dates of tasks that come again: due by that day, or done or skipped on it. */
  readonly series: readonly Occurrence[];
  /** Events, timed tasks and birthdays of that day, by time. */
  readonly agenda: readonly CalendarItem[];
  /** Open tasks that are due by that day, oldest due date first, then those without a date. */
  readonly tasks: readonly RecordView[];
  /** Tasks finished on that day. */
  readonly done: readonly RecordView[];
  /** So many tasks are left out: of very many, those are here that are due last, and those made last. */
  readonly more: number;
}

/** Which records of a type. */
export interface ListOptions {
  /** `next` of the page before. */
  readonly after?: string;
  /** Records wanted; with `only`, a page may hold up to 500 more. */
  readonly limit?: number;
  /** Those in the trash instead. */
  readonly trash?: boolean;
  /** Only those whose field reads so. */
  readonly only?: { readonly field: string; readonly is: string };
}

export interface Page {
  readonly records: readonly RecordView[];
  /** Hand it back as `after`; null on the last page. */
  readonly next: string | null;
}

/** What a search is to look through. */
export interface SearchOptions {
  /** Of these types; of all, unless given. */
  readonly records?: readonly RecordTypeName[];
  /** Most wanted, up to 100. */
  readonly limit: number;
}

/** A part of a text, and whether it was looked for. */
export interface Piece {
  readonly text: string;
  readonly found: boolean;
}

/** Something that a search found. */
export interface Match {
  readonly type: RecordTypeName;
  /** Of a check-in, the id of its habit. */
  readonly id: string;
  /** Of a check-in. */
  readonly date?: CivilDate;
  /** What it, or what it belongs to, is called. */
  readonly title: string;
  /** Where the snippet stands. */
  readonly field: string;
  /** The snippet is of the title. */
  readonly titled: boolean;
  readonly snippet: readonly Piece[];
  readonly deleted: boolean;
  /** Its dates, times of day, choices, and what is so or not. */
  readonly facts: Fields;
}

export interface Found {
  /** The best first. */
  readonly matches: readonly Match[];
  /** There is more than these, or more than a search looks at. */
  readonly more: boolean;
  /** False while the index is made for the first time: some may be missing. */
  readonly ready: boolean;
}

/** A change in a record's history, oldest first. */
export interface HistoryChange {
  readonly change: string;
  readonly time: string;
  /** Hex of the first 8 bytes of the device's name. */
  readonly device: string;
  readonly origin: 'hand' | 'rule' | 'import' | 'partner' | 'ai' | 'undo' | null;
  /** It made the record. */
  readonly made: boolean;
  readonly trashed: boolean;
  /** It took the record out of the trash. */
  readonly restored: boolean;
  readonly changes: readonly {
    readonly field: string;
    readonly key?: string;
    readonly item?: string;
    readonly part?: string;
    readonly before: Json;
    readonly after: Json;
  }[];
}

/** A change of the vault, by whatever device. */
export interface RecentChange extends HistoryChange {
  readonly type: RecordTypeName;
  /** The record that has the name: of a check-in, its habit. */
  readonly of: RecordTypeName;
  readonly id: string;
  readonly title: string;
  readonly document: string;
  /** All of it can be taken back; some; none, as it was changed again since; or it is as it was before. */
  readonly standing: 'whole' | 'partly' | 'changed' | 'back';
}

/** Which change. */
export type ChangeName = Pick<RecentChange, 'document' | 'change'>;

/** What came of taking changes back. */
export interface TakenBack {
  /** There was something to take back. */
  readonly taken: boolean;
  /** So many values were changed again since, and stay. */
  readonly left: number;
}
