// The walking path of the core in a real browser: a vault is made and unlocked with a passphrase, a habit is added
// and ticked, everything is there after a reload, also while the relay is dead, and a command-line home that joins by
// phrase sees it. Then again with a passkey. Run with `node tests/browser/smoke.mjs` after `./dev build`.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const root = resolve(import.meta.dirname, '../..');
const { chromium } = createRequire(join(root, 'web/package.json'))('playwright-core');
const bin = process.env.LIFEOS_BIN ?? join(root, 'target/debug');
const dist = process.env.LIFEOS_HARNESS ?? join(root, 'web/node_modules/.harness');
const PASSPHRASE = 'correct horse battery';
const OPEN_MS = 60_000;

const freePort = () =>
  new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });

/** The network of this test: it records every byte that a browser sends, and can be cut in three ways. */
class Network {
  sent = [];
  manner = 'open';
  #pairs = new Set();
  constructor(port, behind) {
    this.server = createServer((near) => {
      if (this.manner === 'refuse') return near.destroy();
      const far = connect(behind, '127.0.0.1');
      const pair = { near, far };
      this.#pairs.add(pair);
      const end = () => {
        near.destroy();
        far.destroy();
        this.#pairs.delete(pair);
      };
      near.on('data', (bytes) => {
        this.sent.push(Buffer.from(bytes));
        if (this.manner !== 'swallow') far.write(bytes);
      });
      far.on('data', (bytes) => this.manner !== 'swallow' && near.write(bytes));
      for (const side of [near, far]) side.on('error', end).on('close', end);
    }).listen(port, '127.0.0.1');
  }
  /** `open`; `refuse` closes what is there and takes nothing new; `swallow` keeps all open and lets nothing through. */
  be(manner) {
    this.manner = manner;
    if (manner === 'swallow') return;
    for (const { near, far } of this.#pairs) {
      near.destroy();
      far.destroy();
    }
  }
  close() {
    this.be('refuse');
    this.server.close();
  }
}

/** A relay of this test alone, behind a network of its own; it can be stopped and started again on its database. */
class Relay {
  constructor(dir, port, behind) {
    this.dir = dir;
    this.url = `http://localhost:${port}`;
    this.direct = `http://127.0.0.1:${behind}`;
    this.listen = `127.0.0.1:${behind}`;
    this.network = new Network(port, behind);
  }
  async start() {
    const database = `sqlite://${join(this.dir, 'relay.sqlite')}`;
    const words = ['serve', '--listen', this.listen, '--database', database, '--public-url', this.url];
    words.push('--registration', 'open', '--rate-limit-factor', '1000', '--web-dir', dist);
    this.process = spawn(join(bin, 'sync-server'), words, { stdio: ['ignore', 'ignore', process.env.LIFEOS_RELAY_LOG ? 'inherit' : 'ignore'] });
    for (;;) {
      const ready = await fetch(`${this.direct}/readyz`).then((answer) => answer.ok, () => false);
      if (ready) return;
      assert.equal(this.process.exitCode, null, 'the relay ended');
    }
  }
  async stop() {
    const ended = new Promise((done) => this.process.once('exit', done));
    this.process.kill('SIGTERM');
    await ended;
  }
}

const phase = (page) => page.evaluate(() => globalThis.core.state.get().phase);
const until = (page, what, test) =>
  page.waitForFunction(test, undefined, { timeout: OPEN_MS }).catch(async (error) => {
    throw new Error(`${what}: ${JSON.stringify(await phase(page).catch(String))}`, { cause: error });
  });
const untilSynced = (page) =>
  until(page, 'not synced', () => globalThis.core.state.get().phase.kind === 'open' && globalThis.core.state.get().phase.sync.kind === 'synced');
const untilPhase = (page, kind) =>
  page.waitForFunction((kind) => globalThis.core?.state.get().phase.kind === kind, kind, { timeout: OPEN_MS }).catch(async (error) => {
    throw new Error(`not ${kind}: ${JSON.stringify(await phase(page).catch(String))}`, { cause: error });
  });
const names = (page) => page.evaluate(async () => (await globalThis.core.list('habit')).records.map((row) => row.fields.name));

/** Everything that a locked browser keeps of the vault, as text. */
const stored = (page) =>
  page.evaluate(async () => {
    const found = [JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage }), location.hash];
    const text = (value) => {
      if (value instanceof ArrayBuffer) return text(new Uint8Array(value));
      if (ArrayBuffer.isView(value)) return Array.from(new Uint8Array(value.buffer), (byte) => String.fromCharCode(byte)).join('');
      if (value !== null && typeof value === 'object' && !(value instanceof CryptoKey)) return Object.values(value).map(text).join('|');
      return String(value);
    };
    for (const { name } of await indexedDB.databases()) {
      const db = await new Promise((done) => {
        indexedDB.open(name).onsuccess = (event) => done(event.target.result);
      });
      for (const store of db.objectStoreNames) {
        const all = (method) =>
          new Promise((done) => {
            db.transaction(store).objectStore(store)[method]().onsuccess = (event) => done(event.target.result);
          });
        found.push(...(await all('getAllKeys')).map(text), ...(await all('getAll')).map(text));
      }
      db.close();
    }
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      found.push(name, ...(await cache.keys()).map((request) => new URL(request.url).pathname));
    }
    return found.join('\n');
  });

