// The contract of everything about who is a member: devices that come and go, the phrase, what was noticed.
import type { PairVault, UnlockWith } from './begin-types';

export interface Member {
  readonly device: string;
  readonly role: 'device' | 'paper' | 'guest';
  readonly active: boolean;
  /** Entries of it that are here. */
  readonly entries: number;
  /** This one. */
  readonly here: boolean;
}

/** Why an attempt to be let in has ended. `refused`: on the other device; `differ`: on this one. */
export type PairEnd = 'expired' | 'refused' | 'differ';

/** How far a new device is. */
export type PairStep =
  | { readonly kind: 'beginning' }
  /** To be typed or scanned on the other device, until then. */
  | { readonly kind: 'code'; readonly code: string; readonly until: number }
  /** Six digits, as in `123 456`: does the other device show the same? */
  | { readonly kind: 'compare'; readonly digits: string }
  /** They are the same; the other device is still to add this one. */
  | { readonly kind: 'waiting'; readonly digits: string }
  /** With `again`, another code may be made. */
  | { readonly kind: 'ended'; readonly why: PairEnd; readonly again: boolean };

/** What the person says meanwhile: the digits are the same, they differ, another code. */
export type PairWord = 'same' | 'differ' | 'again';

/** The side of the new device. */
export interface PairPages {
  /** Resolves when the vault is open. With a passkey: call it straight from the tap. */
  begin(request: PairVault, told: (step: PairStep) => void): Promise<void>;
  say(word: PairWord): void;
  /** `begin` rejects then, and nothing is left. */
  cancel(): void;
}

/** Something that this device noticed of the relay, or of another device. */
export interface Alarm {
  readonly at: number;
  readonly kind: AlarmKind;
  /** Whose, if it is about one. */
  readonly device: string | null;
  /** English, for a report. */
  readonly detail: string;
  /** How often; `at` is the last. */
  readonly times: number;
}

export type AlarmKind =
  | 'relay_healed'
  | 'store_cloned'
  | 'entry_forked'
  | 'membership_forked'
  | 'entry_refused'
  | 'withheld'
  | 'manifest_refused'
  | 'revoked';

/** Who came and went on one of two lists of devices. */
export interface Branch {
  readonly added: readonly string[];
  readonly revoked: readonly string[];
}

/** The relay's list of devices and the one here part, and both hold. Nothing is sent until one goes on. */
export interface Fork {
  readonly here: Branch;
  readonly relay: Branch;
}

/** What a member does about members. All but `alarms` and `fork` needs the relay, and fails with `offline` without it. */
export interface MemberPages {
  /** Meets the device that shows `code`; the six digits that both show then. Waits for that device. */
  meet(code: string): Promise<string>;
  /** The digits are the same: adds it, once this device was unlocked anew. With a passkey: straight from the tap. */
  admit(unlock: UnlockWith): Promise<void>;
  /** Adds nothing, and tells the other device. `differ`: the digits were not the same. */
  refuse(why: 'differ' | 'cancelled'): Promise<void>;
  /** Cuts another device off. */
  revoke(device: string): Promise<void>;
  /** 24 fresh words. Nothing has changed yet. */
  newPhrase(): Promise<string>;
  /** From now on this is the recovery phrase, and the one before opens nothing. */
  setPhrase(phrase: string): Promise<void>;
  fork(): Promise<Fork | null>;
  /** Goes on from the relay's list. Whom either had revoked stays revoked, and `revoke` are cut off as well. */
  resolve(revoke: readonly string[]): Promise<void>;
  /** Newest last. */
  alarms(): Promise<readonly Alarm[]>;
}
