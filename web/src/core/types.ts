// The contract between the screens and the core. Everything here is data; what the core does stands behind
// `CoreClient`. Types that cross into WASM are generated from Rust (`wasm/core_wasm.d.ts`), and `wire.ts` checks at
// compile time that they agree with these.

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
  readonly habits: readonly TodayHabit[];
  /** Open tasks that are due by that day, oldest due date first, then those without a date. */
  readonly tasks: readonly RecordView[];
  /** Tasks finished on that day. */
  readonly done: readonly RecordView[];
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

/** A change in a record's history, oldest first. */
export interface HistoryChange {
  readonly change: string;
  readonly time: string;
  /** Hex of the first 8 bytes of the device's name. */
  readonly device: string;
  readonly origin: 'hand' | 'rule' | 'import' | 'partner' | 'ai' | null;
  readonly trashed: boolean;
  readonly changes: readonly {
    readonly field: string;
    readonly key?: string;
    readonly item?: string;
    readonly part?: string;
    readonly before: Json;
    readonly after: Json;
  }[];
}

export interface Member {
  readonly device: string;
  readonly role: 'device' | 'paper' | 'guest';
  readonly active: boolean;
  /** Entries of it that are here. */
  readonly entries: number;
  /** This one. */
  readonly here: boolean;
}

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
    | 'not_saved';
  readonly detail: string;
}

/** Stable codes. What is safe and what to do is said by the catalogue of strings. */
export type ErrorCode =
  // The person's input.
  | 'invalid_field'
  | 'unknown_type'
  | 'unknown_field'
  | 'missing_field'
  | 'not_found'
  | 'invalid_date'
  | 'invalid_id'
  | 'too_large'
  | 'import_refused'
  | 'invalid_phrase'
  | 'weak_passphrase'
  | 'invalid_name'
  | 'invalid_relay'
  // Unlocking.
  | 'wrong_passphrase'
  | 'wrong_passkey'
  | 'passkey_unavailable'
  | 'passkey_without_prf'
  | 'passkey_cancelled'
  /** The relay does not know it. */
  | 'passkey_unknown'
  | 'wrong_phrase'
  | 'locked'
  /** Only the tab that unlocked the vault may do it: it alone is given secrets. */
  | 'other_tab'
  | 'exists'
  | 'none'
  // The store.
  | 'not_saved'
  | 'quota'
  | 'evicted'
  | 'closed'
  | 'taken_over'
  | 'damaged'
  | 'newer_version'
  | 'unsupported'
  // The relay.
  | 'unreachable'
  | 'refused'
  | 'invite_required'
  | 'invite_invalid'
  | 'wrong_origin'
  | 'unknown_account'
  | 'rate_limited'
  /** Nobody is signed in at the relay, or the session has ended. */
  | 'signed_out'
  /** The account has as many of these as it may. */
  | 'too_many'
  | 'protocol'
  | 'membership_forked'
  | 'join_refused'
  // The rest.
  | 'busy'
  | 'timeout'
  | 'internal';

export interface CoreError {
  readonly code: ErrorCode;
  /** English, for a report; screens show the catalogue's words for `code`. */
  readonly message: string;
  /** The field of a record that is wrong, if one is. */
  readonly field?: string;
}

/** What every method of `CoreClient` throws, and nothing else. */
export class CoreFailure extends Error {
  readonly error: CoreError;
  constructor(error: CoreError) {
    super(error.message);
    this.name = 'CoreFailure';
    this.error = error;
  }
}

/** How a vault is unlocked on this device. */
export type UnlockKind = 'passkey' | 'passphrase';

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
    }
  | { readonly kind: 'problem'; readonly problem: Problem };

export interface Progress {
  readonly job: 'rebuild' | 'verify' | 'import' | 'export' | 'join';
  readonly done: number;
  readonly total: number | null;
}

export interface CoreState {
  readonly phase: Phase;
  /** A new version waits; `applyUpdate` reloads into it. */
  readonly updateAvailable: boolean;
  /** What this browser can do; decides which way of unlocking is offered first. */
  readonly passkeys: boolean;
}

