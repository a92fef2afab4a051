// A fortnight of a life by a clock that the story sets, over the night on which clocks go back: begun with one of each
// record, kept on two devices that are apart for a while, looked for, thrown away and taken back, and carried into an empty
// vault, where it is the same.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { clockwork } from '../lib/clock.mjs';
import { begins } from '../lib/names.mjs';
import { HABIT } from '../lib/person.mjs';
import { Stage } from '../lib/stage.mjs';
import { until } from '../lib/wait.mjs';
import { t } from '../lib/words.mjs';

const ZONE = 'Europe/Berlin';
const { fields, general } = t.life;
const days = t.day.streak.days;
const SERIES = 'Water the plants';
const GOAL = 'Read more books';
const STEPS = ['Choose three', 'Read them'];

/** So many days in a row are shown beside a habit, or none. */
const streak = (who, many) => until(`${many} days in a row are shown`, async () => (await who.person.tab.text()).includes(days(many)));

/** The next day, or another hour, as it is at breakfast: the app is opened anew. */
async function wake({ person, clock }, local) {
  await clock.set(person.tab.page, `2026-10-${local}`);
  await person.open('#/today');
  await person.tab.reload();
  await person.unlock();
  await person.tab.see('heading', t.today.habits);
}
const log = (who, name = HABIT) => who.person.tap('button', t.habit.tick(name, t.habit.open));

/** The form of something that has a list of smaller things, called `item`. */
async function addWithItems(who, type, title, item, items) {
  await who.open(`#/life/${type}/new`);
  await who.type(fields.title, title);
  for (const [n, text] of items.entries()) {
    await who.tap('button', general.addOne(item));
    await who.type(`${item} ${n + 1}`, text);
  }
  await who.tap('button', t.common.add);
  await who.tab.see('heading', title);
}

async function oneOfEach(ada) {
  const { tab } = ada;
  await ada.addTask('call Mum today 18:00 !2 #family');
  await tab.read('call Mum');
  await addWithItems(ada, 'goal', GOAL, fields['milestones.title'], STEPS);
  await addWithItems(ada, 'routine', 'Morning', fields['steps.title'], ['Open the window', 'Make the bed']);
  await ada.addRecord('project', { [fields.title]: 'Paint the shed' });
  await ada.addRecord('identity', { [fields['identity.title']]: 'Patience' });
  await ada.addRecord('event', { [fields.title]: 'Lunch with Tomas' });
  await ada.addRecord('journal', { [fields.text]: 'A quiet day by the river' });
  await ada.addRecord('season', { [fields.title]: 'Settling in' });
  await ada.open('#/templates');
  await ada.tap('button', begins(t.setup.sets.add));
  await ada.open('#/habits/new');
  await ada.type(t.habit.name, 'Stretch');
  await ada.tap('button', general.addOne(fields.reminders));
  await ada.type(`${fields.reminders} 1`, '10:00');
  await ada.tap('button', t.common.add);
  await tab.see('heading', 'Stretch');
  await ada.open('#/tasks/new');
  await ada.type(t.task.title, SERIES);
  await ada.type(t.task.due, '2026-10-24');
  await ada.type(t.task.time, '09:00');
  await ada.tap('radio', t.life.repeat.kinds.day);
  await ada.tap('button', t.common.add);
  await tab.lose('heading', t.task.add);
  await ada.go('today');
}

/** Seven days earn a freeze; a skipped day counts neither way, a missed one spends the freeze, another ends it. */
async function aWeek(ada) {
  for (const day of ['16', '17', '18', '19', '20', '21']) {
    await wake(ada, `${day}T08:00`);
    await log(ada);
    await ada.person.seeHabit(HABIT, true);
  }
  await streak(ada, 7);
  await wake(ada, '22T08:00');
  const { tab } = ada.person;
  await tab.of('button', t.habit.tick(HABIT, t.habit.open)).click({ button: 'right' });
  await ada.person.tap('button', begins(t.habit.skip));
  await tab.read(t.habit.saidSkip(HABIT));
  // The 23rd is missed.
  await wake(ada, '24T08:00');
  await log(ada);
  await ada.person.seeHabit(HABIT, true);
  await streak(ada, 8);
}

/** What falls due while nobody looks waits in the inbox until it was seen. */
async function inbox(ada) {
  const { person } = ada;
  await person.open('#/inbox');
  await person.tab.read(t.setup.inbox.none);
  await wake(ada, '24T10:30');
  await person.go('settings');
  await person.tap('link', begins(t.setup.inbox.row));
  await person.tab.read('Stretch');
  await person.tap('button', t.setup.inbox.clear);
  await person.tab.read(t.setup.inbox.none);
  await person.go('today');
}

/** At nine by the clock on the wall before and after it went back, once a day. */
async function series(ada) {
  const { person } = ada;
  await person.tap('button', t.task.tick(SERIES, false));
  await person.seeTask(SERIES, true);
  await person.open('#/plan/agenda/2026-10-24');
  for (const day of [24, 25, 26]) {
    const hour = person.tab.page.locator(`[data-day="2026-10-${day}"] li`).filter({ hasText: SERIES }).locator('.hour');
    await until(`${SERIES} on ${day}`, async () => (await hour.count()) === 1 && (await hour.innerText()).startsWith('09:00'));
  }
  await person.go('today');
}

