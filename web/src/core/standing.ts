// Where the open vault stands, as every tab is told it: how far sync is, what goes on, what happened. Invariant: nothing
// in here decides anything; it is told, and tells.
import type { Connection } from './socket';
import type { CoreError, Phase, Problem, Progress, SyncNote, SyncReport, SyncState } from './types';

/** Notes kept for the page that answers "why is this not synced". */
const NOTES = 50;

/** What the core answers when it is asked where sync stands. */
export interface Counts {
  readonly pending: number;
  readonly waiting: number;
  readonly live: boolean;
}

/** What this knows only by asking. */
export interface Facts {
  readonly device: string;
  readonly relay: string;
  readonly connection: Connection | undefined;
}

export class Standing {
  #notes: SyncNote[] = [];
  counts: Counts = { pending: 0, waiting: 0, live: false };
  lastSynced: number | null = null;
  /** What the relay refuses until something changes. */
  refused: CoreError | null = null;
  progress: Progress | null = null;
  notSaved = false;
  removed = false;
  lockMinutes: number;
  /** A screen over everything, until a transaction is stored again. */
  problem: Problem | null = null;

  constructor(lockMinutes: number) {
    this.lockMinutes = lockMinutes;
  }

  note(kind: SyncNote['kind'], detail: string): void {
    this.#notes = [...this.#notes, { at: Date.now(), kind, detail }].slice(-NOTES);
  }
  /** The socket is gone. */
  quiet(): void {
    this.counts = { ...this.counts, live: false };
  }
  synced(): void {
    this.counts = { ...this.counts, live: true };
    this.refused = null;
    // A file is worked on by itself, whatever the relay says meanwhile.
    if (this.progress?.job !== 'import' && this.progress?.job !== 'export') this.progress = null;
    this.lastSynced = Date.now();
  }

  phase(facts: Facts): Phase {
    if (this.problem !== null) return { kind: 'problem', problem: this.problem };
    const { progress, lockMinutes, notSaved, removed } = this;
    return { kind: 'open', device: facts.device, sync: this.#sync(facts.connection), progress, lockMinutes, notSaved, removed };
  }

  report(facts: Facts): SyncReport {
    return {
      relay: facts.relay,
      sync: this.#sync(facts.connection),
      connection: facts.connection ?? { kind: 'connecting' },
      pending: this.counts.pending,
      waitingForOthers: this.counts.waiting,
      lastSynced: this.lastSynced,
      notes: this.#notes,
    };
  }

  #sync(connection: Connection | undefined): SyncState {
    const { pending: waiting, live } = this.counts;
    if (this.removed) return { kind: 'problem', reason: 'revoked', waiting };
    if (this.refused !== null) return { kind: 'problem', reason: this.refused.code, waiting };
    if (connection?.kind === 'waiting') {
      const { code } = connection.error;
      const passing = code === 'unreachable' || code === 'rate_limited' || code === 'unknown_account';
      return passing ? { kind: 'offline', waiting } : { kind: 'problem', reason: code, waiting };
    }
    return live && waiting === 0 ? { kind: 'synced' } : { kind: 'saved', waiting };
  }
}
