// What the screens share: the core's handle and its state, the toast and the sheet.
// Invariant: records live in the core; here is only what is on the screen.

import {
  CoreFailure,
  type CoreClient,
  type CoreError,
  type CoreState,
  type ListOptions,
  type Page,
  type RecordTypeName,
  type RecordView,
  type RowChange,
  type UnlockKind,
} from '../../core/types';
import { i18n } from './i18n.svelte';

export interface Toast {
  readonly id: number;
  readonly text: string;
  /** So many changes its button takes back. */
  readonly undo: number;
  readonly bad: boolean;
}

export type Sheet =
  /** With what was typed already. */
  | { readonly kind: 'add'; readonly what?: string }
  | { readonly kind: 'keys' }
  | { readonly kind: 'forget' };

const UNDO_MS = 10_000;
/** Records fetched at once. */
const PAGE = 1_000;
const STARTING: CoreState = { phase: { kind: 'starting' }, unlock: null, updateAvailable: false, passkeys: false };

/** What went wrong, as the contract names it; anything else is a fault of the screens. */
export function failure(thrown: unknown): CoreError {
  if (thrown instanceof CoreFailure) return thrown.error;
  return { code: 'internal', message: thrown instanceof Error ? thrown.message : String(thrown) };
}

class App {
  #client: CoreClient | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #serial = 0;
  state = $state.raw<CoreState>(STARTING);
  toast = $state.raw<Toast | null>(null);
  sheet = $state.raw<Sheet | null>(null);
  /** Search lies over whatever there is, a sheet too. */
  finding = $state(false);
  /** While the first pages are gone through, though the vault is open already. */
  onboarding = $state(false);
  /** The vault was opened with the recovery phrase: whatever usually opens it may be lost. */
  byPhrase = $state(false);
  updateLater = $state(false);
  /** The cover stays closed while it is being unlocked, so that a refusal finds what was typed. */
  unlocking = $state.raw<UnlockKind | null>(null);

  get client(): CoreClient {
    if (this.#client === null) throw new Error('the app was not started');
    return this.#client;
  }

  start(client: CoreClient): void {
    this.#client = client;
    client.state.subscribe((state) => {
      this.state = state;
      const { kind } = state.phase;
      // While a vault is being made the phase may still say that there is none.
      if (kind === 'locked' || kind === 'problem') this.onboarding = false;
      if (kind === 'locked' || kind === 'none' || kind === 'problem') {
        this.byPhrase = false;
        this.sheet = null;
        this.finding = false;
        this.toast = null;
      }
    });
  }

  say(text: string, options: { readonly undo?: boolean | number; readonly bad?: boolean } = {}): void {
    clearTimeout(this.#timer);
    this.#serial += 1;
    this.toast = { id: this.#serial, text, undo: Number(options.undo ?? 0), bad: options.bad ?? false };
    // What went wrong stays until it was read.
    if (!(options.bad ?? false)) this.#timer = setTimeout(() => this.hush(), UNDO_MS);
  }
  hush(): void {
    clearTimeout(this.#timer);
    this.toast = null;
  }
  fail(thrown: unknown): void {
    const error = failure(thrown);
    this.say(i18n.t.errors[error.code], { bad: true });
  }

  /** Does something to records, says so and offers to take it back. False if it failed; then that was said. */
  async change(what: () => Promise<unknown>, said: string): Promise<boolean> {
    try {
      await what();
      this.say(said, { undo: true });
      return true;
    } catch (thrown) {
      this.fail(thrown);
      return false;
    }
  }
  /** Does something that cannot be taken back. */
  async run(what: () => Promise<unknown>, said?: string): Promise<boolean> {
    try {
      await what();
      if (said !== undefined) this.say(said);
      return true;
    } catch (thrown) {
      this.fail(thrown);
      return false;
    }
  }
  /** Takes back the last change, or as many as were made together. */
  async undo(steps = 1): Promise<void> {
    this.hush();
    try {
      let taken = false;
      for (let step = 0; step < steps; step += 1) taken = (await this.client.undo()) || taken;
      this.say(taken ? i18n.t.common.undone : i18n.t.common.nothingToUndo);
    } catch (thrown) {
      this.fail(thrown);
    }
  }
}

export const app = new App();

/** All records of a type, page by page. */
export async function every(type: RecordTypeName, options: ListOptions = {}): Promise<readonly RecordView[]> {
  const found: RecordView[] = [];
  let after: string | null = null;
  do {
    const page: Page = await app.client.list(type, { ...options, limit: PAGE, ...(after === null ? {} : { after }) });
    found.push(...page.records);
    after = page.next;
  } while (after !== null);
  return found;
}

/** An answer of the core that stays current: asked again when a row that concerns it changes. */
export class Live<T> {
  value = $state.raw<T | undefined>(undefined);
  error = $state.raw<CoreError | null>(null);
  #ask: () => Promise<T>;
  #turn = 0;
  /** Answers that are waited for. */
  #asked = 0;
  #stale = false;

  constructor(ask: () => Promise<T>) {
    this.#ask = ask;
  }
  /** Rows changed: however many do while an answer is waited for, it is asked once more when that has come. */
  changed(): void {
    if (this.#asked > 0) this.#stale = true;
    else void this.again();
  }
  async again(): Promise<void> {
    this.#turn += 1;
    const turn = this.#turn;
    this.#stale = false;
    this.#asked += 1;
    try {
      const value = await this.#ask();
      if (turn === this.#turn) {
        this.value = value;
        this.error = null;
      }
    } catch (thrown) {
      if (turn === this.#turn) this.error = failure(thrown);
    } finally {
      this.#asked -= 1;
      if (this.#asked === 0 && this.#stale) void this.again();
    }
  }
}

/** For the life of the component: asks now, when `ask` reads something that changed, and after every change that concerns it. */
export function live<T>(ask: () => Promise<T>, concerns: (change: RowChange) => boolean): Live<T> {
  const made = new Live(ask);
  $effect(() => {
    void made.again();
  });
  $effect(() =>
    app.client.onChange((changes) => {
      if (changes.some(concerns)) made.changed();
    }),
  );
  return made;
}
