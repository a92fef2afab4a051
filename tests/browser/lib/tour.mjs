// A walk through every screen, sheet and step of the app, in the person's own language; `visit` is told at each.
import { fillDisk, loseConnections, removeStore } from './faults.mjs';
import { begins } from './names.mjs';

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
  await person.go('settings');
  await person.tap('button', begins(t.settings.forget));
  await tab.see('heading', t.forget.title);
  await visit('forget');
  await person.tap('button', t.forget.keep);
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
  ['devices', t.devices.title],
  ['relay', t.relay.title],
  ['storage', t.storage.title],
  ['phrase', t.phrase.title],
  ['way-in', t.wayIn.title],
  ['account', t.account.title],
];

async function everyPage(person, visit) {
  const { tab, t } = person;
  const go = (path) => tab.evaluate((path) => (location.hash = `#/${path}`), path);
  for (const [path, heading] of pages(t)) {
    await go(path);
    await tab.see('heading', heading);
    await visit(path);
  }
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

/** The whole walk. */
export async function tour(person, url, visit) {
  await onboarding(person, visit);
  await visit('today');
  await sheets(person, visit);
  await everyPage(person, visit);
  await covers(person, visit);
  await troubles(person, visit, url);
}
