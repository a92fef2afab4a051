// Where on the form of a new device the words of a refusal belong.

import type { ErrorCode } from '../../core/types';

export type Field = 'name' | 'phrase' | 'way' | 'relay' | 'invite';
export type Place = Field | 'all';

/** What a form does not ask for is said of all of it. */
export function placeOf(code: ErrorCode, fields: readonly Field[]): Place {
  const field = fieldOf(code);
  return field !== null && fields.includes(field) ? field : 'all';
}

function fieldOf(code: ErrorCode): Field | null {
  switch (code) {
    case 'invalid_name':
      return 'name';
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
    case 'invite_required':
    case 'invite_invalid':
      return 'invite';
    default:
      return null;
  }
}
