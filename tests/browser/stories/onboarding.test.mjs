// From nothing to the first ticked habit, with a passkey and without.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Canaries } from '../lib/canary.mjs';
import { HABIT } from '../lib/person.mjs';
import { keepPrf, prfOf } from '../lib/prf.mjs';
import { DATABASES, Stage } from '../lib/stage.mjs';
import { sent } from '../lib/traffic.mjs';
import { t } from '../lib/words.mjs';

const MOST_TAPS = 12;
const MOST_FIELDS = 3;

for (const database of DATABASES) {
  test(`a vault with a passkey takes at most ${MOST_TAPS} taps and ${MOST_FIELDS} fields to the first ticked habit (${database})`, async (it) => {
    const stage = await Stage.for(it, { database });
    const ada = await stage.person({ prf: true });
    await keepPrf(ada.tab);
    await ada.tab.reload();
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

    const prf = await prfOf(ada.tab);
    assert.ok(prf.length >= 2, 'the authenticator was asked to make and to unlock');
    const canaries = new Canaries();
    prf.forEach((bytes, n) => canaries.bytes(`PRF output ${n + 1}`, bytes));
    canaries.phrase(phrase);
    const seen = sent(stage.relay.network);
    assert.ok(seen.includes('POST /api/v1/tickets') && /upgrade: websocket/i.test(seen.toString('latin1')), 'nothing was recorded');
    assert.deepEqual(canaries.in(seen), [], 'it left the page');
    // The search would have found them.
    const leak = (body) => ada.tab.evaluate((body) => fetch('api/v1/challenges', { method: 'POST', body }), body);
    await leak(phrase);
    for (const bytes of prf) await leak(bytes.toString('base64'));
    assert.equal(canaries.in(sent(stage.relay.network)).length, prf.length + 1, 'the search finds nothing at all');

    await ada.tab.reload();
    await ada.tap('button', t.unlock.passkey);
    await ada.seeHabit(HABIT, true);
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
