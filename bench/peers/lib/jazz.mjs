// Jazz by its own core, cojson, and its own transport: what jazz-tools wraps and what its sync server runs. End-to-end
// encrypted and signed. Records are CoMaps of one group; server and client keep them in memory.
import { LocalNode } from 'cojson';
import { WasmCrypto } from 'cojson/crypto/WasmCrypto';
import { createWebSocketPeer } from 'cojson-transport-ws';
import { readFileSync, writeFileSync } from 'node:fs';
import WebSocket, { WebSocketServer } from 'ws';
import { changesOf, once, percentile, since } from './changes.mjs';

export async function serve() {
  const crypto = await WasmCrypto.create();
  const secret = crypto.newRandomAgentSecret();
  const node = new LocalNode(secret, crypto.newRandomSessionID(crypto.getAgentID(secret)), crypto);
  const sockets = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  let clients = 0;
  sockets.on('connection', (websocket) => {
    const ping = () => websocket.send(JSON.stringify({ type: 'ping', time: Date.now(), dc: 'here' }));
    const pinging = setInterval(ping, 1_500);
    websocket.on('close', () => clearInterval(pinging));
    ping();
    clients += 1;
    const options = { expectPings: false, batchingByDefault: false, deletePeerStateOnClose: true };
    node.syncManager.addPeer(createWebSocketPeer({ id: `client-${clients}`, role: 'client', websocket, ...options }));
  });
  await once(sockets, 'listening');
  return sockets.address().port;
}

async function peer(port) {
  const websocket = new WebSocket(`ws://127.0.0.1:${port}`);
  await once(websocket, 'open');
  return createWebSocketPeer({ id: 'server', role: 'server', websocket });
}

async function begin(port) {
  const crypto = await WasmCrypto.create();
  const creationProps = { name: 'Robin' };
  const made = await LocalNode.withNewlyCreatedAccount({ creationProps, peers: [await peer(port)], crypto });
  return { ...made, group: made.node.createGroup() };
}

async function resume(port, { account, secret }) {
  const crypto = await WasmCrypto.create();
  const sessionID = crypto.newRandomSessionID(account);
  const peers = [await peer(port)];
  return LocalNode.withLoadedAccount({ accountID: account, accountSecret: secret, sessionID, peers, crypto });
}

const write = (map, fields) => {
  for (const [name, value] of Object.entries(fields)) {
    if (value === null) map.delete(name);
    else map.set(name, value);
  }
};

export async function fill(port, file, urls) {
  const { node, group, accountID, accountSecret } = await begin(port);
  const maps = new Map();
  for (const [record, fields] of changesOf(file)) {
    if (maps.has(record)) write(maps.get(record), fields);
    else maps.set(record, group.createMap(fields));
  }
  await node.syncManager.waitForAllCoValuesSync(200_000);
  const ids = [...maps.values()].map((map) => map.id);
  writeFileSync(urls, JSON.stringify({ account: accountID, secret: accountSecret, ids }));
  return { records: ids.length };
}

export async function fresh(port, _file, urls) {
  const who = JSON.parse(readFileSync(urls, 'utf8'));
  const began = performance.now();
  const node = await resume(port, who);
  const maps = await Promise.all(who.ids.map((id) => node.load(id)));
  const ms = since(began);
  const found = maps.filter((map) => map !== 'unavailable' && map.keys().length > 0).length;
  if (found !== who.ids.length) throw new Error(`${found} records instead of ${who.ids.length}`);
  return { ms };
}

export async function make(port, file) {
  const changes = changesOf(file);
  const { node, group } = await begin(port);
  await node.syncManager.waitForAllCoValuesSync(60_000);
  const began = performance.now();
  for (const [, fields] of changes) group.createMap(fields);
  await node.syncManager.waitForAllCoValuesSync(120_000);
  return { ms: since(began) };
}

export async function echo(port, file, count) {
  const changes = changesOf(file).slice(0, Number(count));
  const { node, group, accountID, accountSecret } = await begin(port);
  const map = group.createMap({ n: 0 });
  await node.syncManager.waitForAllCoValuesSync(60_000);
  const other = await resume(port, { account: accountID, secret: accountSecret });
  const there = await other.load(map.id);
  const times = [];
  let changed = () => {};
  there.subscribe((now) => changed(now));
  let n = 0;
  for (const [, fields] of changes) {
    n += 1;
    const wanted = n;
    const seen = new Promise((resolve) => {
      changed = (now) => {
        if (now.get('n') === wanted) resolve();
      };
    });
    const began = performance.now();
    map.set('change', fields);
    map.set('n', n);
    await seen;
    times.push(since(began));
  }
  return { p50: percentile(times, 0.5), p99: percentile(times, 0.99) };
}
