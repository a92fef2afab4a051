// The contract between the screens and the core. Everything here is data; what the core does stands behind
// `CoreClient`. Types that cross into WASM are generated from Rust (`wasm/core_wasm.d.ts`), and `wire.ts` checks at
// compile time that they agree with these.
import type { AccountPages } from './account-types';
import type {
  CalendarItem,
  FileFormat,
  HabitChart,
  ImportHow,
  ItemName,
  MoveTo,
  Notice,
  OccurrenceAction,
  Quick,
  RoutineAction,
  RoutineRate,
  PushPages,
  Streak,
  TypeInfo,
} from './day-types';
import type { CreateVault, ChooseUnlock, DeviceSettings, JoinVault, UnlockKind, UnlockWith } from './begin-types';
import type { CoreError, ErrorCode } from './errors';
import type { Member, MemberPages, PairPages } from './member-types';
import type {
  ChangeName,
  CivilDate,
  Fields,
  Found,
  HistoryChange,
  ListOptions,
  LogAction,
  LogDay,
  Page,
  RecentChange,
  RecordTypeName,
  RecordView,
  SearchOptions,
  TakenBack,
  Today,
} from './record-types';

export * from './errors';
export type * from './account-types';
export type * from './begin-types';
export type * from './day-types';
export type * from './member-types';
export type * from './record-types';

export interface Status {
  readonly account: string;
  readonly device: string;
  readonly pending: number;
  readonly waiting: number;
  readonly live: boolean;
  readonly pushed: number;
  readonly pulled: number;
}

/** One mark. `saved`: durable here, on its way. `synced`: committed by the relay. */
export type SyncState =
  | { readonly kind: 'saved'; readonly waiting: number }
  | { readonly kind: 'synced' }
  | { readonly kind: 'offline'; readonly waiting: number }
  | { readonly kind: 'problem'; readonly reason: ErrorCode; readonly waiting: number };

/** Why is this not synced? Facts, in the order in which a person would look. */
export interface SyncReport {
  readonly relay: string;
  readonly sync: SyncState;
  readonly connection:
    | { readonly kind: 'connected'; readonly since: number }
    | { readonly kind: 'connecting' }
    | { readonly kind: 'waiting'; readonly until: number; readonly error: CoreError };
  readonly pending: number;
  readonly waitingForOthers: number;
  /** Milliseconds since 1970; null if never since the vault was opened. */
  readonly lastSynced: number | null;
  /** Newest last; at most 50. */
  readonly notes: readonly SyncNote[];
}

/** Something the engine wants a person to know. */
export interface SyncNote {
  readonly at: number;
  readonly kind:
    | 'relay_healed'
    | 'store_cloned'
    | 'entry_forked'
    | 'membership_forked'
    | 'entry_refused'
    | 'refused'
    | 'trouble'
    | 'relay_was_empty'
    | 'not_saved'
    | 'withheld'
    | 'manifest_refused'
    | 'revoked';
  readonly detail: string;
}

/** A screen of its own, over everything. */
export type Problem =
  | { readonly kind: 'quota'; readonly usage: number; readonly quota: number }
  | { readonly kind: 'evicted' }
  | { readonly kind: 'closed'; readonly error: CoreError }
  | { readonly kind: 'takenOver' }
  | { readonly kind: 'unsupported'; readonly missing: readonly string[] };

/** Where the app stands. The screens follow from it. */
export type Phase =
  | { readonly kind: 'starting' }
  | { readonly kind: 'none' }
  | { readonly kind: 'locked'; readonly unlock: UnlockKind; readonly problem: Problem | null }
  | { readonly kind: 'opening'; readonly progress: Progress | null }
  | {
      readonly kind: 'open';
      readonly device: string;
      readonly sync: SyncState;
      /** Long work under way. */
      readonly progress: Progress | null;
      /** Idle minutes until it locks; 0 locks when hidden. */
      readonly lockMinutes: number;
      /** Set when a change was not saved; the vault was opened again from what is stored. */
      readonly notSaved: boolean;
      /** Another device has removed this one: it reads what it has and writes nothing. */
      readonly removed: boolean;
    }
  | { readonly kind: 'problem'; readonly problem: Problem };

