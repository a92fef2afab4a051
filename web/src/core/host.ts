// An open vault in its worker: the core, its store, its way to the relay, and what the tabs are told of them.
//
// Invariants: effects are carried out one after another in the core's order; after a transaction that failed nothing
// waits for an answer that cannot come: the core is opened again from the store and everybody is told that it was not
// saved.
import { Driver } from './driver';
import { CHANNEL, errorOf, failure, type Answer, type Ask, type Said } from './messages';
import { Link, addressOf, codeOf, post } from './socket';
import { StoreError, type Header, type Store, type Wrap } from './store-idb';
import type { CoreError, DeviceSettings, Phase, Problem, Progress, SyncNote, SyncState } from './types';
import type { Core, Effect } from './wasm/core_wasm';

/** Notes kept for the page that answers "why is this not synced". */
const NOTES = 50;
const STATUS_MS = 150;

/** What is sealed beside the store. */
export interface Sealed extends DeviceSettings {
  /** Goes once the relay knows the vault. */
  readonly invite: string | null;
  /** The recovery phrase, until the person has shown that it is on paper. */
  readonly phrase: string | null;
}

const channel = new BroadcastChannel(CHANNEL);
/** To every tab. */
export const say = (said: Said): void => channel.postMessage(said);

export class Host {
  readonly #store: Store;
  readonly #driver: Driver;
  readonly #ended: () => void;
  readonly #usualMinutes: number;
  #header: Header;
  #settings: Sealed;
  #link: Link | null = null;
  #notes: SyncNote[] = [];
  #pending = 0;
  #waiting = 0;
  #live = false;
  #lastSynced: number | null = null;
  #refused: CoreError | null = null;
  #progress: Progress | null = null;
  #lockMinutes: number;
  #notSaved = false;
  #visible = true;
  #asking: ReturnType<typeof setTimeout> | undefined;
  /** A screen over everything, until a transaction is stored again. */
  #problem: Problem | null = null;
  #said = '';
  #over = false;

