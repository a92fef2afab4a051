// The pages of the account at the relay: who is signed in, passkeys, invitations. They exist at the relay's own address
// only, where the browser keeps the cookie of a session; no script sees it.
//
// Invariant: of a passkey only the fields named here are sent, never `toJSON()` and never an extension result.
import { errorOf, failure } from './messages';
import { addressOf, codeOf, type Address } from './socket';
import { StoreError } from './store-idb';
import type { AccountInfo, AccountPages, InviteInfo, PasskeyInfo, SessionInfo } from './types';
import { askAnyPasskey, makeSignInPasskey, type MadePasskey, type WantedPasskey } from './unlock';

const REQUEST_MS = 10_000;
/** A relay that takes longer is not worth keeping somebody waiting who wants to begin. */
const BEGIN_MS = 3_000;

export type Purpose = 'passkey' | 'session';

/** `account` and `proof`, as the relay wants them. */
interface Proved {
  readonly account: string;
  readonly proof: unknown;
}

interface Begun {
  readonly ceremony: string;
  readonly challenge: string;
  readonly rp: string;
}
interface BegunPasskey extends Begun {
  readonly user: string;
  readonly algorithms: readonly number[];
}

async function ask(address: Address, method: string, path: string, body: unknown, patience = REQUEST_MS): Promise<string> {
  let response: Response;
  try {
    response = await fetch(`${address.base}/api/v1/${path}`, {
      method,
      headers: { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      cache: 'no-store',
      credentials: 'same-origin',
      redirect: 'error',
      signal: AbortSignal.timeout(patience),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (thrown) {
    throw new StoreError(failure('unreachable', errorOf(thrown).message));
  }
  const text = await response.text().catch(() => '');
  if (response.ok) return text;
  throw new StoreError(refusal(text, response.status));
}

function refusal(text: string, status: number): ReturnType<typeof failure> {
  const code = /"code":"([a-z_]+)"/.exec(text)?.[1] ?? '';
  const message = `it answers ${status} ${code}`;
  switch (code) {
    case 'session_required':
      return failure('signed_out', message);
    case 'passkey_refused':
    case 'ceremony_expired':
      return failure('passkey_unknown', message);
    case 'not_supported':
      return failure('passkey_unavailable', message);
    case 'quota_exceeded':
      return failure('too_many', message);
    case '':
      return failure(status >= 500 ? 'unreachable' : 'protocol', message);
    default:
      return failure(codeOf(code), message);
  }
}

/** What the relay wants of a new passkey; null if it cannot be had now, or is for another page than this one. */
export async function wantedPasskey(relay: string): Promise<WantedPasskey | null> {
  try {
    const address = addressOf(relay);
    if (address.origin !== location.origin) return null;
    const wanted = JSON.parse(await ask(address, 'POST', 'passkeys/begin', {}, BEGIN_MS)) as BegunPasskey;
    // The passkey also opens the vault, which asks for this very host.
    return wanted.rp === location.hostname ? wanted : null;
  } catch {
    return null;
  }
}

/** What the account's pages need of the rest. */
export interface Owner {
  relay(): Promise<string>;
  /** JSON of a {@link Proved}. */
  prove(purpose: Purpose): Promise<string>;
  /** Makes every error one of the contract. */
  guard<T>(run: () => Promise<T>): Promise<T>;
}

export class Account implements AccountPages {
  readonly #owner: Owner;

  constructor(owner: Owner) {
    this.#owner = owner;
  }

  /** Binds a passkey that was made for the relay. */
  async bind(made: MadePasskey, name: string): Promise<void> {
    await this.#owner.guard(async () => this.#bind(await this.#here(), made, name));
  }

  info(): Promise<AccountInfo | null> {
    return this.#owner.guard(async () => {
      try {
        return await this.#get<AccountInfo>('account');
      } catch (thrown) {
        if (errorOf(thrown).code === 'signed_out') return null;
        throw thrown;
      }
    });
  }

  signIn(by: 'passkey' | 'device'): Promise<void> {
    return this.#owner.guard(async () => {
      const address = await this.#here();
      if (by === 'device') {
        await ask(address, 'POST', 'sessions/device', await this.#proved('session'));
        return;
      }
      const { ceremony, challenge, rp } = JSON.parse(await ask(address, 'POST', 'sessions/begin', {})) as Begun;
      await ask(address, 'POST', 'sessions/passkey', { ceremony, credential: await askAnyPasskey(challenge, rp) });
    });
  }

  sessions(): Promise<readonly SessionInfo[]> {
    return this.#list<SessionInfo>('sessions');
  }
  endSession(session: string): Promise<void> {
    return this.#change('DELETE', `account/sessions/${session}`);
  }
  endOtherSessions(): Promise<void> {
    return this.#change('DELETE', 'account/sessions');
  }

  passkeys(): Promise<readonly PasskeyInfo[]> {
    return this.#list<PasskeyInfo>('passkeys');
  }
  renamePasskey(passkey: string, name: string): Promise<void> {
    return this.#change('PATCH', `account/passkeys/${passkey}`, { name });
  }
  removePasskey(passkey: string): Promise<void> {
    return this.#change('DELETE', `account/passkeys/${passkey}`);
  }
  addPasskey(shown: string): Promise<void> {
    return this.#owner.guard(async () => {
      const address = await this.#here();
      const wanted = JSON.parse(await ask(address, 'POST', 'passkeys/begin', {})) as BegunPasskey;
      await this.#bind(address, await makeSignInPasskey(shown, wanted), '');
    });
  }

  invitations(): Promise<readonly InviteInfo[]> {
    return this.#list<InviteInfo>('invitations');
  }
  invite(days: number): Promise<string> {
    return this.#owner.guard(async () => {
      const made = await ask(await this.#here(), 'POST', 'account/invitations', { days });
      return (JSON.parse(made) as { readonly invite: string }).invite;
    });
  }
  withdrawInvite(invitation: string): Promise<void> {
    return this.#change('DELETE', `account/invitations/${invitation}`);
  }

  /** The relay, if this page is its own: elsewhere the browser sends no cookie. */
  async #here(): Promise<Address> {
    const address = addressOf(await this.#owner.relay());
    if (address.origin === location.origin) return address;
    throw new StoreError(failure('wrong_origin', 'this page is not the relay’s own'));
  }

  async #proved(purpose: Purpose): Promise<Proved> {
    return JSON.parse(await this.#owner.prove(purpose)) as Proved;
  }

  async #bind(address: Address, made: MadePasskey, name: string): Promise<void> {
    const { account, proof } = await this.#proved('passkey');
    const { ceremony, id, clientData, attestation } = made;
    const credential = { id, client_data: clientData, attestation };
    await ask(address, 'POST', 'passkeys/finish', { account, ceremony, name, credential, proof });
  }

  async #get<T>(path: string): Promise<T> {
    return JSON.parse(await ask(await this.#here(), 'GET', path, undefined)) as T;
  }

  #list<T>(what: 'sessions' | 'passkeys' | 'invitations'): Promise<readonly T[]> {
    return this.#owner.guard(async () => (await this.#get<Readonly<Record<typeof what, readonly T[]>>>(`account/${what}`))[what]);
  }

  #change(method: string, path: string, body?: unknown): Promise<void> {
    return this.#owner.guard(async () => void (await ask(await this.#here(), method, path, body)));
  }
}
