// loro-crdt alone: a document exported and imported, and one commit to its bytes.
import { LoroDoc, LoroMap } from 'loro-crdt';
import { readFileSync, writeFileSync } from 'node:fs';
import { changesOf, percentile, since, titlesOf } from './changes.mjs';

export function save(file) {
  const doc = new LoroDoc();
  const records = doc.getMap('records');
  for (const [record, fields] of changesOf(file)) {
    const map = records.getOrCreateContainer(String(record), new LoroMap());
    for (const [name, value] of Object.entries(fields)) {
      if (value === null) map.delete(name);
      else map.set(name, value);
    }
    doc.commit();
  }
  writeFileSync(`${file}.loro`, doc.export({ mode: 'snapshot' }));
  return { records: records.size };
}

export function load(file) {
  const began = performance.now();
  const doc = new LoroDoc();
  doc.import(readFileSync(`${file}.loro`));
  const records = Object.keys(doc.getMap('records').toJSON()).length;
  const ms = since(began);
  if (records === 0) throw new Error('nothing was imported');
  return { ms };
}

export function edit(file) {
  const titles = titlesOf(file);
  const docs = titles.map((title) => {
    const doc = new LoroDoc();
    doc.getMap('fields').set('title', title);
    doc.commit();
    return doc;
  });
  const times = [];
  for (let n = 0; n < 3_000; n += 1) {
    const at = n % docs.length;
    const before = docs[at].version();
    const began = performance.now();
    docs[at].getMap('fields').set('title', `${titles[at]} ${n}`);
    docs[at].commit();
    const bytes = docs[at].export({ mode: 'update', from: before });
    times.push(since(began));
    if (bytes.length === 0) throw new Error('no change was made');
  }
  return { us: 1_000 * percentile(times.slice(1_000), 0.5) };
}
