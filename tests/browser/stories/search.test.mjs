// Search everywhere: what was written is found as it is typed, opened with a finger or by keys, in either direction of writing.
import assert from 'node:assert/strict';
import test from 'node:test';
import { bendAnswers } from '../lib/answers.mjs';
import { newProfile } from '../lib/chromium.mjs';
import { look } from '../lib/look.mjs';
import { begins } from '../lib/names.mjs';
import { HABIT } from '../lib/person.mjs';
import { Stage } from '../lib/stage.mjs';
import { until } from '../lib/wait.mjs';
import { arabic, t } from '../lib/words.mjs';

const DESK = { viewport: { width: 1280, height: 860 } };
const PAGE = 20;
const MANY = 45;

/** The names of the rows, as they are read, or of those that are marked as meant. */
const options = async (tab, chosen = {}) => {
  const texts = await tab.page.getByRole('option', chosen).allInnerTexts();
  return texts.map((text) => text.split('\n')[0]);
};
/** The row that the field says is meant. */
const meant = (tab) =>
  tab.evaluate(() => document.getElementById(document.activeElement.getAttribute('aria-activedescendant'))?.innerText.split('\n')[0]);
const marks = (tab, name) => tab.of('option', begins(name)).locator('mark').allInnerTexts();
const focused = (tab) => tab.evaluate(look, { what: 'focused' });

test('what was written is found by a beginning, misspelt, and in a note; the words are marked, and a tap opens it', async (it) => {
  const stage = await Stage.for(it);
  const ada = await stage.person();
  const { tab } = ada;
  const phrase = await ada.begin();
  await ada.addTask('Lease letter to the landlord');
  const desk = await stage.home(phrase);
  const [{ id }] = await desk.batch([['add', 'task', 'title=Renew passport', 'description=Two photographs, the old one', 'due=2001-02-03']]);
  const [habit] = await desk.records('habit');
  await desk.lifeos('log', habit.id, '--date', '2026-01-15', '--note', 'windy on the bridge');
  await desk.lifeos('sync');

  await ada.search('land');
  await tab.see('option', begins('Lease letter'));
  assert.deepEqual(await marks(tab, 'Lease letter'), ['landlord']);
  await tab.fill(t.find.ask, 'pasport');
  await tab.see('option', begins('Renew passport'));
  assert.deepEqual(await marks(tab, 'Renew passport'), ['passport']);
  assert.match(await tab.of('option', begins('Renew passport')).innerText(), new RegExp(`${t.task.one} · .*2001|${t.task.one} · .*3 Feb`));
  await tab.fill(t.find.ask, 'photo');
  // The row of before stays until the next answer is there.
  await until('the note is marked', async () => (await marks(tab, 'Renew passport')).join() === 'photographs');
  await tab.fill(t.find.ask, 'windy');
  await tab.read(t.find.checkIn('15 January 2026'));
  await ada.tap('option', begins(HABIT));
  await tab.see('link', t.today.title);
  assert.equal(await tab.evaluate(() => location.hash), '#/today/2026-01-15');

  await ada.go('today');
  await ada.search('renew');
  await ada.tap('option', begins('Renew passport'));
  await tab.see('heading', 'Renew passport');
  assert.equal(await tab.evaluate(() => location.hash), `#/tasks/${id}`);
});

