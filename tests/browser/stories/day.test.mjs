// A day in it: a line understood, one of each record, a routine, the calendar, files out and in, and a reminder that is shown
// while the vault is locked.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { begins } from '../lib/names.mjs';
import { notices } from '../lib/notices.mjs';
import { Stage } from '../lib/stage.mjs';
import { until } from '../lib/wait.mjs';
import { arabic, t } from '../lib/words.mjs';

const fields = t.life.fields;

test('one of each record is made, found, shown on its day, and leaves for an empty vault as it is', async (it) => {
  const stage = await Stage.for(it);
  const ada = await stage.person();
  await ada.begin();

  await ada.addTask('call Mum today 18:00 !2 #family');
  await ada.tab.read('call Mum');
  await ada.addRecord('goal', { [fields.title]: 'Read more books' });
  await ada.tab.see('heading', 'Read more books');
  await ada.addRecord('project', { [fields.title]: 'Paint the shed' });
  await ada.addRecord('identity', { [fields['identity.title']]: 'Patience' });
  await ada.addRecord('event', { [fields.title]: 'Lunch with Tomas' });
  await ada.addRecord('journal', { [fields.text]: 'A quiet day by the river' });
  await ada.open('#/templates');
  await ada.tap('button', begins(t.setup.sets.add));
  await ada.go('today');
  await ada.tab.see('heading', t.day.agenda);

  await ada.open('#/plan');
  await ada.tab.read('Lunch with Tomas');
  await ada.tab.read('call Mum');
  for (const [words, found] of [['shed', 'Paint the shed'], ['quiet river', 'A quiet day by the river'], ['patien', 'Patience']]) {
    await ada.search(words);
    await until(`${found} is found`, async () => (await ada.tab.text()).replace(/\s+/g, ' ').includes(found));
    await ada.tab.key('Escape');
  }

  const before = JSON.parse(await ada.export());
  const kinds = new Set(before.records.map(({ type }) => type));
  for (const type of ['habit', 'task', 'goal', 'project', 'identity', 'event', 'journal']) assert.ok(kinds.has(type), `${type} is missing`);

  const bob = await stage.person({ name: 'Bob' });
  await bob.makeVault('passphrase');
  await bob.firstHabit();
  await bob.tap('button', t.welcome.toPhrase);
  await bob.tap('button', t.phrase.later);
  const file = join(stage.dir('files'), 'life.json');
  writeFileSync(file, JSON.stringify(before));
  const had = JSON.parse(await bob.export());
  await bob.import(file);
  const after = JSON.parse(await bob.export());
  const byId = (all) => new Map(all.records.map((record) => [record.id, record]));
  const there = byId(after);
  for (const record of before.records.filter(({ type }) => type !== 'profile' && type !== 'settings')) {
    assert.deepEqual(there.get(record.id), record, `${record.type} came otherwise`);
  }
  // One step takes all of it back.
  await bob.tab.key('u');
  await until('the import is taken back', async () => {
    const now = byId(JSON.parse(await bob.export()));
    return had.records.every(({ id }) => now.get(id)?.deleted !== true) && [...now.values()].filter(({ deleted }) => !deleted).length <= had.records.length + 1;
  });
});

test('a push is shown though nothing is unlocked, and one that cannot be read is shown without words', async (it) => {
  const stage = await Stage.for(it);
  const ada = await stage.person();
  await ada.begin();
  await ada.untilInstalled();
  await ada.tab.page.context().grantPermissions(['notifications']);
  // The notice speaks the language of the app, not that of the browser.
  await ada.go('settings');
  await ada.tap('radio', 'العربية');
  ada.t = arabic;
  await ada.lock();
  const screen = await notices(ada.tab, stage.relay.url);
  await screen.push(JSON.stringify({ v: 1, title: 'Pray', body: '', record: 'habit/abc/2026-11-21', tag: 'habit/abc', expires: Date.now() + 60_000 }));
  await screen.push('not what a device writes');
  const seen = await screen.shown();
  assert.equal(seen.length, 2);
  assert.deepEqual(seen.find(({ tag }) => tag === 'habit/abc'), { title: 'Pray', tag: 'habit/abc', data: { record: 'habit/abc/2026-11-21' }, offers: [arabic.habit.logDone] });
  assert.equal(seen.find(({ tag }) => tag !== 'habit/abc').title, 'Life OS');
});
