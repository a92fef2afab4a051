// An open vault in its worker: the core, its store, its way to the relay, and what the tabs are told of them.
//
// Invariants: effects are carried out one after another in the core's order; after a transaction that failed nothing
// waits for an answer that cannot come: the core is opened again from the store and everybody is told that it was not
// saved.
import { Approval } from './approval';
import { Driver } from './driver';
import { codeOf } from './http';
import { Kept } from './kept';
import { CHANNEL, errorOf, failure, type Answer, type Ask, type Said } from './messages';
import { Reminders } from './reminders';
import { Residence } from './residence';
import { Link } from './socket';
import { Standing, type Counts } from './standing';
import { StoreError, type Header, type Store, type Wrap } from './store-idb';
import type { CoreError, Member, Phase, Progress, SyncNote } from './types';
import type { Core, Effect, Request } from './wasm/core_wasm';

const STATUS_MS = 150;

const channel = new BroadcastChannel(CHANNEL);
/** To every tab. */
export const say = (said: Said): void => channel.postMessage(said);

export class Host {
  readonly #store: Store;
  readonly #driver: Driver;
  readonly #kept: Kept;
  readonly #residence: Residence;
  readonly #ended: () => void;
  readonly #usualMinutes: number;
  readonly #standing: Standing;
  readonly #reminders: Reminders;
  /** Devices that want in. */
  readonly approval: Approval;
  #link: Link | null = null;
  #visible = true;
  #asking: ReturnType<typeof setTimeout> | undefined;
  #said = '';
  #members = '';
  /** Whoever is told that the vault is open asks at once, so nobody is before it can be answered. */
  #ready = false;
  #over = false;

