// Firefox, over WebDriver BiDi, in a home and a profile of its own.
import { existsSync } from 'node:fs';
import { PlainTab } from './plaintab.mjs';
import { load } from './programs.mjs';
import { LOCALE } from './words.mjs';

const EXECUTABLE = process.env.FIREFOX ?? '/usr/bin/firefox-esr';
const PREFERENCES = {
  'intl.accept_languages': LOCALE,
  // The question whether the site may keep its storage is answered as a person would who installed the app.
  'dom.storageManager.prompt.testing': true,
  'dom.storageManager.prompt.testing.allow': true,
  'app.update.enabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
};

/** Throws what is missing. */
export function findFirefox() {
  if (!existsSync(EXECUTABLE)) throw new Error(`${EXECUTABLE} is missing: apt-get install firefox-esr, or say where it is in FIREFOX`);
  return EXECUTABLE;
}

/** A Firefox with one tab; `home` is an empty folder. Call `end` when done. */
export async function launchFirefox(home) {
  const browser = await load('puppeteer-core').launch({
    browser: 'firefox',
    executablePath: findFirefox(),
    headless: true,
    env: { ...process.env, HOME: home },
    extraPrefsFirefox: PREFERENCES,
    defaultViewport: { width: 390, height: 844 },
  });
  return { tab: new FirefoxTab(await browser.newPage()), end: () => browser.close() };
}

/** What a driver that only takes functions makes of the text of one. */
const asFunction = (what) => (typeof what === 'function' ? what : new Function(`return ${what}`)());

class FirefoxTab extends PlainTab {
  faults = [];
  constructor(page) {
    super();
    this.page = page;
    page.on('pageerror', (error) => {
      // What Firefox itself says of a socket that a reload ended.
      if (!String(error).includes('was interrupted while the page was loading')) this.faults.push(String(error));
    });
  }
  async open(url) {
    await this.page.goto(url, { waitUntil: 'domcontentloaded' });
  }
  async reload() {
    await this.page.reload({ waitUntil: 'domcontentloaded' });
  }
  evaluate(what, argument) {
    return this.page.evaluate(asFunction(what), argument);
  }
  async element(what, argument) {
    return (await this.page.evaluateHandle(what, argument)).asElement();
  }
  async click(element, byLabel) {
    const met = byLabel ? (await element.evaluateHandle((input) => input.labels[0])).asElement() : element;
    // A driver that is content with a part of it would press what lies above that part.
    await met.evaluate((seen) => seen.scrollIntoView({ block: 'center' }));
    await met.click();
  }
  async write(element, text) {
    await element.evaluate((input) => {
      input.focus();
      input.select();
    });
    await element.type(text);
  }
}
