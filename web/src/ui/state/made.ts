// Fields that a person made up. The core knows each by a word of Latin letters; what a person calls it, in any script, stands
// beside that in the settings.

import type { Fields, Json } from '../../core/types';
import { humanised } from './kinds';

export interface Made {
  /** As the core knows it. */
  readonly name: string;
  /** As the person calls it. */
  readonly label: string;
  readonly form: 'text' | 'number' | 'yes_no' | 'date' | 'time' | 'choice';
  /** As the core knows each, and as the person calls it. */
  readonly choices: readonly (readonly [string, string])[];
}

/** Letters of a key: type, field and choice together. */
const MOST = 40;
const CHOICE = 4;
const FORMS: readonly Made['form'][] = ['number', 'yes_no', 'date', 'time', 'choice'];

function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The fields that somebody made up for a type, by name. */
export function madeUp(settings: Fields | undefined, type: string): readonly Made[] {
  const { custom_fields: declared, custom_names: names } = settings ?? {};
  if (!isObject(declared)) return [];
  const called = (key: string, otherwise: string): string => {
    const name = isObject(names) ? names[key] : undefined;
    return typeof name === 'string' && name !== '' ? name : otherwise;
  };
  return Object.entries(declared)
    .filter(([key, form]) => key.startsWith(`${type}.`) && typeof form === 'string')
    .map(([key, text]): Made => {
      const [form = '', ...choices] = String(text).split(' ');
      const name = key.slice(type.length + 1);
      return {
        name,
        label: called(key, humanised(name)),
        form: FORMS.find((one) => one === form) ?? 'text',
        choices: choices.map((one) => [one, called(`${key}.${one}`, one)] as const),
      };
    })
    .sort((a, b) => a.label.localeCompare(b.label));
}

/** A value of such a field in words. */
export function madeWords({ form, choices }: Made, value: string, yes: string, no: string): string {
  if (form === 'yes_no' && value !== '') return value === 'yes' ? yes : no;
  return choices.find(([key]) => key === value)?.[1] ?? value;
}

/** What the core takes of a name; empty if nothing of it can be a word there. */
export function madeName(typed: string): string {
  return typed
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9._\s-]/g, '')
    .trim()
    .replace(/\s+/g, '_')
    .slice(0, MOST);
}

/** Its own letters where they are Latin; of other scripts nothing is left, and `fresh` is taken. */
function keyOf(typed: string, fresh: string): string {
  const own = madeName(typed);
  return /[a-z]/.test(own) && !/(?!\p{Script=Latin})\p{L}/u.test(typed) ? own : fresh;
}

/** What the settings say of a new field. `fresh` is a word that nothing else is called. */
export function declare(
  type: string,
  typed: string,
  { form, choices }: { readonly form: Made['form']; readonly choices: readonly string[] },
  fresh: string,
): { readonly key: string; readonly form: string; readonly names: Readonly<Record<string, string>> } {
  const label = typed.trim();
  const key = `${type}.${keyOf(label, fresh).slice(0, MOST - type.length - 1 - CHOICE)}`;
  const names: Record<string, string> = humanised(key.slice(type.length + 1)) === label ? {} : { [key]: label };
  const words = [...new Set(choices.map((one) => one.trim()).filter((one) => one !== ''))].map((one, at) => {
    const word = keyOf(one, '');
    if (word === one) return word;
    const made = `c${at + 1}`;
    names[`${key}.${made}`] = one;
    return made;
  });
  return { key, form: form === 'choice' ? ['choice', ...words].join(' ') : form, names };
}

/** A word that nothing else is called, on whatever device. */
export function freshWord(): string {
  return `f${Array.from(crypto.getRandomValues(new Uint8Array(4)), (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
