// What was typed to search, and what the core says to the newest of it.

import type { CoreError, Found } from '../../core/types';
import { app, failure } from './app.svelte';
import { SEARCHED } from './finds';
import { Latest } from './latest';

/** So long a letter waits for the next one. */
const PAUSE_MS = 50;
/** So many are shown at first, and so many more each time. */
const PAGE = 20;
/** The core finds no more than these at once. */
const MOST = 100;
/** While the index is made or records change, it is asked anew so often. */
const AGAIN_MS = 1_000;

interface Question {
  readonly text: string;
  readonly limit: number;
}

export class Finding {
  typed = $state('');
  /** The newest answer, and to what; kept until there is another, so that rows do not flicker. */
  answer = $state.raw<{ readonly text: string; readonly found: Found } | null>(null);
  error = $state.raw<CoreError | null>(null);
  #limit = PAGE;
  #again: ReturnType<typeof setTimeout> | undefined;
  readonly #told: () => void;
  readonly #latest: Latest<Question, Found>;

  /** `told` is called at each answer. */
  constructor(told: () => void) {
    this.#told = told;
    this.#latest = new Latest<Question, Found>(PAUSE_MS, {
      ask: ({ text, limit }) => app.client.search(text, { records: SEARCHED, limit }),
      answered: ({ text }, found) => {
        this.answer = { text, found };
        this.error = null;
        if (!found.ready) this.#soon();
        this.#told();
      },
      failed: ({ text }, thrown) => {
        this.error = failure(thrown);
        this.answer = { text, found: { matches: [], more: false, ready: true } };
        this.#told();
      },
    });
  }

  get text(): string {
    return this.typed.trim();
  }
  /** What is shown answers what is typed. */
  get fresh(): boolean {
    return this.text === '' || this.answer?.text === this.text;
  }
  /** There is more, and it can be had. */
  get more(): boolean {
    return this.answer?.found.more === true && this.#limit < MOST;
  }
  /** There is more, and only other words help. */
  get tooMany(): boolean {
    return this.answer?.found.more === true && this.#limit >= MOST;
  }

  /** Something else was typed. */
  changed(): void {
    this.#limit = PAGE;
    this.#ask();
  }
  wantMore(): void {
    this.#limit = Math.min(this.#limit + PAGE, MOST);
    this.#ask();
  }
  /** For the life of the component; records that change are looked for again. */
  follow(): () => void {
    const forget = app.client.onChange(() => this.#soon());
    return () => {
      forget();
      clearTimeout(this.#again);
      this.#latest.drop();
    };
  }

  /** Not put off by what comes meanwhile, or many changes would put it off for good. */
  #soon(): void {
    this.#again ??= setTimeout(() => this.#ask(), AGAIN_MS);
  }
  #ask(): void {
    clearTimeout(this.#again);
    this.#again = undefined;
    if (this.text !== '') return this.#latest.ask({ text: this.text, limit: this.#limit });
    this.#latest.drop();
    this.answer = null;
    this.error = null;
  }
}
