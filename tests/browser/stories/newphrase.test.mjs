// Other words for the recovery phrase; and the words alone, when nothing else is left.
import assert from 'node:assert/strict';
import test from 'node:test';
import { HABIT } from '../lib/person.mjs';
import { DATABASES, Stage } from '../lib/stage.mjs';
import { t } from '../lib/words.mjs';

async function openByPhrase(person, phrase) {
  await person.tap('button', t.unlock.usePhrase);
  await person.type(t.unlock.phraseTitle, phrase);
  await person.tap('button', t.unlock.unlock);
}

test('new words take the place of the old ones once they were checked, here and on other devices; the old ones open nothing', async (it) => {
  const stage = await Stage.for(it);
  const ada = await stage.person();
  const old = await ada.begin();
  await ada.untilSynced();
  const tablet = await stage.person();
  await tablet.join(old);
  await tablet.untilSynced();

  await ada.openPhrase();
  await ada.tap('link', t.newPhrase.open);
  await ada.tap('button', t.newPhrase.show);
  const words = await ada.readPhrase();
  assert.notEqual(words, old);
  await ada.tap('button', t.newPhrase.cancel);
  await ada.tab.see('heading', t.phrase.title);
  await ada.tap('link', t.newPhrase.open);
  await ada.tap('button', t.newPhrase.show);
  const fresh = await ada.readPhrase();
  assert.notEqual(fresh, words, 'words that were put aside came back');
  await ada.checkPhrase(fresh);
  await ada.tab.read(t.newPhrase.right);
  await ada.tap('button', t.phrase.done);
  await ada.addTask('After the change');
  await tablet.seeTask('After the change');

  const stranger = await stage.person();
  await stranger.tap('button', t.welcome.join);
  await stranger.typePhrase(old);
  await stranger.tab.read(t.errors.wrong_phrase);
  await stranger.typePhrase(fresh);
  await stranger.seeTask('After the change');

  for (const person of [ada, tablet]) {
    it.diagnostic(person === ada ? 'the one that changed them' : 'the other one');
    await person.untilSynced();
    await person.lock();
    await openByPhrase(person, old);
    await person.tab.read(t.errors.wrong_phrase);
    await person.type(t.unlock.phraseTitle, fresh);
    await person.tap('button', t.unlock.unlock);
    await person.tab.see('heading', t.wayIn.offer);
  }
});

test('without the relay the old words stay in force, and the screen says so', async (it) => {
  const stage = await Stage.for(it);
  const ada = await stage.person();
  const old = await ada.begin();
  await ada.untilSynced();
  await ada.provePhrase(old);
  await ada.openPhrase();
  await ada.tap('link', t.newPhrase.open);
  await ada.tap('button', t.newPhrase.show);
  await stage.relay.network.be('refuse');
  await ada.untilOffline();
  await ada.checkPhrase(await ada.readPhrase());
  await ada.tab.read(t.errors.offline);
  await stage.relay.network.be('open');
  await ada.untilSynced();
  const tablet = await stage.person();
  await tablet.join(old);
  await tablet.seeHabit(HABIT, true);
});

for (const database of DATABASES) {
  test(`the phrase alone brings everything back to an empty browser, byte for byte (${database})`, async (it) => {
    const stage = await Stage.for(it, { database });
    const ada = await stage.person();
    const phrase = await ada.begin();
    for (const title of ['One', 'Two', 'Three']) await ada.addTask(title);
    await ada.tick('Two');
    await ada.provePhrase(phrase);
    await ada.untilSynced();
    const before = await ada.export();
    await ada.tab.close();

    const again = await stage.person();
    await again.join(phrase);
    await again.untilSynced();
    assert.equal(await again.export(), before);
  });
}
