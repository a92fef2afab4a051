// Chromium: its profiles, its tabs as a story uses them, and the authenticator that stands in for a phone's face or finger.
import { existsSync, readFileSync } from 'node:fs';
import { pattern, spoken } from './names.mjs';
import { load } from './programs.mjs';
import { LOCALE } from './words.mjs';

const { chromium } = load('playwright-core');
const EXECUTABLE = process.env.CHROMIUM ?? '/usr/bin/chromium';
const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];
ARGS.push('--disable-component-update', '--disable-sync', '--disable-dev-shm-usage');
const PHONE = { viewport: { width: 390, height: 844 }, locale: LOCALE, hasTouch: true, reducedMotion: 'reduce' };
/** So much of the screen is in a failure's message. */
const SHOWN = 600;
/** Long enough for Argon2id on a busy machine. */
const WITHIN_MS = 20_000;

/** Throws what is missing. */
export function findChromium() {
  if (!existsSync(EXECUTABLE)) throw new Error(`${EXECUTABLE} is missing: apt-get install chromium, or say where it is in CHROMIUM`);
  return EXECUTABLE;
}

const executable = (more = []) => ({ executablePath: findChromium(), args: [...ARGS, ...more] });

/** A browser without a profile; each context of it is a browser of its own to the app. `more` are switches of its own. */
export const launch = (more = []) => chromium.launch(executable(more));
/** The same, whose camera sees the film in `file`, looked at when the camera is switched on. */
export const launchSeeing = (file) =>
  chromium.launch(executable(['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', `--use-file-for-fake-video-capture=${file}`]));

/** A browser on a profile in `folder`, as people have them: what it keeps, it keeps on disk. `more` are switches of its own. */
export function launchOn(folder, options = {}, more = []) {
  return chromium.launchPersistentContext(folder, { ...PHONE, ...executable(more), ...options });
}

export const newProfile = (browser, options = {}) => browser.newContext({ ...PHONE, ...options });

/** A tab of `context`. */
export async function newTab(context) {
  return new Tab(await context.newPage());
}

export class Tab {
  /** Faults that the page threw; a story that ends with some has failed. */
  faults = [];
  constructor(page) {
    this.page = page;
    page.setDefaultTimeout(WITHIN_MS);
    page.on('pageerror', (error) => this.faults.push(String(error)));
  }
  async open(url) {
    await this.page.goto(url, { waitUntil: 'commit' });
  }
  async reload() {
    await this.page.reload({ waitUntil: 'commit' });
  }
  async close() {
    await this.page.close();
  }
  of(role, name) {
    return this.page.getByRole(role, { name: pattern(name), exact: true });
  }
  async press(role, name) {
    const found = this.of(role, name);
    // The input of a drawn mark or choice is out of sight; its label is what a finger meets.
    const met = role === 'radio' || role === 'checkbox' ? this.page.locator('label').filter({ has: found }) : found;
    await this.#try(`press ${role} "${spoken(name)}"`, () => met.first().click());
  }
  async fill(label, text) {
    const found = this.page.getByLabel(label, { exact: true }).and(this.page.locator('input:not([type=radio]), textarea'));
    await this.#try(`fill "${label}"`, () => found.fill(text));
  }
  /** Takes one of the choices of a list that drops down. */
  async choose(label, option) {
    await this.#try(`choose "${option}"`, () => this.page.getByRole('combobox', { name: label, exact: true }).selectOption({ label: option }));
  }
  /** Presses a key, as in `Enter`, wherever the focus is. */
  async key(name) {
    await this.page.keyboard.press(name);
  }
  /** Types where the focus is. */
  async keys(text) {
    await this.page.keyboard.insertText(text);
  }
  async see(role, name) {
    await this.#try(`see ${role} "${spoken(name)}"`, () => this.of(role, name).first().waitFor());
  }
  async lose(role, name) {
    await this.#try(`no longer see ${role} "${spoken(name)}"`, () => this.of(role, name).first().waitFor({ state: 'hidden' }));
  }
  async sees(role, name) {
    return (await this.of(role, name).count()) > 0;
  }
  /** Until a text can be read. */
  async read(text) {
    await this.#try(`read "${text}"`, () => this.page.getByText(text, { exact: true }).filter({ visible: true }).first().waitFor());
  }
  async isChecked(radio) {
    return this.of('radio', radio).isChecked();
  }
  /** The texts of the items of a list. */
  async items(name) {
    await this.see('list', name);
    return this.of('list', name).getByRole('listitem').allInnerTexts();
  }
  async text() {
    return this.page.locator('body').innerText();
  }
  /** The text of the file that `act` lets the browser save. */
  async saved(act) {
    const [file] = await Promise.all([this.page.waitForEvent('download'), act()]);
    return readFileSync(await file.path(), 'utf8');
  }
  evaluate(what, argument) {
    return this.page.evaluate(what, argument);
  }

  async #try(what, act) {
    try {
      await act();
    } catch (error) {
      const shown = (await this.text().catch((gone) => String(gone))).replace(/\n+/g, ' / ').slice(0, SHOWN);
      throw new Error(`could not ${what}; the screen says: ${shown}\n${error.message}`);
    }
  }
}

/** What a phone's screen lock is to a web page. Without `prf`, it cannot keep a key. */
export async function addAuthenticator(tab, { prf }) {
  const tools = await tab.page.context().newCDPSession(tab.page);
  await tools.send('WebAuthn.enable');
  const options = { protocol: 'ctap2', ctap2Version: 'ctap2_1', transport: 'internal', hasResidentKey: true, hasPrf: prf };
  Object.assign(options, { hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true });
  await tools.send('WebAuthn.addVirtualAuthenticator', { options });
}
