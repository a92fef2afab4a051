// A push service of a story's own, and a browser's subscription there: Chromium has none without its vendor's. What comes is
// looked at as a real one would (RFC 8292), and opened as a browser would (RFC 8291, RFC 8188).
import assert from 'node:assert/strict';
import { createDecipheriv, createECDH, createPublicKey, hkdfSync, randomBytes, verify } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';

const text = (bytes) => bytes.toString('base64url');
const bytes = (text) => Buffer.from(text, 'base64url');

/** Gives pages of a context that subscription. Runs in the page. */
function subscribe({ endpoint, p256dh, auth }) {
  const keys = { p256dh, auth };
  const bytesOf = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0)).buffer;
  let made = null;
  PushManager.prototype.getSubscription = async () => made;
  PushManager.prototype.subscribe = async ({ applicationServerKey }) => {
    const options = { userVisibleOnly: true, applicationServerKey: new Uint8Array(applicationServerKey).buffer };
    globalThis.storyPushKey = Array.from(applicationServerKey);
    made = { endpoint, options, getKey: (name) => bytesOf(keys[name]), unsubscribe: async () => ((made = null), true) };
    return made;
  };
}

export class PushService {
  #server;
  #key = createECDH('prime256v1');
  #auth = randomBytes(16);
  /** What came: headers and body. */
  came = [];

  static async start() {
    const service = new PushService();
    service.#key.generateKeys();
    service.#server = createServer(async (request, response) => {
      const body = Buffer.concat(await request.toArray());
      service.came.push({ headers: request.headers, body });
      response.writeHead(201).end();
    }).listen(0, '127.0.0.1');
    await once(service.#server, 'listening');
    service.url = `http://127.0.0.1:${service.#server.address().port}`;
    return service;
  }
  end() {
    this.#server.close();
  }

  /** Every page of `context` that is opened from now on subscribes here. */
  async serve(context) {
    const subscription = { endpoint: `${this.url}/push/1`, p256dh: text(this.#key.getPublicKey()), auth: text(this.#auth) };
    await context.addInitScript(subscribe, subscription);
  }

  /** That `key` signed it, for this service, and for no longer than a day. */
  check({ headers }, key) {
    const [, token, said] = /^vapid t=([^,]+), k=(.+)$/.exec(headers.authorization);
    assert.deepEqual(bytes(said), key);
    const [head, claims, signature] = token.split('.');
    const jwk = { kty: 'EC', crv: 'P-256', x: text(key.subarray(1, 33)), y: text(key.subarray(33)) };
    const publicKey = { key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' };
    assert.ok(verify('sha256', Buffer.from(`${head}.${claims}`), publicKey, bytes(signature)), 'not signed by the relay');
    const { aud, exp } = JSON.parse(bytes(claims));
    const left = exp - Date.now() / 1000;
    assert.ok(aud === this.url && left > 0 && left <= 24 * 60 * 60, `${aud} for ${left} s`);
  }

  /** The words that were sealed to the subscription. */
  open({ body }) {
    const sender = body.subarray(21, 21 + body[20]);
    const info = Buffer.concat([Buffer.from('WebPush: info\0'), this.#key.getPublicKey(), sender]);
    const derive = (key, salt, info, length) => Buffer.from(hkdfSync('sha256', key, salt, info, length));
    const keying = derive(this.#key.computeSecret(sender), this.#auth, info, 32);
    const salt = body.subarray(0, 16);
    const sealed = body.subarray(21 + body[20]);
    const key = derive(keying, salt, 'Content-Encoding: aes128gcm\0', 16);
    const cipher = createDecipheriv('aes-128-gcm', key, derive(keying, salt, 'Content-Encoding: nonce\0', 12));
    cipher.setAuthTag(sealed.subarray(-16));
    const padded = Buffer.concat([cipher.update(sealed.subarray(0, -16)), cipher.final()]);
    const end = padded.findLastIndex((byte) => byte !== 0);
    assert.equal(padded[end], 2, 'not the last record');
    return padded.subarray(0, end).toString('utf8');
  }
}
