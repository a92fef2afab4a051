// Where we are, from the part of the address behind `#`: it works below any path, offline, and never reaches a server.
// Browsers keep addresses in the clear, so nothing that somebody wrote ever stands in one.

import type { Fields } from '../../core/types';

/** Records with pages of their own; every other type has those of all records. */
export type Kind = 'habit' | 'task';

/** Pages about the vault, by their first and second word. */
const PLACES = [
  'settings',
  'settings/domains',
  'settings/notices',
  'settings/fields',
  'settings/files',
  'recent',
  'inbox',
  'templates',
  'arrange',
  'sync',
  'alarms',
  'devices',
  'devices/add',
  'relay',
  'relay/move',
  'account',
  'storage',
  'phrase',
  'phrase/new',
  'way-in',
] as const;
export type Place = (typeof PLACES)[number];

/** Ways to look at the calendar. */
export const VIEWS = ['agenda', 'day', 'week', 'month'] as const;
export type View = (typeof VIEWS)[number];

export type Route =
  | { readonly page: 'today'; readonly date: string | null }
  /** Without a view: the one that suits the screen. */
  | { readonly page: 'plan'; readonly view: View | null; readonly date: string | null }
  | { readonly page: 'life' }
  | { readonly page: 'records'; readonly type: string; readonly trash: boolean }
  | { readonly page: 'record'; readonly type: string; readonly id: string }
  /** `given`: what of a new one is known already. */
  | { readonly page: 'record-form'; readonly type: string; readonly id: string | null; readonly given: Fields }
  | { readonly page: 'habits' | 'tasks'; readonly trash: boolean }
  | { readonly page: 'habit' | 'task'; readonly id: string }
  | { readonly page: 'habit-form' | 'task-form'; readonly id: string | null; readonly title: string; readonly given: Fields }
  | { readonly page: 'history'; readonly id: string }
  /** Not a place: what a reminder is about is done, and Today shown. */
  | { readonly page: 'done'; readonly type: string; readonly id: string; readonly date: string }
  | { readonly page: Place };

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const TYPE = /^[a-z_]+$/;
/** Nothing is known yet. */
export const NOTHING: Fields = {};

const dated = (text: string | undefined): string | null =>
  text !== undefined && DATE.test(text) && !Number.isNaN(Date.parse(text)) ? text : null;

/** Pages that every type has. Habits and tasks have their own, wherever they are named. */
function ofLife(type: string | undefined, id: string | undefined, act: string | undefined): Route {
  if (!type || !TYPE.test(type)) return { page: 'life' };
  if (type === 'habit' || type === 'task') return parse(`#/${[`${type}s`, id, act].filter(Boolean).join('/')}`);
  if (!id) return { page: 'records', type, trash: false };
  if (id === 'trash') return { page: 'records', type, trash: true };
  if (id === 'new') return { page: 'record-form', type, id: null, given: NOTHING };
  if (act === 'edit') return { page: 'record-form', type, id, given: NOTHING };
  if (act === 'history') return { page: 'history', id };
  return { page: 'record', type, id };
}

export function parse(hash: string): Route {
  const [path = ''] = hash.replace(/^#\/?/, '').split('?');
  const [first, second, third, fourth] = path.split('/').map(decodeURIComponent);
  switch (first) {
    case 'plan':
      return { page: 'plan', view: VIEWS.find((view) => view === second) ?? null, date: dated(third) };
    case 'life':
      return ofLife(second, third, fourth);
    case 'habits':
    case 'tasks': {
      const one = first === 'habits' ? 'habit' : 'task';
      if (!second) return { page: first, trash: false };
      if (second === 'trash') return { page: first, trash: true };
      if (second === 'new') return { page: `${one}-form`, id: null, title: '', given: NOTHING };
      if (third === 'edit') return { page: `${one}-form`, id: second, title: '', given: NOTHING };
      if (third === 'history') return { page: 'history', id: second };
      return { page: one, id: second };
    }
    case 'done': {
      const date = dated(fourth);
      if (!second || !TYPE.test(second) || !third || date === null) return { page: 'today', date: null };
      return { page: 'done', type: second, id: third, date };
    }
    default: {
      const address = [first, second].filter(Boolean).join('/');
      const page = PLACES.find((place) => place === address);
      if (page !== undefined) return { page };
      return { page: 'today', date: dated(second) };
    }
  }
}

const part = encodeURIComponent;
const life = (...parts: readonly string[]) => ['#/life', ...parts.map(part)].join('/');

/** Addresses, written in one place. */
export const to = {
  today: '#/today',
  day: (date: string) => `#/today/${date}`,
  plan: '#/plan',
  planned: (view: View, date: string) => `#/plan/${view}/${date}`,
  life: '#/life',
  /** Of any type: its list, its trash, a new one; of one record: its page, its form, its history. */
  records: (type: string) => life(type),
  recordTrash: (type: string) => life(type, 'trash'),
  newRecord: (type: string) => life(type, 'new'),
  recordOf: (type: string, id: string) => life(type, id),
  editRecord: (type: string, id: string) => life(type, id, 'edit'),
  recordHistory: (type: string, id: string) => life(type, id, 'history'),
  list: (kind: Kind) => `#/${kind}s`,
  trash: (kind: Kind) => `#/${kind}s/trash`,
  fresh: (kind: Kind) => `#/${kind}s/new`,
  record: (kind: Kind, id: string) => `#/${kind}s/${encodeURIComponent(id)}`,
  edit: (kind: Kind, id: string) => `#/${kind}s/${encodeURIComponent(id)}/edit`,
  history: (kind: Kind, id: string) => `#/${kind}s/${encodeURIComponent(id)}/history`,
  done: (type: string, id: string, date: string) => `#/done/${[type, id, date].map(part).join('/')}`,
  arrange: '#/arrange',
  templates: '#/templates',
  recent: '#/recent',
  inbox: '#/inbox',
  settings: '#/settings',
  domains: '#/settings/domains',
  notices: '#/settings/notices',
  fields: '#/settings/fields',
  files: '#/settings/files',
  sync: '#/sync',
  alarms: '#/alarms',
  devices: '#/devices',
  addDevice: '#/devices/add',
  relay: '#/relay',
  moveRelay: '#/relay/move',
  account: '#/account',
  storage: '#/storage',
  phrase: '#/phrase',
  newPhrase: '#/phrase/new',
  wayIn: '#/way-in',
} as const;

/** A form of a new record begins with what is known of it. */
export function filled(route: Route, title: string, given: Fields): Route {
  if (!('given' in route) || route.id !== null) return route;
  return 'title' in route ? { ...route, title, given } : { ...route, given: title === '' ? given : { title, ...given } };
}
