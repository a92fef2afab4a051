// What a story stands on: a folder, a relay behind its network, and a Chromium; taken down when the test ends, the
// last that was put up first, whatever happened.
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atExit } from './atexit.mjs';
import { addAuthenticator, launch, newProfile, newTab } from './chromium.mjs';
import { Home } from './home.mjs';
import { Person } from './person.mjs';
import { builtApp } from './programs.mjs';
import { Relay } from './relay.mjs';

/** Every story that bears data runs on both. */
export const DATABASES = ['sqlite', 'postgres'];

export class Stage {
  #ends = [];
  #tabs = [];
  #homes = 0;
  #browser = null;

  /** Ends with `test`. With `ownApp` the relay serves a copy of the app, in the folder `app`. */
  static async for(test, { database = 'sqlite', ownApp = false } = {}) {
    const stage = new Stage();
    test.after(() => stage.end());
    stage.folder = mkdtempSync(join(tmpdir(), 'lifeos-story-'));
    const clean = () => rmSync(stage.folder, { recursive: true, force: true, maxRetries: 3 });
    const forget = atExit(clean);
    stage.after(() => {
      clean();
      forget();
    });
    stage.relay = await Relay.on(database, stage.folder, ownApp ? stage.copyOfApp('app') : builtApp());
    stage.after(() => stage.relay.end());
    return stage;
  }

  after(end) {
    this.#ends.unshift(end);
  }
  async end() {
    const faults = this.#tabs.flatMap((tab) => tab.faults);
    const failed = [];
    for (const end of this.#ends) await Promise.resolve().then(end).catch((error) => failed.push(error));
    assert.deepEqual(failed, [], 'the stage was not taken down');
    assert.deepEqual(faults, [], 'a page threw');
  }

  /** The browser of this story, without a profile. */
  async browser() {
    if (this.#browser === null) {
      const browser = await launch();
      this.#browser = browser;
      this.after(() => browser.close());
    }
    return this.#browser;
  }

  /** A browser of one's own, at the first page of the app. With `prf` it has an authenticator. */
  async person({ options, ...rest } = {}) {
    return this.personIn(await newProfile(await this.browser(), options), rest);
  }
  /** A new tab of `context`, at the app. */
  async personIn(context, { prf, ...who } = {}) {
    const tab = await newTab(context);
    this.watch(tab);
    if (prf !== undefined) await addAuthenticator(tab, { prf });
    await tab.open(this.relay.url);
    return new Person(tab, who);
  }
  watch(tab) {
    this.#tabs.push(tab);
  }

  /** A folder of one's own. */
  dir(name) {
    const path = join(this.folder, name);
    mkdirSync(path, { recursive: true });
    return path;
  }

  /** Another relay, with more words for its command line. */
  async anotherRelay(words = []) {
    const relay = await Relay.on('sqlite', this.dir(`relay-${this.#ends.length}`), builtApp(), words);
    this.after(() => relay.end());
    return relay;
  }

  /** A desktop without a vault. */
  emptyHome() {
    this.#homes += 1;
    return new Home(this.dir(`desk-${this.#homes}`));
  }
  home(phrase) {
    this.#homes += 1;
    return Home.join(this.dir(`desk-${this.#homes}`), this.relay, phrase);
  }

  /** A copy of the app that a story may change. */
  copyOfApp(name) {
    const path = join(this.folder, name);
    cpSync(builtApp(), path, { recursive: true });
    return path;
  }
}
