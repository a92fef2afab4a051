// How long a habit of the sample data was kept in a row: a day is a unit, whatever its rule. The core counts by rules.
import { dateOf } from './mock-data';
import type { CivilDate, LogDay, RecordView } from './types';

const DAY_MS = 86_400_000;
const MOST = 400;

export function streakOf({ fields, created }: RecordView, log: (date: CivilDate) => LogDay | null, date: CivilDate): number {
  const bad = fields['polarity'] === 'bad';
  const since = created.slice(0, 10);
  let streak = 0;
  for (let ago = 0; ago < MOST; ago += 1) {
    const day = dateOf(Date.parse(date) - ago * DAY_MS);
    const was = log(day);
    const kept = bad ? was === null && day >= since : was !== null && was.state !== 'skip' && was.state !== 'slip';
    // A day that is open, and one that was skipped, breaks nothing.
    if (was?.state === 'skip' || (ago === 0 && !kept && !bad)) continue;
    if (!kept) break;
    streak += 1;
  }
  return streak;
}
