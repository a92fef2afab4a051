// What a device says of itself before it has a vault, and what of that was refused.
// Invariant: a refusal stands at the field it speaks of, as far as the form has that field; nothing is sent twice.

import type { ChooseUnlock, ErrorCode } from '../../core/types';
import { app, failure } from './app.svelte';
import { deviceName, ownRelay } from './device';
import { i18n } from './i18n.svelte';
import { placeOf, type Field, type Place } from './refusal';

export class Arrival {
  name = $state(deviceName());
  relay = $state(ownRelay());
  passphrase = $state('');
  way = $state<ChooseUnlock['kind']>(app.state.passkeys ? 'passkey' : 'passphrase');
  wrong = $state.raw<{ readonly at: Place; readonly text: string } | null>(null);
  busy = $state(false);
  readonly #fields: readonly Field[];

  constructor(fields: readonly Field[]) {
    this.#fields = fields;
  }

  at(place: Place): string | null {
    return this.wrong?.at === place ? this.wrong.text : null;
  }
  clear(): void {
    this.wrong = null;
  }
  refuse(code: ErrorCode, text: string = i18n.t.errors[code]): void {
    this.wrong = { at: placeOf(code, this.#fields), text };
    if (code === 'passkey_without_prf' || code === 'passkey_unavailable') this.way = 'passphrase';
  }

  /** The page stays meanwhile, whatever is said of the vault, so that a refusal finds what was typed. */
  async enter(come: (unlock: ChooseUnlock) => Promise<void>, refused: (code: ErrorCode) => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.clear();
    this.busy = true;
    app.onboarding = true;
    try {
      await come(this.unlock);
    } catch (thrown) {
      await refused(failure(thrown).code);
    } finally {
      this.busy = false;
      app.onboarding = false;
    }
  }
  get unlock(): ChooseUnlock {
    return this.way === 'passkey' ? { kind: this.way } : { kind: this.way, passphrase: this.passphrase };
  }
}
