// This device as the old one: it meets a device that shows a code, and adds it once two people's eyes found six digits to
// be the same and this one was unlocked anew.
//
// Invariant: after three meetings in a row that came to other digits there is none before the next unlock.
import type { Address } from './http';
import { LIFE_MS, Mailbox } from './mailbox';
import { errorOf, failure } from './messages';
import { StoreError } from './store-idb';
import type { Core } from './wasm/core_wasm';

const TRIES = 3;

export interface Owner {
  readonly core: Core;
  relay(): Address;
  /** Whether somebody sees this device. */
  looking(): boolean;
  /** Runs a request of the core to its end. */
  addDevice(): Promise<void>;
}

export class Approval {
  readonly #owner: Owner;
  #box: Mailbox | null = null;
  #differed = 0;

  constructor(owner: Owner) {
    this.#owner = owner;
  }

  /** The six digits that both show. */
  async meet(code: string): Promise<string> {
    const { core } = this.#owner;
    const stopped = new StoreError(failure('pairing_stopped', 'three times in a row the digits differed'));
    if (this.#differed >= TRIES) throw stopped;
    this.#box?.stop();
    const box = new Mailbox(this.#owner.relay(), core.pairingMailbox(code), () => this.#owner.looking());
    this.#box = box;
    const offer = await box.get('offer');
    if (offer === null) throw over();
    await box.put('answer', core.pairingAnswer(offer)).catch((thrown: unknown) => {
      // Somebody answered before, so that device is not ours to add; or the code has just expired.
      const { code: why } = errorOf(thrown);
      throw why === 'refused' || why === 'not_found' ? over() : thrown;
    });
    const reveal = await box.wait('reveal', Date.now() + LIFE_MS);
    if (reveal === null || box !== this.#box) throw over();
    try {
      return core.pairingRevealed(reveal);
    } catch (thrown) {
      if (errorOf(thrown).code === 'check_differs') await this.refuse('differ');
      throw this.#differed >= TRIES ? stopped : thrown;
    }
  }

  /** The person has compared and unlocked. */
  async admit(): Promise<void> {
    const box = this.#box;
    if (box === null) throw over();
    await this.#owner.addDevice();
    this.#differed = 0;
    this.#box = null;
    // The device is a member whether or not it hears so at once.
    await box.put('verdict', this.#owner.core.pairingVerdict(true)).catch(() => undefined);
  }

  async refuse(why: 'differ' | 'cancelled'): Promise<void> {
    const box = this.#box;
    this.#box = null;
    if (why === 'differ') this.#differed += 1;
    box?.stop();
    // Nothing was added, whether or not the other one hears so.
    await box?.put('verdict', this.#owner.core.pairingVerdict(false)).catch(() => undefined);
    if (why === 'differ' && this.#differed >= TRIES) throw new StoreError(failure('pairing_stopped', 'three times in a row the digits differed'));
  }
}

function over(): StoreError {
  return new StoreError(failure('pairing_over', 'nobody waits with that code'));
}
