// Passkeys: a resident key with user verification whose PRF output, for a salt that was made here, opens the store. The
// same passkey signs in at the relay, if it was made with the relay's challenge; one dialogue makes both.
//
// Invariant: the PRF output is taken out of the answer and goes to the worker alone; what the relay is sent is named
// field by field. (`credential.toJSON()` holds the PRF output, so that is never called.)
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

/** What a relay wants of a passkey; bytes in base64url. */
export interface WantedPasskey {
  readonly ceremony: string;
  readonly challenge: string;
  readonly user: string;
  readonly rp: string;
  readonly algorithms: readonly number[];
}

/** What a relay is told of a new passkey, in base64url. */
export interface MadePasskey {
  readonly ceremony: string;
  readonly id: string;
  readonly clientData: string;
  readonly attestation: string;
}

/** ES256 and RS256: what every authenticator has one of. */
const ALGORITHMS = [-7, -257];

function creation(name: string, wanted: WantedPasskey | null): PublicKeyCredentialCreationOptions {
  return {
    rp: { name: 'Life OS', ...(wanted === null ? {} : { id: wanted.rp }) },
    user: { id: wanted === null ? random(32) : bytesOfText(wanted.user), name, displayName: name },
    // Without a relay nobody but this page verifies it.
    challenge: wanted === null ? random(32) : bytesOfText(wanted.challenge),
    pubKeyCredParams: (wanted?.algorithms ?? ALGORITHMS).map((alg) => ({ type: 'public-key', alg })),
    authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
    timeout: TIMEOUT_MS,
  };
}

function madeOf(credential: PublicKeyCredential, wanted: WantedPasskey): MadePasskey {
  const { response } = credential;
  if (!(response instanceof AuthenticatorAttestationResponse)) {
    throw new StoreError(failure('passkey_unavailable', 'the browser gave no passkey'));
  }
  return {
    ceremony: wanted.ceremony,
    id: textOf(credential.rawId),
    clientData: textOf(response.clientDataJSON),
    attestation: textOf(response.attestationObject),
  };
}

/** Asks for a new passkey that opens the vault; with what the relay wants, if it could be asked, it signs in there too. */
export async function makePasskey(
  name: string,
  wanted: WantedPasskey | null,
): Promise<{ readonly passkey: PasskeyAnswer; readonly made: MadePasskey | null }> {
  const salt = random(32);
  const extensions = { prf: { eval: { first: salt } } };
  const publicKey = { ...creation(name, wanted), extensions };
  const credential = await dialogue(() => navigator.credentials.create({ publicKey }));
  const made = wanted === null ? null : madeOf(credential, wanted);
  const id = new Uint8Array(credential.rawId);
  const prf = credential.getClientExtensionResults().prf;
  const first = bytesOf(prf?.results?.first);
  if (first !== null) return { passkey: { credential: id, salt, prf: first }, made };
  if (prf?.enabled === true) return { passkey: await askPasskey(id, salt), made };
  throw new StoreError(failure('passkey_without_prf', 'this passkey cannot protect the vault; use a passphrase'));
}

/** Asks for a new passkey that signs in at the relay and opens nothing here. */
export async function makeSignInPasskey(name: string, wanted: WantedPasskey): Promise<MadePasskey> {
  return madeOf(await dialogue(() => navigator.credentials.create({ publicKey: creation(name, wanted) })), wanted);
}

/** Asks for whichever passkey the person chooses; what it answers to the relay's challenge. */
export async function askAnyPasskey(challenge: string, rpId: string): Promise<Readonly<Record<string, string>>> {
  const publicKey = { challenge: bytesOfText(challenge), rpId, userVerification: 'required', timeout: TIMEOUT_MS } as const;
  const { rawId, response } = await dialogue(() => navigator.credentials.get({ publicKey }));
  if (!(response instanceof AuthenticatorAssertionResponse) || response.userHandle === null) {
    throw new StoreError(failure('passkey_unknown', 'the passkey names nobody'));
  }
  return {
    id: textOf(rawId),
    client_data: textOf(response.clientDataJSON),
    authenticator_data: textOf(response.authenticatorData),
    signature: textOf(response.signature),
    user: textOf(response.userHandle),
  };
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

/** Bytes as base64url without padding. */
function textOf(bytes: ArrayBuffer): string {
  const text = btoa(String.fromCharCode(...new Uint8Array(bytes)));
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function bytesOfText(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0));
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
