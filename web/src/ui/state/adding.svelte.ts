// A line that is typed to quick add, what the core makes of it while it is typed, and its writing.

import type { Quick } from '../../core/types';
import { app, failure } from './app.svelte';
import { i18n } from './i18n.svelte';
import { Latest } from './latest';
import { writtenWords } from './line';

/** So long a letter waits for the next one. */
const PAUSE_MS = 120;

/** Writes a line. What it means, if it is written or unclear; null if it failed, which was said then. */
export async function writeLine(line: string): Promise<Quick | null> {
  try {
    const quick = await app.client.quick(line, true);
    if (quick.kind !== 'unclear') app.say(writtenWords(quick, i18n.t), { undo: true });
    return quick;
  } catch (thrown) {
    app.fail(thrown);
    return null;
  }
}

export class Adding {
  line = $state('');
  /** What the newest line that was asked about means. */
  meant = $state.raw<{ readonly line: string; readonly quick: Quick } | null>(null);
  /** Why the line was not taken, in words. */
  wrong = $state<string | null>(null);
  busy = $state(false);
  readonly #latest = new Latest<string, Quick>(PAUSE_MS, {
    ask: (line) => app.client.quick(line, false),
    answered: (line, quick) => (this.meant = { line, quick }),
    // It is said when the line is to be written; until then there is just nothing to show.
    failed: (_, thrown) => {
      this.meant = null;
      this.wrong = i18n.t.errors[failure(thrown).code];
    },
  });

  /** Of the present line; of an older one until that is known, so that nothing flickers. */
  get quick(): Quick | null {
    return this.line.trim() === '' ? null : (this.meant?.quick ?? null);
  }

  changed(): void {
    this.wrong = null;
    const line = this.line.trim();
    if (line !== '') return this.#latest.ask(line);
    this.#latest.drop();
    this.meant = null;
  }
  /** For the life of the component. */
  follow(): () => void {
    this.changed();
    return () => this.#latest.drop();
  }
  /** True if it was written. */
  async write(unclear: (quick: Quick & { readonly kind: 'unclear' }) => string): Promise<boolean> {
    const line = this.line.trim();
    if (line === '') {
      this.wrong = i18n.t.common.fieldNeeded;
      return false;
    }
    if (this.busy) return false;
    this.busy = true;
    this.#latest.drop();
    const quick = await writeLine(line);
    this.busy = false;
    if (quick?.kind === 'unclear') this.wrong = unclear(quick);
    return quick !== null && quick.kind !== 'unclear';
  }
}
