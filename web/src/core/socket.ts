// The way to the relay: a ticket by a key-signed request, a socket with it, and again when that ends.
//
// Invariants: the origin that is signed is the one that was dialled; one socket at a time; a socket that is silent
// for 14 seconds, or does not open within 10, is given up.
import { codeOf, post, type Address } from './http';
import { errorOf, failure } from './messages';
import { StoreError } from './store-idb';
import type { CoreError } from './types';

const OPEN_MS = 10_000;
const TICK_MS = 500;
/** A relay answers the core's pings, one after five quiet seconds; with this a dead socket is noticed within 15. */
const SILENCE_MS = 14_000;
const FIRST_PAUSE_MS = 250;
/** While somebody looks. */
const LONGEST_PAUSE_MS = 2_000;
const LONGEST_HIDDEN_PAUSE_MS = 30_000;
/** After a refusal that trying again soon would not mend. */
const REFUSED_PAUSE_MS = 30_000;

/** What the connection needs of the core. */
export interface Peer {
  ticket(challenge: string, origin: string): string;
  registration(invite: string | undefined): string;
  opened(origin: string): void;
  frame(bytes: Uint8Array): void;
  closed(): void;
  tick(): void;
  /** The state of the connection changed. */
  changed(): void;
  registered(created: boolean): void;
}

export type Connection =
  | { readonly kind: 'connected'; readonly since: number }
  | { readonly kind: 'connecting' }
  | { readonly kind: 'waiting'; readonly until: number; readonly error: CoreError };

/** Opens a socket with a ticket. */
export function dial(address: Address, ticket: string): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const url = `${address.base.replace(/^http/, 'ws')}/api/v1/socket`;
    const socket = new WebSocket(url, ['lifeos.v1', `ticket.${ticket}`]);
    socket.binaryType = 'arraybuffer';
    const fail = (why: string): void => {
      clearTimeout(timer);
      socket.onopen = socket.onerror = socket.onclose = null;
      socket.close();
      reject(new StoreError(failure('unreachable', why)));
    };
    const timer = setTimeout(() => fail('no socket within 10 seconds'), OPEN_MS);
    socket.onopen = () => {
      clearTimeout(timer);
      socket.onerror = socket.onclose = null;
      resolve(socket);
    };
    socket.onerror = () => fail('the socket was refused');
    socket.onclose = () => fail('the socket was refused');
  });
}

export function ticketOf(answer: string): string {
  const { ticket } = JSON.parse(answer) as { readonly ticket?: unknown };
  if (typeof ticket !== 'string') throw new StoreError(failure('protocol', 'its answer holds no ticket'));
  return ticket;
}

/** Keeps one socket to a relay. */
export class Link {
  readonly #address: Address;
  readonly #peer: Peer;
  #invite: string | undefined;
  #connection: Connection = { kind: 'connecting' };
  #socket: WebSocket | null = null;
  #ticks: ReturnType<typeof setInterval> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #pause = FIRST_PAUSE_MS;
  #visible = true;
  #stopped = false;
  #attempt = 0;
  #register = false;

  constructor(address: Address, peer: Peer, invite: string | undefined) {
    this.#address = address;
    this.#peer = peer;
    this.#invite = invite;
  }

  get connection(): Connection {
    return this.#connection;
  }

  start(): void {
    void this.#connect();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#retry);
    this.#drop();
  }

