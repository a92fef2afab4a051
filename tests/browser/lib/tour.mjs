// A walk through every screen, sheet and step of the app, in the person's own language; `visit` is told at each.
import { fillDisk, loseConnections, removeStore } from './faults.mjs';
import { begins } from './names.mjs';
import { lifePages, ownField, records } from './tourlife.mjs';

async function onboarding(person, visit) {
  const { tab, t } = person;
  await tab.see('button', t.welcome.begin);
  await visit('welcome');
  await person.tap('button', t.welcome.join);
  await tab.see('heading', t.welcome.joinTitle);
  await visit('join');
  await person.typePhrase('not a phrase');
  await tab.read(t.errors.invalid_phrase);
  await visit('join, refused');
  await person.tap('button', t.pair.choose);
  await tab.see('heading', t.pair.title);
  await visit('let in by another device');
  await person.tap('button', t.common.back);
  await person.tap('button', t.welcome.begin);
  await tab.see('heading', t.welcome.youTitle);
  await visit('new vault, passkey');
  await person.tap('button', t.welcome.create);
  await tab.read(t.common.fieldNeeded);
  await visit('new vault, without a name');
  await person.type(t.welcome.name, person.name);
  await person.choose('passphrase');
  await visit('new vault, passphrase');
  await person.tap('button', t.welcome.create);
  await tab.see('heading', t.welcome.domainsTitle);
  await visit('domains');
  await person.tap('checkbox', t.welcome.domains.body);
  await person.tap('button', t.welcome.next);
  await tab.see('heading', t.welcome.habitTitle);
  await visit('first habit');
  await person.tap('radio', t.welcome.ideas.body[0]);
  await person.tap('button', t.welcome.keepIt);
  await tab.see('heading', t.welcome.tickTitle);
  await visit('first mark');
  await person.tap('button', t.welcome.toPhrase);
  await tab.see('list', t.phrase.label);
  await visit('phrase');
  const phrase = await person.readPhrase();
  await person.tap('button', t.phrase.check);
  await tab.see('heading', t.phrase.checkTitle);
  await visit('phrase, check');
  await person.tap('button', t.phrase.verify);
  await visit('phrase, wrong');
  await person.tap('button', t.phrase.look);
  await person.tap('button', t.phrase.later);
  await tab.see('heading', t.today.habits);
  return phrase;
}

async function sheets(person, visit) {
  const { tab, t } = person;
  await person.tap('button', t.nav.add);
  await tab.see('heading', t.quick.title);
  await visit('quick add');
  await person.tap('button', t.quick.add);
  await visit('quick add, empty');
  await person.tap('button', t.common.close);
  await person.addTask('Call the landlord');
  await visit('today, with a toast');
  const habit = tab.of('button', t.habit.tick(t.welcome.ideas.body[0], t.habit.open));
  await habit.click({ button: 'right' });
  await tab.see('heading', t.welcome.ideas.body[0]);
  await visit('a habit\'s sheet');
  await person.tap('button', t.habit.logDone);
  await tab.key('?');
  await tab.see('heading', t.keys.title);
  await visit('shortcuts');
  await person.tap('button', t.common.close);
  await person.tap('button', t.find.open);
  await tab.see('option', t.nav.today);
  await visit('search');
  await person.type(t.find.ask, 'land');
  await tab.see('option', begins('Call the landlord'));
  await visit('search, found');
  await person.type(t.find.ask, 'nowhere');
  await tab.read(t.find.nothing('nowhere'));
  await visit('search, nothing found');
  await person.tap('button', t.common.close);
  await person.go('settings');
  await person.tap('button', begins(t.settings.forget));
  await tab.see('heading', t.forget.title);
  await visit('forget');
  await person.tap('button', t.forget.keep);
}

/** Two devices: one lets the other in and removes it again. */
async function together(person, other, visit) {
  const { tab, t } = person;
  const code = await other.askIn();
  await visit('pairing, the code', other);
  await person.openDevices();
  await person.tap('link', t.addDevice.title);
  await tab.see('heading', t.addDevice.title);
  await person.typeCode('no code');
  await tab.read(t.errors.invalid_code);
  await visit('pairing, no code');
  await person.typeCode(code);
  await person.digits();
  await visit('pairing, old device compares');
  await other.digits();
  await visit('pairing, new device compares', other);
  await other.tap('button', t.pair.same);
  await other.tab.see('heading', t.pair.waitTitle);
  await visit('pairing, new device waits', other);
  await person.tap('button', t.pair.differ);
  await tab.see('heading', t.addDevice.refusedTitle);
  await visit('pairing, refused');
  await other.tab.see('heading', t.pair.ends.refused.title);
  await visit('pairing, told of the refusal', other);
  await other.tap('button', t.pair.again);
  await person.tap('button', t.addDevice.another);
  await person.typeCode(await other.shownCode());
  await person.digits();
  await other.digits();
  await other.tap('button', t.pair.same);
  await person.tap('button', t.pair.same);
  await tab.see('heading', t.addDevice.unlockTitle);
  await visit('pairing, unlock anew');
  await person.type(t.unlock.passphrase, person.passphrase);
  await person.tap('button', t.addDevice.add);
  await tab.see('heading', t.addDevice.doneTitle);
  await visit('pairing, done');
  await other.tab.see('heading', t.today.habits);

  await person.openDevices();
  const name = await person.anotherDevice();
  await visit('devices, two');
  await person.tap('button', t.revoke.removeOne(name));
  await tab.see('button', t.revoke.confirm);
  await visit('devices, remove?');
  await person.tap('button', t.revoke.confirm);
  await tab.read(t.revoke.gone(1));
  await visit('devices, one removed');
  await other.tab.see('heading', t.removed.title);
  await visit('removed', other);
}

