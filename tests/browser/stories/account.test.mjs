// The account at the relay: one passkey opens the vault and signs in, and what the relay keeps can be seen and tidied.
import assert from 'node:assert/strict';
import test from 'node:test';
import { barriers, overflow } from '../lib/accessible.mjs';
import { DATABASES, Stage } from '../lib/stage.mjs';
import { t } from '../lib/words.mjs';

async function openAccount(person) {
  await person.tab.evaluate(() => void (location.hash = '#/account'));
  await person.tab.see('heading', t.account.title);
}

for (const database of DATABASES) {
  test(`the passkey that a vault was made with signs in at the relay (${database})`, async (it) => {
    const stage = await Stage.for(it, { database });
    const ada = await stage.person({ prf: true });
    await ada.begin('passkey');
    await openAccount(ada);
    await ada.tap('button', t.account.byPasskey);
    await ada.tab.see('heading', t.account.sessions);
    await ada.tab.read(t.account.kinds.passkey);
    await ada.tab.see('button', t.account.rename(t.account.unnamed));

    await ada.tap('button', t.account.rename(t.account.unnamed));
    await ada.type(t.account.name, 'Kitchen');
    await ada.tap('button', t.common.save);
    await ada.tab.see('button', t.account.rename('Kitchen'));

    await ada.tap('button', t.account.add);
    await ada.tab.see('button', t.account.remove(t.account.unnamed));
    assert.deepEqual(await barriers(ada.tab), []);
    assert.deepEqual(await overflow(ada.tab), []);
    await ada.tap('button', t.account.remove('Kitchen'));
    await ada.tap('button', t.account.removeIt);
    // The session was begun by that passkey, so it has ended with it.
    await ada.tab.see('button', t.account.byDevice);
    await ada.tap('button', t.account.byDevice);
    await ada.tab.read(t.account.kinds.device);
    assert.equal(await ada.tab.sees('button', t.account.remove('Kitchen')), false);
    await ada.tap('button', t.account.signOut);
    await ada.tab.see('button', t.account.byDevice);
  });
}

test('a vault made while the relay is away has a passkey that only opens it, and adds another for the relay later', async (it) => {
  const stage = await Stage.for(it);
  const ada = await stage.person({ prf: true });
  await ada.tab.see('button', t.welcome.begin);
  // From here on the app comes from the browser.
  await ada.untilInstalled();
  await ada.tab.reload();
  await ada.tab.see('button', t.welcome.begin);
  await stage.relay.network.be('refuse');
  await ada.begin('passkey');
  await stage.relay.network.be('open');
  await ada.untilSynced();
  await openAccount(ada);
  await ada.tap('button', t.account.byDevice);
  await ada.tab.read(t.account.noPasskeys);
  await ada.tap('button', t.account.add);
  await ada.tab.see('button', t.account.remove(t.account.unnamed));
  await ada.lock();
  await ada.tap('button', t.unlock.passkey);
  await ada.go('today');
});
