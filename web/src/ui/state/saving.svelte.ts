// Saving a form: what is wrong is said beside its field and takes the focus; nothing is sent twice.

import type { Fields, RecordView } from '../../core/types';
import { app, failure } from './app.svelte';
import { i18n } from './i18n.svelte';
import { focusWrong } from './wrong';

type Wrong = Readonly<Record<string, string>>;

export class Saving {
  /** Words by field. */
  wrong = $state.raw<Wrong>({});
  busy = $state(false);
  readonly #kind: string;

  constructor(kind: string) {
    this.#kind = kind;
  }

  of(field: string): string | null {
    return this.wrong[field] ?? null;
  }
  clear(): void {
    this.wrong = {};
  }

  /** False if something is wrong, which was said then. */
  async passes(found: Wrong, form: EventTarget | null): Promise<boolean> {
    this.wrong = found;
    if (Object.keys(found).length === 0) return !this.busy;
    await focusWrong(form);
    return false;
  }

  /** A new record has no empty fields; in an old one null clears. Null if it was refused, which was said then. */
  async save(id: string | null, name: string, fields: Fields, form: EventTarget | null): Promise<RecordView | null> {
    const { common } = i18n.t;
    const filled = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
    this.busy = true;
    try {
      const saved = await (id === null ? app.client.add(this.#kind, filled) : app.client.set(id, fields));
      app.say(id === null ? common.added(name) : common.saved(name), { undo: true });
      return saved;
    } catch (thrown) {
      const error = failure(thrown);
      if (error.field) this.wrong = { [error.field]: i18n.t.errors[error.code] };
      app.fail(thrown);
      await focusWrong(form);
      return null;
    } finally {
      this.busy = false;
    }
  }
}
