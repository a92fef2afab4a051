// A device is removed by another: it is told, keeps what it has, and hears and says nothing more.
import assert from 'node:assert/strict';
import test from 'node:test';
import { HABIT } from '../lib/person.mjs';
import { DATABASES, Stage } from '../lib/stage.mjs';
import { kept } from '../lib/storage.mjs';
import { seconds } from '../lib/wait.mjs';
import { t } from '../lib/words.mjs';

/** Sockets of a removed device end within two seconds; the screen says so right after. */
const TOLD_S = 5;

/** Two browsers of one vault, and what the first calls the second. */
async function two(stage) {
  const ada = await stage.person();
  const phrase = await ada.begin();
  await ada.addTask('Before');
  await ada.untilSynced();
  const thief = await stage.person();
  await thief.join(phrase);
  await thief.seeTask('Before');
  await thief.untilSynced();
  await ada.openDevices();
  return { ada, thief, name: await ada.anotherDevice() };
}

for (const database of DATABASES) {
  test(`a removed browser is told within seconds, keeps what it has, and is cut off (${database})`, async (it) => {
    const stage = await Stage.for(it, { database });
    const { ada, thief, name } = await two(stage);
    await ada.removeDevice(name);
    const took = await seconds(() => thief.tab.see('heading', t.removed.title));
    it.diagnostic(`told after ${took.toFixed(1)} s`);
    assert.ok(took < TOLD_S, `told after ${took} s`);
    await ada.tab.read(t.revoke.gone(1));

    await ada.go('today');
    await ada.addTask('After');
    await ada.untilSynced();
    await thief.seeHabit(HABIT, true);
    await thief.seeTask('Before');
    await thief.tap('button', t.nav.add);
    await thief.type(t.quick.what, 'Written by a thief');
    await thief.tap('button', t.quick.add);
    await thief.tab.read(t.errors.revoked);
    await thief.tap('button', t.common.close);
    const copy = JSON.stringify(JSON.parse(await thief.export()));
    assert.ok(copy.includes('Before') && !copy.includes('After') && !copy.includes('Written by a thief'));

    // It is told again whenever it is opened, and never comes back.
    await thief.tab.reload();
    await thief.unlock();
    await thief.tab.see('heading', t.removed.title);
    assert.ok(!(await thief.tab.text()).includes('After'), 'something new has reached it');
    assert.ok(!(await ada.tab.text()).includes('Written by a thief'), 'something of it was taken in');

    await thief.tap('button', t.removed.erase);
    await thief.tap('button', t.forget.confirm);
    await thief.tab.see('button', t.welcome.begin);
    assert.deepEqual((await kept(thief.tab)).databases, []);
  });
}

test('a browser that was closed when it was removed is told when it opens again', async (it) => {
  const stage = await Stage.for(it);
  const { ada, thief, name } = await two(stage);
  await thief.lock();
  await ada.removeDevice(name);
  await ada.tab.read(t.revoke.gone(1));
  await thief.unlock();
  await thief.tab.see('heading', t.removed.title);
});

test('a browser that opens in the moment in which it is removed is told too', async (it) => {
  const stage = await Stage.for(it);
  const { ada, thief, name } = await two(stage);
  await thief.lock();
  // Whatever it does when it comes back may be what the relay answers with "removed".
  await Promise.all([ada.removeDevice(name), thief.unlock()]);
  const took = await seconds(() => thief.tab.see('heading', t.removed.title));
  it.diagnostic(`told after ${took.toFixed(1)} s`);
  assert.ok(took < TOLD_S, `told after ${took} s`);
});

test('removing needs the relay, says so when it is away, and has done nothing then', async (it) => {
  const stage = await Stage.for(it);
  const { ada, thief, name } = await two(stage);
  await stage.relay.network.be('refuse');
  await ada.untilOffline();
  await ada.removeDevice(name);
  await ada.tab.read(t.errors.offline);
  await stage.relay.network.be('open');
  await ada.untilSynced();
  await thief.untilSynced();
  await ada.tap('button', t.revoke.confirm);
  await thief.tab.see('heading', t.removed.title);
});