  /** `lockMinutes` holds until settings say otherwise; `ended` is called when the vault is closed for good. */
  constructor(store: Store, core: Core, header: Header, lockMinutes: number, ended: () => void) {
    this.#store = store;
    this.#usualMinutes = this.#lockMinutes = lockMinutes;
    this.#ended = ended;
    this.#header = header;
    this.#settings = JSON.parse(core.openSettings(header.settings)) as Sealed;
    this.#driver = new Driver(core, store, {
      effect: (effect) => this.#effect(effect),
      failed: (error) => this.#failed(error),
      dead: (error) => void this.end('failed', error),
    });
  }

  async start(): Promise<void> {
    await this.#driver.start();
    await this.#readLockMinutes();
    this.#connect();
    await this.#count();
  }

  #connect(): void {
    const driver = this.#driver;
    const link = new Link(
      addressOf(this.#settings.relay),
      {
        ticket: (challenge, origin) => driver.core.ticketRequest(challenge, origin),
        registration: (invite) => driver.core.registerRequest(invite),
        opened: (origin) => driver.push((core, now) => core.socketOpened(origin, now)),
        frame: (bytes) => driver.push((core, now) => core.socketFrame(bytes, now)),
        closed: () => {
          this.#live = false;
          driver.push((core, now) => core.socketClosed(now));
        },
        tick: () => driver.push((core, now) => core.tick(now)),
        changed: () => this.#soon(),
        registered: (created) => {
          if (this.#settings.invite !== null) void this.#save({ ...this.#settings, invite: null }).catch(() => undefined);
          if (!created) this.#note('relay_was_empty', 'the relay had an older list of devices; it was given the present one');
        },
      },
      this.#settings.invite ?? undefined,
    );
    link.visible(this.#visible);
    this.#link = link;
    link.start();
  }

  #reconnect(): void {
    this.#refused = null;
    this.#live = false;
    this.#link?.stop();
    this.#driver.push((core, now) => core.socketClosed(now));
    this.#connect();
  }

  async answer(ask: Ask): Promise<Answer> {
    switch (ask.kind) {
      case 'core':
        return { kind: 'json', json: await this.#driver.request(ask.request) };
      case 'report':
        await this.#count();
        return {
          kind: 'report',
          report: {
            relay: this.#settings.relay,
            sync: this.#sync(),
            connection: this.#link?.connection ?? { kind: 'connecting' },
            pending: this.#pending,
            waitingForOthers: this.#waiting,
            lastSynced: this.#lastSynced,
            notes: this.#notes,
          },
        };
      case 'syncNow':
        this.#refused = null;
        this.#link?.now();
        return { kind: 'done' };
      case 'settings': {
        const { name, relay } = { ...this.#settings, ...ask.change };
        if (Object.keys(ask.change).length > 0) {
          checkName(name);
          addressOf(relay);
          const moved = relay !== this.#settings.relay;
          await this.#save({ ...this.#settings, name, relay });
          if (moved) this.#reconnect();
          this.#soon();
        }
        return { kind: 'settings', settings: { name, relay } };
      }
      case 'phraseChecked':
        if (this.#settings.phrase !== null) await this.#save({ ...this.#settings, phrase: null });
        return { kind: 'done' };
      case 'invite':
        await this.#save({ ...this.#settings, invite: ask.invite });
        this.#reconnect();
        return { kind: 'done' };
      case 'prove': {
        const address = addressOf(this.#settings.relay);
        const challenge = await post(address, 'challenges', '{}');
        return { kind: 'json', json: this.#driver.core.accountProof(challenge, address.origin, ask.purpose) };
      }
      case 'lock':
        await this.end('locked', null);
        return { kind: 'done' };
    }
  }

  /** The recovery phrase, if it was not checked yet. */
  phrase(): string | null {
    return this.#settings.phrase;
  }

  /** Another way to open this store; the old one opens it no more. */
  async changeUnlock(wrapped: (core: Core) => Promise<Wrap>): Promise<void> {
    await this.#put({ ...this.#header, wrap: await wrapped(this.#driver.core) });
  }

  visible(visible: boolean): void {
    this.#visible = visible;
    this.#link?.visible(visible);
  }

  /** The machine has a network again, or says so. */
  online(): void {
    this.#link?.now();
  }

  /** Says where the vault stands, whether or not it was said before. */
  repeat(): void {
    this.#said = '';
    this.#phase();
  }

  async end(reason: 'locked' | 'taken_over' | 'failed', error: CoreError | null): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#asking);
    this.#link?.stop();
    if (reason === 'locked') {
      // What is kept lazily (the cursor) is worth a moment, not a hanging lock.
      const flushed = this.#driver.request('flush').catch(() => undefined);
      await Promise.race([flushed, new Promise((resolve) => setTimeout(resolve, 500))]);
    }
    this.#driver.stop();
    this.#store.close();
    say({ kind: 'ended', reason, error });
    this.#ended();
  }

  async #save(settings: Sealed): Promise<void> {
    await this.#put({ ...this.#header, settings: this.#driver.core.sealSettings(JSON.stringify(settings)) });
    this.#settings = settings;
  }

  async #put(header: Header): Promise<void> {
    await this.#store.commit([], header);
    this.#header = header;
  }

  #effect(effect: Effect): void {
    switch (effect.kind) {
      case 'send':
        this.#link?.send(effect.bytes);
        return;
      case 'closeSocket':
        this.#live = false;
        this.#link?.close(effect.reason, effect.code);
        return;
      case 'changed':
        this.#problem = null;
        say({ kind: 'changed', rows: effect.rows.map(({ type, id, period }) => ({ type, id, period: period ?? null })) });
        if (effect.rows.some((row) => row.type === 'settings')) void this.#readLockMinutes();
        this.#soon();
        return;
      case 'synced':
        this.#live = true;
        this.#refused = null;
        this.#lastSynced = Date.now();
        this.#progress = null;
        this.#link?.welcomed();
        this.#soon();
        return;
      case 'refused':
        this.#refused = failure(codeOf(effect.code), `the relay refuses what this device offers (${effect.code})`);
        this.#note('refused', effect.code);
        this.#soon();
        return;
      case 'note':
        if (effect.note === 'membership_forked') this.#refused = failure('membership_forked', effect.detail);
        this.#note(effect.note as SyncNote['kind'], effect.detail);
        this.#soon();
        return;
      case 'progress':
        this.#progress = { job: effect.job as Progress['job'], done: effect.done, total: effect.total ?? null };
        this.#soon();
        return;
      default:
        // The driver has seen to the rest.
        return;
    }
  }

  /** A transaction was not stored; the driver opens the core again. */
  #failed(error: CoreError): void {
    this.#note('not_saved', `${error.code}: ${error.message}`);
    this.#link?.stop();
    this.#live = false;
    if (error.code === 'taken_over') {
      void this.end('taken_over', error);
      return;
    }
    if (error.code === 'evicted') {
      // There is nothing to open again.
      void this.end('failed', error);
      return;
    }
    if (error.code === 'quota') {
      void (async () => {
        const { usage = 0, quota = 0 } = await navigator.storage.estimate();
        this.#problem = { kind: 'quota', usage, quota };
        this.#phase();
      })();
    }
    this.#notSaved = true;
    this.#driver
      .start()
      .then(() => this.#connect())
      .then(() => this.#soon())
      .catch((thrown: unknown) => this.end('failed', errorOf(thrown)));
  }

  #note(kind: SyncNote['kind'], detail: string): void {
    this.#notes = [...this.#notes, { at: Date.now(), kind, detail }].slice(-NOTES);
  }

  async #readLockMinutes(): Promise<void> {
    const json = await this.#driver.request({ single: { record: 'settings' } }).catch(() => 'null');
    const row = JSON.parse(json) as { readonly fields?: { readonly lock_minutes?: unknown } } | null;
    const minutes = row?.fields?.lock_minutes;
    this.#lockMinutes = typeof minutes === 'number' ? minutes : this.#usualMinutes;
    this.#soon();
  }

  /** Asks the core where sync stands, once for many reasons. */
  #soon(): void {
    this.#phase();
    if (this.#asking !== undefined) return;
    this.#asking = setTimeout(() => {
      this.#asking = undefined;
      void this.#count().catch(() => undefined);
    }, STATUS_MS);
  }

  async #count(): Promise<void> {
    const status = JSON.parse(await this.#driver.request('status')) as {
      readonly pending: number;
      readonly waiting: number;
      readonly live: boolean;
    };
    this.#pending = status.pending;
    this.#waiting = status.waiting;
    this.#live = status.live;
    this.#phase();
  }

  #sync(): SyncState {
    const waiting = this.#pending;
    if (this.#refused !== null) return { kind: 'problem', reason: this.#refused.code, waiting };
    const connection = this.#link?.connection;
    if (connection?.kind === 'waiting') {
      const { code } = connection.error;
      const passing = code === 'unreachable' || code === 'rate_limited' || code === 'unknown_account';
      return passing ? { kind: 'offline', waiting } : { kind: 'problem', reason: code, waiting };
    }
    return this.#live && waiting === 0 ? { kind: 'synced' } : { kind: 'saved', waiting };
  }

  #phase(): void {
    if (this.#over) return;
    const open: Phase = {
      kind: 'open',
      device: this.#settings.name,
      sync: this.#sync(),
      progress: this.#progress,
      lockMinutes: this.#lockMinutes,
      notSaved: this.#notSaved,
    };
    const phase: Phase = this.#problem === null ? open : { kind: 'problem', problem: this.#problem };
    const text = JSON.stringify(phase);
    if (text === this.#said) return;
    this.#said = text;
    say({ kind: 'phase', phase });
  }
}

/** Refuses what is no name of a device. */
export function checkName(name: string): void {
  const length = [...name.trim()].length;
  if (length < 1 || length > 100) throw new StoreError(failure('invalid_name', 'a device has a name of 1 to 100 characters'));
}
