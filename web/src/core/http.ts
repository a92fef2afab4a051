// Single requests to a relay. Invariant: whatever goes wrong, what is thrown is a `StoreError` whose code says what it was.
import { errorOf, failure } from './messages';
import { StoreError } from './store-idb';
import type { CoreError, ErrorCode } from './types';

const REQUEST_MS = 10_000;

/** Where a relay is. */
export interface Address {
  readonly origin: string;
  readonly base: string;
}

export function addressOf(text: string): Address {
  let url: URL;
  try {
    url = new URL(text.trim());
  } catch {
    throw new StoreError(failure('invalid_relay', 'not the address of a relay'));
  }
  const fits = (url.protocol === 'https:' || url.protocol === 'http:') && url.username === '' && url.search === '' && url.hash === '';
  if (!fits) throw new StoreError(failure('invalid_relay', 'not the address of a relay'));
  return { origin: url.origin, base: url.origin + url.pathname.replace(/\/+$/, '') };
}

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  /** JSON text. */
  readonly body?: string | undefined;
  /** With the cookie of the relay's own page. */
  readonly session?: boolean;
  readonly patience?: number;
  /** Codes that mean something of their own here. */
  readonly sort?: (code: string) => ErrorCode | null;
}

/** The text of the answer. */
export async function call(address: Address, { method, path, body, session = false, patience = REQUEST_MS, sort }: Call): Promise<string> {
  let response: Response;
  try {
    response = await fetch(`${address.base}/api/v1/${path}`, {
      method,
      headers: { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      cache: 'no-store',
      credentials: session ? 'same-origin' : 'omit',
      redirect: 'error',
      signal: AbortSignal.timeout(patience),
      ...(body === undefined ? {} : { body }),
    });
  } catch (thrown) {
    throw new StoreError(failure('unreachable', errorOf(thrown).message));
  }
  const text = await response.text().catch(() => '');
  if (response.ok) return text;
  throw new StoreError(refusal(text, response.status, sort));
}

/** Posts JSON text. */
export function post(address: Address, path: string, body: string): Promise<string> {
  return call(address, { method: 'POST', path, body });
}

/** A refusal in the words of this contract. */
function refusal(text: string, status: number, sort?: (code: string) => ErrorCode | null): CoreError {
  try {
    const said = JSON.parse(text) as { readonly error?: { readonly code?: unknown; readonly message?: unknown } };
    const code = said.error?.code;
    if (typeof code === 'string') return failure(sort?.(code) ?? codeOf(code), String(said.error?.message ?? code));
  } catch {
    // A proxy in between, or something that is no relay.
  }
  return status >= 500 ? failure('unreachable', `it answers ${status}`) : failure('protocol', `it answers ${status}`);
}

/** The relay's code as one of ours. */
export function codeOf(code: string): ErrorCode {
  switch (code) {
    case 'internal':
    case 'unavailable':
    case 'ticket_expired':
      return 'unreachable';
    case 'unknown_account':
    case 'unknown_device':
    case 'unknown_space':
      return 'unknown_account';
    case 'rate_limited':
    case 'invite_required':
    case 'invite_invalid':
    case 'wrong_origin':
    case 'not_found':
    case 'not_allowed':
    case 'revoked':
    case 'account_deleted':
      return code;
    default:
      return 'refused';
  }
}