  /** `lockMinutes` holds until settings say otherwise; `ended` is called when the vault is closed for good. */
  constructor(store: Store, core: Core, header: Header, lockMinutes: number, ended: () => void) {
    this.#store = store;
    this.#usualMinutes = lockMinutes;
    this.#standing = new Standing(lockMinutes);
    this.#ended = ended;
    this.#kept = new Kept(store, core, header);
    this.#residence = new Residence(this.#kept, core);
    const driver = new Driver(core, store, {
      effect: (effect) => this.#effect(effect),
      failed: (error) => this.#failed(error),
      dead: (error) => void this.end('failed', error),
    });
    this.#driver = driver;
    this.#reminders = new Reminders(driver);
    this.approval = new Approval({
      core,
      relay: () => this.#residence.address,
      looking: () => this.#visible,
      addDevice: async () => {
        // The core forgets whom it met once it was asked to add it.
        if (!this.#standing.counts.live) throw new StoreError(failure('offline', 'the relay is out of reach'));
        await driver.request('addDevice');
        await this.#readMembers();
      },
    });
  }

  async start(): Promise<void> {
    await this.#driver.start();
    await this.#readLockMinutes();
    await this.#readMembers();
    this.#connect();
    await this.#count();
    this.#present();
  }

  /** What is known of the vault while it is locked. */
  get header(): Header {
    return this.#kept.header;
  }

  #connect(): void {
    const driver = this.#driver;
    const link = new Link(
      this.#residence.address,
      {
        ticket: (challenge, origin) => driver.core.ticketRequest(challenge, origin),
        registration: (invite) => driver.core.registerRequest(invite),
        opened: (origin) => driver.push((core, now) => core.socketOpened(origin, now)),
        frame: (bytes) => driver.push((core, now) => core.socketFrame(bytes, now)),
        closed: () => {
          this.#standing.quiet();
          driver.push((core, now) => core.socketClosed(now));
        },
        tick: () => driver.push((core, now) => core.tick(now)),
        changed: () => this.#soon(),
        registered: (created) => {
          if (this.#kept.settings.invite !== null) void this.#kept.save({ invite: null }).catch(() => undefined);
          if (!created) this.#standing.note('relay_was_empty', 'the relay had an older list of devices; it was given the present one');
        },
      },
      this.#kept.settings.invite ?? undefined,
    );
    link.visible(this.#visible);
    this.#link = link;
    // An account that is being deleted must not be made again by its own devices.
    if (this.#residence.deletion !== null) this.#standing.refused = failure('account_deleted', 'the account is being deleted');
    // Who was removed has nothing to say there, and is told nothing more.
    else if (!this.#standing.removed) link.start();
  }

  #reconnect(): void {
    this.#standing.refused = null;
    this.#standing.quiet();
    this.#link?.stop();
    this.#driver.push((core, now) => core.socketClosed(now));
    this.#connect();
  }

  async answer(ask: Ask): Promise<Answer> {
    switch (ask.kind) {
      case 'core':
        // Only behind the unlock, which the own page asks for.
        if (ask.request === 'addDevice') throw new StoreError(failure('not_allowed', 'a device is added by the page that unlocked anew'));
        try {
          return { kind: 'json', json: await this.#driver.request(ask.request) };
        } finally {
          this.#written(ask.request);
        }
      case 'report':
        await this.#count();
        return { kind: 'report', report: this.#standing.report(this.#facts()) };
      case 'syncNow':
        if (this.#residence.deletion === null) this.#standing.refused = null;
        this.#link?.now();
        return { kind: 'done' };
      case 'settings': {
        if (ask.change.name !== undefined) {
          checkName(ask.change.name);
          await this.#kept.save({ name: ask.change.name });
          this.#soon();
        }
        const { name, relay } = this.#kept.settings;
        return { kind: 'settings', settings: { name, relay } };
      }
      case 'phraseChecked':
        if (this.#kept.settings.phrase !== null) await this.#kept.save({ phrase: null });
        return { kind: 'done' };
      case 'invite':
        await this.#kept.save({ invite: ask.invite });
        this.#reconnect();
        return { kind: 'done' };
      case 'move':
        await this.#residence.move(ask.relay, ask.invite);
        this.#standing.lastSynced = null;
        this.#reconnect();
        this.#soon();
        return { kind: 'done' };
      case 'prove':
        return { kind: 'json', json: await this.#residence.proof(ask.purpose) };
      case 'deletion':
        if (ask.what !== 'tell') {
          await this.#residence.changeDeletion(ask.what);
          this.#reconnect();
        }
        return { kind: 'json', json: JSON.stringify(this.#residence.deletion) };
      case 'lock':
        await this.end('locked', null);
        return { kind: 'done' };
    }
  }

  /** The recovery phrase, if it was not checked yet. */
  phrase(): string | null {
    return this.#kept.settings.phrase;
  }
  newPhrase(): string {
    return this.#driver.core.newPhrase();
  }
  /** Other words from now on. */
  async setPhrase(phrase: string): Promise<void> {
    await this.#driver.request({ setPhrase: { phrase } });
    await this.#kept.save({ phrase: null });
    await this.#readMembers();
  }

  /** Another way to open this store; the old one opens it no more. */
  async changeUnlock(wrapped: (core: Core) => Promise<Wrap>): Promise<void> {
    await this.#kept.put({ wrap: await wrapped(this.#driver.core) });
  }

  visible(visible: boolean): void {
    this.#visible = visible;
    if (visible) this.#present();
    this.#link?.visible(visible);
  }

  /** A file is written or read, or that failed: either way nobody waits for it any more. */
  #written(request: Request): void {
    const { progress } = this.#standing;
    if (typeof request !== 'object' || progress === null || !(progress.job in request)) return;
    this.#standing.progress = null;
    this.#phase();
  }

  /** Somebody looks at the app today: up to then a habit to avoid counts as kept. */
  #present(): void {
    if (this.#visible && !this.#standing.removed) void this.#driver.request('present').catch(() => undefined);
  }

  /** The machine has a network again, or says so. */
  online(): void {
    this.#link?.now();
  }

  /** Says where the vault stands, whether or not it was said before. */
  repeat(): void {
    this.#ready = true;
    this.#said = '';
    this.#phase();
  }

  async end(reason: 'locked' | 'taken_over' | 'failed', error: CoreError | null): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#asking);
    this.#reminders.stop();
    this.#link?.stop();
    if (reason === 'locked') {
      // What is kept lazily (the cursor, which phrase opens this) is worth a moment, not a hanging lock.
      const tidied = this.#readMembers()
        .then(() => this.#driver.request('flush'))
        .catch(() => undefined);
      await Promise.race([tidied, new Promise((resolve) => setTimeout(resolve, 500))]);
    }
    this.#driver.stop();
    this.#store.close();
    say({ kind: 'ended', reason, error });
    this.#ended();
  }

  #effect(effect: Effect): void {
    const standing = this.#standing;
    switch (effect.kind) {
      case 'send':
        this.#link?.send(effect.bytes);
        return;
      case 'closeSocket':
        standing.quiet();
        this.#link?.close(effect.reason, effect.code);
        return;
      case 'changed':
        standing.problem = null;
        say({ kind: 'changed', rows: effect.rows.map(({ type, id, period }) => ({ type, id, period: period ?? null })) });
        this.#reminders.changed(effect.rows);
        if (effect.rows.some((row) => row.type === 'settings')) void this.#readLockMinutes();
        this.#soon();
        return;
      case 'synced':
        standing.synced();
        this.#present();
        this.#reminders.synced();
        this.#link?.welcomed();
        this.#soon();
        return;
      case 'refused':
        standing.refused = failure(codeOf(effect.code), `the relay refuses what this device offers (${effect.code})`);
        standing.note('refused', effect.code);
        this.#soon();
        return;
      case 'note':
        if (effect.note === 'membership_forked') standing.refused = failure('membership_forked', effect.detail);
        standing.note(effect.note as SyncNote['kind'], effect.detail);
        this.#soon();
        return;
      case 'progress':
        // Nobody waits for a compaction: it goes on beside everything else.
        if (effect.job === 'compact') return;
        standing.progress = { job: effect.job as Progress['job'], done: effect.done, total: effect.total ?? null };
        this.#soon();
        return;
      default:
        // The driver has seen to the rest.
        return;
    }
  }

  /** A transaction was not stored; the driver opens the core again. */
  #failed(error: CoreError): void {
    const standing = this.#standing;
    standing.note('not_saved', `${error.code}: ${error.message}`);
    this.#link?.stop();
    standing.quiet();
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
        standing.problem = { kind: 'quota', usage, quota };
        this.#phase();
      })();
    }
    standing.notSaved = true;
    this.#driver
      .start()
      .then(() => this.#connect())
      .then(() => this.#soon())
      .catch((thrown: unknown) => this.end('failed', errorOf(thrown)));
  }

  async #readLockMinutes(): Promise<void> {
    const json = await this.#driver.request({ single: { record: 'settings' } }).catch(() => 'null');
    const row = JSON.parse(json) as { readonly fields?: { readonly lock_minutes?: unknown } } | null;
    const minutes = row?.fields?.lock_minutes;
    this.#standing.lockMinutes = typeof minutes === 'number' ? minutes : this.#usualMinutes;
    this.#soon();
  }

  /** Follows what other devices did to the list of members: whether this one is on it, and which phrase opens this store. */
  async #readMembers(): Promise<void> {
    const members = JSON.parse(await this.#driver.request('devices')) as readonly Member[];
    const known = JSON.stringify(members.map(({ device, active }) => [device, active]));
    if (known === this.#members) return;
    this.#members = known;
    say({ kind: 'changed', rows: [{ type: 'member', id: '', period: null }] });
    // Whoever is cut off is to be reminded of nothing more.
    this.#reminders.soon();
    if (members.some(({ here, active }) => here && !active)) {
      this.#standing.removed = true;
      this.#link?.stop();
      this.#soon();
      return;
    }
    const paper = members.find(({ role, active }) => role === 'paper' && active)?.device;
    if (paper === undefined || paper === this.#kept.header.recoveryOf) return;
    await this.#kept.put({ recovery: this.#driver.core.recoveryWrap(), recoveryOf: paper });
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
    const { pending, waiting, live } = JSON.parse(await this.#driver.request('status')) as Counts;
    this.#standing.counts = { pending, waiting, live };
    this.#phase();
    await this.#readMembers();
  }

  #facts(): { readonly device: string; readonly relay: string; readonly connection: Link['connection'] | undefined } {
    return { device: this.#kept.settings.name, relay: this.#kept.settings.relay, connection: this.#link?.connection };
  }

  #phase(): void {
    if (this.#over) return;
    const phase: Phase = this.#ready ? this.#standing.phase(this.#facts()) : { kind: 'opening', progress: this.#standing.progress };
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
