// The worker of the tab that holds the vault: core, store and socket are here and nowhere else.
//
// Invariants: it owns the Web Lock for as long as it lives; effects are carried out one after another in the core's
// order; after a transaction that failed nothing waits for an answer that cannot come: the core is opened again from
// the store and everybody is told that it was not saved. Locking ends this worker.
import { Driver } from './driver';
import { CHANNEL, LOCK, errorOf, failure, type Answer, type Ask, type Begin, type FromWorker, type Said, type ToWorker } from './messages';
import { Link, addressOf, codeOf, dial, post, ticketOf, type Address } from './socket';
import { Store, StoreError, peek, type Header, type Wrap } from './store-idb';
import { macOf, newDeviceKey } from './secrets';
import type { CoreError, DeviceSettings, Phase, Problem, Progress, SyncNote, SyncState } from './types';
import init, { Core, Founding, Joining, type Effect } from './wasm/core_wasm';
import wasmUrl from './wasm/core_wasm_bg.wasm?url';

/** Notes kept for the page that answers "why is this not synced". */
const NOTES = 50;
/** Until settings say otherwise. */
const LOCK_MINUTES = 5;
const JOIN_MS = 30_000;
const STATUS_MS = 150;

/** What is sealed beside the store. The invitation goes once the relay knows the vault. */
interface Sealed extends DeviceSettings {
  readonly invite: string | null;
}

const channel = new BroadcastChannel(CHANNEL);
const say = (said: Said): void => channel.postMessage(said);
const tell = (message: FromWorker): void => self.postMessage(message);

class Host {
  readonly #store: Store;
  readonly #driver: Driver;
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
  #lockMinutes = LOCK_MINUTES;
  #notSaved = false;
  #visible = true;
  #asking: ReturnType<typeof setTimeout> | undefined;
  /** A screen over everything, until a transaction is stored again. */
  #problem: Problem | null = null;
  #said = '';
  #over = false;

  constructor(store: Store, core: Core, header: Header) {
    this.#store = store;
    this.#header = header;
    this.#settings = JSON.parse(core.openSettings(header.settings)) as Sealed;
    this.#driver = new Driver(core, store, {
      effect: (effect) => this.#effect(effect),
      failed: (error) => this.#failed(error),
      dead: (error) => end('failed', error),
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
          if (moved) {
            this.#link?.stop();
            this.#connect();
          }
          this.#soon();
        }
        return { kind: 'settings', settings: { name, relay } };
      }
      case 'lock':
        await this.end('locked', null);
        return { kind: 'done' };
    }
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
    self.close();
  }

  async #save(settings: Sealed): Promise<void> {
    const header = { ...this.#header, settings: this.#driver.core.sealSettings(JSON.stringify(settings)) };
    await this.#store.commit([], header);
    this.#header = header;
    this.#settings = settings;
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
    this.#lockMinutes = typeof minutes === 'number' ? minutes : LOCK_MINUTES;
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

function checkName(name: string): void {
  const length = [...name.trim()].length;
  if (length < 1 || length > 100) throw new StoreError(failure('invalid_name', 'a device has a name of 1 to 100 characters'));
}

let host: Host | null = null;

function end(reason: 'failed', error: CoreError): void {
  if (host !== null) void host.end(reason, error);
}

/** Takes the lock for as long as this worker lives; whoever held it is cut off and its writes are fenced out. */
function hold(): Promise<void> {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(LOCK, { steal: true }, () => {
        resolve();
        return new Promise<void>(() => undefined);
      })
      .catch((thrown: unknown) => {
        reject(new StoreError(failure('taken_over', errorOf(thrown).message)));
        void host?.end('taken_over', failure('taken_over', 'another tab has taken over'));
      });
  });
}

function there(): StoreError {
  return new StoreError(failure('exists', 'there is a vault in this browser already'));
}

async function wrap(core: Core, begin: Begin): Promise<Wrap> {
  switch (begin.secret.kind) {
    case 'passphrase':
      return { kind: 'passphrase', bytes: core.wrapPassphrase(begin.secret.passphrase) };
    case 'passkey': {
      const { credential, salt, prf } = begin.secret.passkey;
      const key = await newDeviceKey();
      const mac = await macOf(key, salt);
      return { kind: 'passkey', bytes: core.wrapPasskey(prf, mac), credential, salt, key };
    }
    case 'phrase':
      throw new StoreError(failure('internal', 'a vault is not locked with its phrase alone'));
  }
}

/** Writes a new vault into this browser. */
async function settle(founding: Founding, begin: Begin, settings: Sealed): Promise<Host> {
  const { writes } = founding.writes();
  const core = founding.open();
  const header: Header = {
    version: 1,
    wrap: await wrap(core, begin),
    recovery: founding.recovery(),
    settings: core.sealSettings(JSON.stringify(settings)),
  };
  const store = await Store.open();
  if ((await store.header()) !== null) throw there();
  await store.commit(writes, header);
  const made = new Host(store, core, header);
  await made.start();
  return made;
}

