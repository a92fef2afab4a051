// The parts of a life that a person has switched on, and what each is on a page.

import type { Json, RecordView } from '../../core/types';
import type { IconName } from '../parts/Icon.svelte';
import { DOMAIN_ICONS, DOMAINS as PLACES } from './places';

export interface Domain {
  /** The type of its records, which is also the name of its switch. */
  readonly type: string;
  readonly icon: IconName;
  readonly hue: string;
}

const HUES: Readonly<Record<string, string>> = {
  habit: 'body',
  routine: 'body',
  goal: 'work',
  task: 'work',
  project: 'work',
  journal: 'mind',
  identity: 'faith',
  event: 'people',
};
/** In the order in which they are shown. The sidebar has no room for seasons. */
export const DOMAINS: readonly Domain[] = [
  ...PLACES.map((type) => ({ type, icon: DOMAIN_ICONS[type], hue: HUES[type] ?? '' })),
  { type: 'season', icon: 'season', hue: 'money' },
];

/** What somebody wants who picked these matters at the beginning. Habits and tasks are always there. */
const WANTED: Readonly<Record<string, readonly string[]>> = {
  body: ['routine'],
  mind: ['journal', 'routine'],
  work: ['goal', 'project', 'event'],
  money: ['goal'],
  people: ['event', 'journal'],
  faith: ['identity', 'journal', 'routine'],
};
const ALWAYS: ReadonlySet<string> = new Set(['habit', 'task']);

/** The switches of what was picked; of nothing, none, and then everything is on. */
export function switchesOf(picked: readonly string[]): Readonly<Record<string, boolean>> {
  if (picked.length === 0) return {};
  const on = new Set(picked.flatMap((one) => WANTED[one] ?? []));
  return Object.fromEntries(DOMAINS.filter(({ type }) => !ALWAYS.has(type)).map(({ type }) => [type, on.has(type)]));
}

function switches(settings: RecordView | null): Readonly<Record<string, Json>> {
  const value = settings?.fields['features'];
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, Json>>) : {};
}

/** What is not switched off is on: a vault from before there were switches shows everything. */
export function isOn(settings: RecordView | null, type: string): boolean {
  return switches(settings)[type] !== false;
}
export function domainsOn(settings: RecordView | null): readonly Domain[] {
  return DOMAINS.filter(({ type }) => isOn(settings, type));
}

export function domainOf(type: string): Domain {
  return DOMAINS.find((domain) => domain.type === type) ?? { type, icon: 'file', hue: '' };
}
