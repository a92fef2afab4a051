// A form of any kind of record, from its declaration alone: what stands in its fields, what is wrong with them, and what is to
// be written. A field that was not touched is not written, so a form never undoes what another device changed meanwhile.

import type { CivilDate, FieldInfo, Fields, Json, TypeInfo } from '../../core/types';

/** An item of a list. A new one has an id of the form's own. */
export interface DraftItem {
  readonly id: string;
  readonly values: Readonly<Record<string, string | boolean>>;
}
/** Texts as typed; yes or no; ids or tags; items. */
export type DraftValue = string | boolean | readonly string[] | readonly DraftItem[];
export type Draft = Readonly<Record<string, DraftValue>>;
export type Wrong = 'needed' | 'number' | 'whole' | 'least' | 'most' | 'item';

const FRESH = 'new-';
const BEGINNING = '0001-01-01';
/** Fields that no form shows: the app or another part of it sees to them. */
const UNSEEN = new Set([
  ...['scope', 'custom', 'archived', 'position', 'source_uid', 'etag', 'instance_state', 'template'],
  ...['later_rules', 'later_times', 'exceptions', 'completed_on', 'pauses'],
]);
/** Kinds that no control is made for: a person would have to write them as a program does. */
const UNMADE: ReadonlySet<FieldInfo['kind']> = new Set(['map', 'colour', 'other']);

/** The fields that a form asks for, in their order. */
export function asked(type: TypeInfo): readonly FieldInfo[] {
  return type.fields.filter(({ name, kind }) => !UNMADE.has(kind) && !UNSEEN.has(name));
}

export function freshId(items: readonly DraftItem[]): string {
  const numbers = items.map(({ id }) => (id.startsWith(FRESH) ? Number(id.slice(FRESH.length)) : 0));
  return `${FRESH}${Math.max(0, ...numbers) + 1}`;
}

function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
function texts(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
}
function plain(value: Json | undefined): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

/** The rules of a schedule by the date from which each holds. */
export function rulesOf(value: Json | undefined): Readonly<Record<CivilDate, string>> {
  if (typeof value === 'string') return { [BEGINNING]: value };
  if (!isObject(value)) return {};
  return Object.fromEntries(Object.entries(value).filter((pair): pair is [string, string] => typeof pair[1] === 'string'));
}
function lastRule(rules: Readonly<Record<CivilDate, string>>): string {
  return rules[Object.keys(rules).sort().at(-1) ?? ''] ?? '';
}
/** The days before today keep the rule they had, unless the record is of today. */
export function nextRules(before: Json | undefined, rule: string, today: CivilDate, young: boolean): Fields {
  return young ? { [BEGINNING]: rule } : { ...rulesOf(before), [today]: rule };
}

export function readField(field: FieldInfo, value: Json | undefined): DraftValue {
  switch (field.kind) {
    case 'bool':
      return value === true;
    case 'links':
    case 'tags':
      return texts(value);
    case 'schedule':
      return lastRule(rulesOf(value));
    case 'list':
      return Array.isArray(value) ? value.filter(isObject).map((item) => readItem(field.item ?? [], item)) : [];
    default:
      return plain(value);
  }
}
function readItem(fields: readonly FieldInfo[], item: { readonly [key: string]: Json }): DraftItem {
  const values = fields.map((field) => [field.name, field.kind === 'bool' ? item[field.name] === true : plain(item[field.name])] as const);
  return { id: plain(item['id']), values: Object.fromEntries(values) };
}

/** What a form begins with. */
export function draftOf(fields: readonly FieldInfo[], record: Fields): Draft {
  return Object.fromEntries(fields.map((field) => [field.name, readField(field, record[field.name])]));
}

function writeNumber(field: FieldInfo, typed: string): Json | Wrong {
  const value = Number(typed.replace(',', '.'));
  if (!Number.isFinite(value)) return 'number';
  if (field.kind === 'int' && !Number.isInteger(value)) return 'whole';
  if (field.min !== undefined && value < field.min) return 'least';
  if (field.max !== undefined && value > field.max) return 'most';
  return Math.round(value * 1000) / 1000;
}

/** The value of a single field; null is nothing. */
function writeOne(field: FieldInfo, draft: string | boolean): { readonly value: Json } | { readonly wrong: Wrong } {
  if (typeof draft === 'boolean') return { value: draft };
  const text = field.kind === 'prose' ? draft.replace(/\s+$/, '') : draft.trim();
  if (text === '') return field.required ? { wrong: 'needed' } : { value: null };
  if (field.kind !== 'int' && field.kind !== 'decimal') return { value: text };
  const value = writeNumber(field, text);
  return typeof value === 'string' ? { wrong: value as Wrong } : { value };
}

function writeItems(field: FieldInfo, items: readonly DraftItem[]): { readonly value: Json } | { readonly wrong: Wrong } {
  const [first] = field.item ?? [];
  const written: Json[] = [];
  for (const { id, values } of items) {
    // An item that was left empty is none.
    if (first !== undefined && String(values[first.name] ?? '').trim() === '') continue;
    const one: Record<string, Json> = id.startsWith(FRESH) ? {} : { id };
    for (const inner of field.item ?? []) {
      const answer = writeOne(inner, values[inner.name] ?? '');
      if ('wrong' in answer) return { wrong: 'item' };
      if (answer.value !== null && answer.value !== false) one[inner.name] = answer.value;
    }
    written.push(one);
  }
  return { value: written.length > 0 ? written : null };
}

export interface Written {
  readonly fields: Fields;
  readonly wrong: Readonly<Record<string, Wrong>>;
}

/** What is to be written, and what is wrong. `before` is the record; null for a new one. */
export function written(
  fields: readonly FieldInfo[],
  draft: Draft,
  before: Fields | null,
  at: {
    readonly today: CivilDate;
    readonly young: boolean;
    /** What the form of a new record began with: what was switched off since is written, what never was on is not. */
    readonly begun?: Draft;
  },
): Written {
  const out: Record<string, Json> = {};
  const wrong: Record<string, Wrong> = {};
  for (const field of fields) {
    const value = draft[field.name] ?? '';
    const old = before?.[field.name];
    const begun = (before === null ? at.begun?.[field.name] : undefined) ?? readField(field, old);
    const touched = JSON.stringify(value) !== JSON.stringify(begun);
    const fresh = before === null && (touched || value !== false);
    if (field.kind === 'schedule') {
      if ((touched || before === null) && typeof value === 'string' && value !== '') out[field.name] = nextRules(old, value, at.today, at.young);
      continue;
    }
    if (field.kind === 'links' || field.kind === 'tags') {
      const list = (value as readonly string[]).map((one) => one.trim()).filter((one) => one !== '');
      if (before === null ? list.length > 0 : touched) out[field.name] = list.length > 0 ? [...list] : null;
      continue;
    }
    const answer = field.kind === 'list' ? writeItems(field, value as readonly DraftItem[]) : writeOne(field, value as string | boolean);
    if ('wrong' in answer) wrong[field.name] = answer.wrong;
    else if (before === null ? fresh && answer.value !== null : touched) out[field.name] = answer.value;
  }
  return { fields: out, wrong };
}

/** Moves an item of a list; the list itself if there is no such place. */
export function moved<T>(items: readonly T[], from: number, to: number): readonly T[] {
  if (from === to || from < 0 || to < 0 || from >= items.length || to >= items.length) return items;
  const rest = items.filter((_, at) => at !== from);
  return [...rest.slice(0, to), items[from] as T, ...rest.slice(to)];
}
