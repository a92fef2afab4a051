// From nothing to the first ticked habit, with a passkey and without.
import assert from 'node:assert/strict';
import test from 'node:test';
import { HABIT } from '../lib/person.mjs';
import { DATABASES, Stage } from '../lib/stage.mjs';
import { sent } from '../lib/traffic.mjs';
import { t } from '../lib/words.mjs';

const MOST_TAPS = 12;
const MOST_FIELDS = 3;

/** Keeps every PRF output that the page is given, for the search of the traffic. */
async function keepPrf(tab) {
  await tab.page.addInitScript(() => {
    globalThis.prf = [];
    const keep = (made) => {
      const first = made?.getClientExtensionResults().prf?.results?.first;
      if (first) globalThis.prf.push(Array.from(new Uint8Array(first)));
      return made;
    };
    const { get, create } = navigator.credentials;
    navigator.credentials.get = (options) => get.call(navigator.credentials, options).then(keep);
    navigator.credentials.create = (options) => create.call(navigator.credentials, options).then(keep);
  });
  await tab.reload();
}

/** The ways in which bytes are written down. */
function forms(bytes) {
  const base64 = bytes.toString('base64').replace(/=+$/, '');
  const list = Array.from(bytes).join(',');
  return [bytes, base64, bytes.toString('base64url'), bytes.toString('hex'), bytes.toString('hex').toUpperCase(), list];
}

for (const database of DATABASES) {
  test(`a vault with a passkey takes at most ${MOST_TAPS} taps and ${MOST_FIELDS} fields to the first ticked habit (${database})`, async (it) => {
    const stage = await Stage.for(it, { database });
    const ada = await stage.person({ prf: true });
    await keepPrf(ada.tab);
    await ada.makeVault('passkey');
    await ada.firstHabit();
    it.diagnostic(`${ada.taps} taps, ${ada.fields} fields`);
    assert.ok(ada.taps <= MOST_TAPS, `${ada.taps} taps`);
    assert.ok(ada.fields <= MOST_FIELDS, `${ada.fields} fields`);

    await ada.tap('button', t.welcome.toPhrase);
    const phrase = await ada.readPhrase();
    assert.equal(phrase.split(' ').length, 24);
    await ada.tap('button', t.phrase.later);
    await ada.seeHabit(HABIT, true);
    await ada.untilSynced();
    await ada.lock();
    await ada.tap('button', t.unlock.passkey);
    await ada.go('today');
    await ada.seeHabit(HABIT, true);

    const prf = (await ada.tab.evaluate(() => globalThis.prf)).map((bytes) => Buffer.from(bytes));
    assert.ok(prf.length >= 2, 'the authenticator was asked to make and to unlock');
    const seen = sent(stage.relay.network);
    assert.ok(seen.includes('POST /api/v1/tickets') && /upgrade: websocket/i.test(seen.toString('latin1')), 'nothing was recorded');
    for (const form of prf.flatMap(forms)) assert.ok(!seen.includes(form), 'the PRF output left the page');
    for (let word = 0; word + 3 <= 24; word += 1) {
      assert.ok(!seen.includes(phrase.split(' ').slice(word, word + 3).join(' ')), 'words of the phrase left the page');
    }
    // The search would have found them.
    await ada.tab.evaluate((words) => fetch('api/v1/challenges', { method: 'POST', body: words }), `${phrase} ${prf[0].toString('base64')}`);
    const after = sent(stage.relay.network);
    assert.ok(after.includes(phrase) && after.includes(prf[0].toString('base64')), 'the search finds nothing at all');
  });
}

test('where a passkey keeps no key, a passphrase is asked for and nothing is made before', async (it) => {
  const stage = await Stage.for(it);
  const ada = await stage.person({ prf: false });
  await ada.tap('button', t.welcome.begin);
  await ada.type(t.welcome.name, ada.name);
  await ada.tap('button', t.welcome.create);
  await ada.tab.read(t.errors.passkey_without_prf);
  assert.equal(await ada.tab.evaluate(async () => (await indexedDB.databases()).length), 0, 'something was made');
  await ada.type(t.welcome.passphrase, ada.passphrase);
  await ada.tap('button', t.welcome.create);
  await ada.tab.see('heading', t.welcome.domainsTitle);
  await ada.firstHabit();
  await ada.tab.reload();
  await ada.unlock();
  await ada.seeHabit(HABIT, true);
});