test('search goes by keys alone: opened anywhere, rows meant by arrows, Home and End, opened by Enter, left by Escape', async (it) => {
  const stage = await Stage.for(it);
  const ada = await stage.person({ options: DESK });
  const { tab } = ada;
  await ada.begin();
  await ada.addTaskByKeys('Call Mum');
  await ada.addTaskByKeys('Call the landlord');

  await tab.key('Control+K');
  await tab.see('combobox', t.find.ask);
  assert.deepEqual(await options(tab), [t.nav.today, t.nav.plan, t.nav.life, t.nav.habits, t.nav.tasks, t.nav.settings, t.habit.add, t.task.add]);
  await tab.keys('call');
  await tab.see('option', begins('Call Mum'));
  const rows = await options(tab);
  assert.deepEqual([...rows].sort(), [t.find.add('call'), 'Call Mum', 'Call the landlord'].sort());
  const [first, second, last] = rows;
  assert.equal(last, t.find.add('call'));
  for (const [key, row] of [['ArrowDown', second], ['ArrowDown', last], ['ArrowDown', first], ['ArrowUp', last], ['Home', first], ['End', last], ['ArrowUp', second]]) {
    await tab.key(key);
    assert.equal(await meant(tab), row, key);
    assert.deepEqual(await options(tab, { selected: true }), [row], key);
  }
  await tab.key('Enter');
  await tab.see('heading', second);
  await tab.lose('combobox', t.find.ask);

  // The focus stays inside, and goes back to where it was.
  await ada.tap('button', t.find.open);
  await tab.see('combobox', t.find.ask);
  for (let n = 0; n < 4; n += 1) {
    await tab.key('Tab');
    const outside = await tab.evaluate(() => document.activeElement !== document.body && document.activeElement.closest('dialog') === null);
    assert.ok(!outside, `after Tab ${n + 1} the focus has left`);
  }
  await tab.key('Escape');
  await tab.lose('combobox', t.find.ask);
  assert.deepEqual(await focused(tab), { role: 'button', name: t.find.open, visible: true });

  // Over a sheet, of which nothing is lost.
  await tab.key('n');
  await tab.see('heading', t.quick.title);
  await tab.keys('Half a thought');
  await tab.key('Control+K');
  await tab.see('combobox', t.find.ask);
  await tab.key('Control+K');
  await tab.lose('combobox', t.find.ask);
  assert.equal((await focused(tab)).name, t.quick.what);
  assert.equal(await tab.page.getByLabel(t.quick.what, { exact: true }).inputValue(), 'Half a thought');
  await tab.key('Control+K');
  await tab.keys('settings');
  await tab.key('Enter');
  await tab.see('heading', t.settings.title);
  assert.ok(!(await tab.sees('heading', t.quick.title)), 'whoever goes elsewhere leaves the sheet');

  await tab.key('Control+K');
  await tab.keys('Buy oats');
  await tab.key('Control+Enter');
  await tab.read(t.common.added('Buy oats'));
  await ada.go('today');
  await ada.seeTask('Buy oats');
  await tab.key('?');
  await tab.see('heading', t.keys.title);
  const listed = await tab.page.getByRole('listitem').filter({ hasText: t.keys.search }).innerText();
  assert.match(listed.replace(/\s+/g, ' '), /Search (Ctrl|⌘) ?K/);
});

test('only the answer to the newest question is shown; Enter waits for it; while the index is made, that is said', async (it) => {
  const stage = await Stage.for(it);
  const context = await newProfile(await stage.browser(), DESK);
  await context.addInitScript(bendAnswers);
  const ada = await stage.personIn(context);
  const { tab } = ada;
  await ada.begin();
  for (const title of ['Walk the dog', 'Water the plants']) await ada.addTaskByKeys(title);
  await tab.key('Control+K');
  await tab.see('combobox', t.find.ask);
  // Every row that was ever there is noted.
  await tab.evaluate(() => {
    globalThis.shown = [];
    const note = () => globalThis.shown.push(...[...document.querySelectorAll('[role=option]')].map((row) => row.innerText.split('\n')[0]));
    new MutationObserver(note).observe(document.querySelector('[role=listbox]'), { childList: true, subtree: true, characterData: true });
    globalThis.bend.hold('"matches":');
  });
  await tab.keys('walk');
  await until('the first question was answered', () => tab.evaluate(() => globalThis.bend.held() > 0));
  await tab.page.getByRole('combobox').fill('plants');
  await tab.evaluate(() => globalThis.bend.release());
  await tab.see('option', begins('Water the plants'));
  assert.ok(!(await tab.evaluate(() => globalThis.shown)).includes('Walk the dog'), 'an answer that nobody waited for was shown');

  await tab.evaluate(() => globalThis.bend.hold('"matches":'));
  await tab.page.getByRole('combobox').fill('walk');
  await tab.key('Enter');
  await until('the question was answered', () => tab.evaluate(() => globalThis.bend.held() > 0));
  await tab.see('combobox', t.find.ask);
  await tab.evaluate(() => globalThis.bend.release());
  await tab.see('heading', 'Walk the dog');

  await tab.evaluate(() => globalThis.bend.replace('"ready":true', '"ready":false'));
  await tab.key('Control+K');
  await tab.keys('water');
  await tab.read(t.find.indexing);
  await tab.see('option', begins('Water the plants'));
  await tab.evaluate(() => globalThis.bend.replace('', ''));
  // It asks again by itself.
  await until('nothing more is said of the index', async () => !(await tab.text()).includes(t.find.indexing));
});

