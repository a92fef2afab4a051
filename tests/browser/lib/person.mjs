// A person at a tab, of whatever engine: what they do is done through the screens, and counted as taps and typed fields.
import { begins } from './names.mjs';
import { until } from './wait.mjs';
import { t } from './words.mjs';

export const PASSPHRASE = 'lantern gravel sonnet orbit';
export const HABIT = t.welcome.ideas.body[0];

export class Person {
  taps = 0;
  fields = 0;
  constructor(tab, { name = 'Ada', passphrase = PASSPHRASE, words = t } = {}) {
    this.tab = tab;
    /** The catalogue of their language. */
    this.t = words;
    this.name = name;
    this.passphrase = passphrase;
  }

  async tap(role, name) {
    this.taps += 1;
    await this.tab.press(role, name);
  }
  async type(label, text) {
    this.fields += 1;
    await this.tab.fill(label, text);
  }

  /** From the first page to a vault. A passphrase is typed if `way` is `passphrase`; a passkey is one tap more. */
  async makeVault(way) {
    await this.tap('button', this.t.welcome.begin);
    await this.type(this.t.welcome.name, this.name);
    await this.choose(way);
    await this.tap('button', this.t.welcome.create);
    await this.tab.see('heading', this.t.welcome.domainsTitle);
  }

  async choose(way) {
    if (way === 'passkey') {
      // The browser's own dialogue; here an authenticator answers it.
      this.taps += 1;
      return;
    }
    if (await this.tab.sees('radio', this.t.welcome.passphrase)) await this.tap('radio', this.t.welcome.passphrase);
    await this.type(this.t.welcome.passphrase, this.passphrase);
  }

  /** What matters, one habit, its first mark. */
  async firstHabit(habit = this.t.welcome.ideas.body[0]) {
    await this.tap('checkbox', this.t.welcome.domains.body);
    await this.tap('button', this.t.welcome.next);
    await this.tap('radio', habit);
    await this.tap('button', this.t.welcome.keepIt);
    await this.tap('button', this.t.habit.tick(habit, this.t.habit.open));
    await this.tab.see('button', this.t.habit.tick(habit, this.t.habit.done));
  }

  /** The same with a habit in one's own words, and no tick. */
  async ownHabit(name) {
    await this.tap('button', this.t.welcome.next);
    await this.type(this.t.welcome.habitName, name);
    await this.tap('button', this.t.welcome.keepIt);
    await this.tab.see('heading', this.t.welcome.tickTitle);
  }

  /** The words on the screen. */
  async readPhrase() {
    const words = await this.tab.items(this.t.phrase.label);
    return words.map((word) => word.replace(/[^a-z]/g, '')).join(' ');
  }

  /** Everything up to Today, without ado; the phrase. */
  async begin(way = 'passphrase') {
    await this.makeVault(way);
    await this.firstHabit();
    await this.tap('button', this.t.welcome.toPhrase);
    const phrase = await this.readPhrase();
    await this.tap('button', this.t.phrase.later);
    await this.tab.see('heading', this.t.today.habits);
    return phrase;
  }

  /** From the first page of another browser into the vault of `phrase`. */
  async join(phrase, way = 'passphrase') {
    await this.tap('button', this.t.welcome.join);
    await this.typePhrase(phrase, way);
    await this.tab.see('heading', this.t.today.habits);
  }
  async typePhrase(phrase, way = 'passphrase') {
    await this.type(this.t.welcome.phrase, phrase);
    await this.choose(way);
    await this.tap('button', this.t.welcome.joinButton);
  }