/** Runs the joining machine over a socket opened with the phrase's own ticket. */
async function join(address: Address, phrase: string): Promise<Founding> {
  const joining = Joining.begin(phrase, address.origin);
  const lookup = await post(address, 'lookups', joining.lookup(await post(address, 'challenges', '{}'))).catch((thrown: unknown) => {
    const error = errorOf(thrown);
    throw error.code === 'unknown_account' ? new StoreError(failure('wrong_phrase', 'the relay knows no vault of this phrase')) : thrown;
  });
  const ticket = joining.ticket(lookup, await post(address, 'challenges', '{}'));
  const socket = await dial(address, ticketOf(await post(address, 'tickets', ticket)));
  try {
    await new Promise<void>((resolve, reject) => {
      const lost = (why: string): void => reject(new StoreError(failure('unreachable', why)));
      const timer = setTimeout(() => lost('the relay fell silent'), JOIN_MS);
      socket.onclose = () => lost('the connection broke');
      socket.onmessage = (event: MessageEvent<unknown>) => {
        if (!(event.data instanceof ArrayBuffer)) return;
        try {
          const step = joining.frame(new Uint8Array(event.data));
          for (const bytes of step.send) socket.send(bytes as Uint8Array<ArrayBuffer>);
          if (step.done) {
            clearTimeout(timer);
            resolve();
          }
        } catch (thrown) {
          reject(thrown);
        }
      };
    });
    return joining.finish();
  } finally {
    socket.onclose = null;
    socket.close();
  }
}

async function unlock(begin: Begin & { readonly kind: 'unlock' }): Promise<Host> {
  const store = await Store.open();
  const header = await store.header();
  if (header === null) throw new StoreError(failure('none', 'there is no vault in this browser'));
  const made = new Host(store, await coreOf(header, begin), header);
  await made.start();
  return made;
}

async function coreOf(header: Header, begin: Begin & { readonly kind: 'unlock' }): Promise<Core> {
  const { secret } = begin;
  switch (secret.kind) {
    case 'phrase':
      return Core.withPhrase(header.recovery, secret.phrase);
    case 'passphrase':
      if (header.wrap.kind !== 'passphrase') throw new StoreError(failure('wrong_passphrase', 'this vault is unlocked by a passkey'));
      return Core.withPassphrase(header.wrap.bytes, secret.passphrase);
    case 'passkey':
      if (header.wrap.kind !== 'passkey') throw new StoreError(failure('wrong_passkey', 'this vault is unlocked by a passphrase'));
      return Core.withPasskey(header.wrap.bytes, secret.passkey.prf, await macOf(header.wrap.key, header.wrap.salt));
  }
}

async function begin(begin: Begin): Promise<string | null> {
  await init({ module_or_path: wasmUrl });
  await hold();
  if (begin.kind !== 'unlock' && (await peek()) !== null) throw there();
  switch (begin.kind) {
    case 'create': {
      checkName(begin.settings.name);
      const address = addressOf(begin.settings.relay);
      const founding = Founding.create();
      const phrase = founding.phrase() ?? null;
      let invite = begin.invite;
      try {
        await post(address, 'accounts', founding.register(invite ?? undefined));
        invite = null;
      } catch (thrown) {
        // Out of reach is no reason not to begin; a refusal is.
        if (errorOf(thrown).code !== 'unreachable') throw thrown;
      }
      host = await settle(founding, begin, { ...begin.settings, invite });
      return phrase;
    }
    case 'join': {
      checkName(begin.settings.name);
      const founding = await join(addressOf(begin.settings.relay), begin.phrase);
      host = await settle(founding, begin, { ...begin.settings, invite: null });
      return null;
    }
    case 'unlock':
      host = await unlock(begin);
      return null;
  }
}

self.addEventListener('online', () => host?.online());

self.onmessage = (event: MessageEvent<ToWorker>) => {
  const message = event.data;
  switch (message.kind) {
    case 'begin':
      begin(message.begin).then(
        (phrase) => {
          tell({ kind: 'begun', phrase });
          host?.repeat();
        },
        (thrown: unknown) => tell({ kind: 'failed', error: errorOf(thrown) }),
      );
      return;
    case 'visible':
      host?.visible(message.visible);
      return;
  }
};

channel.onmessage = (event: MessageEvent<Said>) => {
  const said = event.data;
  if (host === null) return;
  switch (said.kind) {
    case 'hello':
      host.repeat();
      return;
    case 'lock':
      void host.end('locked', null);
      return;
    case 'ask':
      host.answer(said.ask).then(
        (answer) => say({ kind: 'answer', to: said.from, id: said.id, answer }),
        (thrown: unknown) => say({ kind: 'answer', to: said.from, id: said.id, answer: { kind: 'failed', error: errorOf(thrown) } }),
      );
      return;
    default:
      return;
  }
};
