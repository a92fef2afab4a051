// One device of a person takes back what another changed, after a restart too, and both show it.
import assert from 'node:assert/strict';
import test from 'node:test';
import { begins } from '../lib/names.mjs';
import { HABIT } from '../lib/person.mjs';
import { Stage } from '../lib/stage.mjs';
import { until } from '../lib/wait.mjs';
import { t } from '../lib/words.mjs';

async function openRecent(person) {
  await person.go('settings');
  await person.tap('link', begins(t.recent.row));
  await person.tab.see('heading', t.recent.title);
}

/** The button beside the change of a record; the newest, where there are several. */
const takingBack = (name) => begins(t.recent.takeBackLabel(name, '').replace(/, $/, ','));

const reads = (person, words) => until(`it reads ${words}`, async () => (await person.tab.text()).includes(words));

async function rename(person, title, next) {
  await person.go('tasks');
  await person.tap('link', new RegExp(`^${title}`));
  await person.tap('link', t.common.edit);
  await person.tab.see('heading', t.task.edit);
  await person.type(t.task.title, next);
  await person.tap('button', t.common.save);
  await person.tab.lose('heading', t.task.edit);
  await person.go('today');
}

test('the phone takes back what the desk changed, and the desk sees it', async (it) => {
  const stage = await Stage.for(it);
  const desk = await stage.person();
  const phrase = await desk.begin();
  await desk.addTask('Call the landlord');
  await rename(desk, 'Call the landlord', 'Call the lender');
  await desk.untilSynced();

  const phone = await stage.person();
  await phone.join(phrase);
  await phone.seeTask('Call the lender');
  // It was started anew: nothing of this session is there to be taken back.
  await phone.tab.reload();
  await phone.unlock();
  await openRecent(phone);
  await reads(phone, t.history.from('Call the landlord', 'Call the lender'));
  assert.match(await phone.tab.text(), new RegExp(t.history.device('[0-9a-f]{6}')), 'the other one made it');

  await phone.tap('button', takingBack('Call the lender'));
  await phone.tab.read(t.recent.saidBack('Call the lender'));
  await reads(phone, `${t.history.origins.undo}, ${t.history.here}`);
  await desk.seeTask('Call the landlord');

  // The tick of a habit is a change as any other.
  await phone.tap('button', takingBack(HABIT));
  await phone.tab.read(t.recent.saidBack(HABIT));
  await desk.seeHabit(HABIT, false);

  // What was changed again since stays, and that is said.
  await rename(desk, 'Call the landlord', 'Call Mum');
  await phone.go('today');
  await phone.seeTask('Call Mum');
  await rename(phone, 'Call Mum', 'Call nobody');
  await desk.seeTask('Call nobody');
  await openRecent(desk);
  await reads(desk, t.recent.changed);
});
