// The pages of the account at the relay: who is signed in, passkeys, invitations. They exist at the relay's own address
// only, where the browser keeps the cookie of a session; no script sees it.
//
// Invariant: of a passkey only the fields named here are sent, never `toJSON()` and never an extension result.
import { addressOf, call, type Address, type Call } from './http';
import { errorOf, failure } from './messages';
import { StoreError } from './store-idb';
import { CoreFailure } from './types';
import type { AccountInfo, AccountPages, ErrorCode, InviteInfo, PasskeyInfo, SessionInfo } from './types';
import { askAnyPasskey, makeSignInPasskey, type MadePasskey, type WantedPasskey } from './unlock';

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

function ask(address: Address, method: Call['method'], path: string, body?: unknown, patience?: number): Promise<string> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  return call(address, { method, path, body: text, session: true, sort, ...(patience === undefined ? {} : { patience }) });
}

/** What the relay's codes mean on these pages. */
function sort(code: string): ErrorCode | null {
  switch (code) {
    case 'session_required':
      return 'signed_out';
    case 'passkey_refused':
    case 'ceremony_expired':
      return 'passkey_unknown';
    case 'not_supported':
      return 'passkey_unavailable';
    case 'quota_exceeded':
      return 'too_many';
    default:
      return null;
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
  /** Deletes the account, or takes that back, or only tells: until when it can be taken back. */
  deletion(what: 'tell' | 'begin' | 'takeBack'): Promise<number | null>;
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

  deletion(): Promise<number | null> {
    return this.#owner.deletion('tell');
  }
  async remove(): Promise<number> {
    const until = await this.#owner.deletion('begin');
    if (until === null) throw new CoreFailure(failure('protocol', 'the relay does not say until when'));
    return until;
  }
  async takeBack(): Promise<void> {
    await this.#owner.deletion('takeBack');
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
    return JSON.parse(await ask(await this.#here(), 'GET', path)) as T;
  }

  #list<T>(what: 'sessions' | 'passkeys' | 'invitations'): Promise<readonly T[]> {
    return this.#owner.guard(async () => (await this.#get<Readonly<Record<typeof what, readonly T[]>>>(`account/${what}`))[what]);
  }

  #change(method: Call['method'], path: string, body?: unknown): Promise<void> {
    return this.#owner.guard(async () => void (await ask(await this.#here(), method, path, body)));
  }
}
