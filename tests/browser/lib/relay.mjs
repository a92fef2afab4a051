// A relay of one story alone, behind a network of its own. It can be killed and started again on its database, and
// be given another build of the app to serve.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { atExit } from './atexit.mjs';
import { freePort, Network } from './network.mjs';
import { newDatabase } from './postgres.mjs';
import { program } from './programs.mjs';
import { until } from './wait.mjs';

export class Relay {
  #database;
  #behind;
  #app;
  #process = null;
  /** More words of its command line, from the next start on. */
  words = [];
  #forget = () => undefined;

  constructor(database, port, behind, app) {
    this.#database = database;
    this.#behind = behind;
    this.#app = app;
    /** What devices dial: the network, and the relay behind it. */
    this.url = `http://localhost:${port}`;
    this.network = new Network(port, behind);
  }

  /** `kind` is `sqlite` or `postgres`; `app` is the folder that it serves. */
  static async on(kind, folder, app, words = []) {
    const database = kind === 'postgres' ? await newDatabase() : `sqlite://${join(folder, 'relay.sqlite')}`;
    const relay = new Relay(database, await freePort(), await freePort(), app);
    relay.words = words;
    await relay.network.open();
    await relay.start();
    return relay;
  }

  async start() {
    const words = ['serve', '--listen', `127.0.0.1:${this.#behind}`, '--database', this.#database, '--public-url', this.url];
    words.push('--rate-limit-factor', '1000', '--web-dir', this.#app, ...this.words);
    if (!this.words.includes('--registration')) words.push('--registration', 'open');
    const errors = process.env.LIFEOS_RELAY_LOG ? 'inherit' : 'ignore';
    const child = spawn(program('sync-server'), words, { stdio: ['ignore', 'ignore', errors] });
    this.#process = child;
    this.#forget = atExit(() => child.kill('SIGKILL'));
    await until('the relay is ready', async () => {
      if (child.exitCode !== null) throw new Error(`the relay ended with ${child.exitCode}; LIFEOS_RELAY_LOG=1 shows why`);
      return fetch(`http://127.0.0.1:${this.#behind}/readyz`).then((answer) => answer.ok, () => false);
    });
  }

  /** As the power goes: no goodbye. */
  async kill() {
    const child = this.#process;
    this.#process = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    this.#forget();
  }

  /** Its SQLite database as it is now, to be brought back later. The relay is stopped for a moment. */
  async backup() {
    await this.kill();
    const copy = this.#files().filter(existsSync).map((file) => [file, readFileSync(file)]);
    await this.start();
    return copy;
  }
  /** What came after `copy` has never been. */
  async restore(copy) {
    await this.kill();
    for (const file of this.#files()) rmSync(file, { force: true });
    for (const [file, bytes] of copy) writeFileSync(file, bytes);
    await this.start();
  }
  #files() {
    const [scheme, file] = this.#database.split('://');
    if (scheme !== 'sqlite') throw new Error('only a relay on SQLite is copied here');
    return ['', '-wal', '-shm'].map((end) => `${file}${end}`);
  }

  async end() {
    await this.kill();
    await this.network.close();
  }
}
