// When to lock by itself. Invariants: the wall clock decides, so a page that was asleep locks before it shows
// anything; what somebody does in any tab counts for all.
const CHECK_MS = 5_000;
const TELL_MS = 5_000;

/** On a desk, and in a browser's tab. */
const DESK_MINUTES = 15;

/** The delay that fits this device: installed on a phone, what is hidden is locked. */
export function usualLockMinutes(): number {
  const installed = matchMedia('(display-mode: standalone)').matches;
  return installed && matchMedia('(pointer: coarse)').matches ? 0 : DESK_MINUTES;
}

export interface IdleOwner {
  /** Somebody did something in this tab. */
  tell(at: number): void;
  lock(): void;
}

export class Idle {
  readonly #owner: IdleOwner;
  #last = Date.now();
  #told = 0;
  #minutes: number | null = null;

  constructor(owner: IdleOwner) {
    this.#owner = owner;
    const used = (): void => this.#used();
    for (const name of ['pointerdown', 'keydown', 'wheel', 'touchstart'] as const) {
      addEventListener(name, used, { capture: true, passive: true });
    }
    const returned = (): void => {
      this.check();
    };
    addEventListener('pageshow', returned);
    addEventListener('focus', returned);
    document.addEventListener('resume', returned);
    document.addEventListener('visibilitychange', () => this.#visibility());
    setInterval(() => this.check(), CHECK_MS);
  }

  /** The delay in minutes; null while nothing is open. */
  set(minutes: number | null): void {
    if (this.#minutes === null && minutes !== null) this.#last = Date.now();
    this.#minutes = minutes;
  }

  /** Another tab was used. */
  active(at: number): void {
    this.#last = Math.max(this.#last, at);
  }

  /** Locks if the deadline has passed. */
  check(): boolean {
    const over = this.#minutes !== null && this.#minutes > 0 && Date.now() - this.#last >= this.#minutes * 60_000;
    if (over) this.#owner.lock();
    return over;
  }

  #used(): void {
    if (this.check()) return;
    const now = Date.now();
    this.#last = now;
    if (now - this.#told < TELL_MS) return;
    this.#told = now;
    this.#owner.tell(now);
  }

  #visibility(): void {
    if (document.visibilityState === 'visible') {
      if (!this.check()) this.#used();
      return;
    }
    if (this.#minutes !== 0) return;
    // Another tab that came to the front says so at once.
    const left = Date.now();
    setTimeout(() => {
      if (document.visibilityState === 'hidden' && this.#last <= left && this.#minutes === 0) this.#owner.lock();
    }, 1_000);
  }
}
