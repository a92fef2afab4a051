// Files that take long, and a person who does not want to wait.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { begins } from '../lib/names.mjs';
import { Stage } from '../lib/stage.mjs';
import { until } from '../lib/wait.mjs';
import { t } from '../lib/words.mjs';

const TASKS = 8_000;
const files = t.setup.files;

test('an import that is stopped says what it wrote by then, and one step takes that back', async (it) => {
  const stage = await Stage.for(it);
  const ada = await stage.person();
  await ada.begin();
  await ada.addTask('Water plants');
  const mine = JSON.parse(await ada.export());
  const one = mine.records.find(({ type }) => type === 'task');
  const task = (_, n) => ({ ...one, id: `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}` });
  const path = join(stage.dir('files'), 'much.json');
  writeFileSync(path, JSON.stringify({ ...mine, records: Array.from({ length: TASKS }, task) }));
  const open = async () => JSON.parse(await ada.export()).records.filter(({ type, deleted }) => type === 'task' && deleted !== true).length;

  await ada.openFiles();
  await ada.tab.page.setInputFiles('input[type=file]', path);
  const write = begins(files.write(2).split('2')[0]);
  await ada.tab.see('button', write);
  // It was counted, and nothing is under way any more.
  await ada.tab.lose('button', t.progress.stop);
  await ada.tap('button', write);
  await ada.tap('button', t.progress.stop);
  const [before, after] = files.stoppedAt(2).split('2');
  const said = new RegExp(`${before.replace('.', '\\.')}([\\d,]+)${after}`);
  const [, number] = await until('it says how far it came', async () => said.exec(await ada.tab.text()));
  const written = Number(number.replaceAll(',', ''));
  assert.ok(written > 0 && written < TASKS, `${written} of ${TASKS} were written`);
  assert.equal(await open(), written + 1);
  await ada.tab.lose('button', t.progress.stop);

  await ada.tab.key('u');
  await until('it is taken back', async () => (await open()) === 1);
});
