// @automerge/automerge alone: documents saved and loaded, and one change to its bytes.
import * as A from '@automerge/automerge';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { changesOf, percentile, since, titlesOf } from './changes.mjs';

const DOCUMENTS = 60;

/** Documents with all changes of the life, saved: a change each, made below the layer of proxies, which would take minutes. */
export function built(file, documents) {
  const docs = new Map();
  for (const [record, fields] of changesOf(file)) {
    const place = record % documents;
    if (!docs.has(place)) docs.set(place, { doc: A.getBackend(A.from({ records: {} })), seen: new Set() });
    const { doc, seen } = docs.get(place);
    if (!seen.has(record)) doc.putObject('/records', String(record), {});
    seen.add(record);
    for (const [name, value] of Object.entries(fields)) {
      const path = `/records/${record}`;
      if (value === null) doc.delete(path, name);
      // Text is a sequence of characters, as it is when a person's program assigns a string.
      else if (typeof value === 'object' || typeof value === 'string') doc.putObject(path, name, value);
      else doc.put(path, name, value);
    }
    doc.commit();
  }
  return new Map([...docs].map(([place, { doc }]) => [place, doc.save()]));
}

/** The same, kept beside the changes for whoever asks again. */
export function kept(file, documents) {
  const folder = `${file}.automerge-${documents}`;
  if (!existsSync(folder)) {
    mkdirSync(`${folder}.new`, { recursive: true });
    for (const [place, saved] of built(file, documents)) writeFileSync(`${folder}.new/${place}.automerge`, saved);
    renameSync(`${folder}.new`, folder);
  }
  return readdirSync(folder).map((name) => `${folder}/${name}`);
}

export function save(file) {
  return { documents: kept(file, DOCUMENTS).length };
}

export function load(file) {
  const began = performance.now();
  const docs = kept(file, DOCUMENTS).map((name) => A.load(readFileSync(name)));
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
