// What goes wrong, by stable codes. Invariant: the screens are thrown `CoreFailure` and nothing else.

/** Stable codes. What is safe and what to do is said by the catalogue of strings. */
export type ErrorCode =
  // The person's input.
  | 'invalid_field'
  | 'unknown_type'
  | 'unknown_field'
  | 'missing_field'
  | 'not_found'
  | 'invalid_date'
  | 'invalid_id'
  | 'too_large'
  | 'import_refused'
  | 'invalid_phrase'
  | 'weak_passphrase'
  | 'invalid_name'
  | 'invalid_relay'
  // Unlocking.
  | 'wrong_passphrase'
  | 'wrong_passkey'
  | 'passkey_unavailable'
  | 'passkey_without_prf'
  | 'passkey_cancelled'
  /** The relay does not know it. */
  | 'passkey_unknown'
  | 'wrong_phrase'
  | 'locked'
  /** Only the tab that unlocked the vault may do it: it alone is given secrets. */
  | 'other_tab'
  | 'exists'
  | 'none'
  // The store.
  | 'not_saved'
  | 'quota'
  | 'evicted'
  | 'closed'
  | 'taken_over'
  | 'damaged'
  | 'newer_version'
  | 'unsupported'
  // The relay.
  | 'unreachable'
  | 'refused'
  | 'invite_required'
  | 'invite_invalid'
  | 'wrong_origin'
  | 'unknown_account'
  | 'rate_limited'
  /** Nobody is signed in at the relay, or the session has ended. */
  | 'signed_out'
  /** The account has as many of these as it may. */
  | 'too_many'
  | 'protocol'
  | 'membership_forked'
  | 'join_refused'
  /** What is asked needs the relay, which is out of reach. */
  | 'offline'
  | 'not_allowed'
  /** This device was removed from the vault by another. */
  | 'revoked'
  /** The account is being deleted; for some days that can be taken back. */
  | 'account_deleted'
  // Another device.
  /** No code of a device that wants in. */
  | 'invalid_code'
  /** What the other device shows is not what it had promised: somebody stands in between. */
  | 'check_differs'
  /** Nobody waits with that code, or no longer. */
  | 'pairing_over'
  /** Three times in a row the digits differed. */
  | 'pairing_stopped'
  // The rest.
  /** The person stopped it. */
  | 'stopped'
  | 'busy'
  | 'timeout'
  | 'internal';

export interface CoreError {
  readonly code: ErrorCode;
  /** English, for a report; screens show the catalogue's words for `code`. */
  readonly message: string;
  /** The field of a record that is wrong, if one is. */
  readonly field?: string;
}

/** What every method of `CoreClient` throws, and nothing else. */
export class CoreFailure extends Error {
  readonly error: CoreError;
  constructor(error: CoreError) {
    super(error.message);
    this.name = 'CoreFailure';
    this.error = error;
  }
}
