// What pages and the worker say to each other. Requests go to the worker by `postMessage` from the page that owns
// it, or by BroadcastChannel from another tab; what everybody may know goes by BroadcastChannel.
// Invariant: a secret (passphrase, phrase, PRF output) travels by `postMessage` to the own worker only.
import type { CoreError, DeviceSettings, PairStep, PairWord, Phase, RowChange, SyncReport } from './types';
import type { Request } from './wasm/core_wasm';

export const CHANNEL = 'life-os';
export const LOCK = 'life-os vault';

/** Secrets that make or open a vault; to the own worker only. */
export type Secret =
  | { readonly kind: 'passphrase'; readonly passphrase: string }
  | { readonly kind: 'phrase'; readonly phrase: string }
  | { readonly kind: 'passkey'; readonly passkey: PasskeyAnswer };

/** What an authenticator gave. `prf` is 32 bytes. */
export interface PasskeyAnswer {
  readonly credential: Uint8Array;
  readonly salt: Uint8Array;
  readonly prf: Uint8Array;
}

/** How a vault begins in a worker. */
export type Begin =
  | { readonly kind: 'create'; readonly settings: DeviceSettings; readonly invite: string | null; readonly secret: Secret }
  | { readonly kind: 'join'; readonly settings: DeviceSettings; readonly phrase: string; readonly secret: Secret }
  /** Another device lets this one in. */
  | { readonly kind: 'pair'; readonly settings: DeviceSettings; readonly secret: Secret }
  | { readonly kind: 'unlock'; readonly secret: Secret };

/** What any tab may ask of the tab that holds the vault. */
export type Ask =
  | { readonly kind: 'core'; readonly request: Request }
  | { readonly kind: 'report' }
  | { readonly kind: 'syncNow' }
  | { readonly kind: 'settings'; readonly change: Partial<Pick<DeviceSettings, 'name'>> }
  | { readonly kind: 'phraseChecked' }
  | { readonly kind: 'invite'; readonly invite: string }
  /** A proof of this device for the relay's account pages: good once, within 30 seconds. */
  | { readonly kind: 'prove'; readonly purpose: 'passkey' | 'session' }
  | { readonly kind: 'move'; readonly relay: string; readonly invite: string | null }
  /** Of the account; the answer is JSON: until when it can be taken back, or null. */
  | { readonly kind: 'deletion'; readonly what: 'tell' | 'begin' | 'takeBack' }
  | { readonly kind: 'lock' };

/** What only the page that owns the worker may ask: a secret goes in or comes out. */
export type Private =
  | { readonly kind: 'phrase' }
  | { readonly kind: 'changeUnlock'; readonly secret: Secret }
  /** The code of a device that wants in; the answer is the six digits. */
  | { readonly kind: 'meet'; readonly code: string }
  | { readonly kind: 'admit'; readonly secret: Secret }
  | { readonly kind: 'refuse'; readonly why: 'differ' | 'cancelled' }
  /** 24 fresh words. */
  | { readonly kind: 'newPhrase' }
  | { readonly kind: 'setPhrase'; readonly phrase: string };

export type Answer =
  /** JSON text of the core. */
  | { readonly kind: 'json'; readonly json: string }
  | { readonly kind: 'report'; readonly report: SyncReport }
  | { readonly kind: 'settings'; readonly settings: DeviceSettings }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly error: CoreError };

/** To the own worker. */
export type ToWorker =
  /** `lockMinutes` holds until the person's settings say otherwise. */
  | { readonly kind: 'begin'; readonly begin: Begin; readonly lockMinutes: number }
  | { readonly kind: 'private'; readonly id: number; readonly ask: Private }
  /** While another device lets this one in. */
  | { readonly kind: 'pair'; readonly word: PairWord }
  | { readonly kind: 'visible'; readonly visible: boolean };

/** From the own worker. */
export type FromWorker =
  | { readonly kind: 'begun' }
  | { readonly kind: 'failed'; readonly error: CoreError }
  | { readonly kind: 'pair'; readonly step: PairStep }
  /** Answers what was asked in private; with `text`, if it was for one. */
  | { readonly kind: 'private'; readonly id: number; readonly text: string | null; readonly error: CoreError | null };

/** On the channel. `to` and `from` name tabs; the tab that holds the vault answers to every `ask`. */
export type Said =
  | { readonly kind: 'ask'; readonly from: string; readonly id: number; readonly ask: Ask }
  | { readonly kind: 'answer'; readonly to: string; readonly id: number; readonly answer: Answer }
  /** Where the vault stands; said on every change and when somebody says hello. */
  | { readonly kind: 'phase'; readonly phase: Phase }
  | { readonly kind: 'changed'; readonly rows: readonly RowChange[] }
  | { readonly kind: 'hello' }
  /** Everybody locks; whoever owns a worker ends it. */
  | { readonly kind: 'lock' }
  /** The worker is done: its owner ends it, and all tabs show the lock. */
  | { readonly kind: 'ended'; readonly reason: 'locked' | 'taken_over' | 'forgotten' | 'failed'; readonly error: CoreError | null }
  /** Somebody used a tab; the auto-lock counts from here. */
  | { readonly kind: 'active'; readonly at: number };

export function failure(code: CoreError['code'], message: string): CoreError {
  return { code, message };
}

/** Whatever was thrown, as an error of this contract. */
export function errorOf(thrown: unknown): CoreError {
  if (typeof thrown === 'object' && thrown !== null && 'code' in thrown && 'message' in thrown) {
    const { code, message } = thrown;
    if (typeof code === 'string' && typeof message === 'string' && /^[a-z_]+$/.test(code)) {
      const field = 'field' in thrown && typeof thrown.field === 'string' ? { field: thrown.field } : {};
      return { code: code as CoreError['code'], message, ...field };
    }
  }
  if (typeof thrown === 'object' && thrown !== null && 'error' in thrown) return errorOf(thrown.error);
  return failure('internal', thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown));
}
