// The vault's account at its relay: what this device proves there, moving it to another relay, deleting it.
//
// Invariant: the relay of a vault is another one only after that one has taken it and given this device a ticket.
import { addressOf, call, post, type Address } from './http';
import type { Kept } from './kept';
import { errorOf } from './messages';
import type { Core } from './wasm/core_wasm';

export class Residence {
  readonly #kept: Kept;
  readonly #core: Core;

  constructor(kept: Kept, core: Core) {
    this.#kept = kept;
    this.#core = core;
  }

  get address(): Address {
    return addressOf(this.#kept.settings.relay);
  }

  /** JSON of account and proof: good once, within 30 seconds. */
  async proof(purpose: 'passkey' | 'session' | 'deletion'): Promise<string> {
    const { address } = this;
    return this.#core.accountProof(await post(address, 'challenges', '{}'), address.origin, purpose);
  }

  /** The new relay is given the list of devices and asked for a ticket before anything here changes. */
  async move(relay: string, invite: string | null): Promise<void> {
    const address = addressOf(relay);
    await post(address, 'accounts', this.#core.registerRequest(invite ?? undefined));
    await post(address, 'tickets', this.#core.ticketRequest(await post(address, 'challenges', '{}'), address.origin));
    await this.#kept.save({ relay: address.base, invite: null, deletion: null });
  }

  /** Until when a deletion that was asked for here can be taken back. */
  get deletion(): number | null {
    return this.#kept.settings.deletion ?? null;
  }

  async changeDeletion(what: 'begin' | 'takeBack'): Promise<void> {
    const method = what === 'begin' ? 'POST' : 'DELETE';
    const asked = this.proof('deletion').then((body) => call(this.address, { method, path: 'deletions', body }));
    const answer = await asked.catch((thrown: unknown) => {
      // The time is over and it was erased: to keep it is to give it to the relay again.
      if (what === 'takeBack' && errorOf(thrown).code === 'unknown_account') return '{}';
      throw thrown;
    });
    const { until } = JSON.parse(answer) as { readonly until?: unknown };
    await this.#kept.save({ deletion: typeof until === 'number' ? until : null });
  }
}