/** Other words for the phrase, and the account deleted and kept. */
async function changes(person, phrase, visit) {
  const { tab, t } = person;
  await person.provePhrase(phrase);
  await person.openPhrase();
  await visit('phrase, checked');
  await person.tap('link', t.newPhrase.open);
  await tab.see('button', t.newPhrase.show);
  await person.tap('button', t.newPhrase.show);
  await tab.see('list', t.phrase.label);
  await visit('new phrase');
  await tab.evaluate(() => (location.hash = '#/relay/move'));
  await tab.see('button', t.move.move);
  await visit('move, ready');
  await tab.evaluate(() => (location.hash = '#/account'));
  await person.tap('button', t.deletion.title);
  await tab.see('button', t.deletion.confirm);
  await visit('delete?');
  await person.type(t.deletion.type(t.deletion.word), t.deletion.word);
  await person.tap('button', t.deletion.confirm);
  await tab.see('heading', t.deletion.underWay);
  await visit('deletion under way');
  await person.tap('button', t.deletion.takeBack);
  await tab.see('button', t.account.byDevice);
}

/** Pages by their addresses, with what shows that they are there. */
const pages = (t) => [
  ['habits', t.habit.list],
  ['habits/new', t.habit.add],
  ['habits/trash', t.habit.trash],
  ['tasks', t.task.list],
  ['tasks/new', t.task.add],
  ['tasks/trash', t.task.trash],
  ['tasks/00000000-0000-4000-8000-000000000000', t.common.gone],
  ['settings', t.settings.title],
  ['recent', t.recent.title],
  ['settings/fields', t.setup.fields.title],
  ['alarms', t.alarms.title],
  ['devices', t.devices.title],
  ['devices/add', t.addDevice.title],
  ['relay', t.relay.title],
  ['relay/move', t.move.title],
  ['storage', t.storage.title],
  ['phrase', t.phrase.title],
  ['phrase/new', t.newPhrase.title],
  ['way-in', t.wayIn.title],
  ['account', t.account.title],
];

async function everyPage(person, visit) {
  const { tab, t } = person;
  const go = (path) => tab.evaluate((path) => (location.hash = `#/${path}`), path);
  for (const [path, heading] of [...pages(t), ...lifePages(t)]) {
    await go(path);
    await tab.see('heading', heading);
    await visit(path);
  }
  for (const [view, name] of Object.entries(t.plan.views)) {
    await go(`plan/${view}`);
    await tab.see('link', name);
    await visit(`plan, ${view}`);
  }
  await person.tap('button', t.plan.addEvent);
  await tab.see('heading', t.plan.addEvent);
  await visit('plan, a new event');
  await person.tap('button', t.common.close);
  await go('tasks/nonsense');
  await tab.read(t.errors.invalid_id);
  await visit('an address that leads nowhere');
  await go('sync');
  await tab.see('button', t.sync.tryNow);
  await visit('sync');
  for (const [list, name, heading] of [
    ['habits', t.welcome.ideas.body[0], t.habit.edit],
    ['tasks', 'Call the landlord', t.task.edit],
  ]) {
    await go(list);
    await person.tap('link', begins(name));
    await tab.see('heading', name);
    await visit(`${list}, a record`);
    await person.tap('link', t.common.edit);
    await tab.see('heading', heading);
    await visit(`${list}, edit`);
    await go(list);
    await person.tap('link', begins(name));
    await person.tap('link', t.common.history);
    await tab.see('heading', t.history.title);
    await visit(`${list}, history`);
  }
}

async function covers(person, visit) {
  const { tab, t } = person;
  await person.lock();
  await visit('locked');
  await person.type(t.unlock.passphrase, 'not this one at all');
  await person.tap('button', t.unlock.unlock);
  await tab.read(t.errors.wrong_passphrase);
  await visit('locked, refused');
  await person.tap('button', t.unlock.usePhrase);
  await tab.see('heading', t.unlock.phraseTitle);
  await visit('locked, by phrase');
  await person.tap('button', t.unlock.useOther);
  await person.unlock();
}

async function troubles(person, visit, url) {
  const { tab, t } = person;
  await person.go('today');
  await fillDisk(tab);
  await person.addTaskByKeys('No room');
  await tab.see('heading', t.problem.quotaTitle);
  await visit('storage full');
  await person.tap('button', t.common.again);
  await person.unlock();
  await loseConnections(tab);
  await person.addTaskByKeys('No connection').catch(() => undefined);
  await tab.see('heading', t.problem.closedTitle);
  await visit('storage closed');
  await removeStore(tab, url);
  await tab.see('heading', t.problem.evictedTitle);
  await visit('storage gone');
}

/** The whole walk; `other` is at the first page of another browser. `visit` is told whose screen it is. */
export async function tour(person, other, url, visiting) {
  const visit = (screen, who = person) => visiting(screen, who.tab);
  const phrase = await onboarding(person, visit);
  await visit('today');
  await sheets(person, visit);
  await everyPage(person, visit);
  await records(person, visit);
  await ownField(person, visit);
  await covers(person, visit);
  await together(person, other, visit);
  await changes(person, phrase, visit);
  await troubles(person, visit, url);
}
