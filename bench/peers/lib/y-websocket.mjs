// Yjs behind @y/websocket-server: its own server code, and a client that speaks its protocol, y-protocols over a socket.
import { createServer } from 'node:http';
import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import WebSocket, { WebSocketServer } from 'ws';
import * as sync from 'y-protocols/sync';
import * as Y from 'yjs';
import { changesOf, countOf, once, percentile, since } from './changes.mjs';

const SYNC = 0;
const ROOM = 'life';

export async function serve() {
  const { setupWSConnection } = await import('@y/websocket-server/utils');
  const server = createServer((_, response) => response.end('okay'));
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', setupWSConnection);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server.address().port;
}

/** A document that follows the room. */
export async function follow(port, room = ROOM) {
  const doc = new Y.Doc();
  const socket = new WebSocket(`ws://127.0.0.1:${port}/${room}`);
  socket.binaryType = 'nodebuffer';
  const waiting = [];
  socket.on('message', (data) => {
    const decoder = decoding.createDecoder(new Uint8Array(data));
    if (decoding.readVarUint(decoder) !== SYNC) return;
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, SYNC);
    const kind = sync.readSyncMessage(decoder, encoder, doc, socket);
    if (encoding.length(encoder) > 1) socket.send(encoding.toUint8Array(encoder));
    if (kind === sync.messageYjsSyncStep2) waiting.shift()?.();
  });
  doc.on('update', (update, origin) => {
    if (origin === socket) return;
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, SYNC);
    sync.writeUpdate(encoder, update);
    socket.send(encoding.toUint8Array(encoder));
  });
  /** Asks for what is missing; resolves when the server, which answers in order, has said it. */
  const ask = () => {
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, SYNC);
    sync.writeSyncStep1(encoder, doc);
    socket.send(encoding.toUint8Array(encoder));
    return new Promise((resolve) => waiting.push(resolve));
  };
  await once(socket, 'open');
  return { doc, socket, ask };
}

export function apply(doc, [record, fields]) {
  doc.transact(() => {
    const records = doc.getMap('records');
    let map = records.get(String(record));
    if (map === undefined) {
      map = new Y.Map();
      records.set(String(record), map);
    }
    for (const [name, value] of Object.entries(fields)) {
      if (value === null) map.delete(name);
      else map.set(name, value);
    }
  });
}

export async function fill(port, file) {
  const { doc, ask } = await follow(port);
  for (const change of changesOf(file)) apply(doc, change);
  await ask();
  return { records: doc.getMap('records').size };
}

export async function fresh(port, file) {
  const expected = countOf(changesOf(file));
  const began = performance.now();
  const { doc, socket, ask } = await follow(port);
  await ask();
  const records = doc.getMap('records').size;
  const ms = since(began);
  if (records !== expected) throw new Error(`${records} records instead of ${expected}`);
  return { ms, bytes: socket._socket.bytesRead };
}

export async function make(port, file) {
  const changes = changesOf(file);
  const { doc, ask } = await follow(port);
  await ask();
  const began = performance.now();
  for (const change of changes) apply(doc, change);
  await ask();
  return { ms: since(began) };
}

/** Edits on A until B's document has changed, one after another. */
export async function echo(port, file, count) {
  const changes = changesOf(file).slice(0, Number(count));
  const [a, b] = [await follow(port), await follow(port)];
  await Promise.all([a.ask(), b.ask()]);
  const times = [];
  for (const change of changes) {
    const changed = once(b.doc, 'update');
    const began = performance.now();
    apply(a.doc, change);
    await changed;
    times.push(since(began));
  }
  return { p50: percentile(times, 0.5), p99: percentile(times, 0.99) };
}

/** Messages that a client sends for edits made one after another, in hexadecimal, for who sends them by hand. */
export function messages(file, count) {
  const doc = new Y.Doc();
  const made = [];
  doc.on('update', (update) => {
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, SYNC);
    sync.writeUpdate(encoder, update);
    made.push(Buffer.from(encoding.toUint8Array(encoder)).toString('hex'));
  });
  for (const change of changesOf(file).slice(0, Number(count))) apply(doc, change);
  return { messages: made };
}
