// A line of quick add, understood as far as the sample data needs it; the core knows more words.
import { plus, textOf } from './mock-plan';
import type { CivilDate, Quick, RecordView } from './types';

const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

function dayOf(word: string, today: CivilDate): CivilDate | null {
  if (word === 'today') return today;
  if (word === 'tomorrow') return plus(today, 1);
  const wanted = DAYS.findIndex((day) => day === word || day.slice(0, 3) === word);
  if (wanted === -1) return null;
  return plus(today, (wanted - new Date(today).getUTCDay() + 6) % 7 + 1);
}

function logged(habit: RecordView, rest: readonly string[], date: CivilDate): Quick | null {
  const [name, unit] = [textOf(habit, 'name'), textOf(habit, 'unit')];
  const log = { kind: 'log', habit: habit.id, name, date, unit } as const;
  const measured = textOf(habit, 'kind') === 'measurable';
  if (rest.length === 1 && (rest[0] === 'skip' || rest[0] === 'slip')) return { ...log, state: rest[0] };
  if (rest.length === 0) {
    if (measured) return { kind: 'unclear', why: 'how_much', name, unit };
    return { ...log, state: textOf(habit, 'polarity') === 'bad' ? 'slip' : 'done' };
  }
  const [, value, given = ''] = /^(\d+(?:\.\d+)?)(.*)$/.exec(rest.join('')) ?? [];
  if (!measured || value === undefined) return null;
  if (given !== '' && given !== unit) return { kind: 'unclear', why: 'other_unit', name, unit };
  return { ...log, state: 'value', value: Number(value) };
}

export function understood(line: string, habits: readonly RecordView[], today: CivilDate): Quick {
  const words = line.trim().split(/\s+/).filter((word) => word !== '');
  for (let taken = words.length; taken > 0; taken -= 1) {
    const name = words.slice(0, taken).join(' ').toLowerCase();
    const habit = habits.find((row) => textOf(row, 'name').toLowerCase() === name);
    const log = habit === undefined ? null : logged(habit, words.slice(taken), today);
    if (log !== null) return log;
  }
  const task = { due: null as CivilDate | null, time: null as string | null, priority: null as number | null, labels: [] as string[] };
  const left = words.filter((word, at) => {
    const day = at === words.length - 1 || at === 0 || /^[!#\d]/.test(words[at + 1] ?? '') ? dayOf(word.toLowerCase(), today) : null;
    if (day !== null) task.due = day;
    else if (/^![0-3]$/.test(word)) task.priority = Number(word[1]);
    else if (/^#./.test(word)) task.labels.push(word.slice(1));
    else if (/^\d{1,2}:\d\d$/.test(word)) task.time = word.padStart(5, '0');
    else return true;
    return false;
  });
  if (left.length === 0) return { kind: 'unclear', why: 'empty' };
  if (task.time !== null) task.due ??= today;
  return { kind: 'task', title: left.join(' '), ...task };
}
