// This device as the new one: it shows a code, compares six digits, and waits until another device has added it.
//
// Invariants: it is let in by the list of members that the core has checked, never by a message of the mailbox; no
// ticket is asked for before the person said that the digits are the same; after three attempts in a row that came to
// other digits no further code is made.
import { admission } from './admission';
import { post, type Address } from './http';
import { LIFE_MS, Mailbox, isRefusal, pause } from './mailbox';
import { errorOf, failure } from './messages';
import { StoreError } from './store-idb';
import { Pairing, type Founding } from './wasm/core_wasm';
import type { PairEnd, PairStep, PairWord } from './types';

const TRIES = 3;
/** Without a word of the other device it asks the relay for itself now and then: the word may be lost. */
const ASK_EVERY = 5;

type Outcome = { readonly kind: 'in'; readonly founding: Founding } | { readonly kind: 'out'; readonly why: PairEnd };

export class Newcomer {
  readonly #address: Address;
  readonly #tell: (step: PairStep) => void;
  readonly #looking: () => boolean;
  #heard: ((word: PairWord) => void) | null = null;

  constructor(address: Address, tell: (step: PairStep) => void, looking: () => boolean) {
    this.#address = address;
    this.#tell = tell;
    this.#looking = looking;
  }

  say(word: PairWord): void {
    this.#heard?.(word);
  }

  #word(): Promise<PairWord> {
    return new Promise((resolve) => {
      this.#heard = resolve;
    });
  }

  /** The vault, once another device has added this one. */
  async run(): Promise<Founding> {
    let differed = 0;
    for (;;) {
      this.#tell({ kind: 'beginning' });
      const outcome = await this.#attempt();
      if (outcome.kind === 'in') return outcome.founding;
      if (outcome.why !== 'expired') differed += 1;
      const again = differed < TRIES;
      this.#tell({ kind: 'ended', why: outcome.why, again });
      if (!again) throw new StoreError(failure('pairing_stopped', 'three times in a row the digits differed'));
      while ((await this.#word()) !== 'again');
    }
  }

  async #attempt(): Promise<Outcome> {
    const pairing = Pairing.create();
    const box = new Mailbox(this.#address, pairing.mailbox(), this.#looking);
    try {
      await box.put('offer', pairing.offer());
      const until = Date.now() + LIFE_MS;
      this.#tell({ kind: 'code', code: pairing.code(), until });
      const answer = await box.wait('answer', until);
      if (answer === null) return { kind: 'out', why: 'expired' };
      const digits = digitsOf(pairing, answer);
      if (digits === null) return { kind: 'out', why: 'differ' };
      const ended = await revealed(box, pairing.reveal());
      if (ended !== null) return { kind: 'out', why: ended };
      const said = await this.#compare(box, digits, until);
      box.stop();
      if (said !== 'same') return { kind: 'out', why: said };
      this.#tell({ kind: 'waiting', digits });
      return await this.#admitted(pairing, box, until);
    } finally {
      box.stop();
    }
  }

  /** Until the person has answered, or the other device's person has refused. */
  async #compare(box: Mailbox, digits: string, until: number): Promise<'same' | PairEnd> {
    const word = this.#word().then((said) => (said === 'same' ? 'same' : 'differ'));
    const refused = async (): Promise<PairEnd> => {
      const verdict = await box.wait('verdict', until);
      if (verdict === null) return 'expired';
      if (isRefusal(verdict)) return 'refused';
      // The other side is done; this person still looks.
      return new Promise(() => undefined);
    };
    this.#tell({ kind: 'compare', digits });
    return Promise.race([word, refused()]);
  }

  async #admitted(pairing: Pairing, box: Mailbox, until: number): Promise<Outcome> {
    for (let turn = 0; Date.now() < until; turn += 1) {
      const verdict = this.#looking() ? await box.get('verdict').catch(() => null) : null;
      if (verdict !== null && isRefusal(verdict)) return { kind: 'out', why: 'refused' };
      if (verdict !== null || turn % ASK_EVERY === ASK_EVERY - 1) {
        const founding = await this.#enter(pairing);
        if (founding !== null) return { kind: 'in', founding };
      }
      await pause();
    }
    return { kind: 'out', why: 'expired' };
  }

  /** Null while the relay does not know this device, or does not answer. */
  async #enter(pairing: Pairing): Promise<Founding | null> {
    try {
      const challenge = await post(this.#address, 'challenges', '{}');
      const ticket = pairing.ticketRequest(challenge, this.#address.origin);
      if (!(await admission(this.#address, ticket, (bytes) => pairing.takeFrame(bytes)))) return null;
    } catch (thrown) {
      const { code } = errorOf(thrown);
      if (code === 'unknown_account' || code === 'unreachable' || code === 'rate_limited') return null;
      throw thrown;
    }
    return pairing.founding();
  }
}

/** Null once this device's second word stands in the mailbox. */
async function revealed(box: Mailbox, body: string): Promise<PairEnd | null> {
  try {
    await box.put('reveal', body);
    return null;
  } catch (thrown) {
    switch (errorOf(thrown).code) {
      case 'not_found':
        return 'expired';
      // Somebody wrote there before.
      case 'refused':
        return 'differ';
      default:
        throw thrown;
    }
  }
}

/** Null if the answer is none that could be compared: somebody else wrote it. */
function digitsOf(pairing: Pairing, answer: string): string | null {
  try {
    return pairing.answered(answer);
  } catch {
    return null;
  }
}
