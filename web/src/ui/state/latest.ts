// Questions that overtake each other, as typing makes them. Invariant: one at a time is asked, and only the answer to
// the newest is told: what was asked before it is dropped, whether it was asked yet or not.

export interface Told<Q, A> {
  readonly ask: (question: Q) => Promise<A>;
  readonly answered: (question: Q, answer: A) => void;
  readonly failed: (question: Q, thrown: unknown) => void;
}

export class Latest<Q, A> {
  readonly #told: Told<Q, A>;
  /** How long a question waits for a newer one, in milliseconds. */
  readonly #pauseMs: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #next: { readonly question: Q } | null = null;
  #busy = false;
  #turn = 0;

  constructor(pauseMs: number, told: Told<Q, A>) {
    this.#pauseMs = pauseMs;
    this.#told = told;
  }

  ask(question: Q): void {
    this.drop();
    this.#timer = setTimeout(() => {
      this.#next = { question };
      void this.#run();
    }, this.#pauseMs);
  }

  /** Nothing is wanted any more. */
  drop(): void {
    clearTimeout(this.#timer);
    this.#turn += 1;
    this.#next = null;
  }

  async #run(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    // The one that came while another was asked goes as soon as that is over.
    for (let next = this.#next; next !== null; next = this.#next) {
      this.#next = null;
      const turn = this.#turn;
      const { question } = next;
      try {
        const answer = await this.#told.ask(question);
        if (turn === this.#turn) this.#told.answered(question, answer);
      } catch (thrown) {
        if (turn === this.#turn) this.#told.failed(question, thrown);
      }
    }
    this.#busy = false;
  }
}
