// Where on the form of a new device the words of a refusal belong.

import type { ErrorCode } from '../../core/types';

export type Place = 'phrase' | 'way' | 'relay' | 'all';

export function placeOf(code: ErrorCode): Place {
  switch (code) {
    case 'invalid_phrase':
    case 'wrong_phrase':
    case 'unknown_account':
      return 'phrase';
    case 'weak_passphrase':
    case 'passkey_unavailable':
    case 'passkey_without_prf':
    case 'passkey_cancelled':
      return 'way';
    case 'invalid_relay':
      return 'relay';
    default:
      return 'all';
  }
}
