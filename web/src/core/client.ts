// What a page knows of the vault. Whichever tab unlocked it owns the worker; the others speak to that worker over the
// channel. Nothing of the vault is kept here.
//
// Invariants: secrets go to the own worker only; a lock in any tab locks this one before anything else is shown.
import { Account, wantedPasskey } from './account';
import { Idle } from './idle';
import { CHANNEL, errorOf, failure, type Answer, type Ask, type Begin, type Said, type Secret } from './messages';
import { OwnWorker } from './own-worker';
import { Value } from './readable';
import { destroy, peek, type Header } from './store-idb';
import { CoreFailure } from './types';
import type {
  ChooseUnlock,
  CivilDate,
  CoreClient,
  CoreError,
  CoreState,
  CreateVault,
  DeviceSettings,
  Fields,
  HistoryChange,
  ImportDone,
  JoinVault,
  ListOptions,
  LogAction,
  LogDay,
  Member,
  Page,
  Phase,
  Problem,
  RecordTypeName,
  RecordView,
  RowChange,
  Status,
  StorageReport,
  SyncReport,
  Today,
  UnlockWith,
} from './types';
import { askPasskey, makePasskey, passkeysHere, type MadePasskey } from './unlock';
import { watchUpdates } from './update';
import type { LogChange, Request } from './wasm/core_wasm';

/** How long the tab that holds the vault may stay silent before it is taken for frozen. */
const SILENCE_MS = 3_000;
/** Long work answers when it is done; it tells its progress meanwhile. */
const LONG_MS = 30 * 60_000;
const PAGE = 200;
/** Set while there should be a vault here; it holds nothing else. */
const MARK = 'life-os';

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: CoreFailure) => void;
  readonly timer: ReturnType<typeof setTimeout>;
}

const failed = (error: CoreError): CoreFailure => new CoreFailure(error);

/** What a browser must have. */
function missing(): readonly string[] {
  const needs: readonly (readonly [string, boolean])[] = [
    ['IndexedDB', typeof indexedDB !== 'undefined'],
    ['WebAssembly', typeof WebAssembly !== 'undefined'],
    ['Web Locks', 'locks' in navigator],
    ['BroadcastChannel', typeof BroadcastChannel !== 'undefined'],
    ['WebCrypto', typeof crypto !== 'undefined' && 'subtle' in crypto],
  ];
  return needs.filter(([, there]) => !there).map(([name]) => name);
}

/** An action of the screens as the core takes it. */
function actionOf(action: LogAction): LogChange {
  return action.kind === 'value' ? { value: { value: action.value } } : action.kind;
}

export class Client implements CoreClient {
  readonly #state = new Value<CoreState>({ phase: { kind: 'starting' }, updateAvailable: false, passkeys: false });
  readonly #channel: BroadcastChannel;
  readonly #tab = crypto.randomUUID();
  readonly #listeners = new Set<(changes: readonly RowChange[]) => void>();
  readonly #waiting = new Map<number, Waiting>();
  readonly #idle: Idle;
  readonly #reload: () => Promise<void>;
  readonly #own = new OwnWorker();
  readonly account = new Account({
    relay: async () => (await this.settings.get()).relay,
    prove: async (purpose) => {
      const answer = await this.#ask({ kind: 'prove', purpose });
      if (answer.kind !== 'json') throw failed(failure('internal', 'another answer came'));
      return answer.json;
    },
    guard: (run) => this.#guard(run),
  });
  #header: Header | null = null;
  #last = 0;
  #beginning = false;
  /** Raised by every word of the tab that holds the vault. */
  #heard = 0;

