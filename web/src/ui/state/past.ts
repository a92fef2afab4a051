// A record as it was, beside the record as it is: which fields differ, and what brings them back.

import type { FieldInfo, Fields, Json, RecordView } from '../../core/types';

/** Kept by the app itself, or no words of the person's. */
const OWN = new Set(['position', 'later_rules', 'later_times', 'etag', 'source_uid']);

export interface Difference {
  readonly field: string;
  readonly was: Json;
  readonly now: Json;
}

/** JSON whose keys stand in order, so that the same reads the same. */
function canonical(value: Json | undefined): string {
  return JSON.stringify(value ?? null, (_, inner: Json) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );
}

export function differences(was: RecordView, now: RecordView, fields: readonly FieldInfo[]): readonly Difference[] {
  const names = [...fields.map(({ name }) => name), 'custom', 'archived'].filter((name, at, all) => !OWN.has(name) && all.indexOf(name) === at);
  return names
    .filter((name) => canonical(was.fields[name]) !== canonical(now.fields[name]))
    .map((field) => ({ field, was: was.fields[field] ?? null, now: now.fields[field] ?? null }));
}

/** What to write to have it back; null clears. */
export function putBack(list: readonly Difference[]): Fields {
  return Object.fromEntries(list.map(({ field, was }) => [field, was]));
}