async function passphraseStory(context, relay, dir) {
  const page = await context.newPage();
  page.on('console', (message) => message.type() === 'error' && console.error('page:', message.text()));
  page.on('pageerror', (error) => console.error('page:', error));
  await page.goto(relay.url);
  await untilPhase(page, 'none');
  const began = Date.now();
  await page.evaluate(
    ([relay, passphrase]) => globalThis.core.createVault({ person: 'Sam', device: 'Phone', relay, unlock: { kind: 'passphrase', passphrase } }),
    [relay.url, PASSPHRASE],
  );
  const phrase = await page.evaluate(() => globalThis.core.phrase());
  assert.equal(phrase.split(' ').length, 24);
  console.log(`made in ${Date.now() - began} ms`);
  const habit = await page.evaluate(() => globalThis.core.add('habit', { name: 'Walk' }));
  const { date } = await page.evaluate(() => globalThis.core.today());
  const log = await page.evaluate(([id, date]) => globalThis.core.log(id, date, { kind: 'done' }), [habit.id, date]);
  assert.deepEqual(log, { state: 'done' });
  await untilSynced(page);
  console.log('added, ticked, synced');

  await page.reload();
  await untilPhase(page, 'locked');
  const wrong = await page.evaluate(() =>
    globalThis.core.unlock({ kind: 'passphrase', passphrase: 'something else' }).then(
      () => null,
      (failure) => failure.error.code,
    ),
  );
  assert.equal(wrong, 'wrong_passphrase');
  const kept = await stored(page);
  assert.ok(kept.length > 5_000, 'nothing was looked at');
  for (const canary of ['Walk', 'Phone', PASSPHRASE, phrase.split(' ').slice(0, 2).join(' ')]) {
    assert.ok(!kept.includes(canary), `${canary} is readable in a locked browser`);
  }
  console.log(`locked: nothing readable in the ${kept.length} bytes that the browser keeps`);
  const unlock = (tab) => tab.evaluate((passphrase) => globalThis.core.unlock({ kind: 'passphrase', passphrase }), PASSPHRASE);
  await unlock(page);
  const today = await page.evaluate(() => globalThis.core.today());
  assert.equal(today.habits.length, 1);
  assert.deepEqual(today.habits[0].log, { state: 'done' });
  await untilSynced(page);
  assert.equal(await page.evaluate(() => globalThis.core.phrase()), phrase, 'the words were lost on the way');
  await page.evaluate(() => globalThis.core.phraseChecked());
  assert.equal(await page.evaluate(() => globalThis.core.phrase()), null);
  console.log('reloaded, unlocked, all is there, the words too until they were checked');

  const home = join(dir, 'home');
  const words = join(dir, 'words');
  writeFileSync(words, phrase);
  const env = { ...process.env, LIFEOS_HOME: home, LIFEOS_PASSPHRASE: PASSPHRASE };
  // Not in this thread: the network of the test runs here.
  const lifeos = async (...args) => (await promisify(execFile)(join(bin, 'lifeos'), args, { env })).stdout;
  await lifeos('join', '--relay', relay.url, '--name', 'Desk', '--phrase-file', words);
  assert.deepEqual(JSON.parse(await lifeos('list', 'habit', '--json')).records.map((row) => row.fields.name), ['Walk']);
  await lifeos('add', 'habit', 'name=Swim');
  await lifeos('sync');
  await until(page, 'no news of the desktop', async () => (await globalThis.core.list('habit')).records.length === 2);
  assert.deepEqual((await names(page)).sort(), ['Swim', 'Walk']);
  console.log('the desktop joined by phrase; each sees the other');

  const second = await context.newPage();
  await second.goto(relay.url);
  await untilPhase(second, 'open');
  await second.evaluate(() => globalThis.core.add('task', { title: 'From the second tab' }));
  await until(page, 'the tabs do not follow', async () => (await globalThis.core.list('task')).records.length === 1);
  await second.evaluate(() => globalThis.core.lock());
  await untilPhase(page, 'locked');
  await untilPhase(second, 'locked');
  assert.equal(context.pages().flatMap((tab) => tab.workers()).length, 0, 'a worker outlived the lock');
  await unlock(second);
  await untilPhase(page, 'open');
  await second.close();
  console.log('two tabs follow each other, lock together, and unlock together');

  await until(page, 'no service worker', () => navigator.serviceWorker.ready.then(() => true));
  await relay.stop();
  await page.reload();
  await untilPhase(page, 'locked');
  await unlock(page);
  await page.evaluate(() => globalThis.core.add('habit', { name: 'Offline' }));
  await page.reload();
  await untilPhase(page, 'locked');
  await unlock(page);
  assert.equal((await names(page)).length, 3);
  await until(page, 'not offline', () => globalThis.core.state.get().phase.sync?.kind === 'offline');
  await relay.start();
  const back = Date.now();
  await untilSynced(page);
  const seconds = (Date.now() - back) / 1000;
  assert.ok(seconds < 5, `synced ${seconds} s after the relay came back`);
  await lifeos('sync');
  assert.equal(JSON.parse(await lifeos('list', 'habit', '--json')).records.length, 3);
  console.log(`reload and edit while the relay was dead; synced ${seconds} s after it came back`);

  // A disk without room: the worker's own store refuses once.
  const [worker] = page.workers();
  await worker.evaluate(() => {
    globalThis.realPut = IDBObjectStore.prototype.put;
    IDBObjectStore.prototype.put = () => {
      throw new DOMException('no room', 'QuotaExceededError');
    };
  });
  const full = await page.evaluate(() => globalThis.core.add('task', { title: 'No room' }).catch((failure) => failure.error.code));
  assert.equal(full, 'quota');
  await untilPhase(page, 'problem');
  assert.equal((await phase(page)).problem.kind, 'quota');
  await worker.evaluate(() => {
    IDBObjectStore.prototype.put = globalThis.realPut;
  });
  await page.evaluate(() => globalThis.core.add('task', { title: 'Room again' }));
  await untilPhase(page, 'open');
  assert.equal((await phase(page)).notSaved, true);
  const titles = await page.evaluate(async () => (await globalThis.core.list('task')).records.map((row) => row.fields.title));
  assert.deepEqual(titles.sort(), ['From the second tab', 'Room again']);
  await untilSynced(page);
  console.log('a store without room: told, not saved, opened again, and nothing half done');

  // Another tab unlocks although this one holds the vault: it takes over, and the old worker is gone.
  const third = await context.newPage();
  await third.goto(relay.url);
  await untilPhase(third, 'open');
  await unlock(third);
  await untilPhase(page, 'open');
  assert.deepEqual([page.workers().length, third.workers().length], [0, 1]);
  await third.evaluate(() => globalThis.core.add('task', { title: 'Of the new owner' }));
  await until(page, 'the old owner does not follow', async () => (await globalThis.core.list('task')).records.length === 3);
  await third.close();
  await page.bringToFront();
  await page.evaluate(() => globalThis.core.today().catch(() => undefined));
  await untilPhase(page, 'locked');
  await unlock(page);
  await untilSynced(page);
  console.log('a tab took over; when it was closed, the other asked to unlock');

  // A network that lets nothing through and closes nothing: the silence itself must be noticed.
  relay.network.be('swallow');
  const cut = Date.now();
  await until(page, 'silence was not noticed', () => globalThis.core.state.get().phase.sync?.kind === 'offline');
  const noticed = (Date.now() - cut) / 1000;
  assert.ok(noticed <= 15, `a dead socket was noticed after ${noticed} s`);
  await page.evaluate(() => globalThis.core.add('task', { title: 'In the tunnel' }));
  relay.network.be('open');
  const light = Date.now();
  await untilSynced(page);
  const again = (Date.now() - light) / 1000;
  assert.ok(again < 5, `synced ${again} s after the network came back`);
  console.log(`a dead socket noticed after ${noticed} s; synced ${again} s after the network came back`);

  await page.evaluate(() => globalThis.core.forgetDevice());
  await untilPhase(page, 'none');
  const left = await page.evaluate(async () => ({
    databases: (await indexedDB.databases()).length,
    caches: (await caches.keys()).length,
    workers: (await navigator.serviceWorker.getRegistrations()).length,
    local: localStorage.length,
  }));
  assert.deepEqual(left, { databases: 0, caches: 0, workers: 0, local: 0 });
  console.log('forgotten: nothing is left in the browser');
  await page.close();
}

