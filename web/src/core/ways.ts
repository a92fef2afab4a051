// What opens a vault, as a person gives it or chooses it anew. Invariant: what comes out is a secret; it goes to the own
// worker and nowhere else.
import { wantedPasskey } from './account';
import { failure, type Secret } from './messages';
import { StoreError, type Header } from './store-idb';
import type { ChooseUnlock, UnlockWith } from './types';
import { askPasskey, makePasskey, type MadePasskey } from './unlock';

/** Of what the person gives. */
export async function givenSecret(given: UnlockWith, header: Header | null): Promise<Secret> {
  switch (given.kind) {
    case 'passphrase':
      return { kind: 'passphrase', passphrase: given.passphrase };
    case 'phrase':
      return { kind: 'phrase', phrase: given.phrase };
    case 'passkey': {
      if (header?.wrap.kind !== 'passkey') throw new StoreError(failure('wrong_passkey', 'this vault is unlocked by a passphrase'));
      return { kind: 'passkey', passkey: await askPasskey(header.wrap.credential, header.wrap.salt) };
    }
  }
}

/** Of what the person chooses; a passkey is made, and may sign in at the relay too. */
export async function chosenSecret(
  chosen: ChooseUnlock,
  name: string,
  relay: string,
): Promise<{ readonly secret: Secret; readonly made: MadePasskey | null }> {
  switch (chosen.kind) {
    case 'passphrase':
      return { secret: { kind: 'passphrase', passphrase: chosen.passphrase }, made: null };
    case 'passkey': {
      const { passkey, made } = await makePasskey(name.trim(), await wantedPasskey(relay));
      return { secret: { kind: 'passkey', passkey }, made };
    }
  }
}
