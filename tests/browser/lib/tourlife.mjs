// The part of the tour that shows records of every kind: lists, forms, pages, what they were, the inbox, own fields, files.
import { begins } from './names.mjs';

const KINDS = ['goal', 'project', 'routine', 'event', 'journal', 'identity', 'season'];

/** What is written in the form of each, and the list of smaller things that some have. */
const texts = (t) => ({
  goal: { [t.life.fields.title]: 'Read more books' },
  project: { [t.life.fields.title]: 'Paint the shed' },
  routine: { [t.life.fields.title]: 'Morning' },
  event: { [t.life.fields.title]: 'Lunch with Tomas' },
  journal: { [t.life.fields.text]: 'A quiet day by the river' },
  identity: { [t.life.fields['identity.title']]: 'Patience' },
  season: { [t.life.fields.title]: 'Settling in' },
});
const ITEMS = { goal: 'milestones.title', routine: 'steps.title' };

/** Pages by their addresses, with what shows that they are there. */
export const lifePages = (t) => [
  ['life', t.life.title],
  ['arrange', t.life.arrange.title],
  ['templates', t.setup.sets.title],
  ['inbox', t.setup.inbox.title],
  ['settings/domains', t.setup.domains.title],
  ['settings/notices', t.setup.notices.title],
  ['settings/fields', t.setup.fields.title],
  ['settings/files', t.setup.files.title],
  ...KINDS.flatMap((type) => [
    [`life/${type}`, t.life.kinds[type].list],
    [`life/${type}/new`, t.life.kinds[type].add],
    [`life/${type}/trash`, t.life.general.trash],
  ]),
];

/** One of each kind is made; its page, its form and its history are looked at. */
export async function records(person, visit) {
  const { tab, t } = person;
  for (const type of KINDS) {
    const words = t.life.kinds[type];
    await person.open(`#/life/${type}/new`);
    await tab.see('heading', words.add);
    for (const [label, text] of Object.entries(texts(t)[type])) await person.type(label, text);
    if (ITEMS[type] !== undefined) {
      const item = t.life.fields[ITEMS[type]];
      await person.tap('button', t.life.general.addOne(item));
      await person.tab.fill(`${item} 1`, 'The first');
    }
    await visit(`${type}, form filled in`);
    await person.tap('button', t.common.add);
    await tab.see('heading', words.actions);
    await visit(`${type}, a record`);
    await person.tap('link', t.common.edit);
    await tab.see('heading', words.edit);
    await visit(`${type}, edit`);
    await person.tap('button', t.common.save);
    await tab.see('heading', words.actions);
    await person.tap('link', t.common.history);
    await tab.see('heading', t.history.title);
    await visit(`${type}, history`);
  }
  await person.open('#/life');
  await tab.see('heading', t.life.title);
  await visit('life, with records');
  await person.go('today');
  await tab.see('heading', t.day.agenda);
  await visit('today, with an agenda');
}

/** An own field is made, and stands on a form. */
export async function ownField(person, visit) {
  const { tab, t } = person;
  await person.open('#/settings/fields');
  await tab.see('heading', t.setup.fields.title);
  await person.type(t.setup.fields.name, 'Shelf');
  await person.tap('button', t.setup.fields.add);
  await tab.see('button', t.setup.fields.remove('Shelf'));
  await visit('own fields, one');
  await person.open('#/life/goal');
  await person.tap('link', begins('Read more books'));
  await person.tap('link', t.common.edit);
  await tab.see('heading', t.life.kinds.goal.edit);
  await visit('goal, edit with an own field');
}
