// To another relay: it is asked first, given everything, and the old one is needed no more.
import assert from 'node:assert/strict';
import test from 'node:test';
import { begins } from '../lib/names.mjs';
import { HABIT } from '../lib/person.mjs';
import { freePort } from '../lib/network.mjs';
import { Stage } from '../lib/stage.mjs';
import { t } from '../lib/words.mjs';

async function openMove(person) {
  await person.go('settings');
  await person.tap('link', begins(t.settings.relay));
  await person.tap('link', t.move.open);
}

test('the vault moves to an empty relay, which then has everything; the old one may end', async (it) => {
  const stage = await Stage.for(it);
  const next = await stage.anotherRelay(['--moved-from', stage.relay.url]);
  await stage.relay.kill();
  stage.relay.words = ['--moves-to', next.url];
  await stage.relay.start();
  const ada = await stage.person();
  const phrase = await ada.begin();
  await ada.addTask('Before the move');
  await ada.untilSynced();

  await openMove(ada);
  await ada.tab.read(t.move.first);
  await ada.tap('link', t.move.toPhrase);
  await ada.tap('button', t.phrase.show);
  await ada.checkPhrase(phrase);
  await ada.tap('button', t.phrase.done);
  await openMove(ada);
  await ada.type(t.move.address, next.url);
  await ada.tap('button', t.move.move);
  await ada.tab.see('heading', t.move.doneTitle);
  await stage.relay.kill();
  await ada.go('today');
  await ada.addTask('After the move');
  await ada.untilSynced();

  const desk = stage.emptyHome();
  await desk.join(next, phrase);
  const titles = (await desk.records('task')).map(({ fields }) => fields.title).sort();
  assert.deepEqual(titles, ['After the move', 'Before the move']);
  assert.equal((await desk.records('habit'))[0].fields.name, HABIT);
});

test('a new relay that does not answer, does not know this page or wants an invitation is told of, and the old one stays', async (it) => {
  const stage = await Stage.for(it);
  const next = await stage.anotherRelay();
  const nowhere = `http://localhost:${await freePort()}`;
  await stage.relay.kill();
  stage.relay.words = ['--moves-to', next.url, '--moves-to', nowhere];
  await stage.relay.start();
  const ada = await stage.person();
  const phrase = await ada.begin();
  await ada.provePhrase(phrase);
  await ada.untilSynced();
  await openMove(ada);
  const stays = async () => {
    await ada.go('today');
    await ada.untilSynced();
    await openMove(ada);
  };
  await ada.type(t.move.address, stage.relay.url);
  await ada.tap('button', t.move.move);
  await ada.tab.read(t.move.same);
  await ada.type(t.move.address, nowhere);
  await ada.tap('button', t.move.move);
  await ada.tab.read(`${t.move.unreachable} ${t.move.stays}`);
  await stays();
  await ada.type(t.move.address, next.url);
  await ada.tap('button', t.move.move);
  await ada.tab.read(`${t.move.unreachable} ${t.move.stays}`);
  await stays();

  await next.kill();
  next.words = ['--moved-from', stage.relay.url, '--registration', 'invite'];
  await next.start();
  await ada.type(t.move.address, next.url);
  await ada.tap('button', t.move.move);
  await ada.tab.read(`${t.errors.invite_required} ${t.move.stays}`);
  await stays();
});

test('an app that was installed before its relay named the new one is loaded anew, and moves then', async (it) => {
  const stage = await Stage.for(it);
  const next = await stage.anotherRelay(['--moved-from', stage.relay.url]);
  const ada = await stage.person();
  const phrase = await ada.begin();
  await ada.provePhrase(phrase);
  await ada.untilSynced();
  await ada.untilInstalled();
  const move = async () => {
    await openMove(ada);
    await ada.type(t.move.address, next.url);
    await ada.tap('button', t.move.move);
  };
  await move();
  await ada.tab.read(`${t.move.unreachable} ${t.move.stays}`);
  await stage.relay.kill();
  // The app stays openable while its relay is away.
  await ada.tap('button', t.move.renew);
  await ada.tab.read(t.errors.unreachable);
  stage.relay.words = ['--moves-to', next.url];
  await stage.relay.start();
  await ada.tap('button', t.move.renew);
  await ada.unlock();
  await move();
  await ada.tab.see('heading', t.move.doneTitle);
});
