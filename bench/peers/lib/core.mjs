// Our own core as the browser runs it: the same WASM, driven by Node. Its store is an ordered map in memory and a log on
// disk that is flushed with fsync before a commit counts; its socket is `ws`.
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import WebSocket from 'ws';
import init, { Founding, Joining } from '../../../web/src/core/wasm/core_wasm.js';
import { once, percentile, since, titlesOf } from './changes.mjs';

const WASM = new URL('../../../web/src/core/wasm/core_wasm_bg.wasm', import.meta.url);
const nameOf = (key) => Buffer.from(key).toString('latin1');

/** An ordered map; with a folder it is durable when `commit` returns. */
class Store {
  #pairs = new Map();
  #sorted = [];
  #log;

  constructor(path) {
    this.#log = path === undefined ? null : openSync(path, 'w');
  }

  commit(writes) {
    const bytes = [];
    for (const { key, value } of writes) {
      const name = nameOf(key);
      const at = this.#at(name);
      const there = this.#sorted[at] === name;
      if (value === undefined) {
        this.#pairs.delete(name);
        if (there) this.#sorted.splice(at, 1);
      } else {
        this.#pairs.set(name, value);
        if (!there) this.#sorted.splice(at, 0, name);
      }
      bytes.push(Buffer.from(key), Buffer.from(value ?? []));
    }
    if (this.#log === null) return;
    writeSync(this.#log, Buffer.concat(bytes));
    fsyncSync(this.#log);
  }

  /** Where the name stands, or would. */
  #at(name) {
    let [low, high] = [0, this.#sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#sorted[middle] < name) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  read(reads) {
    const parts = [];
    const number = (value) => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32LE(value);
      parts.push(bytes);
    };
    for (const read of reads) {
      const names = this.#names(read);
      number(names.length);
      for (const name of names) {
        const [key, value] = [Buffer.from(name, 'latin1'), this.#pairs.get(name)];
        number(key.length);
        parts.push(key);
        number(value.length);
        parts.push(value);
      }
    }
    return Buffer.concat(parts);
  }

  #names(read) {
    if (read.kind === 'get') return this.#pairs.has(nameOf(read.key)) ? [nameOf(read.key)] : [];
    const prefix = nameOf(read.prefix);
    const after = read.after === undefined ? '' : nameOf(read.after);
    const names = [];
    for (let at = this.#at(after > prefix ? after : prefix); at < this.#sorted.length; at += 1) {
      const name = this.#sorted[at];
      if (!name.startsWith(prefix) || names.length >= read.limit) break;
      if (name > after) names.push(name);
    }
    return names;
  }

  close() {
    if (this.#log !== null) closeSync(this.#log);
  }
}

/** The loop around the core: events first, then effects, in order. */
class Device {
  #events = [];
  #effects = [];
  #replies = new Map();
  #last = 0;
  #socket = null;
  /** When the first transaction since this was cleared was ready for the store. */
  ready = null;
  onNotice = () => {};

  constructor(core, store) {
    this.core = core;
    this.store = store;
    this.push(() => core.start());
  }

  push(event) {
    this.#events.push(event);
    if (this.#events.length === 1) this.#run();
  }

  #run() {
    for (;;) {
      const event = this.#events[0];
      if (event !== undefined) {
        this.#effects.push(...event(Date.now()).list);
        this.#events.shift();
        continue;
      }
      const effect = this.#effects.shift();
      if (effect === undefined) return;
      this.#carryOut(effect);
    }
  }

  #carryOut(effect) {
    const { core } = this;
    switch (effect.kind) {
      case 'read': {
        const found = this.store.read(effect.reads);
        this.#events.push((now) => core.read(effect.token, found, now));
        return;
      }
      case 'commit':
        this.ready ??= performance.now();
        this.store.commit(effect.writes);
        this.#events.push((now) => core.committed(effect.token, now));
        return;
      case 'send':
        this.#socket?.send(effect.bytes);
        return;
      case 'reply':
        this.#replies.get(effect.id)?.resolve(JSON.parse(effect.json));
        return;
      case 'fail':
        this.#replies.get(effect.id)?.reject(new Error(effect.error.message));
        return;
      case 'dead':
      case 'closeSocket':
        throw new Error(JSON.stringify(effect));
      default:
        this.onNotice(effect);
    }
  }

  request(request) {
    this.#last += 1;
    const id = this.#last;
    const answer = new Promise((resolve, reject) => this.#replies.set(id, { resolve, reject }));
    const local = new Date().toISOString().slice(0, 19);
    this.push((now) => this.core.request(id, JSON.stringify(request), now, 'UTC', local));
    return answer;
  }

  /** Resolves when the effect comes. */
  notice(kind) {
    return new Promise((resolve) => {
      this.onNotice = (effect) => {
        if (effect.kind === kind) resolve(effect);
      };
    });
  }

  async connect(url) {
    const challenge = await post(url, 'challenges', '{}');
    const { ticket } = JSON.parse(await post(url, 'tickets', this.core.ticketRequest(challenge, url)));
    // The relay speaks first: what it says waits until the core knows of the socket.
    const early = [];
    let take = (bytes) => early.push(bytes);
    this.#socket = await dial(url, ticket, (bytes) => take(bytes));
    const synced = this.notice('synced');
    this.push((now) => this.core.socketOpened(url, now));
    take = (bytes) => this.push((now) => this.core.socketFrame(bytes, now));
    early.forEach(take);
    await synced;
  }
}

async function post(url, page, body) {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${url}/api/v1/${page}`, { method: 'POST', headers, body });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${page}: ${text}`);
  return text;
}

async function dial(url, ticket, take) {
  const address = `${url.replace('http', 'ws')}/api/v1/socket`;
  const socket = new WebSocket(address, ['lifeos.v1', `ticket.${ticket}`], { perMessageDeflate: false });
  socket.on('message', (data) => take(new Uint8Array(data)));
  await once(socket, 'open');
  return socket;
}

function settle(founding, path) {
  const store = new Store(path);
  store.commit(founding.writes().writes);
  return new Device(founding.open(), store);
}

async function join(url, phrase, path) {
  const joining = Joining.begin(phrase, url);
  const lookup = await post(url, 'lookups', joining.lookup(await post(url, 'challenges', '{}')));
  const answer = await post(url, 'tickets', joining.ticket(lookup, await post(url, 'challenges', '{}')));
  const { ticket } = JSON.parse(answer);
  await new Promise((resolve) => {
    const early = [];
    let send = (bytes) => early.push(bytes);
    const take = (bytes) => {
      const step = joining.frame(bytes);
      step.send.forEach((frame) => send(frame));
      if (step.done) resolve();
    };
    void dial(url, ticket, take).then((socket) => {
      send = (bytes) => socket.send(bytes);
      early.forEach(send);
    });
  });
  return settle(joining.finish(), path);
}

/** Edits on A until B says that the row has changed. */
export async function echo(url, folder, count) {
  await init({ module_or_path: readFileSync(WASM) });
  const founding = Founding.create();
  await post(url, 'accounts', founding.register(undefined));
  const phrase = founding.phrase();
  const a = settle(founding, `${folder}/a.log`);
  await a.connect(url);
  const b = await join(url, phrase, `${folder}/b.log`);
  await b.connect(url);
  const { id } = await a.request({ add: { record: 'task', fields: { title: 'Mend the roof' } } });
  await b.notice('changed');
  const times = [];
  for (let n = 0; n < Number(count); n += 1) {
    const changed = b.notice('changed');
    const began = performance.now();
    void a.request({ set: { id, fields: { title: `Mend the roof ${n}` } } });
    await changed;
    times.push(since(began));
  }
  return { p50: percentile(times, 0.5), p99: percentile(times, 0.99) };
}

/** One edit of one of some records, until its transaction is ready for the store. */
export async function edit(file) {
  await init({ module_or_path: readFileSync(WASM) });
  const device = settle(Founding.create(), undefined);
  const titles = titlesOf(file);
  const ids = [];
  for (const title of titles) ids.push((await device.request({ add: { record: 'task', fields: { title } } })).id);
  const times = [];
  for (let n = 0; n < 3_000; n += 1) {
    const set = { id: ids[n % ids.length], fields: { title: `${titles[n % titles.length]} ${n}` } };
    device.ready = null;
    const began = performance.now();
    const done = device.request({ set });
    times.push(device.ready - began);
    await done;
  }
  return { us: 1_000 * percentile(times.slice(1_000), 0.5) };
}
