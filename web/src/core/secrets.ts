// The half of a passkey's lock that stays in this browser: an HMAC key that WebCrypto holds and does not give out.

/** A key that never leaves this browser, not even to this program. */
export function newDeviceKey(): Promise<CryptoKey> {
  return crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
}

/** 32 bytes; the same for the same salt in this browser only. */
export async function macOf(key: CryptoKey, salt: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, salt as BufferSource));
}
