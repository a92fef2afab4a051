// What was asked of the tab that holds the vault, and is not answered yet. Invariant: every question ends, by an answer, by
// its time, or by a lock.
import { failure, type Answer } from './messages';
import { CoreFailure } from './types';

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: CoreFailure) => void;
  readonly timer: ReturnType<typeof setTimeout>;
}

export class Asking {
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;

  /** A new question: its number, and the promise of its answer, which rejects with what the other tab says went wrong. */
  begin(within: number): { readonly id: number; readonly answer: Promise<Answer> } {
    const id = (this.#last += 1);
    const answer = new Promise<Answer>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new CoreFailure(failure('timeout', 'the tab that holds the vault does not answer')));
      }, within);
      this.#waiting.set(id, { resolve, reject, timer });
    });
    return { id, answer };
  }

  answered(id: number, answer: Answer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (waiting === undefined) return;
    clearTimeout(waiting.timer);
    if (answer.kind === 'failed') waiting.reject(new CoreFailure(answer.error));
    else waiting.resolve(answer);
  }

  /** The vault was locked: nothing more comes. */
  abandon(): void {
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(new CoreFailure(failure('locked', 'the vault was locked')));
    }
    this.#waiting.clear();
  }
}
