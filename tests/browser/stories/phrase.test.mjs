// The words on paper: shown until they were checked, forgotten then, and the way in when the other way is lost.
import assert from 'node:assert/strict';
import test from 'node:test';
import { HABIT } from '../lib/person.mjs';
import { Stage } from '../lib/stage.mjs';
import { t } from '../lib/words.mjs';

test('the words can be shown again over a lock and a reload, until two of them were typed; then nobody can show them', async (it) => {
  const stage = await Stage.for(it);
  const ada = await stage.person();
  const phrase = await ada.begin();
  await ada.tab.reload();
  await ada.unlock();
  await ada.openPhrase();
  await ada.tap('button', t.phrase.show);
  assert.equal(await ada.readPhrase(), phrase);
  await ada.tap('button', t.phrase.check);
  assert.equal((await ada.asked()).length, 2);
  await ada.answer(() => 'zebra');
  await ada.tab.read(t.phrase.wrong);
  await ada.answer((place) => phrase.split(' ')[place]);
  await ada.tab.read(t.phrase.right);
  await ada.tap('button', t.phrase.done);

  await ada.tab.reload();
  await ada.unlock();
  await ada.openPhrase();
  await ada.tab.read(t.phrase.forgotten);
  assert.ok(!(await ada.tab.sees('button', t.phrase.show)), 'the words can still be asked for');
});

test('whoever lost the passkey comes in with the phrase, chooses a passphrase, and that opens from then on', async (it) => {
  const stage = await Stage.for(it);
  const ada = await stage.person({ prf: true });
  const phrase = await ada.begin('passkey');
  await ada.untilSynced();
  await ada.tab.reload();
  await ada.tap('button', t.unlock.usePhrase);
  await ada.tab.see('heading', t.unlock.phraseTitle);
  await ada.type(t.unlock.phraseTitle, `${'abandon '.repeat(23)}art`);
  await ada.tap('button', t.unlock.unlock);
  await ada.tab.read(t.errors.wrong_phrase);
  await ada.type(t.unlock.phraseTitle, phrase);
  await ada.tap('button', t.unlock.unlock);
  await ada.tab.see('heading', t.wayIn.offer);
  await ada.choose('passphrase');
  await ada.tap('button', t.wayIn.change);
  await ada.tab.see('heading', t.today.habits);

  await ada.tab.reload();
  await ada.unlock();
  await ada.seeHabit(HABIT, true);
  await ada.untilSynced();
  await ada.tab.reload();
  await ada.tap('button', t.unlock.usePhrase);
  await ada.type(t.unlock.phraseTitle, phrase);
  await ada.tap('button', t.unlock.unlock);
  await ada.tab.see('heading', t.wayIn.offer);
});
