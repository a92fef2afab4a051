// A desktop of the same person: a home of the `lifeos` command line.
import { writeFileSync, readFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { program, run } from './programs.mjs';

export class Home {
  #folder;
  #env;
  constructor(folder, passphrase) {
    this.#folder = folder;
    this.#env = { ...process.env, LIFEOS_HOME: join(folder, 'home'), LIFEOS_PASSPHRASE: passphrase };
  }

  /** Joins the vault of `phrase`. */
  static async join(folder, relay, phrase, passphrase = 'a desk of plain oak') {
    const home = new Home(folder, passphrase);
    const words = join(folder, 'phrase.txt');
    writeFileSync(words, phrase);
    await home.lifeos('join', '--relay', relay.url, '--name', 'Desk', '--phrase-file', words);
    return home;
  }

  lifeos(...args) {
    return run(program('lifeos'), args, { env: this.#env });
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
