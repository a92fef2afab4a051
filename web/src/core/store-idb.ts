// The store of a vault: carries out the core's reads and commits on IndexedDB.
//
// Invariants: one commit is one transaction of finished bytes with strict durability, and nothing else is awaited
// while it runs; every transaction checks the fencing number that opening the store raised, so a worker that was
// taken over can write no more; a connection that failed once is never used again.
import { errorOf, failure } from './messages';
import type { CoreError } from './types';
import type { StoreRead, StoreWrite } from './wasm/core_wasm';

const DATABASE = 'life-os';
const VERSION = 1;
const ITEMS = 'item';
const META = 'meta';
const FENCE = 'fence';
const HEADER = 'header';

type Pair = readonly [key: Uint8Array, value: Uint8Array];

/** How the store key is wrapped on this device. Nothing in it is secret without its other half. */
export type Wrap =
  | { readonly kind: 'passphrase'; readonly bytes: Uint8Array }
  | {
      readonly kind: 'passkey';
      readonly bytes: Uint8Array;
      readonly credential: Uint8Array;
      readonly salt: Uint8Array;
      /** Not extractable: the browser computes with it and does not give it out. */
      readonly key: CryptoKey;
    };

/** What is known of a vault while it is locked. */
export interface Header {
  readonly version: 1;
  readonly wrap: Wrap;
  /** The store key, sealed to the recovery phrase. */
  readonly recovery: Uint8Array;
  /** The phrase that it is sealed to, by its name as a member. */
  readonly recoveryOf?: string;
  /** `DeviceSettings`, sealed under the store key. */
  readonly settings: Uint8Array;
}

export class StoreError extends Error {
  readonly error: CoreError;
  constructor(error: CoreError) {
    super(error.message);
    this.name = 'StoreError';
    this.error = error;
  }
}

function sort(thrown: unknown): StoreError {
  if (thrown instanceof StoreError) return thrown;
  if (thrown instanceof DOMException) {
    if (thrown.name === 'QuotaExceededError') return new StoreError(failure('quota', 'the browser has no room left'));
    if (thrown.name === 'VersionError') {
      return new StoreError(failure('newer_version', 'a newer version of the app has opened this store'));
    }
    if (thrown.name === 'InvalidStateError') {
      return new StoreError(failure('closed', 'the browser closed the connection to the store'));
    }
  }
  const error = errorOf(thrown);
  return new StoreError(failure('not_saved', error.message));
}

function evicted(): StoreError {
  return new StoreError(failure('evicted', 'the browser has removed the store'));
}

/** Opens the database; makes it only if it may be `new`, for one that is gone must not come back empty. */
function connect(may: 'new' | 'known'): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, VERSION);
    let gone = false;
    request.onupgradeneeded = ({ oldVersion }) => {
      gone = may === 'known' && oldVersion === 0;
      if (gone) {
        request.transaction?.abort();
        return;
      }
      const db = request.result;
      db.createObjectStore(ITEMS);
      db.createObjectStore(META);
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(gone ? evicted() : sort(request.error));
    request.onblocked = () => reject(new StoreError(failure('busy', 'another tab keeps the store open')));
  });
}

/** What is done in a transaction: it leaves a value by `done`, or ends the transaction by `fail`. */
type Work<T> = (items: IDBObjectStore, meta: IDBObjectStore, done: (value: T) => void, fail: (why: unknown) => void) => void;

/** Runs `work` in one transaction; resolves when it is durable, with what `work` left. */
function transact<T>(db: IDBDatabase, mode: IDBTransactionMode, work: Work<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    let left: { readonly value: T } | null = null;
    let refused: unknown = null;
    const tx = db.transaction([ITEMS, META], mode, { durability: 'strict' });
    tx.oncomplete = () => (left === null ? reject(sort(refused ?? new Error('nothing came back'))) : resolve(left.value));
    tx.onabort = () => reject(sort(refused ?? tx.error ?? new Error('the transaction was aborted')));
    const give = (value: T): void => {
      left = { value };
    };
    const fail = (why: unknown): void => {
      refused = why;
      tx.abort();
    };
    try {
      work(tx.objectStore(ITEMS), tx.objectStore(META), give, fail);
    } catch (thrown) {
      fail(thrown);
    }
  });
}

/** Calls `then` with the fence as it is. */
function fenceOf(meta: IDBObjectStore, then: (fence: number) => void): void {
  const request = meta.get(FENCE);
  request.onsuccess = () => {
    const fence: unknown = request.result;
    then(typeof fence === 'number' ? fence : 0);
  };
}

/** What stands in this browser, without opening it. */
export async function peek(): Promise<Header | null> {
  // Asking for a database makes it; a browser without a vault is to stay without.
  if (typeof indexedDB.databases === 'function') {
    const all = await indexedDB.databases();
    if (!all.some((db) => db.name === DATABASE)) return null;
  }
  const db = await connect('new');
  try {
    return await transact<Header | null>(db, 'readonly', (_items, meta, done) => {
      const request = meta.get(HEADER);
      request.onsuccess = () => done((request.result as Header | undefined) ?? null);
    });
  } finally {
    db.close();
  }
}

/** Leaves nothing behind. */
export function destroy(): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(DATABASE);
    request.onsuccess = () => resolve();
    request.onerror = () => reject(sort(request.error));
    // The other connections hear `versionchange` and close; the request goes on by itself then.
  });
}

export class Store {
  #db: IDBDatabase | null;
  readonly #fence: number;

