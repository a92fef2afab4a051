// The records of a kind in groups, as their list shows them.

import type { CivilDate, RecordView } from '../../core/types';
import type { Strings } from '../../strings/en';
import type { Format } from '../../strings/format';
import { choiceWords } from './kinds';
import { titleOf } from './titles';

export interface Group {
  readonly key: string;
  readonly name: string;
  readonly records: readonly RecordView[];
}

function text(record: RecordView, field: string): string {
  const value = record.fields[field];
  return typeof value === 'string' ? value : '';
}
/** By code units, which is how dates sort. */
const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** In the order of `keys`; a group that nobody named comes last, an empty one not at all. */
function grouped(records: readonly RecordView[], of: (record: RecordView) => string, keys: readonly string[], name: (key: string) => string): readonly Group[] {
  const found = new Map<string, RecordView[]>();
  for (const record of records) {
    const key = of(record);
    const group = found.get(key);
    if (group === undefined) found.set(key, [record]);
    else group.push(record);
  }
  const all = [...keys.filter((key) => found.has(key)), ...[...found.keys()].filter((key) => !keys.includes(key))];
  return all.map((key) => ({ key, name: name(key), records: found.get(key) ?? [] }));
}

const STATES = ['active', 'paused', 'achieved', 'completed', 'dropped'];
const IDENTITIES = ['role', 'value', 'belief', 'scripture'];

/** An event is over when its last day is; one that comes again may come again. */
function eventGroup(record: RecordView, today: CivilDate): 'again' | 'coming' | 'past' {
  if (text(record, 'rrule') !== '') return 'again';
  const last = (text(record, 'end') || text(record, 'start')).slice(0, 10);
  return last >= today ? 'coming' : 'past';
}

/** Each title is asked for once, and one collator is made: with years of records both are slow. */
function byName(records: readonly RecordView[], t: Strings, f: Format): readonly RecordView[] {
  const { compare } = new Intl.Collator(f.locale);
  const named = records.map((record) => ({ record, title: titleOf(record, t, f) }));
  return named.sort((a, b) => compare(a.title, b.title)).map(({ record }) => record);
}

export function groupsOf(type: string, records: readonly RecordView[], today: CivilDate, t: Strings, f: Format): readonly Group[] {
  switch (type) {
    case 'goal':
    case 'project':
      return grouped(byName(records, t, f), (record) => text(record, 'status') || 'active', STATES, (key) => choiceWords(key, t));
    case 'identity':
      return grouped(byName(records, t, f), (record) => text(record, 'kind') || 'value', IDENTITIES, (key) => choiceWords(key, t));
    case 'journal': {
      const byDay = [...records].sort((a, b) => order(text(b, 'date'), text(a, 'date')) || order(b.created, a.created));
      const month = (record: RecordView) => text(record, 'date').slice(0, 7);
      return grouped(byDay, month, [], (key) => (/^\d{4}-\d{2}$/.test(key) ? f.monthAndYear(`${key}-01`) : t.life.journal.noDate));
    }
    case 'event': {
      const byStart = [...records].sort((a, b) => order(text(a, 'start'), text(b, 'start')));
      const words = t.life.event;
      const names: Readonly<Record<string, string>> = { coming: words.coming, again: words.again, past: words.past };
      const groups = grouped(byStart, (record) => eventGroup(record, today), Object.keys(names), (key) => names[key] ?? key);
      // The newest of what is over comes first.
      return groups.map((group) => (group.key === 'past' ? { ...group, records: group.records.toReversed() } : group));
    }
    case 'season': {
      const byStart = [...records].sort((a, b) => order(text(b, 'start'), text(a, 'start')));
      return [{ key: 'all', name: '', records: byStart }];
    }
    default:
      return [{ key: 'all', name: '', records: byName(records, t, f) }];
  }
}
