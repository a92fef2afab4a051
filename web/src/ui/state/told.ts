// A change of a record in words: which field, from what to what; and of a row of a log, which day.

import type { HistoryChange, Json, RecentChange } from '../../core/types';
import type { Strings } from '../../strings/en';
import type { Format } from '../../strings/format';
import { fieldWords, humanised } from './kinds';
import { parseRule, ruleWords } from './records';
import { repeatWords } from './repeat';
import { looseWords, whenWords } from './values';

type Part = HistoryChange['changes'][number];
export interface Said {
  /** What it is about. */
  readonly name: string;
  readonly words: string;
}

const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const CIVIL = /^\d{4}-\d{2}-\d{2}$/;
/** Where rows of a log stand. */
const ROWS = 'rows';
/** What says when and how a row was written, where an item stands, or a day that goes with a state: nothing to read. */
const SILENT: ReadonlySet<string> = new Set(['logged', 'origin', 'pos', 'completed_on']);

/** Whether only machines read a part of a change. */
export const isSilent = ({ field, part }: Part): boolean => SILENT.has(part ?? field);

function nameOf(type: string, field: string, t: Strings): string {
  return t.life.fields[`${type}.${field}`] ?? t.recent.fields[field] ?? fieldWords(type, field, t);
}

/** A value of a field. */
export function told(field: string, value: Json, t: Strings, f: Format): string {
  if (value === null || value === '') return t.history.nothing;
  if (typeof value === 'string') {
    if (field === 'schedule') {
      const rule = parseRule(value);
      return rule ? ruleWords(rule, t, f) : value;
    }
    if (CIVIL.test(value)) return f.shortDay(value);
    if (field === 'rrule') return repeatWords(value, t, f);
    if (field === 'start' || field === 'end') return whenWords(value, f);
    // What it leads to has a name of its own, which is on the record's page.
    if (ID.test(value)) return t.life.general.records(1);
    return t.history.words[value] ?? t.life.choices[value] ?? value;
  }
  if (typeof value === 'number') return field === 'priority' ? (t.task.priorities[value] ?? '') : f.number(value);
  if (typeof value === 'object' && !Array.isArray(value)) {
    const parts = Object.entries(value).sort(([a], [b]) => a.localeCompare(b));
    // Rules by the date from which each holds; the first has held from the beginning.
    const words = parts.map(([key, inner], at) =>
      field === 'schedule' && at > 0 && CIVIL.test(key) ? t.history.since(f.shortDay(key), told(field, inner, t, f)) : told(field, inner, t, f),
    );
    return field === 'schedule' ? words.join(t.history.between) : f.list(words);
  }
  return looseWords(value, t, f);
}

/** From what to what; of what was not there before only that it is. */
export function fromTo(field: string, { before, after }: Pick<Part, 'before' | 'after'>, t: Strings, f: Format): string {
  const now = told(field, after, t, f);
  return before === null ? now : t.history.from(told(field, before, t, f), now);
}

/** What was logged, in a word. */
function logged(value: Json, t: Strings, f: Format): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return t.history.nothing;
  const { state, value: amount, note } = value as Readonly<Record<string, Json>>;
  const said = state === 'value' && typeof amount === 'number' ? f.number(amount) : (t.recent.states[String(state)] ?? String(state));
  return typeof note === 'string' && note !== '' ? `${said} (${note})` : said;
}

