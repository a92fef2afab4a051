// The declarations of record types as the core gives them, for the sample core.
import type { FieldInfo, TypeInfo } from './types';

type Kind = FieldInfo['kind'];
const one = (name: string, kind: Kind, more: Partial<FieldInfo> = {}): FieldInfo => ({ name, kind, required: false, ...more });
const needed = { required: true } as const;
const choice = (name: string, ...choices: readonly string[]) => one(name, 'choice', { choices });
const link = (name: string, to: string) => one(name, 'link', { to });
const links = (name: string, to: string) => one(name, 'links', { to });
const list = (name: string, item: readonly FieldInfo[]) => one(name, 'list', { item });
const title = one('title', 'line', needed);
const minutes = (name: string) => one(name, 'int', { min: 0, max: 480, unit: 'minutes' });

const BASE: readonly FieldInfo[] = [one('tags', 'tags'), one('custom', 'map'), one('archived', 'bool'), choice('scope', 'goals', 'private')];
const thing = (name: string, scope: string, fields: readonly FieldInfo[]): TypeInfo => ({ name, shape: 'thing', scope, fields: [...fields, ...BASE] });

export const TYPES: readonly TypeInfo[] = [
  thing('season', 'profile', [title, one('start', 'date'), one('end', 'date'), one('focus', 'prose')]),
  thing('identity', 'identity', [choice('kind', 'value', 'belief', 'role', 'scripture'), title, one('text', 'prose')]),
  thing('journal', 'identity', [one('date', 'date', needed), one('text', 'prose'), one('mood', 'int', { min: 1, max: 5, unit: 'from bad to good' }), one('about', 'links')]),
  thing('goal', 'goals', [
    title,
    choice('type', 'outcome', 'metric', 'milestones', 'habit'),
    one('why', 'prose'),
    one('metric', 'line'),
    one('start', 'decimal'),
    one('current', 'decimal'),
    one('target', 'decimal'),
    one('unit', 'line'),
    one('due', 'date'),
    choice('status', 'active', 'paused', 'achieved', 'dropped'),
    list('milestones', [title, one('done', 'bool'), one('due', 'date')]),
    links('habits', 'habit'),
    links('routines', 'routine'),
    links('tasks', 'task'),
  ]),
  thing('project', 'goals', [title, choice('status', 'active', 'paused', 'completed', 'dropped'), one('notes', 'prose'), link('goal', 'goal')]),
  thing('task', 'goals', [
    title,
    one('description', 'prose'),
    choice('status', 'pending', 'in_progress', 'completed', 'cancelled'),
    one('due', 'date'),
    one('due_time', 'time'),
    minutes('estimated_minutes'),
    minutes('actual_minutes'),
    one('priority', 'int', { min: 0, max: 3 }),
    one('labels', 'tags'),
    one('rrule', 'rrule'),
    list('subtasks', [title, one('done', 'bool')]),
    link('project', 'project'),
    link('goal', 'goal'),
    links('depends_on', 'task'),
  ]),
  thing('habit', 'habits', [
    one('name', 'line', needed),
    choice('polarity', 'good', 'bad'),
    choice('kind', 'yes_no', 'measurable'),
    one('target', 'decimal'),
    one('unit', 'line'),
    choice('direction', 'at_least', 'at_most'),
    one('schedule', 'schedule'),
    one('reminders', 'map'),
    one('colour', 'colour'),
    link('goal', 'goal'),
    one('group', 'line'),
    one('position', 'other'),
  ]),
  thing('routine', 'routines', [title, list('steps', [title, minutes('minutes')]), one('window_start', 'time'), one('window_end', 'time'), one('schedule', 'schedule'), link('goal', 'goal')]),
  thing('event', 'goals', [
    title,
    one('description', 'prose'),
    one('location', 'line'),
    one('start', 'when', needed),
    one('end', 'when'),
    one('all_day', 'bool'),
    one('busy', 'bool'),
    one('rrule', 'rrule'),
    one('exceptions', 'map'),
    list('attendees', [one('address', 'line', needed), one('name', 'line'), choice('reply', 'none', 'accepted', 'tentative', 'declined')]),
    one('link', 'line'),
    one('source_uid', 'line'),
    one('etag', 'line'),
  ]),
  thing('category', 'finance', [one('name', 'line', needed), one('group', 'line'), one('discretionary', 'bool')]),
];
