// A recurrence as plain choices: what can be told is told the same way back, what cannot is left alone.
import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from './load.mjs';

const { parseRepeat, repeatWords, writeRepeat } = await load('ui/state/repeat.ts');
const { format } = await load('strings/format.ts');
const { en } = await load('strings/en/index.ts');
const { ar } = await load('strings/ar/index.ts');
const f = format('en-GB');
const t = en(f);
const words = (text) => repeatWords(text, t, f);

test('every rule that the choices can make is read back as it was written', () => {
  const rules = [
    'FREQ=DAILY',
    'FREQ=DAILY;INTERVAL=3;COUNT=10',
    'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR',
    'FREQ=WEEKLY',
    'FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH;UNTIL=20261231',
    'FREQ=MONTHLY',
    'FREQ=MONTHLY;BYDAY=2TU',
    'FREQ=MONTHLY;BYDAY=-1FR',
    'FREQ=YEARLY;COUNT=5',
  ];
  for (const rule of rules) assert.equal(writeRepeat(parseRepeat(rule)), rule);
});

test('the same rule in another spelling is read too', () => {
  assert.equal(writeRepeat(parseRepeat('freq=weekly;byday=th,mo')), 'FREQ=WEEKLY;BYDAY=MO,TH');
  assert.equal(writeRepeat(parseRepeat('FREQ=DAILY;UNTIL=20261231T235959Z')), 'FREQ=DAILY;UNTIL=20261231');
  assert.equal(writeRepeat(parseRepeat('FREQ=WEEKLY;WKST=SU;BYDAY=SU')), 'FREQ=WEEKLY;BYDAY=SU');
});

test('a rule that the choices cannot tell is no choice, so that a form does not bend it', () => {
  const strange = [
    'FREQ=MONTHLY;BYMONTHDAY=-1',
    'FREQ=MONTHLY;BYDAY=MO',
    'FREQ=MONTHLY;BYDAY=1MO,3MO',
    'FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST=SU',
    'FREQ=DAILY;BYDAY=MO',
    'FREQ=HOURLY',
    'FREQ=DAILY;INTERVAL=0',
    'FREQ=DAILY;UNTIL=tomorrow',
    'FREQ=DAILY;COUNT=2;UNTIL=20261231',
    'every day',
    '',
  ];
  for (const rule of strange) assert.equal(parseRepeat(rule), null, rule);
  assert.equal(words('FREQ=HOURLY'), t.life.repeat.other);
});

test('the words say the rule', () => {
  assert.equal(words('FREQ=DAILY'), 'Every day');
  assert.equal(words('FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR'), 'On weekdays');
  assert.equal(words('FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH;UNTIL=20261231'), 'Every 2 weeks on Monday and Thursday, until 31 December 2026');
  assert.equal(words('FREQ=MONTHLY;BYDAY=-1FR;COUNT=6'), 'Every month on the last Friday, 6 times');
  const arabic = format('ar-u-nu-latn');
  assert.equal(repeatWords('FREQ=WEEKLY;INTERVAL=2', ar(arabic), arabic), 'كل أسبوعين');
});
