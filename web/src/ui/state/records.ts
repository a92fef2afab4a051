// Records as the screens read them: fields of a later version or of a wrong kind are left alone, never a crash.

import type { CivilDate, Fields, Json, LogDay, RecordView, TodayHabit } from '../../core/types';
import type { Strings } from '../../strings/en';
import type { Format } from '../../strings/format';
import { daysBetween, plusDays, weekdayOf } from './dates';

export type Rule =
  | { readonly kind: 'daily' }
  | { readonly kind: 'weekdays'; readonly days: readonly number[] }
  | { readonly kind: 'week' | 'month'; readonly times: number }
  | { readonly kind: 'every'; readonly days: number; readonly from: CivilDate };

export interface Habit {
  readonly id: string;
  readonly name: string;
  readonly bad: boolean;
  readonly measurable: boolean;
  readonly target: number | null;
  readonly unit: string;
  readonly atMost: boolean;
  /** Null if it was written by a newer version. */
  readonly rule: Rule | null;
  readonly since: CivilDate;
}

export interface Task {
  readonly id: string;
  readonly title: string;
  readonly notes: string;
  readonly status: string;
  readonly due: CivilDate | null;
  readonly dueTime: string | null;
  readonly minutes: number | null;
  readonly priority: number;
  readonly done: boolean;
}

function text(fields: Fields, name: string): string {
  const value = fields[name];
  return typeof value === 'string' ? value : '';
}

