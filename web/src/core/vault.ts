// How a vault comes to be open in this worker: made here, joined by phrase, let in by another device, or unlocked.
//
// Invariants: a vault is in the store, its phrase sealed beside it, before anybody is told of it, the relay included; a
// vault that the relay refuses is taken out of the store again.
import { admission } from './admission';
import { Host, checkName } from './host';
import { addressOf, post, type Address } from './http';
import type { Sealed } from './kept';
import { errorOf, failure, type Begin, type Secret } from './messages';
import { Store, StoreError, destroy, peek, type Header, type Wrap } from './store-idb';
import { macOf, newDeviceKey } from './secrets';
import { Core, Founding, Joining } from './wasm/core_wasm';

function there(): StoreError {
  return new StoreError(failure('exists', 'there is a vault in this browser already'));
}

/** The store key under a passphrase or passkey. */
export async function wrap(core: Core, secret: Secret): Promise<Wrap> {
  switch (secret.kind) {
    case 'passphrase':
      return { kind: 'passphrase', bytes: core.wrapPassphrase(secret.passphrase) };
    case 'passkey': {
      const { credential, salt, prf } = secret.passkey;
      const key = await newDeviceKey();
      const mac = await macOf(key, salt);
      return { kind: 'passkey', bytes: core.wrapPasskey(prf, mac), credential, salt, key };
    }
    case 'phrase':
      throw new StoreError(failure('internal', 'a vault is not locked with its phrase alone'));
  }
}

interface Settled {
  readonly store: Store;
  readonly core: Core;
  readonly header: Header;
}

/** Writes a new vault into this browser. */
async function settle(founding: Founding, secret: Secret, settings: Sealed): Promise<Settled> {
  const { writes } = founding.writes();
  const core = founding.open();
  const header: Header = {
    version: 1,
    wrap: await wrap(core, secret),
    recovery: founding.recovery(),
    settings: core.sealSettings(JSON.stringify(settings)),
  };
  const store = await Store.open();
  if ((await store.header()) !== null) throw there();
  await store.commit(writes, header);
  return { store, core, header };
}

async function create(begin: Begin & { readonly kind: 'create' }): Promise<Settled> {
  checkName(begin.settings.name);
  const address = addressOf(begin.settings.relay);
  const founding = Founding.create();
  const body = founding.register(begin.invite ?? undefined);
  const sealed: Sealed = { ...begin.settings, invite: begin.invite, phrase: founding.phrase() ?? null };
  const settled = await settle(founding, begin.secret, sealed);
  try {
    await post(address, 'accounts', body);
    if (begin.invite === null) return settled;
    // It is used up.
    const header = { ...settled.header, settings: settled.core.sealSettings(JSON.stringify({ ...sealed, invite: null })) };
    await settled.store.commit([], header);
    return { ...settled, header };
  } catch (thrown) {
    // Out of reach is no reason not to begin: the vault introduces itself later. A refusal is one.
    if (errorOf(thrown).code !== 'unreachable') {
      settled.store.close();
      await destroy();
      throw thrown;
    }
  }
  return settled;
}

/** With the phrase's own ticket. */
async function join(address: Address, phrase: string): Promise<Founding> {
  const joining = Joining.begin(phrase, address.origin);
  const lookup = await post(address, 'lookups', joining.lookup(await post(address, 'challenges', '{}'))).catch((thrown: unknown) => {
    const error = errorOf(thrown);
    throw error.code === 'unknown_account' ? new StoreError(failure('wrong_phrase', 'the relay knows no vault of this phrase')) : thrown;
  });
  const ticket = joining.ticket(lookup, await post(address, 'challenges', '{}'));
  if (await admission(address, ticket, (bytes) => joining.frame(bytes))) return joining.finish();
  throw new StoreError(failure('join_refused', 'the phrase is no member'));
}

async function unlock(begin: Begin & { readonly kind: 'unlock' }): Promise<Settled> {
  const store = await Store.open();
  const header = await store.header();
  if (header === null) throw new StoreError(failure('none', 'there is no vault in this browser'));
  return { store, core: await coreOf(header, begin.secret), header };
}

async function coreOf(header: Header, secret: Secret): Promise<Core> {
  switch (secret.kind) {
    case 'phrase':
      return Core.withPhrase(header.recovery, secret.phrase);
    case 'passphrase':
      if (header.wrap.kind !== 'passphrase') throw new StoreError(failure('wrong_passphrase', 'this vault is unlocked by a passkey'));
      return Core.withPassphrase(header.wrap.bytes, secret.passphrase);
    case 'passkey':
      if (header.wrap.kind !== 'passkey') throw new StoreError(failure('wrong_passkey', 'this vault is unlocked by a passphrase'));
      return Core.withPasskey(header.wrap.bytes, secret.passkey.prf, await macOf(header.wrap.key, header.wrap.salt));
  }
}

/** Throws unless `secret` opens the vault of `header`. */
export async function confirm(header: Header, secret: Secret): Promise<void> {
  (await coreOf(header, secret)).free();
}

/** Lets another device let this one in. */
export type Pair = (address: Address) => Promise<Founding>;

async function settled(begin: Begin, pair: Pair): Promise<Settled> {
  if (begin.kind === 'unlock') return unlock(begin);
  if ((await peek()) !== null) throw there();
  if (begin.kind === 'create') return create(begin);
  checkName(begin.settings.name);
  const address = addressOf(begin.settings.relay);
  const founding = await (begin.kind === 'join' ? join(address, begin.phrase) : pair(address));
  return settle(founding, begin.secret, { ...begin.settings, invite: null, phrase: null });
}

/** An open vault. The worker holds the lock already. */
export async function openVault(begin: Begin, lockMinutes: number, pair: Pair, ended: () => void): Promise<Host> {
  const { store, core, header } = await settled(begin, pair);
  const host = new Host(store, core, header, lockMinutes, ended);
  await host.start();
  return host;
}
