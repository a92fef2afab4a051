// What a page knows of the vault. Whichever tab unlocked it owns the worker; the others speak to that worker over the
// channel. Nothing of the vault is kept here.
//
// Invariants: secrets go to the own worker only; a lock in any tab locks this one before anything else is shown.
import { Account } from './account';
import { Asked } from './asked';
import { Asking } from './asking';
import { erase, missing, persist, renew, storage } from './browser';
import { Idle } from './idle';
import { Members } from './members';
import { CHANNEL, errorOf, failure, type Answer, type Ask, type Begin, type Said } from './messages';
import { OwnWorker } from './own-worker';
import { Push } from './push';
import { Value } from './readable';
import { peek, type Header } from './store-idb';
import { CoreFailure } from './types';
import type {
  ChooseUnlock,
  CoreClient,
  CoreError,
  CoreState,
  CreateVault,
  DeviceSettings,
  JoinVault,
  PairPages,
  PairStep,
  Phase,
  Problem,
  RowChange,
  StorageReport,
  UnlockWith,
} from './types';
import { passkeysHere, type MadePasskey } from './unlock';
import { watchUpdates } from './update';
import { chosenSecret, givenSecret } from './ways';

/** How long the tab that holds the vault may stay silent before it is taken for frozen. */
const SILENCE_MS = 3_000;
/** Long work answers when it is done; it tells its progress meanwhile. */
const LONG_MS = 30 * 60_000;
/** Set while there should be a vault here; it holds nothing else. */
const MARK = 'life-os';

const failed = (error: CoreError): CoreFailure => new CoreFailure(error);

export class Client extends Asked implements CoreClient {
  readonly #state = new Value<CoreState>({ phase: { kind: 'starting' }, unlock: null, updateAvailable: false, passkeys: false });
  readonly #channel: BroadcastChannel;
  readonly #tab = crypto.randomUUID();
  readonly #listeners = new Set<(changes: readonly RowChange[]) => void>();
  readonly #asking = new Asking();
  readonly #idle: Idle;
  readonly #reload: () => Promise<void>;
  readonly #own = new OwnWorker();
  readonly account = new Account({
    relay: async () => (await this.settings.get()).relay,
    prove: (purpose) => this.json({ kind: 'prove', purpose }),
    deletion: async (what) => JSON.parse(await this.json({ kind: 'deletion', what })) as number | null,
    guard: (run) => this.#guard(run),
  });
  #subscriptionTold = false;
  readonly push = new Push({
    core: (request) => this.core(request),
    name: async () => (await this.settings.get()).name,
    guard: (run) => this.#guard(run),
  });
  readonly members = new Members({
    private: (ask) => this.#own.private(ask),
    secret: async (given) => {
      // Before the browser's dialogue, which would be for nothing.
      this.#own.mustBeHere();
      return givenSecret(given, this.#header);
    },
    core: (request) => this.core(request),
    guard: (run) => this.#guard(run),
  });
  readonly pairing: PairPages = {
    begin: (request, told) => this.#join({ kind: 'pair' }, request, told),
    say: (word) => this.#own.pair(word),
    cancel: () => {
      if (this.#beginning) this.#own.end();
    },
  };
  #header: Header | null = null;
  #beginning = false;
  /** Raised by every word of the tab that holds the vault. */
  #heard = 0;

  constructor() {
    super();
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
      const { secret, made } = await chosenSecret(request.unlock, request.person, request.relay);
      const settings: DeviceSettings = { name: request.device.trim(), relay: request.relay };
      await this.#begin({ kind: 'create', settings, invite: request.invite ?? null, secret });
      this.#settled(made);
    });
  }

  joinVault(request: JoinVault): Promise<void> {
    return this.#join({ kind: 'join', phrase: request.phrase }, request);
  }

