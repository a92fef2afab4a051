// A new version is put on the relay while a page is open: the old page keeps what it was made of, says that there is a
// new one, and changes only when it is told to.
import assert from 'node:assert/strict';
import { renameSync } from 'node:fs';
import test from 'node:test';
import { makeNextVersion, versionOf } from '../lib/nextversion.mjs';
import { Stage } from '../lib/stage.mjs';
import { until } from '../lib/wait.mjs';
import { arabic, t } from '../lib/words.mjs';

test('a new version offers itself; until then the open page works with its own assets, and then the new one is loaded', async (it) => {
  const stage = await Stage.for(it, { ownApp: true });
  const ada = await stage.person();
  await ada.begin();
  await ada.untilInstalled();
  // From the second visit on, a page comes from what the browser keeps.
  await ada.tab.reload();
  await ada.unlock();

  const next = stage.copyOfApp('next');
  const old = makeNextVersion(next);
  renameSync(`${stage.folder}/app`, `${stage.folder}/old`);
  renameSync(next, `${stage.folder}/app`);
  for (const name of old) {
    const answer = await fetch(`${stage.relay.url}/assets/${name}`);
    assert.equal(answer.status, 404, `the old ${name} is still served`);
  }
  // Another page of the app is opened, and the browser looks for news.
  const other = await stage.personIn(ada.tab.page.context());
  await ada.tab.read(t.update.ready);
  await other.tab.close();

  // The Arabic words are a file that this page has not loaded yet, and the relay has it no longer.
  await ada.go('settings');
  await ada.tap('radio', 'العربية');
  await ada.tab.see('heading', arabic.settings.title);
  await ada.tap('radio', 'English');
  await ada.go('today');
  await ada.addTask('In the old version');
  await ada.untilSynced();
  await ada.tab.reload();
  await ada.unlock();
  await ada.seeTask('In the old version');
  assert.equal(await versionOf(ada.tab), null, 'nobody asked for the new version');

  await ada.tab.read(t.update.ready);
  await ada.tap('button', t.update.apply);
  await until('the new version is loaded', async () => (await versionOf(ada.tab).catch(() => null)) === 'next');
  await ada.unlock();
  await ada.seeTask('In the old version');
  await ada.addTask('In the new version');
  await ada.untilSynced();
});
