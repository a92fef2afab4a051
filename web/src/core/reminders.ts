// What the relay is to push, worked out anew whenever something changed that reminds: the core says when on the wall, the
// browser knows which moment that is.
import { momentOf } from './day-asked';
import type { Driver } from './driver';
import type { RowChange } from './types';
import type { Reminder } from './wasm/core_wasm';

/** Many changes come together. */
const PAUSE_MS = 2_000;
/** A month ahead is scheduled; that it goes on is seen to a few times a day. */
const AGAIN_MS = 6 * 60 * 60_000;
const CONCERNS = new Set([
  'habit',
  'habit_log',
  'task',
  'task_log',
  'event',
  'person',
  'profile',
  'settings',
  'push_subscription',
]);

export class Reminders {
  readonly #driver: Driver;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** What other devices did since is here. Before, what was done on one of them would be scheduled again. */
  #inStep = false;
  #over = false;

  constructor(driver: Driver) {
    this.#driver = driver;
  }

  synced(): void {
    this.#inStep = true;
    this.soon();
  }

  changed(rows: readonly Pick<RowChange, 'type'>[]): void {
    if (rows.some(({ type }) => CONCERNS.has(type))) this.soon();
  }

  soon(pause = PAUSE_MS): void {
    if (this.#over || !this.#inStep) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#schedule(), pause);
  }

  stop(): void {
    this.#over = true;
    clearTimeout(this.#timer);
  }

  async #schedule(): Promise<void> {
    try {
      const found = JSON.parse(await this.#driver.request('reminders')) as readonly Reminder[];
      const reminders = found.map((one) => ({ ...one, at: momentOf(one.at), expires: momentOf(one.expires) }));
      await this.#driver.request({ schedule: { reminders } });
    } catch {
      // The vault was closed, or a row was changed meanwhile; the next change, or the next hours, bring it about.
    }
    this.soon(AGAIN_MS);
  }
}
