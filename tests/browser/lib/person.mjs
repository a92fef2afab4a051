// A person at a tab, of whatever engine: what they do is done through the screens, and counted as taps and typed fields.
import { begins } from './names.mjs';
import { until } from './wait.mjs';
import { t } from './words.mjs';

export const PASSPHRASE = 'lantern gravel sonnet orbit';
export const HABIT = t.welcome.ideas.body[0];

export class Person {
  taps = 0;
  fields = 0;
  constructor(tab, { name = 'Ada', passphrase = PASSPHRASE } = {}) {
    this.tab = tab;
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
    await this.tap('button', t.welcome.begin);
    await this.type(t.welcome.name, this.name);
    await this.choose(way);
    await this.tap('button', t.welcome.create);
    await this.tab.see('heading', t.welcome.domainsTitle);
  }

  async choose(way) {
    if (way === 'passkey') {
      // The browser's own dialogue; here an authenticator answers it.
      this.taps += 1;
      return;
    }
    if (await this.tab.sees('radio', t.welcome.passphrase)) await this.tap('radio', t.welcome.passphrase);
    await this.type(t.welcome.passphrase, this.passphrase);
  }

  /** What matters, one habit, its first mark. */
  async firstHabit(habit = HABIT) {
    await this.tap('checkbox', t.welcome.domains.body);
    await this.tap('button', t.welcome.next);
    await this.tap('radio', habit);
    await this.tap('button', t.welcome.keepIt);
    await this.tap('button', t.habit.tick(habit, t.habit.open));
    await this.tab.see('button', t.habit.tick(habit, t.habit.done));
  }

  /** The words on the screen. */
  async readPhrase() {
    const words = await this.tab.items(t.phrase.label);
    return words.map((word) => word.replace(/[^a-z]/g, '')).join(' ');
  }

  /** Everything up to Today, without ado; the phrase. */
  async begin(way = 'passphrase') {
    await this.makeVault(way);
    await this.firstHabit();
    await this.tap('button', t.welcome.toPhrase);
    const phrase = await this.readPhrase();
    await this.tap('button', t.phrase.later);
    await this.tab.see('heading', t.today.habits);
    return phrase;
  }

  /** From the first page of another browser into the vault of `phrase`. */
  async join(phrase, way = 'passphrase') {
    await this.tap('button', t.welcome.join);
    await this.typePhrase(phrase, way);
    await this.tab.see('heading', t.today.habits);
  }
  async typePhrase(phrase, way = 'passphrase') {
    await this.type(t.welcome.phrase, phrase);
    await this.choose(way);
    await this.tap('button', t.welcome.joinButton);
  }

  async unlock() {
    await this.tab.see('heading', t.unlock.title);
    await this.type(t.unlock.passphrase, this.passphrase);
    await this.tap('button', t.unlock.unlock);
    await this.tab.lose('heading', t.unlock.title);
  }
  async lock() {
    await this.go('settings');
    await this.tap('button', t.settings.lockNow);
    await this.tab.see('heading', t.unlock.title);
  }

  /** By the tabs at the bottom. */
  async go(place) {
    await this.tap('link', t.nav[place]);
    if (place !== 'today') await this.tab.see('heading', t.nav[place]);
  }

  async addTask(title) {
    await this.tap('button', t.nav.add);
    await this.type(t.quick.what, title);
    if (!(await this.isChosen(t.quick.task))) await this.tap('radio', t.quick.task);
    await this.tap('button', t.quick.add);
    await this.tab.lose('heading', t.quick.title);
  }
  /** The same without a hand on the glass. */
  async addTaskByKeys(title) {
    await this.tab.key('n');
    await this.tab.see('heading', t.quick.title);
    await this.tab.keys(title);
    await this.tab.key('Enter');
    await this.tab.lose('heading', t.quick.title);
  }
  isChosen(label) {
    return this.tab.isChecked(label);
  }
  async tick(title) {
    await this.tap('button', t.task.tick(title, false));
    await this.tab.see('button', t.task.tick(title, true));
  }
  async seeTask(title, done = false) {
    await this.tab.see('button', t.task.tick(title, done));
  }
  async seeHabit(name, done = false) {
    await this.tab.see('button', t.habit.tick(name, done ? t.habit.done : t.habit.open));
  }

  /** The text of the exported file. */
  async export() {
    await this.go('settings');
    await this.tap('link', t.settings.storage);
    const file = await this.tab.saved(() => this.tap('button', begins(t.storage.export)));
    await this.go('today');
    return file;
  }

  async untilSynced() {
    await this.tab.see('link', t.sync.synced);
  }
  async untilOffline() {
    await this.tab.see('link', begins(t.sync.offline(0)));
  }

  /** Until the service worker has what it needs to open the app without a network. */
  async untilInstalled() {
    await until('the app is kept for offline', () =>
      this.tab.evaluate(() => navigator.serviceWorker.getRegistration().then((found) => found?.active?.state === 'activated')),
    );
  }
}
