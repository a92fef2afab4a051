// Forgetting a device: the browser keeps nothing of the vault or the app, and the vault lives on elsewhere.
import assert from 'node:assert/strict';
import test from 'node:test';
import { HABIT } from '../lib/person.mjs';
import { Stage } from '../lib/stage.mjs';
import { kept } from '../lib/storage.mjs';
import { begins } from '../lib/names.mjs';
import { t } from '../lib/words.mjs';

const NOTHING = { databases: [], caches: [], workers: 0, local: [], session: [], cookies: 0 };

test('forget this device leaves no storage behind, and the phrase brings everything back', async (it) => {
  const stage = await Stage.for(it);
  const ada = await stage.person();
  const phrase = await ada.begin();
  await ada.untilSynced();
  await ada.untilInstalled();
  const before = await kept(ada.tab);
  assert.ok(before.databases.length > 0 && before.caches.length > 0 && before.workers > 0, 'the look at the storage sees nothing');

  await ada.go('settings');
  await ada.tap('button', begins(t.settings.forget));
  await ada.tap('button', t.forget.confirm);
  await ada.tab.see('button', t.welcome.begin);
  assert.deepEqual(await kept(ada.tab), NOTHING);

  await ada.tab.reload();
  await ada.join(phrase);
  await ada.seeHabit(HABIT, true);
});

test('a locked device can be forgotten without opening it', async (it) => {
  const stage = await Stage.for(it);
  const ada = await stage.person();
  await ada.begin();
  await ada.untilSynced();
  await ada.lock();
  await ada.tap('button', t.unlock.usePhrase);
  await ada.tap('button', t.unlock.forget);
  await ada.tap('button', t.forget.confirm);
  await ada.tab.see('button', t.welcome.begin);
  assert.deepEqual(await kept(ada.tab), NOTHING);
});
