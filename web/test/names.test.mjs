// Finding pages and deeds by their names.
import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from './load.mjs';

const { namedBy } = await load('ui/state/names.ts');
const named = (name, also = '') => ({ name, also });
const names = (all, text) => namedBy(all, text).map(({ item }) => item.name);

test('a page is found by the beginnings of its words, whatever their case and marks', () => {
  const all = [named('Settings'), named('Réglages'), named('New habit'), named('Habits')];
  assert.deepEqual(names(all, 'SET'), ['Settings']);
  assert.deepEqual(names(all, 'regl'), ['Réglages']);
  assert.deepEqual(names(all, 'hab n'), ['New habit']);
  assert.deepEqual(names(all, 'bits'), []);
  assert.deepEqual(names(all, ' '), []);
});

test('what the text begins comes first, then a later word of a name, then what is known by another word', () => {
  const all = [named('Storage', 'habit export'), named('New habit'), named('Habits')];
  assert.deepEqual(names(all, 'hab'), ['Habits', 'New habit', 'Storage']);
  assert.deepEqual(namedBy(all, 'hab').map(({ begins }) => begins), [true, false, false]);
  assert.deepEqual(names(all, 'ha'), ['Habits', 'New habit'], 'two letters begin too many other words');
});

test('the words that were looked for are marked whole, and the name is otherwise as it was', () => {
  const [found] = namedBy([named('Passkey or passphrase')], 'pass');
  const marked = found.pieces.filter((piece) => piece.found).map(({ text }) => text);
  assert.deepEqual(marked, ['Passkey', 'passphrase']);
  assert.equal(found.pieces.map(({ text }) => text).join(''), 'Passkey or passphrase');
  assert.deepEqual(namedBy([named('Storage', 'export')], 'exp')[0].pieces.filter((piece) => piece.found), []);
});

test('an Arabic page is found with its article and without, and with another seat of the hamza', () => {
  const all = [named('العادات'), named('إضافة سريعة')];
  assert.deepEqual(names(all, 'العاد'), ['العادات']);
  assert.deepEqual(names(all, 'عادات'), ['العادات']);
  assert.deepEqual(names(all, 'اضافة'), ['إضافة سريعة']);
});
