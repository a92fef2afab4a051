// A core without a core: sample data in memory, for building and looking at screens. Nothing is stored or sent.
import { dateOf, isDue, samples } from './mock-data';
import { arranged, named } from './mock-life';
import { lives } from './mock-life-data';
import { MockAccount } from './mock-account';
import { MockDay } from './mock-day';
import { MockMembers, MockPairing } from './mock-members';
import { searched } from './mock-search';
import { streakOf } from './mock-streak';
import { TICKED, week as weekAround } from './mock-week';
import { Value } from './readable';
import { CoreFailure } from './types';
import type {
  CivilDate,
  CoreClient,
  CoreState,
  DeviceSettings,
  Fields,
  Found,
  HistoryChange,
  LogAction,
  LogDay,
  Member,
  Page,
  Phase,
  RecordView,
  RowChange,
  SearchOptions,
  PushState,
  Status,
  Streak,
  SyncReport,
  Today,
} from './types';

const PHRASE =
  'abandon ability able about above absent absorb abstract absurd abuse access accident account accuse achieve acid acoustic acquire across act action actor actress art';
const DAY_MS = 86_400_000;
/** Types whose records have no name. */
const UNNAMED = new Set(['profile', 'settings', 'journal']);

export class MockCore extends MockDay implements CoreClient {
  readonly #state: Value<CoreState>;
  readonly #records = new Map<string, RecordView>();
  readonly #logs = new Map<string, Record<CivilDate, LogDay>>();
  readonly #history = new Map<string, HistoryChange[]>();
  readonly #listeners = new Set<(changes: readonly RowChange[]) => void>();
  readonly #undo: (() => void)[] = [];
  #device: DeviceSettings = { name: 'This phone', relay: 'https://relay.example' };
  #unlock: 'passkey' | 'passphrase' = 'passphrase';
  #phrase: string | null = null;
  #last = 0;