  constructor() {
    this.#channel = new BroadcastChannel(CHANNEL);
    this.#channel.onmessage = (event: MessageEvent<Said>) => this.#said(event.data);
    this.#idle = new Idle({
      tell: (at) => this.#say({ kind: 'active', at }),
      lock: () => this.#lockNow(),
    });
    this.#reload = watchUpdates(() => this.#set({ updateAvailable: true }));
    document.addEventListener('visibilitychange', () => this.#visibility());
    void passkeysHere().then((passkeys) => this.#set({ passkeys }));
    void this.#begun();
  }

  get state(): Value<CoreState> {
    return this.#state;
  }

  async #begun(): Promise<void> {
    this.#say({ kind: 'hello' });
    await this.#look(null);
  }

  /** Shows what stands in this browser while nothing is open. */
  async #look(problem: Problem | null): Promise<void> {
    const heard = this.#heard;
    try {
      this.#header = await peek();
    } catch (thrown) {
      this.#phase({ kind: 'problem', problem: { kind: 'closed', error: errorOf(thrown) } });
      return;
    }
    // Another tab holds the vault open and has said so meanwhile.
    if (heard !== this.#heard || this.#beginning) return;
    if (this.#header !== null) {
      localStorage.setItem(MARK, '1');
      this.#phase({ kind: 'locked', unlock: this.#header.wrap.kind, problem });
    } else if (localStorage.getItem(MARK) !== null) {
      this.#phase({ kind: 'problem', problem: { kind: 'evicted' } });
    } else {
      this.#phase({ kind: 'none' });
    }
  }

  onChange(run: (changes: readonly RowChange[]) => void): () => void {
    this.#listeners.add(run);
    return () => this.#listeners.delete(run);
  }

  async createVault(request: CreateVault): Promise<void> {
    await this.#guard(async () => {
      const { secret, made } = await this.#choose(request.unlock, request.person, request.relay);
      const settings: DeviceSettings = { name: request.device.trim(), relay: request.relay };
      await this.#begin({ kind: 'create', settings, invite: request.invite ?? null, secret });
      this.#bind(made);
      void this.persist().catch(() => false);
    });
  }

  async joinVault(request: JoinVault): Promise<void> {
    await this.#guard(async () => {
      const { secret, made } = await this.#choose(request.unlock, request.device, request.relay);
      const settings: DeviceSettings = { name: request.device.trim(), relay: request.relay };
      await this.#begin({ kind: 'join', settings, phrase: request.phrase, secret });
      this.#bind(made);
      void this.persist().catch(() => false);
    });
  }

  async unlock(request: UnlockWith): Promise<void> {
    await this.#guard(async () => {
      const header = this.#header;
      if (header === null) throw failed(failure('none', 'there is no vault in this browser'));
      await this.#begin({ kind: 'unlock', secret: await this.#secret(request, header) });
    });
  }

  async changeUnlock(choose: ChooseUnlock, name: string): Promise<void> {
    await this.#guard(async () => {
      // Before the browser's dialogue: a passkey that opens nothing would stay behind.
      this.#own.mustBeHere();
      const { relay } = await this.settings.get();
      const { secret, made } = await this.#choose(choose, name, relay);
      await this.#own.private({ kind: 'changeUnlock', secret });
      this.#bind(made);
      this.#header = await peek();
    });
  }

  async phrase(): Promise<string | null> {
    return this.#guard(() => this.#own.private({ kind: 'phrase' }));
  }
  async phraseChecked(): Promise<void> {
    await this.#ask({ kind: 'phraseChecked' });
  }

  async #secret(request: UnlockWith, header: Header): Promise<Secret> {
    switch (request.kind) {
      case 'passphrase':
        return { kind: 'passphrase', passphrase: request.passphrase };
      case 'phrase':
        return { kind: 'phrase', phrase: request.phrase };
      case 'passkey': {
        if (header.wrap.kind !== 'passkey') throw failed(failure('wrong_passkey', 'this vault is unlocked by a passphrase'));
        return { kind: 'passkey', passkey: await askPasskey(header.wrap.credential, header.wrap.salt) };
      }
    }
  }

  async #choose(unlock: ChooseUnlock, name: string, relay: string): Promise<{ readonly secret: Secret; readonly made: MadePasskey | null }> {
    switch (unlock.kind) {
      case 'passphrase':
        return { secret: { kind: 'passphrase', passphrase: unlock.passphrase }, made: null };
      case 'passkey': {
        const { passkey, made } = await makePasskey(name.trim(), await wantedPasskey(relay));
        return { secret: { kind: 'passkey', passkey }, made };
      }
    }
  }

  /** Tells the relay of a new passkey. If that fails it opens the vault all the same, and another can be added later. */
  #bind(made: MadePasskey | null): void {
    if (made !== null) void this.account.bind(made, '').catch(() => undefined);
  }

  /** Starts a worker that opens the vault; resolves when it is open. */
  async #begin(begin: Begin): Promise<void> {
    const lacks = missing();
    if (lacks.length > 0) {
      this.#phase({ kind: 'problem', problem: { kind: 'unsupported', missing: lacks } });
      throw failed(failure('unsupported', `this browser lacks ${lacks.join(', ')}`));
    }
    const before = this.#state.get().phase;
    this.#beginning = true;
    this.#phase({ kind: 'opening', progress: null });
    try {
      await this.#own.begin(begin);
      localStorage.setItem(MARK, '1');
      this.#header = await peek();
      this.#tellVisible();
    } catch (thrown) {
      this.#own.end();
      this.#phase(before);
      throw thrown;
    } finally {
      this.#beginning = false;
    }
  }

  async lock(): Promise<void> {
    const open = this.#state.get().phase.kind === 'open';
    // The worker tidies up first; if it does not answer, it is ended all the same.
    if (open) await this.#ask({ kind: 'lock' }, SILENCE_MS).catch(() => undefined);
    this.#lockNow();
  }

  /** Locks this tab at once and tells the others. */
  #lockNow(): void {
    const kind = this.#state.get().phase.kind;
    if (kind !== 'open' && kind !== 'problem') return;
    this.#say({ kind: 'lock' });
    this.#locked(null);
  }

  #locked(problem: Problem | null): void {
    this.#own.end();
    this.#abandon();
    if (this.#header !== null) this.#phase({ kind: 'locked', unlock: this.#header.wrap.kind, problem });
    else void this.#look(problem);
  }

  async forgetDevice(): Promise<void> {
    await this.#guard(async () => {
      await this.lock();
      this.#header = null;
      localStorage.clear();
      sessionStorage.clear();
      await destroy();
      for (const name of await caches.keys()) await caches.delete(name);
      const registrations = (await navigator.serviceWorker?.getRegistrations()) ?? [];
      for (const registration of registrations) await registration.unregister();
      this.#say({ kind: 'ended', reason: 'forgotten', error: null });
      this.#phase({ kind: 'none' });
    });
  }

  today(date?: CivilDate): Promise<Today> {
    return this.#core<Today>({ today: date === undefined ? {} : { date } });
  }
  list(type: RecordTypeName, options: ListOptions = {}): Promise<Page> {
    const { limit = PAGE, trash = false, ...given } = options;
    return this.#core<Page>({ list: { record: type, limit, trash, ...given } });
  }
  get(id: string): Promise<RecordView | null> {
    return this.#core<RecordView | null>({ get: { id } });
  }
  single(type: RecordTypeName): Promise<RecordView | null> {
    return this.#core<RecordView | null>({ single: { record: type } });
  }
  add(type: RecordTypeName, fields: Fields): Promise<RecordView> {
    return this.#core<RecordView>({ add: { record: type, fields } });
  }
  set(id: string, fields: Fields): Promise<RecordView> {
    return this.#core<RecordView>({ set: { id, fields } });
  }
  logs(habit: string, from: CivilDate, to: CivilDate): Promise<Readonly<Record<CivilDate, LogDay>>> {
    return this.#core<Readonly<Record<CivilDate, LogDay>>>({ logs: { habit, from, to } });
  }
  log(habit: string, date: CivilDate, action: LogAction): Promise<LogDay | null> {
    return this.#core<LogDay | null>({ log: { habit, date, action: actionOf(action) } });
  }
  async trash(id: string): Promise<void> {
    await this.#core<null>({ trash: { id } });
  }
  async restore(id: string): Promise<void> {
    await this.#core<null>({ restore: { id } });
  }
  history(id: string): Promise<readonly HistoryChange[]> {
    return this.#core<readonly HistoryChange[]>({ history: { id } });
  }
  undo(): Promise<boolean> {
    return this.#core<boolean>('undo');
  }
  status(): Promise<Status> {
    return this.#core<Status>('status');
  }
  devices(): Promise<readonly Member[]> {
    return this.#core<readonly Member[]>('devices');
  }

  async syncReport(): Promise<SyncReport> {
    const answer = await this.#ask({ kind: 'report' });
    if (answer.kind !== 'report') throw failed(failure('internal', 'another answer came'));
    return answer.report;
  }
  async syncNow(): Promise<void> {
    await this.#ask({ kind: 'syncNow' });
  }

  async useInvite(invite: string): Promise<void> {
    await this.#ask({ kind: 'invite', invite: invite.trim() });
  }

  async storage(): Promise<StorageReport> {
    return this.#guard(async () => {
      const { usage = 0, quota = 0 } = await navigator.storage.estimate();
      return { usage, quota, persisted: await navigator.storage.persisted() };
    });
  }
  async persist(): Promise<boolean> {
    return this.#guard(async () => {
      if (typeof navigator.storage?.persist !== 'function') return false;
      return navigator.storage.persist();
    });
  }

  readonly settings = {
    get: (): Promise<DeviceSettings> => this.#settings({}),
    set: (change: Partial<DeviceSettings>): Promise<DeviceSettings> => this.#settings(change),
  };

  async #settings(change: Partial<DeviceSettings>): Promise<DeviceSettings> {
    const answer = await this.#ask({ kind: 'settings', change });
    if (answer.kind !== 'settings') throw failed(failure('internal', 'another answer came'));
    return answer.settings;
  }

  async exportAll(): Promise<Blob> {
    return new Blob([await this.#text('export')], { type: 'application/json' });
  }
  async importFile(file: Blob): Promise<ImportDone> {
    return this.#core<ImportDone>({ import: { text: await file.text() } });
  }

  applyUpdate(): Promise<void> {
    return this.#guard(() => this.#reload());
  }

  async #core<T>(request: Request): Promise<T> {
    return JSON.parse(await this.#text(request)) as T;
  }

  async #text(request: Request): Promise<string> {
    const answer = await this.#ask({ kind: 'core', request }, LONG_MS);
    if (answer.kind !== 'json') throw failed(failure('internal', 'another answer came'));
    return answer.json;
  }

  async #ask(ask: Ask, within: number = LONG_MS): Promise<Answer> {
    if (this.#idle.check() || this.#state.get().phase.kind === 'locked') throw failed(failure('locked', 'the vault is locked'));
    const heard = this.#heard;
    const answer = await new Promise<Answer>((resolve, reject) => {
      const id = (this.#last += 1);
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(failed(failure('timeout', 'the tab that holds the vault does not answer')));
      }, within);
      this.#waiting.set(id, { resolve, reject, timer });
      this.#say({ kind: 'ask', from: this.#tab, id, ask });
      if (!this.#own.here) setTimeout(() => this.#stillThere(heard), SILENCE_MS);
    });
    if (answer.kind === 'failed') throw failed(answer.error);
    return answer;
  }

  /** Another tab holds the vault; if it has not said a word since, it is frozen or gone, and this one asks to unlock. */
  #stillThere(heard: number): void {
    if (this.#own.here || heard !== this.#heard) return;
    if (this.#state.get().phase.kind === 'open') this.#locked({ kind: 'takenOver' });
  }

  #said(said: Said): void {
    switch (said.kind) {
      case 'phase':
        this.#heard += 1;
        if (!this.#beginning || this.#own.here) this.#phase(said.phase);
        return;
      case 'answer': {
        this.#heard += 1;
        if (said.to !== this.#tab) return;
        const waiting = this.#waiting.get(said.id);
        this.#waiting.delete(said.id);
        if (waiting === undefined) return;
        clearTimeout(waiting.timer);
        waiting.resolve(said.answer);
        return;
      }
      case 'changed':
        this.#heard += 1;
        for (const run of [...this.#listeners]) run(said.rows);
        return;
      case 'active':
        this.#idle.active(said.at);
        return;
      case 'lock':
        if (this.#state.get().phase.kind === 'open') this.#locked(null);
        return;
      case 'ended':
        this.#ended(said.reason, said.error);
        return;
      case 'hello':
      case 'ask':
        return;
    }
  }

  #ended(reason: (Said & { readonly kind: 'ended' })['reason'], error: CoreError | null): void {
    switch (reason) {
      case 'locked':
        this.#locked(null);
        return;
      case 'forgotten':
        this.#own.end();
        this.#abandon();
        this.#header = null;
        this.#phase({ kind: 'none' });
        return;
      case 'taken_over':
        // The tab that took over begins a worker of its own.
        if (!this.#beginning) this.#locked({ kind: 'takenOver' });
        return;
      case 'failed':
        if (error?.code === 'evicted') {
          this.#own.end();
          this.#abandon();
          this.#header = null;
          this.#phase({ kind: 'problem', problem: { kind: 'evicted' } });
          return;
        }
        this.#locked({ kind: 'closed', error: error ?? failure('internal', 'the core ended') });
        return;
    }
  }

  #visibility(): void {
    this.#tellVisible();
    if (document.visibilityState !== 'visible' || this.#own.here) return;
    const heard = this.#heard;
    if (this.#state.get().phase.kind !== 'open') return;
    this.#say({ kind: 'hello' });
    setTimeout(() => this.#stillThere(heard), SILENCE_MS);
  }

  #tellVisible(): void {
    this.#own.visible(document.visibilityState === 'visible');
  }

  #abandon(): void {
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(failed(failure('locked', 'the vault was locked')));
    }
    this.#waiting.clear();
  }

  #say(said: Said): void {
    this.#channel.postMessage(said);
  }

  #phase(phase: Phase): void {
    this.#idle.set(phase.kind === 'open' ? phase.lockMinutes : null);
    this.#set({ phase });
  }

  #set(change: Partial<CoreState>): void {
    this.#state.set({ ...this.#state.get(), ...change });
  }

  async #guard<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (thrown) {
      throw thrown instanceof CoreFailure ? thrown : failed(errorOf(thrown));
    }
  }
}
