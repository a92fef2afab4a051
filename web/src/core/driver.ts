// The loop around the core: events in, effects out, in order, one at a time.
//
// Invariants: effects are carried out in the order in which the core gave them; a commit that fails ends every request
// that waits, and nothing after it is carried out; while JavaScript awaits, the core holds no borrow.
import { errorOf, failure } from './messages';
import { StoreError, type Store } from './store-idb';
import type { CoreError } from './types';
import type { Core, Effect, Effects, Request } from './wasm/core_wasm';

interface Waiting {
  readonly resolve: (json: string) => void;
  readonly reject: (error: StoreError) => void;
}

/** What the driver's owner sees to. */
export interface Owner {
  /** Everything but reads, commits and answers. */
  effect(effect: Effect): void;
  /** A transaction was not stored. The owner starts again or ends. */
  failed(error: CoreError): void;
  /** The vault cannot be opened. */
  dead(error: CoreError): void;
}

type Event = (core: Core, now: number) => Effects;

export class Driver {
  readonly core: Core;
  readonly #store: Store;
  readonly #owner: Owner;
  #events: Event[] = [];
  #effects: Effect[] = [];
  #running = false;
  /** Raised at every start and failure: what was begun before is void. */
  #life = 0;
  #waiting = new Map<number, Waiting>();
  #last = 0;
  #ready: Waiting | null = null;

  constructor(core: Core, store: Store, owner: Owner) {
    this.core = core;
    this.#store = store;
    this.#owner = owner;
  }

  /** Opens the core on the store, for the first time or again; resolves when it takes requests. */
  start(): Promise<void> {
    this.#reset();
    return new Promise((resolve, reject) => {
      this.#ready = { resolve: () => resolve(), reject };
      this.push((core) => core.start());
    });
  }

  /** Runs a request to its answer, JSON text. */
  request(request: Request): Promise<string> {
    return new Promise((resolve, reject) => {
      const id = (this.#last += 1);
      this.#waiting.set(id, { resolve, reject });
      const text = JSON.stringify(request);
      this.push((core, now) => core.request(id, text, now, zoneAt(now), wallAt(now)));
    });
  }

  push(event: Event): void {
    this.#events.push(event);
    if (!this.#running) void this.#run();
  }

  stop(): void {
    this.#reset();
    this.#abandon(failure('locked', 'the vault was locked'));
  }

  #reset(): void {
    this.#life += 1;
    this.#events = [];
    this.#effects = [];
  }

  #abandon(error: CoreError): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(new StoreError(error));
    this.#ready?.reject(new StoreError(error));
    this.#ready = null;
  }

  async #run(): Promise<void> {
    this.#running = true;
    try {
      // Events go first, so that requests made together are known to the core together.
      for (;;) {
        const event = this.#events.shift();
        if (event !== undefined) {
          this.#effects.push(...event(this.core, Date.now()).list);
          continue;
        }
        const effect = this.#effects.shift();
        if (effect === undefined) return;
        await this.#carryOut(effect);
      }
    } catch (thrown) {
      // The core itself failed: a defect, or memory ran out. Nothing that was acknowledged is lost.
      this.#reset();
      const error = errorOf(thrown);
      this.#abandon(error);
      this.#owner.dead(error);
    } finally {
      this.#running = false;
    }
  }

  async #carryOut(effect: Effect): Promise<void> {
    const life = this.#life;
    switch (effect.kind) {
      case 'read': {
        let found: Uint8Array;
        try {
          found = await this.#store.read(effect.reads);
        } catch (first) {
          // Reading twice does no harm, and the second time the connection is a new one.
          found = await this.#store.read(effect.reads).catch((): never => {
            throw first;
          });
        }
        if (life === this.#life) this.#events.push((core, now) => core.read(effect.token, found, now));
        return;
      }
      case 'commit':
        try {
          await this.#store.commit(effect.writes);
        } catch (thrown) {
          if (life === this.#life) this.#commitFailed(effect.token, errorOf(thrown));
          return;
        }
        if (life === this.#life) this.#events.push((core, now) => core.committed(effect.token, now));
        return;
      case 'reply':
        this.#take(effect.id)?.resolve(effect.json);
        return;
      case 'fail':
        this.#take(effect.id)?.reject(new StoreError(effect.error));
        return;
      case 'ready':
        this.#ready?.resolve('');
        this.#ready = null;
        return;
      case 'dead':
        this.#abandon(effect.error);
        this.#owner.dead(effect.error);
        return;
      default:
        this.#owner.effect(effect);
    }
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  #commitFailed(token: number, error: CoreError): void {
    this.core.commitFailed(token, Date.now());
    this.#reset();
    this.#abandon(error.code === 'quota' || error.code === 'taken_over' ? error : failure('not_saved', error.message));
    this.#owner.failed(error);
  }
}

let zone = '';
let asked = 0;

/** The name of the zone the person is in. */
function zoneAt(now: number): string {
  // Asking for it is slow, and it changes on journeys only.
  if (zone === '' || now - asked > 60_000 || now < asked) {
    zone = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
    asked = now;
  }
  return zone;
}

/** Date and time on the wall, as in `2026-11-21T08:30:00`. */
function wallAt(now: number): string {
  return new Date(now - new Date(now).getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
