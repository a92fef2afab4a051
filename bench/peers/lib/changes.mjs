// The life as peers get it: a change a line, `[record, fields]`, null where a field went.
import { readFileSync } from 'node:fs';

export function changesOf(file) {
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
}

/** How many records the changes are of. */
export function countOf(changes) {
  return new Set(changes.map(([record]) => record)).size;
}

export const since = (began) => performance.now() - began;

/** Resolves when the emitter says so once. */
export function once(emitter, event) {
  return new Promise((resolve) => emitter.once(event, resolve));
}

export const percentile = (times, share) =>
  [...times].sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * share))];

/** Two hundred titles of the life. */
export function titlesOf(file) {
  const titled = changesOf(file).filter(([, fields]) => fields.kind === 'task' && fields.title !== undefined);
  return titled.slice(0, 200).map(([, fields]) => fields.title);
}
