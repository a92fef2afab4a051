// Where we are, from the part of the address behind `#`: it works below any path, offline, and never reaches a server.
// Browsers keep addresses in the clear, so nothing that somebody wrote ever stands in one.

/** Records that have pages. */
export type Kind = 'habit' | 'task';

/** Pages about the vault, by their first and second word. */
const PLACES = [
  'settings',
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

export type Route =
  | { readonly page: 'today'; readonly date: string | null }
  | { readonly page: 'habits' | 'tasks'; readonly trash: boolean }
  | { readonly page: 'habit' | 'task'; readonly id: string }
  | { readonly page: 'habit-form' | 'task-form'; readonly id: string | null; readonly title: string }
  | { readonly page: 'history'; readonly id: string }
  | { readonly page: Place };

const DATE = /^\d{4}-\d{2}-\d{2}$/;

export function parse(hash: string): Route {
  const [path = ''] = hash.replace(/^#\/?/, '').split('?');
  const [first, second, third] = path.split('/').map(decodeURIComponent);
  switch (first) {
    case 'habits':
    case 'tasks': {
      const one = first === 'habits' ? 'habit' : 'task';
      if (!second) return { page: first, trash: false };
      if (second === 'trash') return { page: first, trash: true };
      if (second === 'new') return { page: `${one}-form`, id: null, title: '' };
      if (third === 'edit') return { page: `${one}-form`, id: second, title: '' };
      if (third === 'history') return { page: 'history', id: second };
      return { page: one, id: second };
    }
    default: {
      const address = [first, second].filter(Boolean).join('/');
      const page = PLACES.find((place) => place === address);
      if (page !== undefined) return { page };
      return { page: 'today', date: second && DATE.test(second) ? second : null };
    }
  }
}

/** Addresses, written in one place. */
export const to = {
  today: '#/today',
  day: (date: string) => `#/today/${date}`,
  list: (kind: Kind) => `#/${kind}s`,
  trash: (kind: Kind) => `#/${kind}s/trash`,
  fresh: (kind: Kind) => `#/${kind}s/new`,
  record: (kind: Kind, id: string) => `#/${kind}s/${encodeURIComponent(id)}`,
  edit: (kind: Kind, id: string) => `#/${kind}s/${encodeURIComponent(id)}/edit`,
  history: (kind: Kind, id: string) => `#/${kind}s/${encodeURIComponent(id)}/history`,
  settings: '#/settings',
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

const SEEN = { seen: true };

class Router {
  route = $state.raw<Route>(parse(location.hash));
  /** Counts moves, so that a page knows it was entered anew. */
  moves = $state(0);

  /** How far a page was scrolled when it was left, by its address; going back finds it so. */
  #left = new Map<string, number>();
  /** What was typed already, for the form that is opened next. */
  draft = '';
  /** Where the page begins that is entered now. */
  scroll = 0;

  start(): void {
    history.scrollRestoration = 'manual';
    history.replaceState(SEEN, '');
    addEventListener('scroll', () => this.#left.set(location.hash, scrollY), { passive: true });
    // An entry that was seen before carries a state, a fresh one does not: so back and forward are told from links.
    addEventListener('popstate', (event) => {
      this.scroll = event.state === null ? 0 : (this.#left.get(location.hash) ?? 0);
    });
    addEventListener('hashchange', () => {
      history.replaceState(SEEN, '');
      const route = parse(location.hash);
      this.route = 'title' in route && route.id === null ? { ...route, title: this.draft } : route;
      this.draft = '';
      this.moves += 1;
    });
  }
  go(address: string): void {
    location.hash = address;
  }
  /** Instead of the present page, which is done with (a form that was saved). */
  replace(address: string): void {
    history.replaceState(SEEN, '', address);
    this.scroll = 0;
    this.route = parse(location.hash);
    this.moves += 1;
  }
}

export const router = new Router();
