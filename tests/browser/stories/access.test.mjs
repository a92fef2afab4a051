// Everybody can use it: every screen in light, dark and Arabic, on a narrow phone, and by keyboard alone.
import assert from 'node:assert/strict';
import test from 'node:test';
import { barriers, overflow } from '../lib/accessible.mjs';
import { look } from '../lib/look.mjs';
import { begins, spoken } from '../lib/names.mjs';
import { HABIT } from '../lib/person.mjs';
import { Stage } from '../lib/stage.mjs';
import { tour } from '../lib/tour.mjs';
import { arabic, t } from '../lib/words.mjs';

const LOOKS = [
  ['light', t, { colorScheme: 'light' }],
  ['dark', t, { colorScheme: 'dark' }],
  ['Arabic', arabic, { colorScheme: 'light', locale: 'ar' }],
];
const MOST_TABS = 80;

for (const [name, words, options] of LOOKS) {
  test(`no screen, sheet or step has a serious barrier, or scrolls sideways at 320 px (${name})`, async (it) => {
    const stage = await Stage.for(it);
    const person = await stage.person({ prf: true, words, options });
    const other = await stage.person({ words, options });
    const found = [];
    let seen = 0;
    await tour(person, other, stage.relay.url, async (screen, tab) => {
      seen += 1;
      for (const line of await barriers(tab)) found.push(`${screen}: ${line}`);
      for (const line of await overflow(tab)) found.push(`${screen}: too wide: ${line}`);
    });
    it.diagnostic(`${seen} screens`);
    assert.deepEqual(found, []);
  });
}

test('the search for barriers and for what is too wide finds what is planted', async (it) => {
  const stage = await Stage.for(it);
  const { tab } = await stage.person();
  await tab.see('button', t.welcome.begin);
  await tab.evaluate(() => {
    const planted = document.createElement('div');
    planted.innerHTML = '<img src="icon.svg"><p>pale</p>';
    Object.assign(planted.style, { width: '500px', color: '#777', background: '#888' });
    document.querySelector('main').append(planted);
  });
  const found = (await barriers(tab)).join('\n');
  assert.match(found, /image-alt/);
  assert.match(found, /color-contrast/);
  assert.match((await overflow(tab)).join('\n'), /px wide/);
});

/** Goes on with Tab until what is looked for has the focus, and the focus can be seen. */
async function tabTo(tab, role, name) {
  const passed = [];
  for (let n = 0; n < MOST_TABS; n += 1) {
    const here = await tab.evaluate(look, { what: 'focused' });
    if (here.role === role && (name.begins ? here.name.startsWith(name.begins) : here.name === name)) {
      assert.ok(here.visible, `the focus on ${here.name} cannot be seen`);
      return;
    }
    passed.push(here.name.slice(0, 20));
    await tab.key('Tab');
  }
  throw new Error(`no ${role} "${spoken(name)}" by Tab; passed ${passed.join(' | ')}`);
}

test('the whole journey goes by keyboard alone: begin, add a habit, tick it, add a task, lock, unlock', async (it) => {
  const stage = await Stage.for(it);
  const { tab, passphrase } = await stage.person();
  const enter = async (role, name) => {
    await tabTo(tab, role, name);
    await tab.key(role === 'radio' || role === 'checkbox' ? 'Space' : 'Enter');
  };
  const write = async (label, text) => {
    await tabTo(tab, 'textbox', label);
    await tab.keys(text);
  };
  await tab.see('button', t.welcome.begin);
  await enter('button', t.welcome.begin);
  await tab.see('heading', t.welcome.youTitle);
  await write(t.welcome.name, 'Ada');
  await write(t.welcome.passphrase, passphrase);
  await tab.key('Enter');
  await tab.see('heading', t.welcome.domainsTitle);
  await enter('checkbox', t.welcome.domains.body);
  await enter('button', t.welcome.next);
  await tab.see('heading', t.welcome.habitTitle);
  await enter('radio', HABIT);
  await enter('button', t.welcome.keepIt);
  await tab.see('heading', t.welcome.tickTitle);
  await enter('button', t.habit.tick(HABIT, t.habit.open));
  await tab.see('button', t.habit.tick(HABIT, t.habit.done));
  await enter('button', t.welcome.toPhrase);
  await tab.see('list', t.phrase.label);
  await enter('button', t.phrase.later);
  await tab.see('heading', t.today.habits);

  await tab.key('g');
  await tab.key('h');
  await tab.see('heading', t.habit.list);
  await enter('link', t.habit.add);
  await tab.see('heading', t.habit.add);
  await write(t.habit.name, 'Stretch');
  await tab.key('Enter');
  await tab.see('heading', 'Stretch');
  await tab.key('g');
  await tab.key('t');
  await tab.see('heading', t.today.habits);
  await enter('button', t.habit.tick('Stretch', t.habit.open));
  await tab.see('button', t.habit.tick('Stretch', t.habit.done));
  await tab.key('n');
  await tab.see('heading', t.quick.title);
  await tab.keys('Call Mum');
  await tab.key('Enter');
  await tab.see('button', t.task.tick('Call Mum', false));
  await tab.key('Shift+L');
  await tab.see('heading', t.unlock.title);
  await write(t.unlock.passphrase, passphrase);
  await tab.key('Enter');
  await tab.see('button', t.task.tick('Call Mum', false));
  // What was kept before is folded to a line.
  await enter('button', begins(t.today.folded(2)));
  await tab.see('button', t.habit.tick('Stretch', t.habit.done));
});