  /** Asks to be let in by another device; the code to be typed there. */
  async askIn(way = 'passphrase') {
    await this.tap('button', this.t.pair.choose);
    await this.choose(way);
    await this.tap('button', this.t.pair.show);
    return this.shownCode();
  }
  async shownCode() {
    await this.tab.see('heading', this.t.pair.codeTitle);
    return until('a code is shown', async () => /[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{2}/.exec(await this.tab.text())?.[0]);
  }
  /** The six digits on the screen. */
  async digits() {
    await this.tab.see('heading', this.t.pair.compareTitle);
    return until('digits are shown', async () => /\d{3} \d{3}/.exec(await this.tab.text())?.[0]);
  }
  async openDevices() {
    await this.go('settings');
    await this.tap('link', begins(this.t.settings.devices));
    await this.tab.see('heading', this.t.devices.title);
  }
  /** Types the code that a new device shows; the six digits. */
  async meet(code) {
    await this.openDevices();
    await this.tap('link', this.t.addDevice.title);
    await this.typeCode(code);
    return this.digits();
  }
  async typeCode(code) {
    await this.type(this.t.addDevice.code, code);
    await this.tap('button', this.t.welcome.next);
  }
  /** Says that the digits are the same, and unlocks anew. */
  async admit() {
    await this.tap('button', this.t.pair.same);
    await this.type(this.t.unlock.passphrase, this.passphrase);
    await this.tap('button', this.t.addDevice.add);
    await this.tab.see('heading', this.t.addDevice.doneTitle);
  }
  /** What the one other device is called in the list. */
  anotherDevice() {
    const name = new RegExp(`${this.t.devices.id} [0-9a-f]{8}`);
    return until('the other device is listed', async () => name.exec(await this.tab.text())?.[0]);
  }
  async removeDevice(name) {
    await this.tap('button', this.t.revoke.removeOne(name));
    await this.tap('button', this.t.revoke.confirm);
  }

  async openPhrase() {
    await this.go('settings');
    await this.tap('link', begins(this.t.settings.phrase));
    await this.tab.see('heading', this.t.phrase.title);
  }
  /** The places of the words that the screen asks for. */
  async asked() {
    const shown = await this.tab.text();
    return Array.from({ length: 24 }, (_, n) => n).filter((n) => new RegExp(`^${this.t.phrase.word(n + 1)}$`, 'm').test(shown));
  }
  /** Types the words that the screen asks for, each as `word` gives it. */
  async answer(word) {
    for (const place of await this.asked()) await this.type(this.t.phrase.word(place + 1), word(place));
    await this.tap('button', this.t.phrase.verify);
  }
  /** Shows that the words are on paper. */
  async checkPhrase(phrase) {
    await this.tap('button', this.t.phrase.check);
    await this.tab.see('heading', this.t.phrase.checkTitle);
    await this.answer((place) => phrase.split(' ')[place]);
  }
  /** The same, all the way from the settings. */
  async provePhrase(phrase) {
    await this.openPhrase();
    await this.tap('button', this.t.phrase.show);
    await this.checkPhrase(phrase);
    await this.tap('button', this.t.phrase.done);
  }

  async unlock() {
    await this.tab.see('heading', this.t.unlock.title);
    await this.type(this.t.unlock.passphrase, this.passphrase);
    await this.tap('button', this.t.unlock.unlock);
    await this.tab.lose('heading', this.t.unlock.title);
  }
  async lock() {
    await this.go('settings');
    await this.tap('button', this.t.settings.lockNow);
    await this.tab.see('heading', this.t.unlock.title);
  }

  /** By the tabs at the bottom; to a list of records by way of Life. */
  async go(place) {
    if (place === 'habits' || place === 'tasks') {
      await this.tap('link', this.t.nav.life);
      await this.tap('link', begins(this.t.nav[place]));
    } else {
      await this.tap('link', this.t.nav[place]);
    }
    if (place !== 'today') await this.tab.see('heading', this.t.nav[place]);
  }

  /** To a page by its address, the part behind `#`. */
  async open(address) {
    await this.tab.evaluate((address) => (location.hash = address), address);
  }
  /** Fills in the form of a new record: labels to texts. It ends on the page of the record. */
  async addRecord(type, texts) {
    const words = this.t.life.kinds[type];
    await this.open(`#/life/${type}/new`);
    await this.tab.see('heading', words.add);
    for (const [label, text] of Object.entries(texts)) await this.type(label, text);
    await this.tap('button', this.t.common.add);
    await this.tab.lose('heading', words.add);
  }

  async addTask(title) {
    await this.tap('button', this.t.nav.add);
    await this.type(this.t.quick.what, title);
    await this.tap('button', this.t.quick.add);
    await this.tab.lose('heading', this.t.quick.title);
  }
  /** The same without a hand on the glass. */
  async addTaskByKeys(title) {
    await this.tab.key('n');
    await this.tab.see('heading', this.t.quick.title);
    await this.tab.keys(title);
    await this.tab.key('Enter');
    await this.tab.lose('heading', this.t.quick.title);
  }
  /** Opens search and types. */
  async search(text) {
    await this.tap('button', this.t.find.open);
    await this.type(this.t.find.ask, text);
  }
  async tick(title) {
    await this.tap('button', this.t.task.tick(title, false));
    await this.tab.see('button', this.t.task.tick(title, true));
  }
  async seeTask(title, done = false) {
    await this.tab.see('button', this.t.task.tick(title, done));
  }
  async seeHabit(name, done = false) {
    await this.tab.see('button', this.t.habit.tick(name, done ? this.t.habit.done : this.t.habit.open));
  }

  async openFiles() {
    await this.go('settings');
    await this.tap('link', begins(this.t.setup.files.row));
    await this.tab.see('heading', this.t.setup.files.title);
  }
  /** The text of the exported file. */
  async export() {
    const { save, json } = this.t.setup.files;
    await this.openFiles();
    const file = await this.tab.saved(() => this.tap('button', `${save}: ${json}`));
    await this.go('today');
    return file;
  }
  /** Imports a file; what it counted beforehand is taken as it is. */
  async import(path) {
    const { write } = this.t.setup.files;
    await this.openFiles();
    await this.tab.page.setInputFiles('input[type=file]', path);
    const words = begins(write(2).split('2')[0]);
    await this.tap('button', words);
    await this.tab.lose('button', words);
  }

  async untilSynced() {
    await this.tab.see('link', this.t.sync.synced);
  }
  async untilOffline() {
    await this.tab.see('link', begins(this.t.sync.offline(0)));
  }

  /** Until the service worker has what it needs to open the app without a network. */
  async untilInstalled() {
    await until('the app is kept for offline', () =>
      this.tab.evaluate(() => navigator.serviceWorker.getRegistration().then((found) => found?.active?.state === 'activated')),
    );
  }
}
