// The line below a record's name: what matters of it at a glance.

import type { RecordView } from '../../core/types';
import type { Strings } from '../../strings/en';
import type { Format } from '../../strings/format';
import { progressOf, stepsOf } from './aims';
import { rulesOf } from './forms';
import { choiceWords } from './kinds';
import { parseRule, ruleWords } from './records';
import { repeatWords } from './repeat';
import { whenWords } from './values';
import { partsOf } from './when';

function text(record: RecordView, name: string): string {
  const value = record.fields[name];
  return typeof value === 'string' ? value : '';
}

function goalLine(record: RecordView, t: Strings, f: Format, grouped: boolean): readonly string[] {
  const status = text(record, 'status');
  const due = text(record, 'due');
  const progress = progressOf(record.fields);
  return [
    grouped || status === '' || status === 'active' ? '' : choiceWords(status, t),
    progress?.kind === 'milestones' ? t.life.goal.of(progress.done, progress.all) : '',
    due === '' ? '' : t.life.goal.by(f.dayAndYear(due)),
  ];
}

function routineLine(record: RecordView, t: Strings, f: Format): readonly string[] {
  const [from, to] = [text(record, 'window_start'), text(record, 'window_end')];
  const rule = Object.entries(rulesOf(record.fields['schedule'])).sort(([a], [b]) => (a < b ? -1 : 1)).at(-1)?.[1];
  const steps = stepsOf(record.fields).length;
  return [
    rule === undefined ? '' : ruleWords(parseRule(rule), t, f),
    from === '' && to === '' ? '' : t.life.routine.window(from, to),
    steps === 0 ? '' : t.life.routine.count(steps),
  ];
}

function eventLine(record: RecordView, t: Strings, f: Format): readonly string[] {
  const [start, end] = [text(record, 'start'), text(record, 'end')];
  const { date: first, time: from, zone } = partsOf(start);
  const { date: last, time: to, zone: there } = partsOf(end);
  const rule = text(record, 'rrule');
  const place = text(record, 'location');
  // Of something that comes again the first date says little.
  if (rule !== '') return [from === '' ? '' : to === '' ? from : `${from} – ${to}`, repeatWords(rule, t, f), place];
  const until = end === '' || end === start ? '' : last === first && zone === there ? to : whenWords(end, f);
  return [first === '' ? '' : until === '' ? whenWords(start, f) : `${whenWords(start, f)} – ${until}`, place];
}

function seasonLine(record: RecordView, t: Strings, f: Format): readonly string[] {
  const [start, end] = [text(record, 'start'), text(record, 'end')];
  const words = t.life.season;
  if (start !== '' && end !== '') return [words.range(f.dayAndYear(start), f.dayAndYear(end))];
  return [start !== '' ? words.since(f.dayAndYear(start)) : end !== '' ? words.until(f.dayAndYear(end)) : ''];
}

/** `grouped`: it stands below a heading that says what groups say. */
export function secondLine(record: RecordView, t: Strings, f: Format, grouped = false): string {
  const parts = (() => {
    switch (record.type) {
      case 'goal':
        return goalLine(record, t, f, grouped);
      case 'routine':
        return routineLine(record, t, f);
      case 'event':
        return eventLine(record, t, f);
      case 'season':
        return seasonLine(record, t, f);
      case 'project':
        return [grouped || text(record, 'status') === '' ? '' : choiceWords(text(record, 'status'), t)];
      case 'identity':
        return [grouped ? (text(record, 'text').split('\n')[0] ?? '') : choiceWords(text(record, 'kind') || 'value', t)];
      case 'journal': {
        const mood = t.life.scales['journal.mood']?.[Number(record.fields['mood']) - 1];
        return [mood ?? ''];
      }
      default:
        return [];
    }
  })();
  return parts.filter((part) => part !== '').join(' · ');
}
