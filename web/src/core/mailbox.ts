// A mailbox at the relay, in which two devices meet that do not know each other yet. The relay may read and change all of
// it, so nothing here is believed; see docs/protocol.md, 9b.
import { call, type Address } from './http';
import { errorOf, failure } from './messages';
import { StoreError } from './store-idb';

/** A mailbox ends so long after its offer. */
export const LIFE_MS = 10 * 60_000;
const LOOK_MS = 1_000;
const MAILBOX = /^[0-9a-f]{32}$/;
/** The verdict that nothing was added: CBOR `{0: false}`. */
const REFUSED = 'oQD0';

export type Slot = 'offer' | 'answer' | 'reveal' | 'verdict';

export class Mailbox {
  readonly #address: Address;
  readonly #path: string;
  readonly #looking: () => boolean;
  #stopped = false;

  /** `looking` says whether somebody sees this device: only then it asks the relay again and again. */
  constructor(address: Address, id: string, looking: () => boolean) {
    if (!MAILBOX.test(id)) throw new StoreError(failure('internal', 'not the name of a mailbox'));
    this.#address = address;
    this.#path = `pairings/${id}`;
    this.#looking = looking;
  }

  async put(slot: Slot, body: string): Promise<void> {
    await call(this.#address, { method: 'PUT', path: `${this.#path}/${slot}`, body });
  }

  /** What was written there; null if nothing was yet, or not any more. */
  async get(slot: Slot): Promise<string | null> {
    try {
      return await call(this.#address, { method: 'GET', path: `${this.#path}/${slot}` });
    } catch (thrown) {
      if (errorOf(thrown).code === 'not_found') return null;
      throw thrown;
    }
  }

  /** Looks once a second until it is there; null when `until` has passed or this was stopped. */
  async wait(slot: Slot, until: number): Promise<string | null> {
    for (;;) {
      const found = this.#looking() ? await this.get(slot).catch(passing) : null;
      if (found !== null) return found;
      await pause();
      if (this.#stopped || Date.now() > until) return null;
    }
  }

  /** Nobody waits here any more. */
  stop(): void {
    this.#stopped = true;
  }
}

/** Whether a verdict says that nothing was added. */
export function isRefusal(verdict: string): boolean {
  return (JSON.parse(verdict) as { readonly message?: unknown }).message === REFUSED;
}

export function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, LOOK_MS));
}

/** A network that is away for a moment ends nothing. */
function passing(thrown: unknown): null {
  const { code } = errorOf(thrown);
  if (code === 'unreachable' || code === 'rate_limited') return null;
  throw thrown;
}
