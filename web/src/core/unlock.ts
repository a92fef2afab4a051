// Passkeys, as far as this device's own lock is concerned: a resident key with user verification whose PRF output,
// for a salt that was made here, opens the store.
//
// Invariant: the PRF output is taken out of the answer and nothing else of the answer is kept or sent.
// (`credential.toJSON()` holds it, so that is never called.)
import { errorOf, failure, type PasskeyAnswer } from './messages';
import { StoreError } from './store-idb';

const TIMEOUT_MS = 120_000;

/** Whether this browser has passkeys at all; whether they give a PRF is seen when one is made. */
export async function passkeysHere(): Promise<boolean> {
  if (typeof PublicKeyCredential === 'undefined' || !isSecureContext) return false;
  try {
    return await PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable();
  } catch {
    return false;
  }
}

function random(length: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(length));
}

/** Asks for a new passkey, straight from the tap. */
export async function makePasskey(name: string): Promise<PasskeyAnswer> {
  const salt = random(32);
  const made = await dialogue(() =>
    navigator.credentials.create({
      publicKey: {
        rp: { name: 'Life OS' },
        user: { id: random(32), name, displayName: name },
        // Nobody but this page verifies it.
        challenge: random(32),
        pubKeyCredParams: [
          { type: 'public-key', alg: -7 },
          { type: 'public-key', alg: -257 },
        ],
        authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
        extensions: { prf: { eval: { first: salt } } },
        timeout: TIMEOUT_MS,
      },
    }),
  );
  const credential = new Uint8Array(made.rawId);
  const prf = made.getClientExtensionResults().prf;
  const first = bytesOf(prf?.results?.first);
  if (first !== null) return { credential, salt, prf: first };
  if (prf?.enabled === true) return askPasskey(credential, salt);
  throw new StoreError(failure('passkey_without_prf', 'this passkey cannot protect the vault; use a passphrase'));
}

/** Asks for the passkey of this browser, straight from the tap. */
export async function askPasskey(credential: Uint8Array, salt: Uint8Array): Promise<PasskeyAnswer> {
  const got = await dialogue(() =>
    navigator.credentials.get({
      mediation: 'optional',
      publicKey: {
        challenge: random(32),
        allowCredentials: [{ type: 'public-key', id: credential as BufferSource }],
        userVerification: 'required',
        extensions: { prf: { eval: { first: salt as BufferSource } } },
        timeout: TIMEOUT_MS,
      },
    }),
  );
  const prf = bytesOf(got.getClientExtensionResults().prf?.results?.first);
  if (prf === null) throw new StoreError(failure('passkey_without_prf', 'this passkey gave nothing to open the vault with'));
  return { credential, salt, prf };
}

function bytesOf(source: BufferSource | undefined): Uint8Array | null {
  if (source === undefined) return null;
  if (source instanceof ArrayBuffer) return new Uint8Array(source.slice(0));
  return new Uint8Array(source.buffer.slice(source.byteOffset, source.byteOffset + source.byteLength) as ArrayBuffer);
}

async function dialogue(ask: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  if (typeof PublicKeyCredential === 'undefined') {
    throw new StoreError(failure('passkey_unavailable', 'this browser has no passkeys'));
  }
  let answer: Credential | null;
  try {
    answer = await ask();
  } catch (thrown) {
    // The browser does not tell apart that the person declined, the time ran out, and that no passkey was there.
    const declined = thrown instanceof DOMException && (thrown.name === 'NotAllowedError' || thrown.name === 'AbortError');
    throw new StoreError(failure(declined ? 'passkey_cancelled' : 'passkey_unavailable', errorOf(thrown).message));
  }
  if (answer instanceof PublicKeyCredential) return answer;
  throw new StoreError(failure('passkey_unavailable', 'the browser gave no passkey'));
}
