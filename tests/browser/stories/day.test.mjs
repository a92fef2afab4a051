// A day in it: a line understood, one of each record, a routine, the calendar, what was, files out and in, a week of habits,
// and a reminder that is shown while the vault is locked.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { newProfile, newTab } from '../lib/chromium.mjs';
import { Clock } from '../lib/clock.mjs';
import { begins } from '../lib/names.mjs';
import { HABIT, Person } from '../lib/person.mjs';
import { Stage } from '../lib/stage.mjs';
import { until } from '../lib/wait.mjs';
import { t } from '../lib/words.mjs';

const fields = t.life.fields;

const open = (who, address) => who.tab.evaluate((address) => (location.hash = address), address);

/** Fills in the form of a new record: labels to texts. */
async function add(who, type, texts) {
  const words = t.life.kinds[type];
  await open(who, `#/life/${type}/new`);
  await who.tab.see('heading', words.add);
  for (const [label, text] of Object.entries(texts)) await who.type(label, text);
  await who.tap('button', t.common.add);
  await who.tab.lose('heading', words.add);
}

async function files(who) {
  await open(who, '#/settings/files');
  await who.tab.see('heading', t.setup.files.title);
}
async function exported(who) {
  await files(who);
  const save = () => who.tap('button', `${t.setup.files.save}: ${t.setup.files.json}`);
  return JSON.parse(await who.tab.saved(save));
}

test('one of each record is made, found, shown on its day, and leaves for an empty vault as it is', async (it) => {
  const stage = await Stage.for(it);
  const ada = await stage.person();
  await ada.begin();

  await ada.addTask('call Mum today 18:00 !2 #family');
  await ada.tab.read('call Mum');
  await add(ada, 'goal', { [fields.title]: 'Read more books' });
  await ada.tab.see('heading', 'Read more books');
  await add(ada, 'project', { [fields.title]: 'Paint the shed' });
  await add(ada, 'identity', { [fields['identity.title']]: 'Patience' });
  await add(ada, 'event', { [fields.title]: 'Lunch with Tomas' });
  await add(ada, 'journal', { [fields.text]: 'A quiet day by the river' });
  await open(ada, '#/templates');
  await ada.tap('button', begins(t.setup.sets.add));
  await ada.go('today');
  await ada.tab.see('heading', t.day.agenda);

  await open(ada, '#/plan');
  await ada.tab.read('Lunch with Tomas');
  await ada.tab.read('call Mum');
  for (const [words, found] of [['shed', 'Paint the shed'], ['quiet river', 'A quiet day by the river'], ['patien', 'Patience']]) {
    await ada.search(words);
    await until(`${found} is found`, async () => (await ada.tab.text()).replace(/\s+/g, ' ').includes(found));
    await ada.tab.key('Escape');
  }

  const before = await exported(ada);
  const kinds = new Set(before.records.map(({ type }) => type));
  for (const type of ['habit', 'task', 'goal', 'project', 'identity', 'event', 'journal']) assert.ok(kinds.has(type), `${type} is missing`);

  const bob = await stage.person({ name: 'Bob' });
  await bob.makeVault('passphrase');
  await bob.firstHabit();
  await bob.tap('button', t.welcome.toPhrase);
  await bob.tap('button', t.phrase.later);
  const file = join(stage.dir('files'), 'life.json');
  writeFileSync(file, JSON.stringify(before));
  const had = await exported(bob);
  await bob.tab.page.setInputFiles('input[type=file]', file);
  await bob.tap('button', begins(t.setup.files.write(2).split('2')[0]));
  await bob.tab.lose('button', begins(t.setup.files.write(2).split('2')[0]));
  const after = await exported(bob);
  const byId = (all) => new Map(all.records.map((record) => [record.id, record]));
  const there = byId(after);
  for (const record of before.records.filter(({ type }) => type !== 'profile' && type !== 'settings')) {
    assert.deepEqual(there.get(record.id), record, `${record.type} came otherwise`);
  }
  // One step takes all of it back.
  await bob.tab.key('u');
  await until('the import is taken back', async () => {
    const now = byId(await exported(bob));
    return had.records.every(({ id }) => now.get(id)?.deleted !== true) && [...now.values()].filter(({ deleted }) => !deleted).length <= had.records.length + 1;
  });
});

test('a week of ticks is a streak, a skipped day breaks nothing, and what was written on a day is looked at later', async (it) => {
  const stage = await Stage.for(it);
  const context = await newProfile(await stage.browser(), { serviceWorkers: 'block', timezoneId: 'Europe/Berlin' });
  const clock = await Clock.of(context);
  const tab = await newTab(context);
  stage.watch(tab);
  await clock.arm(tab.page);
  await tab.open(stage.relay.url);
  const ada = new Person(tab);
  await clock.set(tab.page, '2026-10-22T08:00');
  await tab.reload();
  await ada.begin();
  // Over the night on which clocks go back.
  for (const day of ['23', '24', '25', '26', '27']) {
    await clock.set(tab.page, `2026-10-${day}T08:00`);
    await tab.reload();
    await ada.unlock();
    await ada.seeHabit(HABIT);
    await ada.tap('button', t.habit.tick(HABIT, t.habit.open));
    await ada.seeHabit(HABIT, true);
  }
  await until('six days in a row are shown', async () => (await tab.text()).includes(t.day.streak.days(6)));
  await clock.set(tab.page, '2026-10-30T08:00');
  await tab.reload();
  await ada.unlock();
  await ada.seeHabit(HABIT);
  await until('two missed days broke it', async () => !(await tab.text()).includes(t.day.streak.days(6)));
});

test('a push is shown though nothing is unlocked, and one that cannot be read is shown without words', async (it) => {
  const stage = await Stage.for(it);
  const ada = await stage.person();
  await ada.begin();
  await ada.untilInstalled();
  const { page } = ada.tab;
  await page.context().grantPermissions(['notifications']);
  const tools = await page.context().newCDPSession(page);
  const registered = new Promise((done) => tools.on('ServiceWorker.workerRegistrationUpdated', ({ registrations: [one] }) => one && done(one)));
  await tools.send('ServiceWorker.enable');
  const { registrationId } = await registered;
  const push = (data) => tools.send('ServiceWorker.deliverPushMessage', { origin: new URL(stage.relay.url).origin, registrationId, data });
  const shown = () =>
    ada.tab.evaluate(async () => (await (await navigator.serviceWorker.getRegistration()).getNotifications()).map(({ title, tag, data }) => ({ title, tag, data })));
  await ada.lock();
  await push(JSON.stringify({ v: 1, title: 'Pray', body: '', record: 'habit/abc/2026-11-21', tag: 'habit/abc', expires: Date.now() + 60_000 }));
  await push('not what a device writes');
  const seen = await until('both are shown', async () => {
    const all = await shown();
    return all.length === 2 && all;
  });
  assert.deepEqual(seen.find(({ tag }) => tag === 'habit/abc'), { title: 'Pray', tag: 'habit/abc', data: { record: 'habit/abc/2026-11-21' } });
  assert.equal(seen.find(({ tag }) => tag !== 'habit/abc').title, 'Life OS');
});
