// The account is deleted at the relay, and kept again within the days in which that can be taken back.
import assert from 'node:assert/strict';
import test from 'node:test';
import { begins } from '../lib/names.mjs';
import { DATABASES, Stage } from '../lib/stage.mjs';
import { t } from '../lib/words.mjs';

async function openAccount(person) {
  await person.go('settings');
  await person.tap('link', begins(t.account.title));
}

for (const database of DATABASES) {
  test(`an account is deleted by a typed word, is served no more, and is kept again from any device (${database})`, async (it) => {
    const stage = await Stage.for(it, { database });
    const ada = await stage.person();
    const phrase = await ada.begin();
    await ada.addTask('Before');
    await ada.untilSynced();
    const tablet = await stage.person();
    await tablet.join(phrase);
    await tablet.untilSynced();

    await openAccount(ada);
    await ada.tap('button', t.deletion.title);
    await ada.type(t.deletion.type(t.deletion.word), 'yes');
    await ada.tap('button', t.deletion.confirm);
    await ada.tab.read(t.deletion.wrong(t.deletion.word));
    await ada.type(t.deletion.type(t.deletion.word), t.deletion.word);
    await ada.tap('button', t.deletion.confirm);
    await ada.tab.see('heading', t.deletion.underWay);
    const until = new Date(Date.now() + 7 * 86_400_000).toLocaleDateString('en-GB', { day: 'numeric', month: 'short' });
    assert.ok((await ada.tab.text()).includes(until), `not until ${until}`);

    // What is here stays, is written here, and goes nowhere.
    await ada.go('today');
    await ada.addTask('Meanwhile');
    await ada.seeTask('Before');
    await ada.tab.see('link', t.sync.problem);
    await tablet.tab.see('link', t.sync.problem);
    const stranger = await stage.person();
    await stranger.tap('button', t.welcome.join);
    await stranger.typePhrase(phrase);
    await stranger.tab.read(t.errors.account_deleted);

    await openAccount(tablet);
    await tablet.tab.see('heading', t.deletion.underWay);
    await tablet.tap('button', t.deletion.takeBack);
    await tablet.tab.see('button', t.account.byDevice);
    await tablet.untilSynced();
    await openAccount(ada);
    await ada.tap('button', t.deletion.takeBack);
    await ada.untilSynced();
    await tablet.go('today');
    await tablet.seeTask('Meanwhile');
  });
}