  /** Begins in `phase`; with sample data where the vault exists. */
  constructor(phase: 'none' | 'locked' | 'open' | 'removed' = 'none') {
    super();
    const phases: Record<typeof phase, Phase> = {
      none: { kind: 'none' },
      locked: { kind: 'locked', unlock: 'passphrase', problem: null },
      open: this.#open(),
      removed: { ...this.#open(), removed: true, sync: { kind: 'problem', reason: 'revoked', waiting: 0 } },
    };
    this.#state = new Value<CoreState>({ phase: phases[phase], unlock: 'passphrase', updateAvailable: false, passkeys: true });
    if (phase !== 'none') this.#fill();
  }

  get state(): Value<CoreState> {
    return this.#state;
  }

  /** For looking at screens: any phase. */
  show(phase: Phase): void {
    this.#state.set({ ...this.#state.get(), phase });
  }

  onChange(run: (changes: readonly RowChange[]) => void): () => void {
    this.#listeners.add(run);
    return () => this.#listeners.delete(run);
  }

  async createVault(request: Parameters<CoreClient['createVault']>[0]): Promise<void> {
    this.#device = { name: request.device, relay: request.relay };
    this.#unlock = request.unlock.kind;
    this.#phrase = PHRASE;
    this.show(this.#open());
  }
  async changeUnlock(choose: Parameters<CoreClient['changeUnlock']>[0]): Promise<void> {
    this.#unlock = choose.kind;
  }
  async phrase(): Promise<string | null> {
    return this.#phrase;
  }
  async phraseChecked(): Promise<void> {
    this.#phrase = null;
  }
  async joinVault(request: Parameters<CoreClient['joinVault']>[0]): Promise<void> {
    this.#device = { name: request.device, relay: request.relay };
    this.#unlock = request.unlock.kind;
    this.#fill();
    this.show(this.#open());
  }
  async unlock(request: Parameters<CoreClient['unlock']>[0]): Promise<void> {
    if (request.kind === 'passphrase' && request.passphrase === 'wrong') {
      throw new CoreFailure({ code: 'wrong_passphrase', message: 'wrong passphrase' });
    }
    this.show(this.#open());
  }
  async lock(): Promise<void> {
    this.show({ kind: 'locked', unlock: this.#unlock, problem: null });
  }
  async forgetDevice(): Promise<void> {
    this.#records.clear();
    this.#logs.clear();
    this.show({ kind: 'none' });
  }

  readonly push = {
    state: (): Promise<PushState> => Promise.resolve({ can: 'yes', permission: 'default', on: false }),
    on: (): Promise<PushState> => Promise.resolve({ can: 'yes', permission: 'granted', on: true }),
    off: (): Promise<PushState> => Promise.resolve({ can: 'yes', permission: 'granted', on: false }),
    words: async (): Promise<void> => undefined,
  };
  async streaks(): Promise<Readonly<Record<string, Streak>>> {
    const today = dateOf(Date.now());
    const streak = (habit: RecordView): Streak => {
      const now = streakOf(habit, (day) => this.#logs.get(habit.id)?.[day] ?? null, today);
      return { now, best: Math.max(now, 41), freezes: 1, unit: 'days' };
    };
    return Object.fromEntries(this.#of('habit').map((habit) => [habit.id, streak(habit)]));
  }
  async today(date: CivilDate = dateOf(Date.now())): Promise<Today> {
    const at = Date.parse(date);
    const habits = arranged(this.#of('habit').filter(({ fields }) => fields['archived'] !== true)).map((habit) => {
      const log = (day: CivilDate): LogDay | null => this.#logs.get(habit.id)?.[day] ?? null;
      const week = [6, 5, 4, 3, 2, 1, 0].map((n) => dateOf(at - n * DAY_MS)).map((day) => ({ date: day, log: log(day) }));
      return { habit, due: isDue(habit.fields, date), log: log(date), week };
    });
    // What comes again stands among the series.
    const tasks = this.#of('task').filter(({ fields }) => fields['rrule'] === undefined);
    const open = (task: RecordView): boolean => task.fields['status'] !== 'completed' && task.fields['status'] !== 'cancelled';
    return {
      date,
      timezone: 'Europe/Berlin',
      season: this.#of('season')[0] ?? null,
      habits,
      tasks: tasks.filter((task) => open(task) && String(task.fields['due'] ?? date) <= date),
      done: tasks.filter((task) => task.fields['status'] === 'completed' && task.fields['due'] === date),
      more: 0,
      ...this.dayOf(date),
    };
  }
  async list(type: string, options: Parameters<CoreClient['list']>[1] = {}): Promise<Page> {
    const reads = (row: RecordView): boolean => options.only === undefined || row.fields[options.only.field] === options.only.is;
    const there = (row: RecordView): boolean => row.type === type && row.deleted === (options.trash ?? false);
    const all = [...this.#records.values()].filter((row) => there(row) && reads(row));
    const from = Number(options.after ?? 0);
    const to = from + (options.limit ?? 200);
    return { records: all.slice(from, to), next: to < all.length ? String(to) : null };
  }
  async search(text: string, options: SearchOptions): Promise<Found> {
    return searched([...this.#records.values()], text, options);
  }
  async get(id: string): Promise<RecordView | null> {
    return this.#records.get(id) ?? null;
  }
  async single(type: string): Promise<RecordView | null> {
    return this.#of(type)[0] ?? null;
  }
  async add(type: string, fields: Fields): Promise<RecordView> {
    const one = type === 'profile' || type === 'settings' ? this.#of(type)[0] : undefined;
    if (one !== undefined) return this.set(one.id, fields);
    if (!('name' in fields) && !('title' in fields) && !UNNAMED.has(type)) {
      throw new CoreFailure({ code: 'missing_field', message: `${type} needs a name`, field: type === 'habit' ? 'name' : 'title' });
    }
    const row = this.#put(type, named(fields));
    this.#undo.push(() => void this.trash(row.id));
    this.#changed(row);
    return row;
  }
  async set(id: string, fields: Fields): Promise<RecordView> {
    const before = this.#need(id);
    const merged = Object.fromEntries(Object.entries({ ...before.fields, ...named(fields) }).filter(([, value]) => value !== null));
    const row = { ...before, fields: merged, updated: new Date().toISOString() };
    this.#records.set(id, row);
    this.#note(id, Object.entries(fields).map(([field, after]) => ({ field, before: before.fields[field] ?? null, after })));
    this.#undo.push(() => {
      this.#records.set(id, before);
      this.#changed(before);
    });
    this.#changed(row);
    return row;
  }
  async logs(habit: string, from: CivilDate, to: CivilDate): Promise<Readonly<Record<CivilDate, LogDay>>> {
    const all = Object.entries(this.#logs.get(habit) ?? {});
    return Object.fromEntries(all.filter(([date]) => date >= from && date <= to));
  }
  async log(habit: string, date: CivilDate, action: LogAction): Promise<LogDay | null> {
    const logs = this.#logs.get(habit) ?? {};
    const before = logs[date] ?? null;
    const after = logOf(action);
    const write = (log: LogDay | null): void => {
      const { [date]: _gone, ...rest } = this.#logs.get(habit) ?? {};
      this.#logs.set(habit, log === null ? rest : { ...rest, [date]: log });
      this.#tell([{ type: 'habit_log', id: habit, period: date.slice(0, 4) }]);
    };
    write(after);
    this.#undo.push(() => write(before));
    return after;
  }
  async trash(id: string): Promise<void> {
    this.#mark(id, true);
  }
  async restore(id: string): Promise<void> {
    this.#mark(id, false);
  }
  async history(id: string): Promise<readonly HistoryChange[]> {
    return this.#history.get(id) ?? [];
  }
  async undo(): Promise<boolean> {
    const undo = this.#undo.pop();
    const rest = this.#undo.length;
    undo?.();
    // What was done to take something back is no change of its own.
    this.#undo.length = rest;
    return undo !== undefined;
  }

  async status(): Promise<Status> {
    return { account: '8f2c', device: '51aa', pending: 0, waiting: 0, live: true, pushed: 3, pulled: 12 };
  }
  async devices(): Promise<readonly Member[]> {
    return this.members.list;
  }
  async syncReport(): Promise<SyncReport> {
    const phase = this.#state.get().phase;
    return {
      relay: this.#device.relay,
      sync: phase.kind === 'open' ? phase.sync : { kind: 'synced' },
      connection: { kind: 'connected', since: Date.now() - 60_000 },
      pending: 0,
      waitingForOthers: 0,
      lastSynced: Date.now() - 4_000,
      notes: [],
    };
  }
  async syncNow(): Promise<void> {}
  async useInvite(): Promise<void> {}
  async storage(): Promise<{ usage: number; quota: number; persisted: boolean }> {
    return { usage: 1_400_000, quota: 2_000_000_000, persisted: true };
  }
  async persist(): Promise<boolean> {
    return true;
  }
  readonly settings = {
    get: async (): Promise<DeviceSettings> => this.#device,
    set: async (change: Partial<DeviceSettings>): Promise<DeviceSettings> => (this.#device = { ...this.#device, ...change }),
  };
  readonly account = new MockAccount();
  readonly members = new MockMembers(() => this.#tell([{ type: 'member', id: '', period: null }]));
  readonly pairing = new MockPairing(() => {
    this.#fill();
    this.show(this.#open());
  });
  async moveTo(relay: string): Promise<void> {
    if (relay.includes('away')) throw new CoreFailure({ code: 'unreachable', message: 'away' });
    if (relay.includes('closed')) throw new CoreFailure({ code: 'invite_required', message: 'closed' });
    this.#device = { ...this.#device, relay };
  }
  async renewApp(): Promise<void> {}
  async applyUpdate(): Promise<void> {
    this.#state.set({ ...this.#state.get(), updateAvailable: false });
  }

  #open(): Phase & { readonly kind: 'open' } {
    return { kind: 'open', device: this.#device.name, sync: { kind: 'synced' }, progress: null, lockMinutes: 5, notSaved: false, removed: false };
  }
  protected rows(): readonly RecordView[] {
    return [...this.#records.values()].filter((row) => !row.deleted);
  }
  protected noted(type: string, id: string, back: () => void): void {
    const tell = (): void => this.#tell([{ type, id, period: null }]);
    this.#undo.push(() => {
      back();
      tell();
    });
    tell();
  }
  protected place(id: string, position: string): void {
    const row = this.#need(id);
    this.#records.set(id, { ...row, fields: { ...row.fields, position } });
  }
  #of(type: string): RecordView[] {
    return this.rows().filter((row) => row.type === type);
  }
  #need(id: string): RecordView {
    const row = this.#records.get(id);
    if (row === undefined) throw new CoreFailure({ code: 'not_found', message: `there is no record ${id}` });
    return row;
  }
  #put(type: string, fields: Fields): RecordView {
    const id = `00000000-0000-4000-8000-${String((this.#last += 1)).padStart(12, '0')}`;
    const now = new Date().toISOString();
    const row: RecordView = { type, id, created: now, updated: now, deleted: false, fields };
    this.#records.set(id, row);
    this.#note(id, Object.entries(fields).map(([field, after]) => ({ field, before: null, after })));
    return row;
  }
  #note(id: string, changes: HistoryChange['changes']): void {
    const list = this.#history.get(id) ?? [];
    const change = { change: String(list.length), time: new Date().toISOString(), device: '51aa90c100000000' };
    this.#history.set(id, [...list, { ...change, origin: 'hand', made: list.length === 0, trashed: false, restored: false, changes }]);
  }
  #mark(id: string, deleted: boolean): void {
    const row = { ...this.#need(id), deleted };
    this.#records.set(id, row);
    this.#undo.push(() => this.#mark(id, !deleted));
    this.#changed(row);
  }
  #changed(row: RecordView): void {
    this.#tell([{ type: row.type, id: row.id, period: null }]);
  }
  #tell(changes: readonly RowChange[]): void {
    for (const run of [...this.#listeners]) run(changes);
  }

  #fill(): void {
    const now = Date.now();
    const today = dateOf(now);
    for (const { type, fields, days, logs } of [...samples(now), ...weekAround(today), ...lives(now)]) {
      const row = this.#put(type, fields);
      this.#records.set(row.id, { ...row, created: new Date(now - days * DAY_MS).toISOString() });
      if (logs !== undefined) this.#logs.set(row.id, { ...logs });
    }
    const reading = this.#of('habit').find(({ fields }) => fields['unit'] === 'min');
    const measured = this.#of('goal').find(({ fields }) => fields['type'] === 'metric');
    if (reading && measured) this.#records.set(measured.id, { ...measured, fields: { ...measured.fields, habits: [reading.id] } });
    const [morning] = this.#of('routine');
    if (morning !== undefined) this.begin(morning.id, today, TICKED);
  }
}

function logOf(action: LogAction): LogDay | null {
  switch (action.kind) {
    case 'undo':
      return null;
    case 'value':
      return { state: 'value', value: action.value };
    case 'done':
    case 'skip':
    case 'slip':
      return { state: action.kind };
  }
}
