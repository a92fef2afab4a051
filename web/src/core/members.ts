// Who is a member, as the screens change it. Invariant: codes, digits, words and secrets are spoken of with the own worker
// alone, never over the channel that all tabs hear.
import { failure, type Private, type Secret } from './messages';
import { CoreFailure } from './types';
import type { Alarm, Fork, MemberPages, UnlockWith } from './types';
import type { Request } from './wasm/core_wasm';

/** What these pages need of the rest. */
export interface Owner {
  private(ask: Private): Promise<string | null>;
  secret(given: UnlockWith): Promise<Secret>;
  core<T>(request: Request): Promise<T>;
  /** Makes every error one of the contract. */
  guard<T>(run: () => Promise<T>): Promise<T>;
}

export class Members implements MemberPages {
  readonly #owner: Owner;

  constructor(owner: Owner) {
    this.#owner = owner;
  }

  meet(code: string): Promise<string> {
    return this.#told({ kind: 'meet', code });
  }
  admit(unlock: UnlockWith): Promise<void> {
    return this.#owner.guard(async () => {
      await this.#owner.private({ kind: 'admit', secret: await this.#owner.secret(unlock) });
    });
  }
  refuse(why: 'differ' | 'cancelled'): Promise<void> {
    return this.#done({ kind: 'refuse', why });
  }
  async revoke(device: string): Promise<void> {
    await this.#owner.core<null>({ revoke: { device } });
  }
  newPhrase(): Promise<string> {
    return this.#told({ kind: 'newPhrase' });
  }
  setPhrase(phrase: string): Promise<void> {
    return this.#done({ kind: 'setPhrase', phrase });
  }
  fork(): Promise<Fork | null> {
    return this.#owner.core<Fork | null>('fork');
  }
  async resolve(revoke: readonly string[]): Promise<void> {
    await this.#owner.core<null>({ resolve: { revoke: [...revoke] } });
  }
  alarms(): Promise<readonly Alarm[]> {
    return this.#owner.core<readonly Alarm[]>('alarms');
  }

  #told(ask: Private): Promise<string> {
    return this.#owner.guard(async () => {
      const text = await this.#owner.private(ask);
      if (text === null) throw new CoreFailure(failure('internal', 'another answer came'));
      return text;
    });
  }
  #done(ask: Private): Promise<void> {
    return this.#owner.guard(async () => void (await this.#owner.private(ask)));
  }
}
