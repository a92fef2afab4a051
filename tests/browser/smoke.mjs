// The walking path of the core in a real browser: a vault is made and unlocked with a passphrase, a habit is added
// and ticked, everything is there after a reload, also while the relay is dead, and a command-line home that joins by
// phrase sees it. Then again with a passkey. Run with `node tests/browser/smoke.mjs` after `./dev build`.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

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

/** A relay of this test alone; it can be stopped and started again on the same port and database. */
class Relay {
  constructor(dir, port) {
    this.dir = dir;
    this.url = `http://localhost:${port}`;
    this.listen = `127.0.0.1:${port}`;
  }
  async start() {
    const database = `sqlite://${join(this.dir, 'relay.sqlite')}`;
    const words = ['serve', '--listen', this.listen, '--database', database, '--public-url', this.url];
    words.push('--registration', 'open', '--rate-limit-factor', '1000', '--web-dir', dist);
    this.process = spawn(join(bin, 'sync-server'), words, { stdio: ['ignore', 'ignore', process.env.LIFEOS_RELAY_LOG ? 'inherit' : 'ignore'] });
    for (;;) {
      const ready = await fetch(`${this.url}/readyz`).then((answer) => answer.ok, () => false);
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

async function passphraseStory(context, relay, dir) {
  const page = await context.newPage();
  page.on('console', (message) => message.type() === 'error' && console.error('page:', message.text()));
  page.on('pageerror', (error) => console.error('page:', error));
  await page.goto(relay.url);
  await untilPhase(page, 'none');
  const began = Date.now();
  const { phrase } = await page.evaluate(
    ([relay, passphrase]) => globalThis.core.createVault({ name: 'Phone', relay, unlock: { kind: 'passphrase', passphrase } }),
    [relay.url, PASSPHRASE],
  );
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
  const unlock = (tab) => tab.evaluate((passphrase) => globalThis.core.unlock({ kind: 'passphrase', passphrase }), PASSPHRASE);
  await unlock(page);
  const today = await page.evaluate(() => globalThis.core.today());
  assert.equal(today.habits.length, 1);
  assert.deepEqual(today.habits[0].log, { state: 'done' });
  await untilSynced(page);
  console.log('reloaded, unlocked, all is there');

  const home = join(dir, 'home');
  const words = join(dir, 'words');
  writeFileSync(words, phrase);
  const env = { ...process.env, LIFEOS_HOME: home, LIFEOS_PASSPHRASE: PASSPHRASE };
  const lifeos = (...args) => execFileSync(join(bin, 'lifeos'), args, { env, encoding: 'utf8' });
  lifeos('join', '--relay', relay.url, '--name', 'Desk', '--phrase-file', words);
  assert.deepEqual(JSON.parse(lifeos('list', 'habit', '--json')).records.map((row) => row.fields.name), ['Walk']);
  lifeos('add', 'habit', 'name=Swim');
  lifeos('sync');
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
  lifeos('sync');
  assert.equal(JSON.parse(lifeos('list', 'habit', '--json')).records.length, 3);
  console.log(`reload and edit while the relay was dead; synced ${seconds} s after it came back`);

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

async function passkeyStory(browser, relay) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const sent = [];
  page.on('request', (request) => sent.push(request.postData() ?? ''));
  page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => sent.push(payload.toString('base64'))));
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
  await page.evaluate((relay) => globalThis.core.createVault({ name: 'Phone', relay, unlock: { kind: 'passkey' } }), relay.url);
  await page.evaluate(() => globalThis.core.add('habit', { name: 'Sing' }));
  await untilSynced(page);
  await page.evaluate(() => globalThis.core.lock());
  await untilPhase(page, 'locked');
  assert.equal((await phase(page)).unlock, 'passkey');
  await page.evaluate(() => globalThis.core.unlock({ kind: 'passkey' }));
  assert.deepEqual(await names(page), ['Sing']);
  const prf = await page.evaluate(() => globalThis.prf);
  assert.ok(prf.length > 0, 'the authenticator gave no PRF');
  for (const secret of prf) {
    const hex = Buffer.from(secret, 'base64').toString('hex');
    const url = Buffer.from(secret, 'base64').toString('base64url');
    for (const text of sent) assert.ok(![secret, url, hex].some((form) => text.includes(form)), 'the PRF output left the page');
  }
  await page.reload();
  await untilPhase(page, 'locked');
  await page.evaluate(() => globalThis.core.unlock({ kind: 'passkey' }));
  assert.deepEqual(await names(page), ['Sing']);
  console.log(`a passkey made and opened a vault; its PRF output is in none of ${sent.length} messages`);
  await context.close();
}

const dir = mkdtempSync(join(tmpdir(), 'lifeos-browser-'));
const relay = new Relay(dir, await freePort());
const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args });
try {
  await relay.start();
  await passphraseStory(await browser.newContext(), relay, dir);
  await passkeyStory(browser, relay);
  console.log('all walked');
} finally {
  await browser.close();
  if (relay.process.exitCode === null) await relay.stop().catch(() => undefined);
  rmSync(dir, { recursive: true, force: true });
}
