// Where the pages of a kind of record are, and what it is called. Habits and tasks have addresses of their own.

import type { Strings } from '../../strings/en';
import { to } from './routes';

export interface Place {
  readonly list: string;
  readonly trash: string;
  readonly fresh: string;
  readonly record: (id: string) => string;
  readonly edit: (id: string) => string;
  readonly history: (id: string) => string;
}

export function placeOf(type: string): Place {
  if (type === 'habit' || type === 'task') {
    return {
      list: to.list(type),
      trash: to.trash(type),
      fresh: to.fresh(type),
      record: (id) => to.record(type, id),
      edit: (id) => to.edit(type, id),
      history: (id) => to.history(type, id),
    };
  }
  return {
    list: to.records(type),
    trash: to.recordTrash(type),
    fresh: to.newRecord(type),
    record: (id) => to.recordOf(type, id),
    edit: (id) => to.editRecord(type, id),
    history: (id) => to.recordHistory(type, id),
  };
}

/** What a kind of record is called, and what its pages say. */
export interface KindWords {
  readonly one: string;
  readonly list: string;
  readonly add: string;
  readonly edit: string;
  readonly actions: string;
  readonly trash: string;
  readonly trashEmpty: string;
  readonly emptyTitle: string;
  readonly emptyNote: string;
}

/** A name from a declaration, where the catalogue has no word for it yet. */
export function humanised(name: string): string {
  const words = name.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function kindWords(type: string, t: Strings): KindWords {
  if (type === 'habit' || type === 'task') return t[type];
  const known = t.life.kinds[type];
  const { general } = t.life;
  if (known === undefined) {
    const one = humanised(type);
    const { add, edit, actions, trash, emptyTitle } = general;
    return { one, list: one, add, edit, actions, trash, trashEmpty: t.task.trashEmpty, emptyTitle, emptyNote: '' };
  }
  return { actions: general.actions, trash: general.trash, trashEmpty: t.task.trashEmpty, ...known };
}

export function fieldWords(type: string, field: string, t: Strings): string {
  return t.life.fields[`${type}.${field}`] ?? t.life.fields[field] ?? t.history.fields[field] ?? humanised(field);
}
export function choiceWords(value: string, t: Strings): string {
  return t.life.choices[value] ?? t.history.words[value] ?? humanised(value);
}
