// When a habit rests: from a day to another, or until it is ended. The core keeps the last day by the first.

import type { CivilDate, Fields, Json } from '../../core/types';
import { rulesOf } from './forms';

export interface Pause {
  readonly from: CivilDate;
  /** Its last day; empty while it lasts. */
  readonly until: CivilDate | '';
}

const OPEN = 'open';

/** By their first day. */
export function pausesOf(value: Json | undefined): readonly Pause[] {
  const pauses = Object.entries(rulesOf(value)).map(([from, until]): Pause => ({ from, until: until === OPEN ? '' : until }));
  return pauses.sort((a, b) => (a.from < b.from ? -1 : 1));
}

/** What is to be written; nothing where nothing changed. Lines without a first day are none. */
export function pausesWritten(pauses: readonly Pause[], before: Json | undefined): Fields {
  const map = Object.fromEntries(pauses.filter(({ from }) => from !== '').map(({ from, until }) => [from, until === '' ? OPEN : until]));
  const same = JSON.stringify(Object.entries(map).sort()) === JSON.stringify(Object.entries(rulesOf(before)).sort());
  return same ? {} : { pauses: Object.keys(map).length > 0 ? map : null };
}

/** Whether a pause ends before it begins, or two begin on one day. */
export function pausesWrong(pauses: readonly Pause[]): boolean {
  const from = pauses.map((pause) => pause.from).filter((date) => date !== '');
  return new Set(from).size < from.length || pauses.some((pause) => pause.until !== '' && pause.until < pause.from);
}

/** The pause that a day lies in. */
export function pauseOn(value: Json | undefined, date: CivilDate): Pause | null {
  return pausesOf(value).find(({ from, until }) => from <= date && (until === '' || date <= until)) ?? null;
}
