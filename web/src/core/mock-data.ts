// A life to look at: the records with which the sample core begins. The same every day, counted back from today, so
// that pictures and eyes compare like with like.
import type { CivilDate, Fields, LogDay } from './types';

const DAY_MS = 86_400_000;

export interface Sample {
  readonly type: string;
  readonly fields: Fields;
  /** How long it has existed. */
  readonly days: number;
  readonly logs?: Readonly<Record<CivilDate, LogDay>>;
}

export function dateOf(at: number): CivilDate {
  return new Date(at).toISOString().slice(0, 10);
}

/** Evenly scattered over 0 to 99, the same for the same day of the same habit. */
function luck(day: number, habit: number): number {
  let x = Math.imul(day * 31 + habit * 977 + 7, 2654435761) >>> 0;
  x = Math.imul(x ^ (x >>> 15), 2246822519) >>> 0;
  return ((x ^ (x >>> 13)) >>> 0) % 100;
}

/** What was logged `ago` days ago; null for nothing. */
type Past = (ago: number) => LogDay | null;

const done: LogDay = { state: 'done' };
const skip: LogDay = { state: 'skip' };
/** Most days, and better lately; away for a week in summer. */
const often =
  (habit: number, share: number): Past =>
  (ago) => {
    if (ago > 100 && ago < 108) return skip;
    return luck(ago, habit) < share - Math.min(ago / 12, 22) ? done : null;
  };
const minutes =
  (habit: number): Past =>
  (ago) => {
    if (ago === 0) return null;
    const kept = often(habit, 88)(ago);
    if (kept?.state !== 'done') return kept;
    const value = [8, 12, 20, 20, 25, 20, 35, 45, 20, 25][luck(ago, habit + 40) % 10] ?? 20;
    return { state: 'value', value };
  };
const cups =
  (habit: number): Past =>
  (ago) => (ago === 0 ? null : { state: 'value', value: luck(ago, habit) < 12 ? 3 : 1 + (luck(ago, habit) % 2) });

interface Habit {
  readonly fields: Fields;
  readonly days: number;
  readonly past: Past;
}
const good = { polarity: 'good', kind: 'yes_no' } as const;
const HABITS: readonly Habit[] = [
  { fields: { ...good, name: 'A psalm', group: 'Morning' }, days: 310, past: (ago) => (ago < 41 ? done : often(1, 80)(ago)) },
  { fields: { ...good, name: 'Stretch', group: 'Morning' }, days: 150, past: (ago) => (ago < 6 ? done : often(2, 74)(ago)) },
  {
    fields: { polarity: 'good', kind: 'measurable', name: 'Read 20 minutes', target: 20, unit: 'min', direction: 'at_least' },
    days: 420,
    past: minutes(3),
  },
  {
    fields: { ...good, name: 'Walk before lunch', schedule: { '0001-01-01': 'week 4' } },
    days: 200,
    past: (ago) => (ago > 0 && ago % 7 < 4 && luck(ago, 4) < 94 ? done : null),
  },
  {
    fields: { ...good, name: 'Water the plants', schedule: { '0001-01-01': 'every 3 2026-01-03' } },
    days: 260,
    past: (ago) => (ago === 0 ? { ...skip, note: 'away until Friday' } : ago % 3 === 0 && luck(ago, 5) < 90 ? done : null),
  },
  {
    fields: { name: 'Phone out of the bedroom', group: 'Evening', polarity: 'bad', kind: 'yes_no' },
    days: 120,
    past: (ago) => (ago === 9 || ago === 31 || ago === 58 ? { state: 'slip' } : null),
  },
  {
    fields: { name: 'Coffee', polarity: 'good', kind: 'measurable', target: 2, unit: 'cups', direction: 'at_most' },
    days: 90,
    past: cups(7),
  },
  { fields: { ...good, name: 'Swim', schedule: { '0001-01-01': 'weekdays tue thu' } }, days: 190, past: (ago) => (luck(ago, 8) < 20 ? done : null) },
];

function habit({ fields, days, past }: Habit, now: number): Sample {
  const logs: Record<CivilDate, LogDay> = {};
  for (let ago = 0; ago < days; ago += 1) {
    const log = past(ago);
    if (log !== null) logs[dateOf(now - ago * DAY_MS)] = log;
  }
  return { type: 'habit', fields, days, logs };
}

function task(fields: Fields, days = 3): Sample {
  return { type: 'task', fields: { status: 'pending', ...fields }, days };
}

export function samples(now: number): readonly Sample[] {
  const on = (days: number) => dateOf(now + days * DAY_MS);
  return [
    { type: 'season', fields: { title: 'A season of rebuilding', start: on(-80), end: on(10), focus: 'Sleep, savings, my sister.' }, days: 82 },
    { type: 'profile', fields: { name: 'Samir', timezone: 'Europe/Berlin', week_start: 'monday' }, days: 420 },
    ...HABITS.map((one) => habit(one, now)),
    task({ title: 'Lease letter to the landlord', due: on(-1), estimated_minutes: 90, priority: 3 }, 6),
    task({
      title: 'Renew passport',
      description: 'Two photographs, the old passport, 37.50 in cash.\nThe office closes at noon on Saturdays.',
      due: on(0),
      estimated_minutes: 25,
      priority: 2,
    }),
    task({ title: 'Call Mum', due: on(0), due_time: '18:00' }, 1),
    task({ title: 'Buy oats', status: 'completed', due: on(0) }, 2),
    task({ title: 'Pick up the prescription', due: on(2), estimated_minutes: 20 }),
    task({ title: 'Plan the trip to the sea', due: on(9), priority: 1 }, 12),
    task({ title: 'Sort October receipts', estimated_minutes: 45 }, 20),
    task({ title: 'Return the drill to Tomas' }, 9),
    { type: 'goal', fields: { title: 'Run ten kilometres', type: 'outcome', status: 'active' }, days: 60 },
  ];
}

/** Whether a rule asks for a day; only as far as the samples need it. */
export function isDue(fields: Fields, date: CivilDate): boolean {
  const schedule = fields['schedule'];
  if (typeof schedule !== 'object' || schedule === null || Array.isArray(schedule)) return true;
  const rule = Object.values(schedule).at(-1);
  if (typeof rule !== 'string' || !rule.startsWith('weekdays')) return true;
  const day = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'][new Date(`${date}T00:00:00Z`).getUTCDay()] ?? '';
  return rule.includes(day);
}