  private constructor(db: IDBDatabase, fence: number) {
    this.#fence = fence;
    this.#db = null;
    this.#use(db);
  }

  /** Opens the store and raises its fence, so that whoever had it open before can write no more. */
  static async open(): Promise<Store> {
    const db = await connect('new');
    const fence = await transact<number>(db, 'readwrite', (_items, meta, done) => {
      fenceOf(meta, (fence) => {
        meta.put(fence + 1, FENCE);
        done(fence + 1);
      });
    });
    return new Store(db, fence);
  }

  #use(db: IDBDatabase): void {
    this.#db = db;
    const drop = (): void => {
      db.close();
      if (this.#db === db) this.#db = null;
    };
    db.onclose = drop;
    db.onversionchange = drop;
  }

  async #connection(): Promise<IDBDatabase> {
    if (this.#db === null) this.#use(await connect('known'));
    if (this.#db === null) throw new StoreError(failure('closed', 'the store is closed'));
    return this.#db;
  }

  /** One transaction; on any error the connection is given up. */
  async #run<T>(mode: IDBTransactionMode, work: Work<T>): Promise<T> {
    const db = await this.#connection();
    try {
      return await transact<T>(db, mode, work);
    } catch (thrown) {
      this.#db?.close();
      this.#db = null;
      throw sort(thrown);
    }
  }

  /** One transaction, if this worker still owns the store: what another has written since, its core would not understand. */
  #owned<T>(mode: IDBTransactionMode, work: Work<T>): Promise<T> {
    return this.#run<T>(mode, (items, meta, done, fail) => {
      fenceOf(meta, (fence) => {
        if (fence === 0) {
          fail(evicted());
          return;
        }
        if (fence !== this.#fence) {
          fail(new StoreError(failure('taken_over', 'another tab has opened this vault since')));
          return;
        }
        // What is thrown in an event's handler would be lost.
        try {
          work(items, meta, done, fail);
        } catch (thrown) {
          fail(thrown);
        }
      });
    });
  }

  /** Writes all of `writes` and, if given, the header, or nothing. */
  commit(writes: readonly StoreWrite[], header?: Header): Promise<void> {
    return this.#owned<void>('readwrite', (items, meta, done) => {
      if (header !== undefined) meta.put(header, HEADER);
      for (const { key, value } of writes) {
        if (value === undefined) items.delete(key as BufferSource);
        else items.put(value, key as BufferSource);
      }
      done();
    });
  }

  header(): Promise<Header | null> {
    return this.#run<Header | null>('readonly', (_items, meta, done) => {
      const request = meta.get(HEADER);
      request.onsuccess = () => done((request.result as Header | undefined) ?? null);
    });
  }

  /** For each read, the pairs found, in key order; all from one moment; packed as the core takes them. */
  async read(reads: readonly StoreRead[]): Promise<Uint8Array> {
    const found = await this.#owned<Pair[][]>('readonly', (items, _meta, done) => {
      const found: Pair[][] = reads.map(() => []);
      let open = reads.length;
      const close = (): void => {
        open -= 1;
        if (open === 0) done(found);
      };
      if (open === 0) done(found);
      reads.forEach((read, at) => {
        const list = found[at] as Pair[];
        if (read.kind === 'get') {
          const request = items.get(read.key as BufferSource);
          request.onsuccess = () => {
            const value: unknown = request.result;
            if (value instanceof Uint8Array) list.push([read.key, value]);
            close();
          };
          return;
        }
        const range = rangeOf(read.prefix, read.after);
        const keys = items.getAllKeys(range, read.limit);
        const values = items.getAll(range, read.limit);
        values.onsuccess = () => {
          values.result.forEach((value: unknown, n) => {
            const key = keys.result[n];
            if (key instanceof ArrayBuffer && value instanceof Uint8Array) list.push([new Uint8Array(key), value]);
          });
          close();
        };
      });
    });
    return pack(found);
  }

  close(): void {
    this.#db?.close();
    this.#db = null;
  }
}

/** For each read the number of pairs, for each pair the length of the key, the key, the length of the value, the value. */
function pack(found: readonly (readonly Pair[])[]): Uint8Array {
  const size = found.reduce((sum, list) => sum + list.reduce((sum, [key, value]) => sum + 8 + key.length + value.length, 4), 0);
  const out = new Uint8Array(size);
  const view = new DataView(out.buffer);
  let at = 0;
  const number = (n: number): void => {
    view.setUint32(at, n, true);
    at += 4;
  };
  const text = (bytes: Uint8Array): void => {
    number(bytes.length);
    out.set(bytes, at);
    at += bytes.length;
  };
  for (const list of found) {
    number(list.length);
    for (const [key, value] of list) {
      text(key);
      text(value);
    }
  }
  return out;
}

/** Keys that begin with `prefix`, after `after`. */
function rangeOf(prefix: Uint8Array, after: Uint8Array | undefined): IDBKeyRange {
  const beyond = after !== undefined && indexedDB.cmp(after, prefix) >= 0;
  const from = beyond ? after : prefix;
  const end = endOf(prefix);
  return end === null ? IDBKeyRange.lowerBound(from, beyond) : IDBKeyRange.bound(from, end, beyond, true);
}

/** The least key greater than all keys that begin with `prefix`; null if there is none. */
function endOf(prefix: Uint8Array): Uint8Array | null {
  let last = prefix.length - 1;
  while (last >= 0 && prefix[last] === 255) last -= 1;
  if (last < 0) return null;
  const end = prefix.slice(0, last + 1);
  end[last] = (end[last] ?? 0) + 1;
  return end;
}
