// The contract of a person's day and plan: what each type of record is made of, routines, series, the calendar, quick
// add, and what a habit's log amounts to. None of it is stored: all of it is worked out from records.
import type { CivilDate, RecordView } from './record-types';

/** One kind of record, as it is declared in the core. Forms and lists of kinds without a screen of their own follow from it. */
export interface TypeInfo {
  readonly name: string;
  readonly shape: 'thing' | 'single' | 'stream';
  readonly scope: string;
  readonly fields: readonly FieldInfo[];
}

export interface FieldInfo {
  readonly name: string;
  /** date_time is `YYYY-MM-DDTHH:MM` civil; when is a date or a date_time; link/links hold ids. */
  readonly kind:
    | 'line'
    | 'prose'
    | 'int'
    | 'decimal'
    | 'bool'
    | 'choice'
    | 'date'
    | 'time'
    | 'date_time'
    | 'when'
    | 'link'
    | 'links'
    | 'tags'
    | 'schedule'
    | 'rrule'
    | 'colour'
    | 'list'
    | 'map'
    | 'other';
  readonly required: boolean;
  readonly choices?: readonly string[];
  /** Of a link: the type it leads to; absent: any. */
  readonly to?: string;
  readonly unit?: string;
  readonly min?: number;
  readonly max?: number;
  /** Of a list: the fields of an item. */
  readonly item?: readonly FieldInfo[];
}

/** A routine on a day. Steps are in routine.fields.steps: list items {id, title, minutes?}. */
export interface RoutineDay {
  readonly routine: RecordView;
  readonly due: boolean;
  /** Ids of steps. */
  readonly done: readonly string[];
  readonly finished: boolean;
  readonly skipped: boolean;
}

/** A date of a task that comes again. `date` names it for ever, `on` is where it stands now. */
export interface Occurrence {
  readonly task: RecordView;
  readonly date: CivilDate;
  readonly on: CivilDate;
  readonly time: string | null;
  readonly state: 'open' | 'completed' | 'skipped';
  /** Before it, still open. */
  readonly missed: number;
}

/** Something on the calendar. Nothing is stored for it: it is a view of a record. */
export interface CalendarItem {
  readonly type: 'event' | 'task' | 'routine' | 'birthday';
  readonly id: string;
  readonly title: string;
  /** Of something that comes again: the date of its rule, its name. Otherwise null. */
  readonly date: CivilDate | null;
  /** First and last day. */
  readonly on: CivilDate;
  readonly until: CivilDate;
  /** `HH:MM`; null: all day. */
  readonly start: string | null;
  readonly end: string | null;
  readonly state: 'open' | 'done' | 'skipped';
  /** Whether it may be dragged. */
  readonly movable: boolean;
}

/** What a line of quick add means. */
export type Quick =
  | {
      readonly kind: 'log';
      readonly habit: string;
      readonly name: string;
      readonly date: CivilDate;
      readonly state: 'done' | 'skip' | 'slip' | 'value';
      readonly value?: number;
      readonly unit: string;
    }
  | {
      readonly kind: 'task';
      readonly title: string;
      readonly due: CivilDate | null;
      readonly time: string | null;
      readonly priority: number | null;
      readonly labels: readonly string[];
    }
  | {
      readonly kind: 'unclear';
      readonly why: 'empty' | 'how_much' | 'other_unit' | 'ambiguous';
      readonly name?: string;
      readonly unit?: string;
    };

export interface Streak {
  readonly now: number;
  readonly best: number;
  readonly freezes: number;
  /** What is counted. */
  readonly unit: 'days' | 'weeks' | 'months';
}

/** Charts of a habit. */
export interface HabitChart {
  readonly streak: Streak;
  /** A point a day, 0..1, oldest first. */
  readonly strength: readonly { readonly date: CivilDate; readonly value: number }[];
  /** Monday first: days kept, days asked. */
  readonly weekdays: readonly { readonly kept: number; readonly asked: number }[];
}

/** Which thing on the calendar is meant. */
export type ItemName = Pick<CalendarItem, 'type' | 'id' | 'date'>;

/** To a day, and to a time (null: all day; undefined: the time stays). */
export interface MoveTo {
  readonly on: CivilDate;
  readonly start?: string | null;
}

export type OccurrenceAction = 'complete' | 'skip' | 'reset';

export type RoutineAction = { readonly step: string; readonly done: boolean } | 'finish' | 'skip' | 'reset';

export type FileFormat = 'json' | 'ics' | 'csv';

/** How a file is read. Dry: counts only. */
export interface ImportHow {
  readonly format?: FileFormat;
  readonly type?: string;
  readonly dry?: boolean;
}

/** What will remind on this device, pushed by the relay or shown by the app alone. `at` is in milliseconds since 1970. */
export interface Notice {
  readonly id: string;
  readonly at: number;
  readonly title: string;
  readonly type: string;
  readonly record: string;
  readonly date: CivilDate;
}

/** Where pushing stands in this browser. */
export interface PushState {
  /** `install`: only once the app is on the Home Screen (iPhone, iPad). */
  readonly can: 'yes' | 'install' | 'no';
  readonly permission: 'default' | 'granted' | 'denied';
  /** This browser has a subscription. */
  readonly on: boolean;
}

/** Reminders pushed to this browser. */
export interface PushPages {
  state(): Promise<PushState>;
  /** Asks the person and subscribes: call it straight from the tap, or the browser refuses. Needs the relay. */
  on(): Promise<PushState>;
  off(): Promise<PushState>;
  /** What the button of a notice says from now on. */
  words(done: string): Promise<void>;
}

/** How often a routine was finished. */
export interface RoutineRate {
  readonly kept: number;
  readonly asked: number;
}