export interface Progress {
  readonly job: 'rebuild' | 'verify' | 'intake' | 'import' | 'export' | 'join';
  readonly done: number;
  readonly total: number | null;
}

export interface CoreState {
  readonly phase: Phase;
  /** How the vault of this browser is unlocked, if there is one. */
  readonly unlock: UnlockKind | null;
  /** A new version waits; `applyUpdate` reloads into it. */
  readonly updateAvailable: boolean;
  /** What this browser can do; decides which way of unlocking is offered first. */
  readonly passkeys: boolean;
}

/** What changed: ask again for what is on the screen. `member` is the list of devices, which is no record. */
export interface RowChange {
  readonly type: RecordTypeName;
  /** The record; of a log, the habit. */
  readonly id: string;
  /** Of a log: the year. */
  readonly period: string | null;
}

export interface StorageReport {
  readonly usage: number;
  readonly quota: number;
  readonly persisted: boolean;
}

export interface ImportDone {
  readonly documents: number;
  readonly changed: number;
  /** It was stopped: what was written by then stays, and `changed` counts that. */
  readonly stopped: boolean;
}

/** What a person may stop. */
export type LongWork = 'import' | 'export';

/** A readable value with subscribers, as Svelte's stores are. */
export interface Readable<T> {
  get(): T;
  /** Calls at once with the present value, then with every further one. Returns how to stop. */
  subscribe(run: (value: T) => void): () => void;
}

/** What the screens use. Every promise rejects with `CoreFailure` only. */
export interface CoreClient {
  readonly state: Readable<CoreState>;
  /** Rows changed, by this tab, another or another device. Returns how to stop. */
  onChange(run: (changes: readonly RowChange[]) => void): () => void;

  createVault(request: CreateVault): Promise<void>;
  joinVault(request: JoinVault): Promise<void>;
  readonly pairing: PairPages;
  /** With a passkey: call it straight from the tap, or the browser refuses the dialogue. */
  unlock(request: UnlockWith): Promise<void>;
  /** Opens with another passphrase or passkey from now on; for when the old one is lost. `name` shows a new passkey. */
  changeUnlock(choose: ChooseUnlock, name: string): Promise<void>;
  /**
   * The recovery phrase of a vault that was made here, until it was checked; then null, for good. Until then it is kept
   * sealed on this device, so that a lock or a reload in between loses nothing.
   */
  phrase(): Promise<string | null>;
  /** The words are on paper: this device forgets them. */
  phraseChecked(): Promise<void>;
  /** Locks all tabs. */
  lock(): Promise<void>;
  /** Removes everything of this vault from this browser. */
  forgetDevice(): Promise<void>;