  /** Somebody looks again, or not any more. */
  visible(visible: boolean): void {
    this.#visible = visible;
    if (visible && this.#connection.kind === 'waiting') this.now();
  }

  /** Tries now instead of when the pause is over. */
  now(): void {
    if (this.#connection.kind !== 'waiting' || this.#stopped) return;
    this.#pause = FIRST_PAUSE_MS;
    clearTimeout(this.#retry);
    void this.#connect();
  }

  send(bytes: Uint8Array): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(bytes as Uint8Array<ArrayBuffer>);
  }

  /** The core ends the socket. */
  close(reason: 'silence' | 'protocol' | 'unknown_space', code: string | undefined): void {
    if (this.#socket === null) return;
    const known = code === undefined ? 'unreachable' : codeOf(code);
    if (reason === 'unknown_space' || known === 'unknown_account') this.#register = true;
    this.#drop();
    this.#peer.closed();
    const error =
      reason === 'silence'
        ? failure('unreachable', 'it fell silent')
        : failure(reason === 'unknown_space' ? 'unknown_account' : known, `it ended the connection (${code ?? reason})`);
    this.#wait(error);
  }

  #set(connection: Connection): void {
    this.#connection = connection;
    this.#peer.changed();
  }

  #drop(): void {
    clearInterval(this.#ticks);
    this.#attempt += 1;
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    socket.onmessage = socket.onclose = socket.onerror = null;
    socket.close();
  }

  #wait(error: CoreError): void {
    if (this.#stopped) return;
    // Being removed is believed of a signed link alone: a relay that only says so is asked again, less and less often.
    const soon = error.code === 'unreachable' || error.code === 'unknown_account' || error.code === 'rate_limited' || error.code === 'revoked';
    const longest = error.code === 'revoked' ? REFUSED_PAUSE_MS : this.#visible ? LONGEST_PAUSE_MS : LONGEST_HIDDEN_PAUSE_MS;
    const pause = soon ? Math.min(this.#pause, longest) * (0.75 + Math.random() / 4) : REFUSED_PAUSE_MS;
    this.#pause = Math.min(this.#pause * 2, longest);
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => void this.#connect(), pause);
    this.#set({ kind: 'waiting', until: Date.now() + pause, error });
  }

  async #connect(): Promise<void> {
    const attempt = (this.#attempt += 1);
    if (this.#connection.kind !== 'waiting' || this.#connection.error.code !== 'unreachable') this.#set({ kind: 'connecting' });
    try {
      if (this.#register) await this.#introduce();
      const challenge = await post(this.#address, 'challenges', '{}');
      const body = this.#peer.ticket(challenge, this.#address.origin);
      const ticket = ticketOf(await post(this.#address, 'tickets', body));
      const socket = await dial(this.#address, ticket);
      if (this.#stopped || attempt !== this.#attempt) {
        socket.close();
        return;
      }
      this.#opened(socket);
    } catch (thrown) {
      if (this.#stopped || attempt !== this.#attempt) return;
      const error = errorOf(thrown);
      if (error.code === 'unknown_account') this.#register = true;
      this.#wait(error);
    }
  }

  /** Gives the relay the vault's chain: it is new there, was wiped, or restored from an older copy. */
  async #introduce(): Promise<void> {
    const answer = await post(this.#address, 'accounts', this.#peer.registration(this.#invite));
    this.#register = false;
    this.#invite = undefined;
    const { created } = JSON.parse(answer) as { readonly created?: unknown };
    this.#peer.registered(created === true);
  }

  #opened(socket: WebSocket): void {
    this.#socket = socket;
    let heard = Date.now();
    socket.onmessage = (event: MessageEvent<unknown>) => {
      heard = Date.now();
      if (event.data instanceof ArrayBuffer) this.#peer.frame(new Uint8Array(event.data));
    };
    socket.onerror = socket.onclose = () => {
      if (this.#socket !== socket) return;
      this.#drop();
      this.#peer.closed();
      this.#wait(failure('unreachable', 'the connection broke'));
    };
    this.#ticks = setInterval(() => {
      if (Date.now() - heard > SILENCE_MS) this.close('silence', undefined);
      else this.#peer.tick();
    }, TICK_MS);
    this.#peer.opened(this.#address.origin);
    this.#set({ kind: 'connected', since: Date.now() });
  }

  /** The relay took the socket for good: the next pause is the first again. */
  welcomed(): void {
    this.#pause = FIRST_PAUSE_MS;
  }
}
