// The value of any field in words.

import type { FieldInfo, Json } from '../../core/types';
import type { Strings } from '../../strings/en';
import type { Format } from '../../strings/format';
import { deviceToday } from './dates';
import { rulesOf } from './forms';
import { choiceWords } from './kinds';
import { parseRule, ruleWords } from './records';
import { repeatWords } from './repeat';
import { partsOf } from './when';

const CIVIL = /^\d{4}-\d{2}-\d{2}/;

/** A day, and the time behind it: `Sun 22 Nov, 09:30`; of another year, `22 November 2025`. */
export function whenWords(value: string, f: Format): string {
  const { date, time, zone } = partsOf(value);
  if (!CIVIL.test(date)) return value;
  const day = date.slice(0, 4) === deviceToday().slice(0, 4) ? f.shortDay(date) : f.dayAndYear(date);
  return time === '' ? day : `${day}, ${time}${zone === '' ? '' : ` (${zone})`}`;
}

/** Empty where there is nothing to say. Links have no words of their own here. */
export function valueWords(type: string, field: FieldInfo, value: Json | undefined, t: Strings, f: Format): string {
  if (value === undefined || value === null || value === '') return '';
  switch (field.kind) {
    case 'bool':
      return value === true ? t.life.general.yes : t.life.general.no;
    case 'choice':
      return choiceWords(String(value), t);
    case 'date':
    case 'date_time':
    case 'when':
      return whenWords(String(value), f);
    case 'int':
    case 'decimal': {
      const number = Number(value);
      const scale = t.life.scales[`${type}.${field.name}`];
      if (!Number.isFinite(number)) return String(value);
      return scale?.[number - (field.min ?? 0)] ?? f.number(number);
    }
    case 'tags':
      return Array.isArray(value) ? f.list(value.map(String)) : '';
    case 'schedule': {
      const last = Object.entries(rulesOf(value)).sort(([a], [b]) => (a < b ? -1 : 1)).at(-1)?.[1];
      return last === undefined ? '' : ruleWords(parseRule(last), t, f);
    }
    case 'rrule':
      return repeatWords(String(value), t, f);
    case 'line':
    case 'prose':
    case 'time':
      return String(value);
    default:
      return '';
  }
}

/** Anything at all in words, where no declaration says what it is: of items their titles, of a map its pairs. */
export function looseWords(value: Json, t: Strings, f: Format): string {
  if (value === null || value === '') return t.history.nothing;
  if (typeof value === 'boolean') return value ? t.life.general.yes : t.life.general.no;
  if (typeof value === 'number') return f.number(value);
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return f.list(value.map((item: Json) => (isObject(item) ? String(item['title'] ?? item['name'] ?? item['address'] ?? '') : String(item))));
  return f.list(Object.entries(value).map(([name, inner]) => `${name} ${String(inner)}`));
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
