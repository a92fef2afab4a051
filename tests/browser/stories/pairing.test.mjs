// Another device lets a new one in: a code, six digits that two eyes compare, and the way in once more.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { launchSeeing, newProfile } from '../lib/chromium.mjs';
import { HABIT } from '../lib/person.mjs';
import { load } from '../lib/programs.mjs';
import { DATABASES, Stage } from '../lib/stage.mjs';
import { until } from '../lib/wait.mjs';
import { t } from '../lib/words.mjs';

const { default: decodeQR } = load('qr/decode.js');

/** Pixels a module of a drawn code. */
const SCALE = 8;

/** The code on a screen as a square of grey values. */
async function drawn(tab) {
  const path = await until('the code is drawn', () => tab.evaluate(() => document.querySelector('.qr .dark')?.getAttribute('d')));
  const side = (await tab.evaluate(() => document.querySelector('.qr').viewBox.baseVal.width)) * SCALE;
  const grey = new Uint8Array(side * side).fill(255);
  for (const [, x, y] of path.matchAll(/M(\d+) (\d+)h1v1h-1z/g)) {
    for (let row = 0; row < SCALE; row += 1) {
      const from = (Number(y) * SCALE + row) * side + Number(x) * SCALE;
      grey.fill(0, from, from + SCALE);
    }
  }
  return { side, grey };
}

/** What a camera reads off the screen. */
async function scanned(tab) {
  const { side, grey } = await drawn(tab);
  return decodeQR({ width: side, height: side, data: rgba(grey) });
}
const rgba = (grey) => Uint8Array.from({ length: grey.length * 4 }, (_, at) => (at % 4 === 3 ? 255 : grey[at >> 2]));

/** A film of one picture: the code in the middle of a white wall. */
function film({ side, grey }) {
  const [width, height] = [640, 480];
  const wall = Buffer.alloc(width * height, 235);
  for (let y = 0; y < side; y += 1) {
    const to = ((height - side) / 2 + y) * width + (width - side) / 2;
    for (let x = 0; x < side; x += 1) wall[to + x] = grey[y * side + x] === 0 ? 16 : 235;
  }
  const colourless = Buffer.alloc((width * height) / 2, 128);
  return Buffer.concat([Buffer.from(`YUV4MPEG2 W${width} H${height} F5:1 Ip A1:1 C420jpeg\nFRAME\n`), wall, colourless]);
}

for (const database of DATABASES) {
  test(`a second browser is let in by its code, and each sees what the other writes (${database})`, async (it) => {
    const stage = await Stage.for(it, { database });
    const ada = await stage.person();
    await ada.begin();
    await ada.addTask('From the phone');
    await ada.untilSynced();
    await ada.tab.read(t.today.phraseNow);

    const tablet = await stage.person({ passphrase: 'another one for here' });
    const code = await tablet.askIn();
    assert.equal(await scanned(tablet.tab), code);
    const digits = await ada.meet(code.toLowerCase().replaceAll('-', ' '));
    assert.equal(await tablet.digits(), digits);
    await tablet.tap('button', t.pair.same);
    await tablet.tab.see('heading', t.pair.waitTitle);
    assert.ok(!(await tablet.tab.sees('heading', t.today.habits)), 'it came in before the other device had answered');

    await ada.tap('button', t.pair.same);
    await ada.type(t.unlock.passphrase, 'not the passphrase at all');
    await ada.tap('button', t.addDevice.add);
    await ada.tab.read(t.errors.wrong_passphrase);
    assert.ok(!(await tablet.tab.sees('heading', t.today.habits)), 'it came in without the unlock');
    await ada.type(t.unlock.passphrase, ada.passphrase);
    await ada.tap('button', t.addDevice.add);
    await ada.tab.see('heading', t.addDevice.doneTitle);

    await tablet.seeHabit(HABIT, true);
    await tablet.seeTask('From the phone');
    await tablet.addTask('From the tablet');
    await ada.go('today');
    await ada.seeTask('From the tablet');
    // Two devices are two ways in.
    assert.ok(!(await ada.tab.text()).includes(t.today.phraseNow), 'the warning stands with two ways in');
    await tablet.tab.reload();
    await tablet.unlock();
    await tablet.seeTask('From the phone');
  });
}

test('a passkey that opens the vault adds a device, and a new one makes its own', async (it) => {
  const stage = await Stage.for(it);
  const ada = await stage.person({ prf: true });
  await ada.begin('passkey');
  await ada.untilSynced();
  const tablet = await stage.person({ prf: true });
  const digits = await ada.meet(await tablet.askIn('passkey'));
  assert.equal(await tablet.digits(), digits);
  await tablet.tap('button', t.pair.same);
  await ada.tap('button', t.pair.same);
  await ada.tap('button', t.addDevice.addByPasskey);
  await ada.tab.see('heading', t.addDevice.doneTitle);
  await tablet.seeHabit(HABIT, true);
  await tablet.lock();
  await tablet.tap('button', t.unlock.passkey);
  await tablet.go('today');
  await tablet.seeHabit(HABIT, true);
});

