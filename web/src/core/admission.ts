// The last part of every way into a vault: over a socket with a ticket of its own, a machine of the core reads the whole
// list of members and decides. Invariant: it waits for no single message longer than 30 seconds.
import { post, type Address } from './http';
import { failure } from './messages';
import { dial, ticketOf } from './socket';
import { StoreError } from './store-idb';
import type { JoinStep } from './wasm/core_wasm';

const SILENCE_MS = 30_000;

/** `ticket` is the body that asks for one; `frame` the machine. False if this device is no member yet. */
export async function admission(address: Address, ticket: string, frame: (bytes: Uint8Array) => JoinStep): Promise<boolean> {
  const socket = await dial(address, ticketOf(await post(address, 'tickets', ticket)));
  try {
    return await new Promise<boolean>((resolve, reject) => {
      const lost = (why: string): void => reject(new StoreError(failure('unreachable', why)));
      const silent = (): ReturnType<typeof setTimeout> => setTimeout(() => lost('the relay fell silent'), SILENCE_MS);
      let timer = silent();
      socket.onclose = () => {
        clearTimeout(timer);
        lost('the connection broke');
      };
      socket.onmessage = (event: MessageEvent<unknown>) => {
        if (!(event.data instanceof ArrayBuffer)) return;
        clearTimeout(timer);
        try {
          const step = frame(new Uint8Array(event.data));
          for (const bytes of step.send) socket.send(bytes as Uint8Array<ArrayBuffer>);
          if (step.done || step.again) resolve(step.done);
          else timer = silent();
        } catch (thrown) {
          reject(thrown);
        }
      };
    });
  } finally {
    socket.onclose = null;
    socket.close();
  }
}