  /** `date` is today by the person's own start of the day unless given. */
  today(date?: CivilDate): Promise<Today>;
  list(
    type: RecordTypeName,
    options?: ListOptions,
  ): Promise<Page>;
  /** Records and check-ins by their words, as typed, as a beginning, or misspelt a little. None in the trash. */
  search(text: string, options: SearchOptions): Promise<Found>;
  get(id: string): Promise<RecordView | null>;
  /** `profile` and `settings` exist once; this is how they are read. Null before anything was set. */
  single(type: RecordTypeName): Promise<RecordView | null>;
  /** For `profile` and `settings`: changes the one record there is. */
  add(type: RecordTypeName, fields: Fields): Promise<RecordView>;
  set(id: string, fields: Fields): Promise<RecordView>;
  /** The logs of a habit, both dates included. */
  logs(habit: string, from: CivilDate, to: CivilDate): Promise<Readonly<Record<CivilDate, LogDay>>>;
  log(habit: string, date: CivilDate, action: LogAction): Promise<LogDay | null>;
  trash(id: string): Promise<void>;
  restore(id: string): Promise<void>;
  history(id: string): Promise<readonly HistoryChange[]>;
  /** Every type of record, as it is declared. */
  types(): Promise<readonly TypeInfo[]>;
  /** What stands on these days, both included; at most 62 of them. */
  calendar(from: CivilDate, to: CivilDate): Promise<readonly CalendarItem[]>;
  /** Drags something. */
  move(item: ItemName, to: MoveTo): Promise<void>;
  /** A date of a task that comes again; of an event, left out or taken in again. */
  occurrence(task: string, date: CivilDate, action: OccurrenceAction): Promise<void>;
  /**
   * Makes a date of a series, or it and all later ones, a record of its own, and gives that: the series itself where no date came
   * before.
   */
  part(id: string, date: CivilDate, onward: boolean): Promise<RecordView>;
  /** Ends a series before a date of it; from its first date on it goes into the trash. */
  endBefore(id: string, date: CivilDate): Promise<void>;
  routineStep(routine: string, date: CivilDate, action: RoutineAction): Promise<void>;
  /** How often a routine was finished on the days from this one to today that asked for it; skipped days are left out. */
  routineRate(routine: string, from: CivilDate): Promise<RoutineRate>;
  /** Streaks of the habits that a day shows, by id. They follow from all that was ever logged: a day shows without them first. */
  streaks(): Promise<Readonly<Record<string, Streak>>>;
  /** Understands a line; writes it if `write`. */
  quick(line: string, write: boolean): Promise<Quick>;
  chart(habit: string, from: CivilDate, to: CivilDate): Promise<HabitChart>;
  /** A record as it was at the end of that day; null if it was not there yet. */
  asOf(id: string, date: CivilDate): Promise<RecordView | null>;
  /** Puts a record behind another of its type, or first (null); into a group, or out of every one (''). */
  arrange(id: string, after: string | null, group?: string): Promise<void>;
  /** What reminds on this device: the next 30 days, at most 200. */
  notices(): Promise<readonly Notice[]>;
  /** Takes back the last change made in this tab's vault since it was unlocked; false if there is none. */
  undo(): Promise<boolean>;
  /** The last changes of the vault, by whatever device, the newest first; at most 200, of 90 days. */
  recent(limit: number): Promise<readonly RecentChange[]>;
  /** Takes changes back, whoever made them, by further ones; `undo` takes that back. */
  takeBack(changes: readonly ChangeName[]): Promise<TakenBack>;

  status(): Promise<Status>;
  devices(): Promise<readonly Member[]>;
  syncReport(): Promise<SyncReport>;
  /** Tries the relay now, instead of when the pause is over. */
  syncNow(): Promise<void>;
  /** For a relay that takes new vaults by invitation: the vault introduces itself with this one. */
  useInvite(invite: string): Promise<void>;
  storage(): Promise<StorageReport>;
  /** Asks the browser not to evict the store. */
  persist(): Promise<boolean>;
  readonly settings: {
    get(): Promise<DeviceSettings>;
    set(change: Partial<Pick<DeviceSettings, 'name'>>): Promise<DeviceSettings>;
  };
  /**
   * Moves to another relay. It is asked first: if it refuses, or does not answer, the old one stays in force. All is
   * there when `sync` says so.
   */
  moveTo(relay: string, invite: string | null): Promise<void>;

  readonly push: PushPages;
  readonly account: AccountPages;
  readonly members: MemberPages;

  /** In one file, not encrypted; csv needs a type. */
  exportFile(format: FileFormat, type?: string): Promise<Blob>;
  /** `undo` takes a whole import back. */
  importFile(file: Blob, how?: ImportHow): Promise<ImportDone>;
  /** Stops what is under way, in whichever tab it was begun: an import says what it did by then, an export rejects with `stopped`. */
  stop(work: LongWork): Promise<boolean>;

  /** Loads the app anew from its relay; the vault is locked then. */
  renewApp(): Promise<void>;
  applyUpdate(): Promise<void>;
}
