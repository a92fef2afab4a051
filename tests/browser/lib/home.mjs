// A desktop of the same person: a home of the `lifeos` command line.
import { writeFileSync, readFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { program, run } from './programs.mjs';
import { until } from './wait.mjs';

export class Home {
  #folder;
  #env;
  constructor(folder, passphrase = 'a desk of plain oak') {
    this.#folder = folder;
    this.#env = { ...process.env, LIFEOS_HOME: join(folder, 'home'), LIFEOS_PASSPHRASE: passphrase };
  }

  /** Joins the vault of `phrase`. */
  static async join(folder, relay, phrase) {
    const home = new Home(folder);
    await home.join(relay, phrase);
    return home;
  }
  async join(relay, phrase) {
    const words = join(this.#folder, 'phrase.txt');
    writeFileSync(words, phrase);
    await this.lifeos('join', '--relay', relay.url, '--name', 'Desk', '--phrase-file', words);
  }

  /** Makes a vault; its phrase. */
  async begin(relay) {
    return JSON.parse(await this.lifeos('init', '--relay', relay.url, '--name', 'Desk', '--json')).phrase;
  }

  lifeos(...args) {
    return run(program('lifeos'), args, { env: this.#env });
  }

  /** A command that says things before it is done and then asks for a yes. */
  talk(...args) {
    return new Talk(spawn(program('lifeos'), [...args, '--json'], { env: this.#env, stdio: ['pipe', 'pipe', 'pipe'] }), args);
  }

  /** Runs commands in one go, each a list of words; throws if one was refused. */
  async batch(commands) {
    const child = spawn(program('lifeos'), ['batch'], { env: this.#env, stdio: ['pipe', 'pipe', 'inherit'] });
    const out = [];
    child.stdout.on('data', (bytes) => out.push(bytes));
    child.stdin.end(commands.map((words) => `${words.map((word) => JSON.stringify(word)).join(' ')}\n`).join(''));
    const [code] = await once(child, 'exit');
    const answers = Buffer.concat(out).toString('utf8').trim().split('\n').map((line) => JSON.parse(line));
    const refused = answers.find((answer) => answer.error !== undefined);
    if (code !== 0 || refused !== undefined) throw new Error(`lifeos batch: ${code} ${JSON.stringify(refused)}`);
    return answers;
  }

  async records(type) {
    return JSON.parse(await this.lifeos('list', type, '--json')).records;
  }

  /** Everything, in the form that is the same on every device. */
  async export() {
    const file = join(this.#folder, 'export.json');
    await this.lifeos('export', '--output', file);
    return readFileSync(file, 'utf8');
  }
}

/** A running command: what it says line by line, and what it is told. */
class Talk {
  #child;
  #what;
  #out = '';
  #errors = '';
  #ended;
  constructor(child, args) {
    this.#child = child;
    this.#what = `lifeos ${args.join(' ')}`;
    child.stdout.on('data', (bytes) => (this.#out += bytes));
    child.stderr.on('data', (bytes) => (this.#errors += bytes));
    this.#ended = once(child, 'exit');
  }

  #lines() {
    return this.#out.split('\n').slice(0, -1).map((line) => JSON.parse(line));
  }
  /** The value of `key`, as soon as a line has it. */
  told(key) {
    return until(`${this.#what} says ${key}`, () => {
      const line = this.#lines().find((line) => line[key] !== undefined);
      if (line === undefined && this.#child.exitCode !== null) throw new Error(`${this.#what}: ${this.#errors}`);
      return line?.[key];
    });
  }
  say(line) {
    this.#child.stdin.end(`${line}\n`);
  }
  /** Its exit code, and what it said went wrong. */
  async end() {
    const [code] = await this.#ended;
    return { code, errors: this.#errors };
  }
}
