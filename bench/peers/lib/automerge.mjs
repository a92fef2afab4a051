// @automerge/automerge alone: documents saved and loaded, and one change to its bytes.
import * as A from '@automerge/automerge';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { put } from './automerge-repo.mjs';
import { changesOf, percentile, since, titlesOf } from './changes.mjs';

const DOCUMENTS = 60;

export function save(file, folder) {
  const docs = new Map();
  for (const [record, fields] of changesOf(file)) {
    const doc = docs.get(record % DOCUMENTS) ?? A.from({ records: {} });
    docs.set(record % DOCUMENTS, A.change(doc, (d) => put(d.records, record, fields)));
  }
  mkdirSync(folder, { recursive: true });
  for (const [place, doc] of docs) writeFileSync(`${folder}/${place}.automerge`, A.save(doc));
  return { documents: docs.size };
}

export function load(_file, folder) {
  const began = performance.now();
  const names = readdirSync(folder).filter((name) => name.endsWith('.automerge'));
  const docs = names.map((name) => A.load(readFileSync(`${folder}/${name}`)));
  const records = docs.reduce((sum, doc) => sum + Object.keys(doc.records).length, 0);
  const ms = since(began);
  if (records === 0) throw new Error('nothing was loaded');
  return { ms };
}

export function edit(file) {
  const titles = titlesOf(file);
  const docs = titles.map((title) => A.from({ kind: 'task', title, status: 'pending' }));
  const times = [];
  for (let n = 0; n < 3_000; n += 1) {
    const at = n % docs.length;
    const began = performance.now();
    docs[at] = A.change(docs[at], (doc) => {
      doc.title = `${titles[at]} ${n}`;
    });
    const bytes = A.getLastLocalChange(docs[at]);
    times.push(since(began));
    if (bytes === undefined) throw new Error('no change was made');
  }
  return { us: 1_000 * percentile(times.slice(1_000), 0.5) };
}
