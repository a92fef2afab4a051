// Shortcuts of the keyboard. They are silent while somebody types and while a sheet is open; every one of them is
// also reachable by Tab and Enter.

import { app } from './app.svelte';
import { router, to } from './router.svelte';

const SEQUENCE_MS = 1200;
const PLACES: Readonly<Record<string, string>> = {
  t: to.today,
  p: to.plan,
  l: to.life,
  h: to.list('habit'),
  a: to.list('task'),
  s: to.settings,
  w: to.sync,
};

/** The key that goes with others, as the keyboard at hand names it. */
export const WITH = /Mac|iPhone|iPad/.test(navigator.userAgent) ? '⌘' : 'Ctrl';

/** For the list under `?`. Keys of one shortcut are pressed one after the other. */
export const SHORTCUTS = {
  go: [
    ['today', ['g', 't']],
    ['plan', ['g', 'p']],
    ['life', ['g', 'l']],
    ['habits', ['g', 'h']],
    ['tasks', ['g', 'a']],
    ['settings', ['g', 's']],
    ['sync', ['g', 'w']],
    ['next', ['j']],
    ['previous', ['k']],
  ],
  do: [
    ['search', [WITH, 'K']],
    ['add', ['n']],
    ['press', ['Space']],
    ['menu', ['m']],
    ['undo', ['u']],
    ['lock', ['Shift', 'L']],
    ['help', ['?']],
    ['escape', ['Esc']],
  ],
} as const;

function typing(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

/** Moves among the marks of the page's rows. */
function step(by: 1 | -1): void {
  const marks = [...document.querySelectorAll<HTMLElement>('main [data-row]')];
  const at = marks.indexOf(document.activeElement as HTMLElement);
  const next = at === -1 ? (by === 1 ? 0 : marks.length - 1) : Math.min(Math.max(at + by, 0), marks.length - 1);
  marks[next]?.focus();
}

function single(event: KeyboardEvent): boolean {
  switch (event.key) {
    case '?':
      app.sheet = { kind: 'keys' };
      return true;
    case 'n':
      app.sheet = { kind: 'add' };
      return true;
    case 'j':
      step(1);
      return true;
    case 'k':
      step(-1);
      return true;
    case 'm':
      document.activeElement?.dispatchEvent(new Event('contextmenu', { bubbles: true, cancelable: true }));
      return true;
    case 'u':
      void app.undo();
      return true;
    case 'L':
      void app.run(() => app.client.lock());
      return true;
    default:
      return false;
  }
}

export function startKeys(): () => void {
  let leader = 0;
  const onKey = (event: KeyboardEvent) => {
    if (app.state.phase.kind !== 'open' || app.onboarding) return;
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
      event.preventDefault();
      app.finding = !app.finding;
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector('dialog[open]')) {
      return;
    }
    const place = PLACES[event.key];
    if (event.timeStamp - leader < SEQUENCE_MS && place !== undefined) {
      leader = 0;
      event.preventDefault();
      router.go(place);
      return;
    }
    leader = event.key === 'g' ? event.timeStamp : 0;
    if (single(event)) event.preventDefault();
  };
  addEventListener('keydown', onKey);
  return () => removeEventListener('keydown', onKey);
}
