// Nothing that a person writes can be read by whoever has the locked device, its disk, the network or the relay. Unlikely
// words are typed into every field, and then looked for everywhere.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Canaries } from '../lib/canary.mjs';
import { addAuthenticator, launchOn, newTab } from '../lib/chromium.mjs';
import { begins } from '../lib/names.mjs';
import { Person } from '../lib/person.mjs';
import { keepPrf, prfOf } from '../lib/prf.mjs';
import { Stage } from '../lib/stage.mjs';
import { contents } from '../lib/storage.mjs';
import { received, sent } from '../lib/traffic.mjs';
import { t } from '../lib/words.mjs';

/** Types a canary wherever something can be typed, and looks at the pages that show it. */
async function writeEverywhere(ada, canaries) {
  const { tab } = ada;
  await ada.addTask(canaries.word('a task by quick add'));
  await ada.tap('button', t.nav.add);
  const title = canaries.word('a title that becomes a form');
  await ada.type(t.quick.what, title);
  await ada.tap('link', t.quick.more);
  await tab.see('heading', t.task.add);
  await ada.type(t.task.notes, canaries.word('notes'));
  await ada.tap('button', t.common.add);
  await tab.lose('heading', t.task.add);
  await ada.tap('link', begins(title));
  await ada.tap('link', t.common.history);
  await tab.see('heading', t.history.title);

  await ada.go('habits');
  await ada.tap('link', t.habit.add);
  await ada.type(t.habit.name, canaries.word('a habit'));
  await ada.tap('radio', t.habit.measured);
  await ada.type(t.habit.target, '7');
  await ada.type(t.habit.unit, canaries.word('a unit'));
  await ada.tap('button', t.common.add);
  await tab.lose('heading', t.habit.add);

  await ada.go('settings');
  await ada.tap('link', begins(t.settings.devices));
  await ada.type(t.devices.name, canaries.word('the name of the device'));
  await ada.tap('button', t.common.save);
  await tab.read(t.settings.saved);
}

for (const way of ['passkey', 'passphrase']) {
  test(`with a ${way}, nothing that was written is readable in the locked browser, on its disk, or on the wire`, async (it) => {
    const stage = await Stage.for(it);
    const profile = stage.dir('profile');
    const context = await launchOn(profile);
    stage.after(() => context.close());
    const canaries = new Canaries();
    const tab = await newTab(context);
    stage.watch(tab);
    if (way === 'passkey') {
      await addAuthenticator(tab, { prf: true });
      await keepPrf(tab);
    }
    await tab.open(stage.relay.url);
    const passphrase = canaries.text('the passphrase', `${canaries.word('a word of the passphrase')} of four words`);
    const ada = new Person(tab, { name: canaries.word('the name of the person'), passphrase });
    await ada.makeVault(way);
    await ada.ownHabit(canaries.word('the first habit'));
    await ada.tap('button', t.welcome.toPhrase);
    const phrase = await ada.readPhrase();
    canaries.phrase(phrase);
    await ada.tap('button', t.phrase.later);
    await writeEverywhere(ada, canaries);
    await ada.go('today');
    await ada.untilSynced();
    if (way === 'passkey') (await prfOf(tab)).forEach((bytes, n) => canaries.bytes(`PRF output ${n + 1}`, bytes));
    await ada.untilInstalled();
    await ada.lock();

    const kept = await contents(tab);
    assert.ok(kept.length > 1_000_000, `only ${kept.length} bytes were looked at`);
    assert.deepEqual(canaries.in(kept), [], 'readable in the locked browser');
    const { network } = stage.relay;
    const [up, down] = [sent(network), received(network)];
    assert.ok(up.length > 10_000 && down.length > 1_000_000, 'nothing was recorded');
    assert.ok(!/\r\ncontent-encoding:/i.test(down.toString('latin1')), 'answers were compressed, and not looked into');
    assert.deepEqual([canaries.in(up), canaries.in(down)], [[], []], 'readable on the wire');
    await context.close();
    assert.deepEqual(canaries.onDisk(profile), [], 'readable in the files of the profile');
    it.diagnostic(`${kept.length} bytes kept, ${up.length} sent and ${down.length} received were searched, and the profile's files`);
  });
}

test('the search for canaries finds what is planted: in storage, in the traffic of both directions, on the disk', async (it) => {
  const stage = await Stage.for(it);
  const profile = stage.dir('profile');
  const context = await launchOn(profile);
  stage.after(() => context.close());
  const tab = await newTab(context);
  const places = ['local storage', 'session storage', 'IndexedDB', 'caches', 'cookies'];
  const planted = new Canaries();
  const words = Object.fromEntries(places.map((place) => [place, planted.word(place)]));
  const wire = new Canaries();
  const way = wire.word('a path that is not there');
  await tab.open(`${stage.relay.url}/healthz`);
  await tab.evaluate(async (word) => {
    localStorage.setItem('planted', word['local storage']);
    sessionStorage.setItem('planted', word['session storage']);
    document.cookie = `planted=${word.cookies}; max-age=3600`;
    await (await caches.open('planted')).put('planted', new Response(word.caches));
    await new Promise((done, fail) => {
      const request = indexedDB.open('planted');
      request.onupgradeneeded = () => request.result.createObjectStore('planted').put(new TextEncoder().encode(word.IndexedDB), 'key');
      request.onsuccess = () => done(request.result.close());
      request.onerror = () => fail(request.error);
    });
  }, words);
  assert.deepEqual(planted.in(await contents(tab)).sort(), [...places].sort());
  await tab.evaluate((path) => fetch(path), way);
  assert.equal(wire.in(sent(stage.relay.network)).length, 1, 'not found in what was sent');
  const served = new Canaries();
  served.text('a served text', 'Life OS keeps your records on this device');
  await tab.open(stage.relay.url);
  await tab.see('button', t.welcome.begin);
  assert.equal(served.in(received(stage.relay.network)).length, 1, 'not found in what was received');
  await context.close();
  const found = new Set(planted.onDisk(profile).map((line) => line.split(':')[0]));
  for (const place of ['local storage', 'IndexedDB', 'caches']) assert.ok(found.has(place), `${place} not found on the disk`);
});
