// A second browser joins by the phrase, and the same vault opens on the command line.
import assert from 'node:assert/strict';
import test from 'node:test';
import { HABIT } from '../lib/person.mjs';
import { DATABASES, Stage } from '../lib/stage.mjs';
import { t } from '../lib/words.mjs';

/** Words with a good checksum that belong to nobody's vault. */
const STRANGER = `${'abandon '.repeat(23)}art`;

for (const database of DATABASES) {
  test(`a second browser joins by phrase and the same vault opens in lifeos; each sees what the others write (${database})`, async (it) => {
    const stage = await Stage.for(it, { database });
    const ada = await stage.person();
    const phrase = await ada.begin();
    await ada.addTask('From the phone');
    await ada.untilSynced();

    const tablet = await stage.person({ passphrase: 'another one for here' });
    await tablet.join(phrase);
    await tablet.seeHabit(HABIT, true);
    await tablet.seeTask('From the phone');
    await tablet.addTask('From the tablet');
    await ada.seeTask('From the tablet');

    const desk = await stage.home(phrase);
    await desk.lifeos('add', 'task', 'title=From the desk', 'due=2020-01-02');
    await desk.lifeos('sync');
    for (const person of [ada, tablet]) await person.seeTask('From the desk');
    const titles = (await desk.records('task')).map(({ fields }) => fields.title).sort();
    assert.deepEqual(titles, ['From the desk', 'From the phone', 'From the tablet']);
    assert.deepEqual((await desk.records('habit')).map(({ fields }) => fields.name), [HABIT]);
    await desk.lifeos('verify');

    // Each browser has a passphrase of its own.
    await tablet.tab.reload();
    await tablet.unlock();
    await tablet.seeTask('From the phone');
  });
}

test('a phrase that is misspelt or of no vault is refused, and nothing is left in the browser', async (it) => {
  const stage = await Stage.for(it);
  const ada = await stage.person();
  const phrase = await ada.begin();
  await ada.untilSynced();

  const other = await stage.person();
  await other.tap('button', t.welcome.join);
  const misspelt = phrase.split(' ').with(0, 'xylophones').join(' ');
  await other.typePhrase(misspelt);
  await other.tab.read(t.errors.invalid_phrase);
  await other.typePhrase(STRANGER);
  await other.tab.read(t.errors.wrong_phrase);
  assert.equal(await other.tab.evaluate(async () => (await indexedDB.databases()).length), 0, 'a refused phrase left a store');
  // The right one is still taken.
  await other.typePhrase(phrase);
  await other.seeHabit(HABIT, true);
});