test('when the digits are said to differ nothing is added, both say so, and after three times the vault has to be unlocked anew', async (it) => {
  const stage = await Stage.for(it);
  const ada = await stage.person();
  await ada.begin();
  await ada.untilSynced();
  const tablet = await stage.person();
  let code = await tablet.askIn();
  await ada.meet(code);
  for (let time = 1; time <= 3; time += 1) {
    await tablet.digits();
    await ada.tap('button', t.pair.differ);
    if (time === 3) break;
    await ada.tab.see('heading', t.addDevice.refusedTitle);
    await tablet.tab.see('heading', t.pair.ends.refused.title);
    await tablet.tap('button', t.pair.again);
    const next = await tablet.shownCode();
    assert.notEqual(next, code, 'a code was shown twice');
    code = next;
    await ada.tap('button', t.addDevice.another);
    await ada.typeCode(code);
    await ada.digits();
  }
  await ada.tab.read(t.errors.pairing_stopped);
  await tablet.tab.read(t.pair.stopped);
  assert.equal(await tablet.tab.evaluate(async () => (await indexedDB.databases()).length), 0, 'a refused device left a store');

  await tablet.tap('button', t.pair.show);
  code = await tablet.shownCode();
  await ada.openDevices();
  assert.ok(!(await ada.tab.sees('button', t.revoke.gone(1))) && !(await ada.tab.text()).includes(t.devices.another), 'a device was added');
  await ada.tap('link', t.addDevice.title);
  await ada.typeCode(code);
  await ada.tab.read(t.errors.pairing_stopped);
  await ada.lock();
  await ada.unlock();
  const digits = await ada.meet(code);
  assert.equal(await tablet.digits(), digits);
  await tablet.tap('button', t.pair.same);
  await ada.admit();
  await tablet.seeHabit(HABIT, true);
});

test('either side can say no or go away at every step, and what is typed is looked at', async (it) => {
  const stage = await Stage.for(it);
  const ada = await stage.person();
  await ada.begin();
  await ada.untilSynced();
  await ada.openDevices();
  await ada.tap('link', t.addDevice.title);
  await ada.typeCode('no code');
  await ada.tab.read(t.errors.invalid_code);
  await ada.typeCode('7KQ2-M9XD-4T');
  await ada.tab.read(t.errors.pairing_over);

  const tablet = await stage.person();
  const code = await tablet.askIn();
  await tablet.tap('button', t.common.cancel);
  await tablet.tab.see('button', t.pair.show);
  await ada.typeCode(code);
  await ada.tab.see('heading', t.addDevice.meeting);
  await ada.tap('button', t.common.cancel);
  await ada.tab.see('heading', t.addDevice.title);

  await tablet.tap('button', t.pair.show);
  await ada.typeCode(await tablet.shownCode());
  await ada.digits();
  await tablet.digits();
  await tablet.tap('button', t.pair.differ);
  await tablet.tab.see('heading', t.pair.ends.differ.title);
  await ada.tap('button', t.pair.same);
  await ada.tap('button', t.common.cancel);
  await ada.tab.see('heading', t.addDevice.title);
  await ada.openDevices();
  assert.ok(!(await ada.tab.text()).includes(t.devices.another), 'a device was added');
});

test('the camera of the old device reads the code off the new one', async (it) => {
  const stage = await Stage.for(it);
  const seen = join(stage.folder, 'seen.y4m');
  const browser = await launchSeeing(seen);
  stage.after(() => browser.close());
  const ada = await stage.personIn(await newProfile(browser));
  await ada.begin();
  await ada.untilSynced();
  const tablet = await stage.person();
  await tablet.askIn();
  writeFileSync(seen, film(await drawn(tablet.tab)));
  await ada.openDevices();
  await ada.tap('link', t.addDevice.title);
  await ada.tap('button', t.addDevice.scan);
  assert.equal(await ada.digits(), await tablet.digits());
  await tablet.tap('button', t.pair.same);
  await ada.admit();
  await tablet.seeHabit(HABIT, true);
});

test('a desktop is let in by the browser, and lets a browser in', async (it) => {
  const stage = await Stage.for(it);
  const ada = await stage.person();
  await ada.begin();
  await ada.addTask('From the phone');
  await ada.untilSynced();
  const desk = stage.emptyHome();
  const pairing = desk.talk('pair', '--relay', stage.relay.url, '--name', 'Desk');
  const digits = await ada.meet(await pairing.told('code'));
  assert.equal(await pairing.told('check'), digits);
  pairing.say('y');
  await ada.admit();
  assert.deepEqual((await pairing.end()).code, 0);
  const titles = (await desk.records('task')).map(({ fields }) => fields.title);
  assert.deepEqual(titles, ['From the phone']);

  const tablet = await stage.person();
  const approving = desk.talk('approve', await tablet.askIn());
  assert.equal(await tablet.digits(), await approving.told('check'));
  await tablet.tap('button', t.pair.same);
  approving.say('y');
  assert.equal((await approving.end()).code, 0);
  await tablet.seeTask('From the phone');

  // A desktop that says no adds nobody, and the browser is told.
  const another = await stage.person();
  const refusing = desk.talk('approve', await another.askIn());
  assert.equal(await another.digits(), await refusing.told('check'));
  refusing.say('n');
  assert.notEqual((await refusing.end()).code, 0);
  await another.tab.see('heading', t.pair.ends.refused.title);
});