/** Everything recorded, with the payload of each masked WebSocket frame in the clear beside it. */
function unmasked(chunks) {
  const out = [...chunks];
  for (const chunk of chunks) {
    for (let at = 0; at + 2 <= chunk.length && (chunk[at] & 0x70) === 0 && (chunk[at + 1] & 0x80) !== 0; ) {
      const short = chunk[at + 1] & 0x7f;
      const head = short === 127 ? 10 : short === 126 ? 4 : 2;
      if (at + head + 4 > chunk.length) break;
      const length = short === 127 ? Number(chunk.readBigUInt64BE(at + 2)) : short === 126 ? chunk.readUInt16BE(at + 2) : short;
      const mask = chunk.subarray(at + head, at + head + 4);
      out.push(Buffer.from(chunk.subarray(at + head + 4, at + head + 4 + length).map((byte, n) => byte ^ mask[n % 4])));
      at += head + 4 + length;
    }
  }
  return Buffer.concat(out);
}

async function passkeyStory(browser, relay) {
  const context = await browser.newContext();
  const page = await context.newPage();
  relay.network.sent = [];
  const devtools = await context.newCDPSession(page);
  await devtools.send('WebAuthn.enable');
  const options = { protocol: 'ctap2', ctap2Version: 'ctap2_1', transport: 'internal', hasResidentKey: true };
  Object.assign(options, { hasUserVerification: true, isUserVerified: true, hasPrf: true, automaticPresenceSimulation: true });
  await devtools.send('WebAuthn.addVirtualAuthenticator', { options });
  await page.goto(relay.url);
  await untilPhase(page, 'none');
  await page.evaluate(() => {
    globalThis.prf = [];
    const { get, create } = navigator.credentials;
    const keep = async (made) => {
      const first = made.getClientExtensionResults().prf?.results?.first;
      if (first) globalThis.prf.push(btoa(String.fromCharCode(...new Uint8Array(first))));
      return made;
    };
    navigator.credentials.get = (o) => get.call(navigator.credentials, o).then(keep);
    navigator.credentials.create = (o) => create.call(navigator.credentials, o).then(keep);
  });
  await page.evaluate((relay) => globalThis.core.createVault({ person: 'Sam', device: 'Phone', relay, unlock: { kind: 'passkey' } }), relay.url);
  await page.evaluate(() => globalThis.core.add('habit', { name: 'Sing' }));
  await untilSynced(page);
  await page.evaluate(() => globalThis.core.lock());
  await untilPhase(page, 'locked');
  assert.equal((await phase(page)).unlock, 'passkey');
  await page.evaluate(() => globalThis.core.unlock({ kind: 'passkey' }));
  assert.deepEqual(await names(page), ['Sing']);
  const prf = await page.evaluate(() => globalThis.prf);
  assert.ok(prf.length > 0, 'the authenticator gave no PRF');
  // Frames are masked on the wire; below, they are unmasked as the relay does it.
  const sent = unmasked(relay.network.sent);
  assert.ok(sent.includes('POST /api/v1/tickets') && sent.includes('Sec-WebSocket-Protocol'), 'nothing was recorded');
  for (const secret of prf) {
    const bytes = Buffer.from(secret, 'base64');
    const forms = [bytes, secret.replace(/=+$/, ''), bytes.toString('base64url'), bytes.toString('hex')];
    for (const form of forms) assert.ok(!sent.includes(form), 'the PRF output left the page');
  }
  // The search would have found it.
  await page.evaluate((secret) => fetch('api/v1/challenges', { method: 'POST', body: secret }), prf[0]);
  assert.ok(unmasked(relay.network.sent).includes(prf[0]), 'the search for the PRF output finds nothing at all');
  await page.reload();
  await untilPhase(page, 'locked');
  await page.evaluate(() => globalThis.core.unlock({ kind: 'passkey' }));
  assert.deepEqual(await names(page), ['Sing']);
  console.log(`a passkey made and opened a vault; its PRF output is not in the ${sent.length} bytes that were sent`);
  await context.close();

  const plain = await browser.newContext();
  const other = await plain.newPage();
  const tools = await plain.newCDPSession(other);
  await tools.send('WebAuthn.enable');
  await tools.send('WebAuthn.addVirtualAuthenticator', { options: { ...options, hasPrf: false } });
  await other.goto(relay.url);
  await untilPhase(other, 'none');
  const refused = await other.evaluate(
    (relay) => globalThis.core.createVault({ person: 'Sam', device: 'Phone', relay, unlock: { kind: 'passkey' } }).catch((failure) => failure.error.code),
    relay.url,
  );
  assert.equal(refused, 'passkey_without_prf');
  assert.equal((await phase(other)).kind, 'none');
  console.log('a passkey without PRF is refused, and nothing was made');
  await plain.close();
}

const dir = mkdtempSync(join(tmpdir(), 'lifeos-browser-'));
const relay = new Relay(dir, await freePort(), await freePort());
const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args });
try {
  await relay.start();
  await passphraseStory(await browser.newContext(), relay, dir);
  await passkeyStory(browser, relay);
  console.log('all walked');
} finally {
  await browser.close();
  relay.network.close();
  if (relay.process?.exitCode === null) await relay.stop().catch(() => undefined);
  rmSync(dir, { recursive: true, force: true });
}
