// Where we are, and how one goes elsewhere. Addresses themselves are in `routes.ts`.

import type { Fields } from '../../core/types';
import { filled, NOTHING, parse, type Route } from './routes';

export { to } from './routes';
export type { Kind, Place, Route, View } from './routes';

const SEEN = { seen: true };

function isPlace(data: unknown): data is { readonly place: string } {
  return typeof data === 'object' && data !== null && 'kind' in data && data.kind === 'open' && 'place' in data && typeof data.place === 'string';
}

class Router {
  route = $state.raw<Route>(parse(location.hash));
  /** Counts moves, so that a page knows it was entered anew. */
  moves = $state(0);

  /** How far a page was scrolled when it was left, by its address; going back finds it so. */
  #left = new Map<string, number>();
  /** What was typed already, for the form that is opened next. */
  draft = '';
  /** And what else of the new record is known. */
  given: Fields = NOTHING;
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
    // A reminder was tapped while the app is open.
    navigator.serviceWorker?.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      if (isPlace(data)) this.go(data.place);
    });
    addEventListener('hashchange', () => {
      history.replaceState(SEEN, '');
      this.route = filled(parse(location.hash), this.draft, this.given);
      this.draft = '';
      this.given = NOTHING;
      this.moves += 1;
    });
  }
  go(address: string): void {
    location.hash = address;
  }
  /** The same page, shown otherwise: nothing is entered anew, and going back leaves it. */
  stay(address: string): void {
    history.replaceState(SEEN, '', address);
    this.route = parse(location.hash);
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