export type ChooseUnlock =
  | { readonly kind: 'passkey' }
  | { readonly kind: 'passphrase'; readonly passphrase: string };

export type UnlockWith =
  | { readonly kind: 'passkey' }
  | { readonly kind: 'passphrase'; readonly passphrase: string }
  /** The way in when passkey or passphrase are lost. */
  | { readonly kind: 'phrase'; readonly phrase: string };

export interface CreateVault {
  /** The person's name; a passkey is shown by it. It is not kept here: it belongs in the profile. */
  readonly person: string;
  /** What this device is called among the person's devices. */
  readonly device: string;
  /** `https://relay.example`, with its path if it has one; normally the one that served the page. */
  readonly relay: string;
  readonly unlock: ChooseUnlock;
  readonly invite?: string;
}

export interface JoinVault {
  readonly phrase: string;
  /** What this device is called; a passkey is shown by it too. */
  readonly device: string;
  readonly relay: string;
  readonly unlock: ChooseUnlock;
}

/** What changed: ask again for what is on the screen. */
export interface RowChange {
  readonly type: RecordTypeName;
  /** The record; of a log, the habit. */
  readonly id: string;
  /** Of a log: the year. */
  readonly period: string | null;
}

/** What this device keeps about itself, sealed. */
export interface DeviceSettings {
  readonly name: string;
  readonly relay: string;
}

export interface StorageReport {
  readonly usage: number;
  readonly quota: number;
  readonly persisted: boolean;
}

export interface ImportDone {
  readonly documents: number;
  readonly changed: number;
}

/** What the relay knows of the account; times are milliseconds since 1970. */
export interface AccountInfo {
  readonly account: string;
  readonly created: number;
  readonly devices: number;
  readonly entries: number;
  readonly bytes: number;
  /** Whether it may make invitations here. */
  readonly may_invite: boolean;
  /** Whether the relay takes passkeys. */
  readonly passkeys: boolean;
}

export interface SessionInfo {
  readonly session: string;
  readonly kind: 'passkey' | 'device';
  readonly created: number;
  /** To the hour. */
  readonly seen: number;
  readonly expires: number;
  /** The one of this browser. */
  readonly this: boolean;
}

export interface PasskeyInfo {
  readonly passkey: string;
  readonly credential: string;
  /** May be empty. */
  readonly name: string;
  readonly created: number;
  readonly used?: number;
}

export interface InviteInfo {
  readonly invitation: string;
  readonly created: number;
  readonly expires: number;
}

/** The pages of the account at the relay. They exist where the app is served by that relay: elsewhere `wrong_origin`. */
export interface AccountPages {
  /** Null if nobody is signed in. Everything below fails with `signed_out` then. */
  info(): Promise<AccountInfo | null>;
  /** By the key of this device, or by a passkey that the person chooses. */
  signIn(by: 'passkey' | 'device'): Promise<void>;
  sessions(): Promise<readonly SessionInfo[]>;
  /** Of this browser's own: signs out. */
  endSession(session: string): Promise<void>;
  endOtherSessions(): Promise<void>;
  passkeys(): Promise<readonly PasskeyInfo[]>;
  renamePasskey(passkey: string, name: string): Promise<void>;
  /** The sessions that it began end too. What it opens on a device it opens still. */
  removePasskey(passkey: string): Promise<void>;
  /** Makes a passkey that signs in; call it straight from the tap. The browser shows it as `shown`. */
  addPasskey(shown: string): Promise<void>;
  /** Those that nobody has used. */
  invitations(): Promise<readonly InviteInfo[]>;
  /** The invitation itself, shown this once. */
  invite(days: number): Promise<string>;
  withdrawInvite(invitation: string): Promise<void>;
}

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
  /** Takes back the last change made in this tab's vault since it was unlocked; false if there is none. */
  undo(): Promise<boolean>;

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
    set(change: Partial<DeviceSettings>): Promise<DeviceSettings>;
  };

  readonly account: AccountPages;

  /** Everything in one JSON file, not encrypted. */
  exportAll(): Promise<Blob>;
  importFile(file: Blob): Promise<ImportDone>;

  applyUpdate(): Promise<void>;
}
