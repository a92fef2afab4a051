// Devices that come and go without a relay, for looking at screens. The digits of every code are the same.
import { CoreFailure } from './types';
import type { Alarm, Fork, Member, MemberPages, PairPages, PairStep, PairVault, PairWord } from './types';

const DIGITS = '418 073';
const WORDS =
  'zoo zone zero youth young you year yellow yard wrong wrist write wrestle wrap worth world worry work word wool woman wolf wish wise';
const MINUTE_MS = 60_000;
const TAKEN_MS = 1_500;
const taken = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, TAKEN_MS));

export class MockMembers implements MemberPages {
  readonly #changed: () => void;
  list: readonly Member[] = [
    { device: '51aa90c1', role: 'device', active: true, entries: 31, here: true },
    { device: '77d20f4e', role: 'device', active: true, entries: 204, here: false },
    { device: '0b3e11fa', role: 'paper', active: true, entries: 0, here: false },
    { device: '9c01d2e3', role: 'device', active: false, entries: 12, here: false },
  ];

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  async meet(code: string): Promise<string> {
    await taken();
    if (code.replace(/[^0-9a-z]/gi, '').length !== 10) throw new CoreFailure({ code: 'invalid_code', message: 'no code' });
    return DIGITS;
  }
  async admit(): Promise<void> {
    await taken();
    this.list = [...this.list, { device: `d${this.list.length}f0aa11`, role: 'device', active: true, entries: 0, here: false }];
    this.#changed();
  }
  async refuse(): Promise<void> {}
  async revoke(device: string): Promise<void> {
    this.list = this.list.map((one) => (one.device === device ? { ...one, active: false } : one));
    this.#changed();
  }
  async newPhrase(): Promise<string> {
    return WORDS;
  }
  async setPhrase(): Promise<void> {}
  #fork: Fork | null = { here: { added: [], revoked: ['9c01d2e3'] }, relay: { added: ['e44f0b17'], revoked: [] } };
  async fork(): Promise<Fork | null> {
    return this.#fork;
  }
  async resolve(): Promise<void> {
    this.#fork = null;
  }
  async alarms(): Promise<readonly Alarm[]> {
    const kinds = ['relay_healed', 'entry_refused', 'store_cloned', 'entry_forked', 'withheld', 'membership_forked'] as const;
    return kinds.map((kind, n) => ({ at: Date.now() - (60 - n * 7) * MINUTE_MS * 60, kind, device: n % 2 === 0 ? null : '77d20f4e', detail: '', times: n + 1 }));
  }
}

export class MockPairing implements PairPages {
  readonly #open: () => void;
  #told: (step: PairStep) => void = () => undefined;
  #over: (() => void) | null = null;
  #cancelled: ((error: CoreFailure) => void) | null = null;

  constructor(open: () => void) {
    this.#open = open;
  }

  async begin(_request: PairVault, told: (step: PairStep) => void): Promise<void> {
    this.#told = told;
    this.#code();
    await new Promise<void>((resolve, reject) => {
      this.#over = resolve;
      this.#cancelled = reject;
    });
    this.#open();
  }
  #code(): void {
    this.#told({ kind: 'code', code: '7KQ2-M9XD-4T', until: Date.now() + 10 * MINUTE_MS });
    void taken().then(taken).then(() => this.#told({ kind: 'compare', digits: DIGITS }));
  }
  say(word: PairWord): void {
    if (word === 'again') this.#code();
    else if (word === 'differ') this.#told({ kind: 'ended', why: 'differ', again: true });
    else {
      this.#told({ kind: 'waiting', digits: DIGITS });
      void taken().then(() => this.#over?.());
    }
  }
  cancel(): void {
    this.#cancelled?.(new CoreFailure({ code: 'locked', message: 'ended' }));
  }
}
