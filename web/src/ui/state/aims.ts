// How far a goal or a project has come, and what a routine amounts to. Facts of the record alone.

import type { Fields, HistoryChange, Json } from '../../core/types';

export interface Milestone {
  readonly id: string;
  readonly title: string;
  readonly done: boolean;
  readonly due: string | null;
}
export interface RoutineStep {
  readonly id: string;
  readonly title: string;
  readonly minutes: number | null;
}

function items(value: Json | undefined): readonly { readonly [key: string]: Json }[] {
  return Array.isArray(value) ? value.filter((one): one is { readonly [key: string]: Json } => typeof one === 'object' && one !== null && !Array.isArray(one)) : [];
}
function number(value: Json | undefined): number | null {
  const found = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof found === 'number' && Number.isFinite(found) ? found : null;
}
const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '');

export function milestonesOf(fields: Fields): readonly Milestone[] {
  return items(fields['milestones']).map((one) => ({
    id: text(one['id']),
    title: text(one['title']),
    done: one['done'] === true,
    due: text(one['due']) || null,
  }));
}
export function stepsOf(fields: Fields): readonly RoutineStep[] {
  return items(fields['steps']).map((one) => ({ id: text(one['id']), title: text(one['title']), minutes: number(one['minutes']) }));
}

/** How far it is, as the person last said. */
export function currentOf(fields: Fields): number | null {
  return number(fields['current']);
}

export interface SaidValue {
  readonly change: string;
  readonly time: string;
  readonly value: number;
}
/** What a person said of how far it is, by the record's history: the newest first. */
export function saidValues(history: readonly HistoryChange[]): readonly SaidValue[] {
  const said = history.flatMap(({ change, time, changes }) =>
    changes.filter(({ field }) => field === 'current').flatMap(({ after }) => {
      const value = number(after);
      return value === null ? [] : [{ change, time, value }];
    }),
  );
  return said.toReversed();
}

/** A number as somebody types it, below nothing too; null if it is none. */
export function readNumber(typed: string): number | null {
  const value = number(typed.trim().replace(',', '.').replace('−', '-'));
  return value !== null && Math.abs(value) <= 999_999 ? Math.round(value * 1000) / 1000 : null;
}

/** The milestones with one of them turned; the other items stay as they are, fields of a later version too. */
export function turned(fields: Fields, id: string): Json {
  return items(fields['milestones']).map((one) => (one['id'] === id ? { ...one, done: one['done'] !== true } : one));
}

export type Progress =
  | { readonly kind: 'milestones'; readonly done: number; readonly all: number; readonly share: number }
  | { readonly kind: 'amount'; readonly from: number; readonly to: number; readonly now: number | null; readonly share: number };

/** By milestones if there are any, else by the way from `start` to `target`; `now` is what a linked measure says. */
export function progressOf(fields: Fields, now: number | null = null): Progress | null {
  const steps = milestonesOf(fields);
  if (steps.length > 0) {
    const done = steps.filter((one) => one.done).length;
    return { kind: 'milestones', done, all: steps.length, share: done / steps.length };
  }
  const to = number(fields['target']);
  if (to === null) return null;
  const from = number(fields['start']) ?? 0;
  const share = now === null || to === from ? 0 : Math.min(1, Math.max(0, (now - from) / (to - from)));
  return { kind: 'amount', from, to, now, share };
}
