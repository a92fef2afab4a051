// What stands beside the items of a store: how it is opened, and what this device keeps about itself, sealed. Invariant:
// what is read here has been committed.
import type { Header, Store } from './store-idb';
import type { DeviceSettings } from './types';
import type { Core } from './wasm/core_wasm';

/** What is sealed beside the store. */
export interface Sealed extends DeviceSettings {
  /** Goes once the relay knows the vault. */
  readonly invite: string | null;
  /** The recovery phrase, until the person has shown that it is on paper. */
  readonly phrase: string | null;
  /** The account is being deleted, and until then that can be taken back. */
  readonly deletion?: number | null;
}

export class Kept {
  readonly #store: Store;
  readonly #core: Core;
  #header: Header;
  #settings: Sealed;

  constructor(store: Store, core: Core, header: Header) {
    this.#store = store;
    this.#core = core;
    this.#header = header;
    this.#settings = JSON.parse(core.openSettings(header.settings)) as Sealed;
  }

  /** What is known of the vault while it is locked. */
  get header(): Header {
    return this.#header;
  }
  get settings(): Sealed {
    return this.#settings;
  }

  async save(change: Partial<Sealed>): Promise<void> {
    const settings = { ...this.#settings, ...change };
    await this.put({ settings: this.#core.sealSettings(JSON.stringify(settings)) });
    this.#settings = settings;
  }
  async put(change: Partial<Header>): Promise<void> {
    const header = { ...this.#header, ...change };
    await this.#store.commit([], header);
    this.#header = header;
  }
}