function amount(fields: Fields, name: string): number | null {
  const value = fields[name];
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

function isMap(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

export function parseRule(rule: string): Rule | null {
  const [kind, ...rest] = rule.split(' ').filter((word) => word !== '');
  const count = Number(rest[0]);
  switch (kind) {
    case 'daily':
      return { kind };
    case 'weekdays': {
      const days = rest.map((day) => DAYS.indexOf(day));
      return days.length > 0 && !days.includes(-1) ? { kind, days } : null;
    }
    case 'week':
    case 'month':
      return count > 0 ? { kind, times: count } : null;
    case 'every':
      return count > 0 && rest[1] ? { kind, days: count, from: rest[1] } : null;
    default:
      return null;
  }
}

export function writeRule(rule: Rule): string {
  switch (rule.kind) {
    case 'daily':
      return 'daily';
    case 'weekdays':
      return `weekdays ${[...rule.days].sort((a, b) => a - b).map((day) => DAYS[day]).join(' ')}`;
    case 'week':
    case 'month':
      return `${rule.kind} ${rule.times}`;
    case 'every':
      return `every ${rule.days} ${rule.from}`;
  }
}

/** The rules by the date from which each holds. */
export function scheduleOf(record: RecordView): Readonly<Record<CivilDate, string>> {
  const value = record.fields['schedule'];
  if (typeof value === 'string') return { '0001-01-01': value };
  if (!isMap(value)) return {};
  return Object.fromEntries(Object.entries(value).filter((pair): pair is [string, string] => typeof pair[1] === 'string'));
}

function lastRule(record: RecordView): Rule | null {
  const rules = Object.entries(scheduleOf(record)).sort(([a], [b]) => (a < b ? -1 : 1));
  const last = rules.at(-1);
  return last ? parseRule(last[1]) : { kind: 'daily' };
}

export function habitOf(record: RecordView): Habit {
  const { fields } = record;
  return {
    id: record.id,
    name: text(fields, 'name'),
    bad: fields['polarity'] === 'bad',
    measurable: fields['kind'] === 'measurable',
    target: amount(fields, 'target'),
    unit: text(fields, 'unit'),
    atMost: fields['direction'] === 'at_most',
    rule: lastRule(record),
    since: record.created.slice(0, 10),
  };
}

export function taskOf(record: Pick<RecordView, 'id' | 'fields'>): Task {
  const { fields } = record;
  const status = text(fields, 'status') || 'pending';
  return {
    id: record.id,
    title: text(fields, 'title'),
    notes: text(fields, 'description'),
    status,
    due: text(fields, 'due') || null,
    dueTime: text(fields, 'due_time') || null,
    minutes: amount(fields, 'estimated_minutes'),
    priority: amount(fields, 'priority') ?? 0,
    done: status === 'completed' || status === 'cancelled',
  };
}

/** When a task is due, in words beside its name. */
export function dueWords(task: Task, today: CivilDate, t: Strings, f: Format): readonly string[] {
  if (task.due === null) return [];
  if (task.due === today) return [task.dueTime ? `${t.today.dueToday} ${task.dueTime}` : t.today.dueToday];
  const days = daysBetween(today, task.due);
  return [t.today.overdue(Math.abs(days) <= 6 ? f.fromNow(days) : f.shortDay(task.due))];
}

/** What a person calls the record. */
export function nameOf(record: RecordView): string {
  return text(record.fields, 'name') || text(record.fields, 'title');
}

/** What a day amounts to; the shape of its mark. */
export type DayState = 'none' | 'done' | 'part' | 'skip' | 'slip';

export function dayState(habit: Habit, log: LogDay | null): DayState {
  if (log === null) return 'none';
  switch (log.state) {
    case 'done':
      return 'done';
    case 'skip':
      return 'skip';
    case 'slip':
      return 'slip';
    case 'value': {
      const value = log.value ?? 0;
      if (habit.target === null) return value > 0 || habit.atMost ? 'done' : 'part';
      if (habit.atMost) return value <= habit.target ? 'done' : 'slip';
      return value >= habit.target ? 'done' : 'part';
    }
  }
}

/** Whether a rule names a day. Of a rule that leaves the days open, none is. */
export function isNamed(rule: Rule | null, date: CivilDate): boolean {
  return rule?.kind === 'daily' || (rule?.kind === 'weekdays' && rule.days.includes(weekdayOf(date)));
}

/** On how many of the `days` days up to a date a rule asks for the habit. */
export function asked(rule: Rule | null, today: CivilDate, days: number): number {
  switch (rule?.kind) {
    case 'week':
      return Math.round((rule.times * days) / 7);
    case 'month':
      return Math.round((rule.times * days) / 30);
    case 'every':
      return Math.round(days / rule.days);
    case 'weekdays':
    case 'daily':
    case undefined:
      return rule === null || rule === undefined ? days : Array.from({ length: days }, (_, i) => plusDays(today, -i)).filter((date) => isNamed(rule, date)).length;
  }
}

/** Days of the present week that were kept; the last seven days hold all of it. */
export function keptThisWeek(habit: Habit, week: TodayHabit['week'], today: CivilDate, weekStart: number): number {
  const first = plusDays(today, -((weekdayOf(today) - weekStart + 7) % 7));
  return week.filter(({ date, log }) => date >= first && dayState(habit, log) === 'done').length;
}

/** Days of the last seven that were kept. */
export function keptDays(habit: Habit, week: TodayHabit['week'], today: CivilDate): number {
  return week.filter(({ date, log }) => isKept(habit, log, date, today)).length;
}

/** To avoid is kept by a day that is over and on which nothing was noted. */
export function isKept(habit: Habit, log: LogDay | null, date: CivilDate, today: CivilDate): boolean {
  if (habit.bad && log === null) return date >= habit.since && date < today;
  return dayState(habit, log) === 'done';
}

export function ruleWords(rule: Rule | null, t: Strings, f: Format): string {
  if (rule === null) return t.habit.otherRule;
  switch (rule.kind) {
    case 'daily':
      return t.habit.rule.daily;
    case 'weekdays': {
      const names = f.weekdays(rule.days.length > 2 ? 'short' : 'long');
      return rule.days.length === 7 ? t.habit.rule.daily : f.list(rule.days.map((day) => names[day] ?? ''));
    }
    case 'week':
      return t.habit.perWeek(rule.times);
    case 'month':
      return t.habit.perMonth(rule.times);
    case 'every':
      return t.habit.everyDays(rule.days);
  }
}

/** How long a habit was kept in a row, in what its rule counts. */
export function streakWords(rule: Rule | null, streak: number, t: Strings): string {
  const words = t.day.streak;
  switch (rule?.kind) {
    case 'week':
      return words.weeks(streak);
    case 'month':
      return words.months(streak);
    case 'every':
      return words.times(streak);
    default:
      return words.days(streak);
  }
}
