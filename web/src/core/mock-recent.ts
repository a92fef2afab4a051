// The sample core's last changes: what its records' histories say.
import type { Fields, HistoryChange, Json, RecentChange, RecordView, TakenBack } from './types';

interface Told {
  readonly row: RecordView;
  readonly history: readonly HistoryChange[];
}

const same = (one: Json | undefined, other: Json): boolean => JSON.stringify(one ?? null) === JSON.stringify(other);

/** Of all records, the newest first. */
export function recentOf(all: readonly Told[], limit: number): readonly RecentChange[] {
  const changes = all.flatMap(({ row, history }) =>
    history.map((change): RecentChange => {
      const parts = change.made ? [] : change.changes.filter(({ field, before }) => !same(row.fields[field], before));
      const standing = change.made ? (row.deleted ? 'back' : 'whole') : parts.length === 0 ? 'back' : parts.every(({ field, after }) => same(row.fields[field], after)) ? 'whole' : 'changed';
      const title = String(row.fields['title'] ?? row.fields['name'] ?? '');
      return { ...change, type: row.type, of: row.type, id: row.id, title, document: `${row.type}/${row.id}`, standing };
    }),
  );
  return changes.toReversed().sort((a, b) => b.time.localeCompare(a.time)).slice(0, limit);
}

/** What puts a change's values back; null for a record that it made. */
export function backOf(change: HistoryChange): Fields | null {
  return change.made ? null : Object.fromEntries(change.changes.map(({ field, before }) => [field, before]));
}

export const TAKEN: TakenBack = { taken: true, left: 0 };
