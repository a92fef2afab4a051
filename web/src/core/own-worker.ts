// The worker of this tab, if this tab is the one that unlocked the vault. Secrets go to it and come from it directly,
// never over the channel that all tabs hear.
import { usualLockMinutes } from './idle';
import { failure, type Begin, type FromWorker, type Private, type ToWorker } from './messages';
import { CoreFailure, type CoreError, type PairStep, type PairWord } from './types';

interface Waiting {
  readonly resolve: (text: string | null) => void;
  readonly reject: (error: CoreFailure) => void;
}

export class OwnWorker {
  #worker: Worker | null = null;
  #waiting = new Map<number, Waiting>();
  #last = 0;
  /** Ends the beginning that is under way. */
  #abort: ((error: CoreError) => void) | null = null;

  /** Whether this tab holds the vault, or is about to. */
  get here(): boolean {
    return this.#worker !== null;
  }

  /** Starts a worker; resolves when the vault is open in it. On failure it is ended again. */
  async begin(begin: Begin, paired: (step: PairStep) => void = () => undefined): Promise<void> {
    this.end();
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'life-os' });
    this.#worker = worker;
    try {
      await new Promise<void>((resolve, reject) => {
        const refuse = (error: CoreError): void => reject(new CoreFailure(error));
        this.#abort = refuse;
        worker.onmessage = (event: MessageEvent<FromWorker>) => {
          const said = event.data;
          if (said.kind === 'begun') resolve();
          else if (said.kind === 'failed') refuse(said.error);
          else if (said.kind === 'pair') paired(said.step);
          else this.#answered(said);
        };
        worker.onerror = (event) => refuse(failure('internal', event.message));
        this.#tell({ kind: 'begin', begin, lockMinutes: usualLockMinutes() });
      });
    } catch (thrown) {
      if (this.#worker === worker) this.end();
      throw thrown;
    } finally {
      this.#abort = null;
    }
  }

  /** What the person says while another device lets this one in. */
  pair(word: PairWord): void {
    this.#tell({ kind: 'pair', word });
  }

  /** Throws if another tab holds the vault. */
  mustBeHere(): void {
    if (this.here) return;
    throw new CoreFailure(failure('other_tab', 'the vault was unlocked in another tab; this is done there'));
  }

  /** Asks what only the tab that unlocked the vault may ask. */
  async private(ask: Private): Promise<string | null> {
    this.mustBeHere();
    return new Promise((resolve, reject) => {
      const id = (this.#last += 1);
      this.#waiting.set(id, { resolve, reject });
      this.#tell({ kind: 'private', id, ask });
    });
  }

  visible(visible: boolean): void {
    this.#tell({ kind: 'visible', visible });
  }

  /** Ends it at once; the keys go with its memory. */
  end(): void {
    this.#worker?.terminate();
    this.#worker = null;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#abort?.(failure('locked', 'it was ended'));
    for (const { reject } of waiting) reject(new CoreFailure(failure('locked', 'the vault was locked')));
  }

  #tell(message: ToWorker): void {
    this.#worker?.postMessage(message);
  }

  #answered(said: FromWorker & { readonly kind: 'private' }): void {
    const waiting = this.#waiting.get(said.id);
    this.#waiting.delete(said.id);
    if (said.error !== null) waiting?.reject(new CoreFailure(said.error));
    else waiting?.resolve(said.text);
  }
}