/** A row of a log: its day, and what was said of it. Steps are ticked one by one, and count as so many. */
function rowWords(type: string, parts: readonly Part[], t: Strings, f: Format): readonly Said[] {
  const days = new Map<string, Part[]>();
  for (const part of parts) {
    const [row = ''] = (part.key ?? '').split('|');
    days.set(row, [...(days.get(row) ?? []), part]);
  }
  return [...days].flatMap(([row, own]): readonly Said[] => {
    const date = row.slice(0, 10);
    const name = CIVIL.test(date) ? f.shortDay(date) : row;
    const of = (part: Part): string => (part.key ?? '').split('|')[1] ?? '';
    if (own.every((part) => of(part) === '')) {
      const words = (value: Json) => logged(value, t, f);
      return own.map(({ before, after }) => ({ name, words: before === null ? words(after) : t.history.from(words(before), words(after)) }));
    }
    const steps = own.filter((part) => of(part).startsWith('done.'));
    const taken = steps.filter(({ after }) => after !== null).length;
    const loud = own.filter((part) => !of(part).startsWith('done.') && !SILENT.has(of(part)) && !(of(part) === 'finished' && part.after === null));
    return [
      ...(taken > 0 ? [{ name, words: t.recent.steps(taken) }] : []),
      ...(steps.length > taken ? [{ name, words: t.recent.stepsOff(steps.length - taken) }] : []),
      ...loud.map((part) => {
        const field = of(part);
        // What is so or not is said by its own name.
        const words = part.after === true ? (t.recent.states[field] ?? nameOf(type, field, t)) : fromTo(field, part, t, f);
        return { name, words };
      }),
    ];
  });
}

/** A member of a set, or a switch, that is there or on, or is not, whatever it holds. */
function isMember({ item, key, before, after }: Part): boolean {
  const flag = (value: Json) => value === null || typeof value === 'boolean';
  return item === undefined && key !== undefined && flag(before) && flag(after);
}
function memberWords({ key = '', after }: Part, t: Strings, f: Format): string {
  const kind = t.life.kinds[key]?.list ?? (key === 'habit' || key === 'task' ? t[key].list : undefined);
  const name = kind ?? t.recent.fields[key] ?? (/^[a-z]+(_[a-z]+)+$/.test(key) ? humanised(key) : told('', key, t, f));
  return after === true ? t.recent.with(name) : t.recent.without(name);
}

/** What a change changed, a line each; nothing of what only machines read. */
export function linesOf({ type, changes }: Pick<RecentChange, 'type' | 'changes'>, t: Strings, f: Format): readonly Said[] {
  const rows = changes.filter(({ field }) => field === ROWS);
  const fields = changes.filter((part) => part.field !== ROWS && !isSilent(part));
  const members = new Map<string, Part[]>();
  for (const part of fields.filter(isMember)) members.set(part.field, [...(members.get(part.field) ?? []), part]);
  return [
    ...rowWords(type, rows, t, f),
    ...fields
      .filter((part) => !isMember(part))
      .map((part) => ({ name: nameOf(type, part.field, t), words: part.field === 'position' ? t.recent.moved : fromTo(part.field, part, t, f) })),
    ...[...members].map(([field, own]) => ({ name: nameOf(type, field, t), words: own.map((part) => memberWords(part, t, f)).join(' ') })),
  ];
}

/** Changes of one doing: made together, by one device. What is put off is noted beside the task, which says it already. */
export function stepsOf(changes: readonly RecentChange[]): readonly (readonly RecentChange[])[] {
  const steps: RecentChange[][] = [];
  for (const change of changes) {
    const last = steps.at(-1);
    const first = last?.[0];
    const together = first?.time === change.time && first.device === change.device && first.origin === change.origin;
    if (last !== undefined && together) last.push(change);
    else steps.push([change]);
  }
  return steps;
}

/** What of a step is worth a line. */
export function shownOf(step: readonly RecentChange[]): readonly RecentChange[] {
  const said = step.filter(({ type }) => type !== 'task_reschedule');
  return said.length > 0 ? said : step;
}

/** What of a step can be taken back. */
export function openOf(step: readonly RecentChange[]): readonly RecentChange[] {
  return step.filter(({ standing }) => standing === 'whole' || standing === 'partly');
}

/** Who made a change, and how, if not by hand. */
export function whoOf({ origin, device }: Pick<HistoryChange, 'origin' | 'device'>, here: string, t: Strings): string {
  const mine = here.startsWith(device) || device.startsWith(here.slice(0, 16));
  const where = mine ? t.history.here : t.history.device(device.slice(0, 6));
  return origin === null || origin === 'hand' ? where : t.history.how(t.history.origins[origin], where);
}
