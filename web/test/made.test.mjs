// Fields of one's own: called in any script, known to the core by a word that it takes.
import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from './load.mjs';

const { declare, freshWord, madeName, madeUp, madeWords } = await load('ui/state/made.ts');
const TEXT = { form: 'text', choices: [] };
/** What the core takes as a word. */
const WORD = /^[a-z0-9._-]{1,40}$/;

const settings = (...made) => ({
  custom_fields: Object.fromEntries(made.map(({ key, form }) => [key, form])),
  custom_names: Object.assign({}, ...made.map(({ names }) => names)),
});

test('made-up fields of a type are read, forms of a later version as words', () => {
  const declared = { 'habit.energy': 'number', 'habit.place': 'choice home away', 'habit.later': 'scent', 'task.effort': 'text' };
  assert.deepEqual(madeUp({ custom_fields: declared }, 'habit'), [
    { name: 'energy', label: 'Energy', form: 'number', choices: [] },
    { name: 'later', label: 'Later', form: 'text', choices: [] },
    { name: 'place', label: 'Place', form: 'choice', choices: [['home', 'home'], ['away', 'away']] },
  ]);
  assert.equal(madeName('  Énergie du Matin! '), 'energie_du_matin');
  assert.deepEqual(madeUp(undefined, 'habit'), []);
});

test('a name in any script is kept as it was typed, beside a word that the core takes', () => {
  for (const [typed, key] of [['طاقة', 'task.f1'], ['طاقة low', 'task.f1'], ['精力 2', 'task.f1'], ['Энергия', 'task.f1'], ['Énergie!', 'task.energie'], ['Energy', 'task.energy']]) {
    const made = declare('task', ` ${typed} `, TEXT, 'f1');
    assert.equal(made.key, key, typed);
    assert.match(made.key, WORD);
    assert.equal(madeUp(settings(made), 'task')[0].label, typed);
  }
  assert.deepEqual(declare('task', 'Energy', TEXT, 'f1').names, {}, 'what reads back by itself is not written twice');
  assert.match(declare('identity', 'A name that goes on and on, further than any name of a field should', TEXT, 'f1').key, WORD);
});

test('so are choices', () => {
  const made = declare('habit', 'المزاج', { form: 'choice', choices: ['جيد', ' low', 'سيئ', 'جيد', ''] }, 'fab');
  assert.equal(made.form, 'choice c1 low c3');
  for (const key of Object.keys(made.names)) assert.match(key, WORD);
  const [field] = madeUp(settings(made), 'habit');
  assert.deepEqual(field.choices, [['c1', 'جيد'], ['low', 'low'], ['c3', 'سيئ']]);
  assert.equal(madeWords(field, 'c3', 'yes', 'no'), 'سيئ');
  assert.equal(madeWords(field, 'gone', 'yes', 'no'), 'gone');
  assert.equal(madeWords({ ...field, form: 'yes_no', choices: [] }, 'no', 'Ja', 'Nein'), 'Nein');
});

test('no two fresh words are the same', () => {
  const words = Array.from({ length: 100 }, freshWord);
  assert.equal(new Set(words).size, 100);
  for (const word of words) assert.match(word, WORD);
});