  #join(
    how: { readonly kind: 'join'; readonly phrase: string } | { readonly kind: 'pair' },
    { unlock, device, relay }: Omit<JoinVault, 'phrase'>,
    told?: (step: PairStep) => void,
  ): Promise<void> {
    return this.#guard(async () => {
      const { secret, made } = await chosenSecret(unlock, device, relay);
      await this.#begin({ ...how, settings: { name: device.trim(), relay }, secret }, told);
      this.#settled(made);
    });
  }

  /** Tells the relay of a new passkey. If that fails it opens the vault all the same, and another can be added later. */
  #bind(made: MadePasskey | null): void {
    if (made !== null) void this.account.bind(made, '').catch(() => undefined);
  }
  /** A vault has come to this browser. */
  #settled(made: MadePasskey | null): void {
    this.#bind(made);
    void this.persist().catch(() => false);
  }

  async unlock(request: UnlockWith): Promise<void> {
    await this.#guard(async () => {
      const header = this.#header;
      if (header === null) throw failed(failure('none', 'there is no vault in this browser'));
      await this.#begin({ kind: 'unlock', secret: await givenSecret(request, header) });
    });
  }

  async changeUnlock(choose: ChooseUnlock, name: string): Promise<void> {
    await this.#guard(async () => {
      // Before the browser's dialogue: a passkey that opens nothing would stay behind.
      this.#own.mustBeHere();
      const { relay } = await this.settings.get();
      const { secret, made } = await chosenSecret(choose, name, relay);
      await this.#own.private({ kind: 'changeUnlock', secret });
      this.#bind(made);
      this.#header = await peek();
      this.#set({ unlock: this.#header?.wrap.kind ?? null });
    });
  }

  async phrase(): Promise<string | null> {
    return this.#guard(() => this.#own.private({ kind: 'phrase' }));
  }
  /** Starts a worker that opens the vault; resolves when it is open. */
  async #begin(begin: Begin, told?: (step: PairStep) => void): Promise<void> {
    const lacks = missing();
    if (lacks.length > 0) {
      this.#phase({ kind: 'problem', problem: { kind: 'unsupported', missing: lacks } });
      throw failed(failure('unsupported', `this browser lacks ${lacks.join(', ')}`));
    }
    const before = this.#state.get().phase;
    this.#beginning = true;
    this.#phase({ kind: 'opening', progress: null });
    try {
      await this.#own.begin(begin, told);
      localStorage.setItem(MARK, '1');
      this.#header = await peek();
      this.#set({ unlock: this.#header?.wrap.kind ?? null });
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
    if (open) await this.ask({ kind: 'lock' }, SILENCE_MS).catch(() => undefined);
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
    this.#asking.abandon();
    if (this.#header !== null) this.#phase({ kind: 'locked', unlock: this.#header.wrap.kind, problem });
    else void this.#look(problem);
  }

  async forgetDevice(): Promise<void> {
    await this.#guard(async () => {
      await this.lock();
      this.#header = null;
      await erase();
      this.#say({ kind: 'ended', reason: 'forgotten', error: null });
      this.#phase({ kind: 'none' });
    });
  }

  storage(): Promise<StorageReport> {
    return this.#guard(storage);
  }
  persist(): Promise<boolean> {
    return this.#guard(persist);
  }

  renewApp(): Promise<void> {
    return this.#guard(renew);
  }
  applyUpdate(): Promise<void> {
    return this.#guard(() => this.#reload());
  }

  protected async ask(ask: Ask, within: number = LONG_MS): Promise<Answer> {
    if (this.#idle.check() || this.#state.get().phase.kind === 'locked') throw failed(failure('locked', 'the vault is locked'));
    const heard = this.#heard;
    const { id, answer } = this.#asking.begin(within);
    this.#say({ kind: 'ask', from: this.#tab, id, ask });
    if (!this.#own.here) setTimeout(() => this.#stillThere(heard), SILENCE_MS);
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
      case 'answer':
        this.#heard += 1;
        if (said.to === this.#tab) this.#asking.answered(said.id, said.answer);
        return;
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
        this.#asking.abandon();
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
          this.#asking.abandon();
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

  #say(said: Said): void {
    this.#channel.postMessage(said);
  }

  #phase(phase: Phase): void {
    this.#idle.set(phase.kind === 'open' ? phase.lockMinutes : null);
    this.#set({ phase, unlock: this.#header?.wrap.kind ?? null });
    this.#tellSubscription(phase);
  }

  /** Once an unlock, when the relay can be told: what the browser has been given in the meantime. */
  #tellSubscription(phase: Phase): void {
    if (phase.kind !== 'open') {
      this.#subscriptionTold = false;
      return;
    }
    if (this.#subscriptionTold || !this.#own.here || phase.sync.kind !== 'synced') return;
    this.#subscriptionTold = true;
    // The settings say where pushing stands; nobody waits for this.
    void this.push.again().catch(() => undefined);
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