test('of many a page is shown, and more when they are asked for; the trash is left out, and nothing found says what was searched', async (it) => {
  const stage = await Stage.for(it);
  const ada = await stage.person();
  const { tab } = ada;
  const phrase = await ada.begin();
  const desk = await stage.home(phrase);
  const titles = Array.from({ length: MANY }, (_, n) => `Receipt number ${n + 1}`);
  await desk.batch(titles.map((title) => ['add', 'task', `title=${title}`]));
  const [{ id }] = await desk.batch([['add', 'task', 'title=Forgotten drill']]);
  await desk.batch([['delete', id]]);
  await desk.lifeos('sync');

  await ada.search('receipt');
  const found = async () => (await options(tab)).filter((name) => titles.includes(name));
  const shows = (count) => until(`${count} are shown`, async () => (await found()).length === count);
  await shows(PAGE);
  const first = await found();
  await ada.tap('option', t.find.more);
  await shows(2 * PAGE);
  const more = await found();
  assert.deepEqual(more.slice(0, PAGE), first, 'what was there stays where it was');
  assert.deepEqual(await options(tab, { selected: true }), [more[PAGE]], 'the first new one is meant');
  await ada.tap('option', t.find.more);
  await shows(MANY);
  assert.equal(new Set(await found()).size, MANY);
  assert.ok(!(await tab.sees('option', t.find.more)));

  await tab.fill(t.find.ask, 'drill');
  await tab.read(t.find.nothing('drill'));
  await tab.read(t.find.searched);
  await tab.fill(t.find.ask, t.find.taskTrash);
  await ada.tap('option', t.find.taskTrash);
  await until('the trash shows it', async () => (await tab.text()).includes('Forgotten drill'));
});

test('in Arabic what was written is found with its marks or without, pages by their names, and all runs from the right', async (it) => {
  const stage = await Stage.for(it);
  const ada = await stage.person({ words: arabic, options: { locale: 'ar' } });
  const { tab } = ada;
  await ada.begin();
  await ada.addTask('شراء الخبز من السوق');
  for (const typed of ['السو', 'الخُبْز', 'الخيز']) {
    await ada.search(typed);
    await tab.see('option', begins('شراء الخبز'));
    assert.deepEqual(await marks(tab, 'شراء الخبز'), [typed === 'السو' ? 'السوق' : 'الخبز'], typed);
    await ada.tap('button', arabic.common.close);
  }
  await ada.search('عادات');
  const sides = await tab.evaluate(() => {
    const [icon, words] = [...document.querySelectorAll('[role=option] svg, [role=option] bdi')].map((part) => part.getBoundingClientRect().left);
    return icon > words ? 'right' : 'left';
  });
  assert.equal(sides, 'right');
  await ada.tap('option', arabic.nav.habits);
  await tab.see('heading', arabic.habit.list);
});