async function reachGoal(person) {
  await person.open('#/life/goal');
  await person.tap('link', begins(GOAL));
  for (const step of STEPS) {
    await person.tap('button', t.life.goal.tick(step, false));
    await person.tab.see('button', t.life.goal.tick(step, true));
  }
  await person.tab.read(t.life.goal.percent(1));
  await person.tap('button', t.life.goal.reach);
  await person.tab.see('button', t.life.goal.reopen);
  await person.go('today');
}

/** The one deed both do counts once; what each does alone is on both. */
async function apart(stage, phone, tablet) {
  await stage.relay.network.be('refuse');
  await phone.untilOffline();
  await tablet.untilOffline();
  for (const [person, title] of [[phone, 'From the phone'], [tablet, 'From the tablet']]) {
    await person.tap('button', t.habit.tick(HABIT, t.habit.open));
    await person.tap('button', t.task.tick(SERIES, false));
    await person.addTask(title);
    await person.seeTask(title);
  }
  await reachGoal(phone);
  await stage.relay.network.be('open');
  await Promise.all([phone.untilSynced(), tablet.untilSynced()]);
  for (const person of [phone, tablet]) {
    await person.seeTask('From the phone');
    await person.seeTask('From the tablet');
    await person.seeTask(SERIES, true);
    await person.seeHabit(HABIT, true);
  }
  await tablet.open('#/life/goal');
  await tablet.tab.see('heading', t.life.choices.achieved);
  await tablet.tap('button', t.common.show);
  await tablet.tap('link', begins(GOAL));
  await tablet.tab.see('button', t.life.goal.reopen);
  await tablet.go('today');
}

async function findThrowAndTakeBack(person) {
  const { tab } = person;
  for (const [words, found] of [['quiet rivr', 'A quiet day by the river'], ['patien', 'Patience'], ['shed', 'Paint the shed']]) {
    await person.search(words);
    await until(`${found} is found`, async () => (await tab.text()).replace(/\s+/g, ' ').includes(found));
    if (words !== 'shed') await tab.key('Escape');
  }
  await person.tap('option', begins('Paint the shed'));
  await tab.see('heading', 'Paint the shed');
  await person.tap('button', begins(t.common.trash));
  await tab.read(t.common.trashed('Paint the shed'));
  await person.tap('button', t.common.undo);
  await tab.read('Paint the shed');
  await person.tap('link', begins('Paint the shed'));
  await person.tap('button', begins(t.common.trash));
  await tab.lose('heading', 'Paint the shed');
  await person.open('#/life/project/trash');
  await person.tap('button', t.common.restore);
  await person.open('#/life/project');
  await tab.see('link', begins('Paint the shed'));
  await person.go('today');
}

const byId = (all) => new Map(all.records.map((record) => [record.id, record]));

async function intoAnEmptyVault(stage, ada) {
  const before = JSON.parse(await ada.export());
  const file = join(stage.dir('files'), 'life.json');
  writeFileSync(file, JSON.stringify(before));
  const bob = await stage.person({ name: 'Bob' });
  await bob.begin();
  await bob.import(file);
  const there = byId(JSON.parse(await bob.export()));
  const kinds = new Set(before.records.map(({ type }) => type));
  for (const type of ['habit', 'task', 'goal', 'project', 'identity', 'event', 'journal', 'season', 'routine']) {
    assert.ok(kinds.has(type), `${type} is missing`);
  }
  for (const record of before.records.filter(({ type }) => type !== 'profile' && type !== 'settings')) {
    assert.deepEqual(there.get(record.id), record, `${record.type} came otherwise`);
  }
}

test('a fortnight: one of each, streaks, a series over the night clocks go back, a goal reached on two devices apart, all of it carried into an empty vault', async (it) => {
  const stage = await Stage.for(it);
  const personAt = await clockwork(stage);
  const phone = await personAt({ zone: ZONE, local: '2026-10-15T08:00' });
  const ada = phone.person;
  const phrase = await ada.begin();
  await oneOfEach(ada);
  await aWeek(phone);
  await inbox(phone);
  await series(phone);
  await ada.untilSynced();

  // Clocks went back in the night.
  await wake(phone, '25T08:00');
  const tablet = await personAt({ zone: ZONE, local: '2026-10-25T08:00' });
  await tablet.person.join(phrase);
  await tablet.person.seeHabit(HABIT);
  await apart(stage, ada, tablet.person);
  await streak(phone, 9);
  await findThrowAndTakeBack(ada);

  await ada.untilSynced();
  const whole = await ada.export();
  await until('both devices hold the same', async () => (await tablet.person.export()) === whole);
  await intoAnEmptyVault(stage, ada);

  // One more missed day: no freeze is held any more.
  await wake(phone, '27T08:00');
  await log(phone);
  await wake(phone, '28T08:00');
  await log(phone);
  await streak(phone, 2);
  assert.ok(!(await ada.tab.text()).includes(days(10)), 'the missed day broke nothing');
});
