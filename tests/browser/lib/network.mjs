// The network between a browser and its relay, in the test's own hands. Every byte of both directions is kept, and it
// can be cut as networks are: refused, closed, or black-holed (all stays open and nothing comes through).
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** A port that is free now. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

// Compressed bodies would hide what a search looks for; a header of the same length and no meaning asks for none.
const ENCODING = Buffer.from('\r\nAccept-Encoding:');
const NOTHING = Buffer.from('\r\nX-ccept-Encoding:');

function uncompressed(bytes) {
  const at = bytes.indexOf(ENCODING);
  if (at === -1) return bytes;
  const out = Buffer.from(bytes);
  NOTHING.copy(out, at);
  return out;
}

export class Network {
  #port;
  #behind;
  #manner = 'open';
  #server = null;
  #pairs = new Set();
  /** Every connection there was: what went to the relay and what came from it, in chunks. */
  recorded = [];

  constructor(port, behind) {
    this.#port = port;
    this.#behind = behind;
  }

  async open() {
    this.#server = createServer((near) => this.#join(near)).listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  #join(near) {
    if (this.#manner === 'close') {
      near.destroy();
      return;
    }
    const far = connect(this.#behind, '127.0.0.1');
    const pair = { near, far };
    const record = { sent: [], received: [] };
    this.#pairs.add(pair);
    this.recorded.push(record);
    const end = () => {
      near.destroy();
      far.destroy();
      this.#pairs.delete(pair);
    };
    near.on('data', (bytes) => {
      const plain = uncompressed(bytes);
      record.sent.push(plain);
      if (this.#manner === 'open') far.write(plain);
    });
    far.on('data', (bytes) => {
      record.received.push(bytes);
      if (this.#manner === 'open') near.write(bytes);
    });
    for (const side of [near, far]) side.on('error', end).on('close', end);
  }

  /** `open`; `refuse`: nobody listens; `close`: whoever connects is hung up on; `blackhole`: silence, nothing closed. */
  async be(manner) {
    this.#manner = manner;
    if (manner !== 'blackhole') this.#hangUp();
    if (manner === 'refuse') await this.#stop();
    else if (this.#server === null) await this.open();
  }

  #hangUp() {
    for (const { near, far } of this.#pairs) {
      near.destroy();
      far.destroy();
    }
  }

  async #stop() {
    const server = this.#server;
    this.#server = null;
    if (server === null) return;
    server.close();
    await once(server, 'close');
  }

  /** Ends it for good. */
  async close() {
    await this.be('refuse');
  }
}
