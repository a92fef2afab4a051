// A line of quick add in words: what it would do, what it did, why it means nothing.

import type { Fields, Quick, RecordView } from '../../core/types';
import type { Strings } from '../../strings/en';
import type { Format } from '../../strings/format';
import { daysBetween } from './dates';
import { habitOf } from './records';

type Log = Quick & { readonly kind: 'log' };
type Task = Quick & { readonly kind: 'task' };

/** Near days by their names, others by date. */
function dayWords(date: string, today: string, t: Strings, f: Format): string {
  if (date === today) return t.line.today;
  const days = daysBetween(today, date);
  return Math.abs(days) === 1 ? f.fromNow(days) : f.shortDay(date);
}

function logWords({ state, value, unit }: Log, t: Strings): string {
  return state === 'value' ? t.habit.amount(value ?? 0, unit) : t.line.states[state];
}

function taskFacts({ due, time, priority, labels }: Task, today: string, t: Strings, f: Format): readonly string[] {
  const when = due === null ? [] : [time === null ? dayWords(due, today, t, f) : `${dayWords(due, today, t, f)} ${f.clock(time)}`];
  const rank = priority === null ? [] : [t.line.priority(t.task.priorities[priority] ?? f.number(priority))];
  return [...when, ...rank, ...labels.map((label) => `#${label}`)];
}

/** What the line would do; `more` are its particulars. */
export interface Meaning {
  readonly kind: Quick['kind'];
  readonly text: string;
  readonly more: string;
}

export function meaningOf(quick: Quick, today: string, t: Strings, f: Format): Meaning {
  switch (quick.kind) {
    case 'log':
      return { kind: quick.kind, text: t.line.log(quick.name, logWords(quick, t), dayWords(quick.date, today, t, f)), more: '' };
    case 'task':
      return { kind: quick.kind, text: t.line.task(quick.title), more: taskFacts(quick, today, t, f).join(' · ') };
    case 'unclear':
      return { kind: quick.kind, text: unclearWords(quick, t), more: '' };
  }
}

function unclearWords({ why, name = '', unit = '' }: Quick & { readonly kind: 'unclear' }, t: Strings): string {
  const words = t.line.unclear;
  switch (why) {
    case 'empty':
      return words.empty;
    case 'how_much':
      return words.how_much(name, unit);
    case 'other_unit':
      return words.other_unit(name, unit);
    case 'ambiguous':
      return words.ambiguous;
  }
}

/** What was written. */
export function writtenWords(quick: Quick, t: Strings): string {
  switch (quick.kind) {
    case 'log':
      return `${quick.name}: ${logWords(quick, t)}`;
    case 'task':
      return t.common.added(quick.title);
    case 'unclear':
      return unclearWords(quick, t);
  }
}

/** The fields of a task's form, as far as the line named them. */
export function taskFields({ due, time, priority, labels }: Task): Fields {
  return {
    ...(due === null ? {} : { due }),
    ...(time === null ? {} : { due_time: time }),
    ...(priority === null ? {} : { priority }),
    ...(labels.length === 0 ? {} : { labels }),
  };
}

/** A line that logs one of these habits, as an example; null if there is none. */
export function ownExample(habits: readonly RecordView[]): string | null {
  const known = habits.map(habitOf).filter(({ bad, name }) => !bad && name !== '');
  const measured = known.find(({ measurable, target }) => measurable && target !== null);
  if (measured !== undefined) return [measured.name, measured.target, measured.unit].filter((part) => part !== '').join(' ');
  return known[0]?.name ?? null;
}
