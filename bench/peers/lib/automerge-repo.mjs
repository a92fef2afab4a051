// automerge-repo: its WebSocket adapters on both ends, and its file store under the server, which is what
// @automerge/automerge-repo-sync-server puts together (that package itself is pinned to the repo of two years ago).
import { Repo } from '@automerge/automerge-repo';
import { WebSocketClientAdapter, WebSocketServerAdapter } from '@automerge/automerge-repo-network-websocket';
import { NodeFSStorageAdapter } from '@automerge/automerge-repo-storage-nodefs';
import { readFileSync, writeFileSync } from 'node:fs';
import { WebSocketServer } from 'ws';
import { built, kept } from './automerge.mjs';
import { changesOf, countOf, once, percentile, since } from './changes.mjs';

const SHARED = { sharePolicy: async () => true };

async function serve(folder) {
  const sockets = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(sockets, 'listening');
  // A client that works through what it was sent answers no ping meanwhile, and would be cut off after five seconds.
  const network = [new WebSocketServerAdapter(sockets, 60_000)];
  new Repo({ network, storage: new NodeFSStorageAdapter(folder), peerId: 'server', sharePolicy: async () => false });
  return sockets.address().port;
}

function client(port) {
  const adapter = new WebSocketClientAdapter(`ws://127.0.0.1:${port}`);
  const met = once(adapter, 'peer-candidate');
  return { adapter, met, repo: new Repo({ network: [adapter], ...SHARED }) };
}

export function put(records, record, fields) {
  records[record] ??= {};
  const map = records[record];
  for (const [name, value] of Object.entries(fields)) {
    if (value === null) delete map[name];
    else map[name] = value;
  }
}

const same = (one, other) => one !== undefined && one.length === other.length && one.every((head) => other.includes(head));

/** Resolves when the server says that it has what is here. */
function arrived(handle) {
  const mine = [...handle.heads()].sort();
  return new Promise((resolve) => {
    const look = ({ heads }) => {
      if (!same([...heads].sort(), mine)) return;
      handle.off('remote-heads', look);
      resolve();
    };
    handle.on('remote-heads', look);
  });
}

export function of(documents) {
  const placeOf = (record) => (documents === Infinity ? record : record % documents);

  async function fill(port, file, urls) {
    const saved = documents === Infinity ? [...built(file, documents).values()] : kept(file, documents).map((name) => readFileSync(name));
    const { repo, met } = client(port);
    await met;
    const handles = saved.map((bytes) => repo.import(bytes));
    await Promise.all(handles.map(arrived));
    writeFileSync(urls, JSON.stringify(handles.map((handle) => handle.url)));
    return { documents: handles.length };
  }

  async function fresh(port, file, urls) {
    const expected = countOf(changesOf(file));
    const names = JSON.parse(readFileSync(urls, 'utf8'));
    const began = performance.now();
    const { repo, adapter, met } = client(port);
    // Whoever asks before somebody is there to be asked is told that there is no such document.
    await met;
    const handles = await Promise.all(names.map((url) => repo.find(url)));
    const count = () => handles.reduce((sum, handle) => sum + Object.keys(handle.doc()?.records ?? {}).length, 0);
    let records = count();
    while (records < expected) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      records = count();
    }
    return { ms: since(began), bytes: adapter.socket._socket.bytesRead };
  }

  async function make(port, file) {
    const changes = changesOf(file);
    const { repo, met } = client(port);
    await met;
    const handles = new Map();
    const began = performance.now();
    for (const [record, fields] of changes) {
      const place = placeOf(record);
      if (!handles.has(place)) handles.set(place, repo.create({ records: {} }));
      handles.get(place).change((d) => put(d.records, record, fields));
    }
    await Promise.all([...handles.values()].map(arrived));
    return { ms: since(began) };
  }

  async function echo(port, file, count) {
    const changes = changesOf(file).slice(0, Number(count));
    const [a, b] = [client(port), client(port)];
    await Promise.all([a.met, b.met]);
    const mine = a.repo.create({ records: {} });
    await arrived(mine);
    const theirs = await b.repo.find(mine.url);
    const times = [];
    for (const [record, fields] of changes) {
      const changed = once(theirs, 'change');
      const began = performance.now();
      mine.change((d) => put(d.records, record, fields));
      await changed;
      times.push(since(began));
    }
    return { p50: percentile(times, 0.5), p99: percentile(times, 0.99) };
  }

  return { serve, fill, fresh, make, echo };
}
