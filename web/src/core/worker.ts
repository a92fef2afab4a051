// The worker of the tab that holds the vault: core, store and socket are here and nowhere else.
//
// Invariants: it owns the Web Lock for as long as it lives; locking ends it; a secret is spoken of with the page that
// owns it and with nobody else.
import { say, type Host } from './host';
import type { Address } from './http';
import { CHANNEL, LOCK, errorOf, failure, type Begin, type FromWorker, type Private, type Said, type ToWorker } from './messages';
import { StoreError } from './store-idb';
import { Newcomer } from './newcomer';
import { confirm, openVault, wrap } from './vault';
import init, { type Founding } from './wasm/core_wasm';
import wasmUrl from './wasm/core_wasm_bg.wasm?url';

const tell = (message: FromWorker): void => self.postMessage(message);

let host: Host | null = null;
let newcomer: Newcomer | null = null;
let seen = true;

/** Takes the lock for as long as this worker lives; whoever held it is cut off and its writes are fenced out. */
function hold(): Promise<void> {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(LOCK, { steal: true }, () => {
        resolve();
        return new Promise<void>(() => undefined);
      })
      .catch((thrown: unknown) => {
        reject(new StoreError(failure('taken_over', errorOf(thrown).message)));
        void host?.end('taken_over', failure('taken_over', 'another tab has taken over'));
      });
  });
}

async function begin(begin: Begin, lockMinutes: number): Promise<void> {
  await init({ module_or_path: wasmUrl });
  await hold();
  const pair = (address: Address): Promise<Founding> => {
    newcomer = new Newcomer(address, (step) => tell({ kind: 'pair', step }), () => seen);
    return newcomer.run();
  };
  host = await openVault(begin, lockMinutes, pair, () => self.close());
  newcomer = null;
}

async function inPrivate(ask: Private): Promise<string | null> {
  if (host === null) throw new StoreError(failure('locked', 'the vault is locked'));
  switch (ask.kind) {
    case 'phrase':
      return host.phrase();
    case 'changeUnlock':
      await host.changeUnlock((core) => wrap(core, ask.secret));
      return null;
    case 'meet':
      return host.approval.meet(ask.code);
    case 'admit':
      await confirm(host.header, ask.secret);
      await host.approval.admit();
      return null;
    case 'refuse':
      await host.approval.refuse(ask.why);
      return null;
    case 'newPhrase':
      return host.newPhrase();
    case 'setPhrase':
      await host.setPhrase(ask.phrase);
      return null;
  }
}

self.addEventListener('online', () => host?.online());

self.onmessage = (event: MessageEvent<ToWorker>) => {
  const message = event.data;
  switch (message.kind) {
    case 'begin':
      begin(message.begin, message.lockMinutes).then(
        () => {
          tell({ kind: 'begun' });
          host?.repeat();
        },
        (thrown: unknown) => tell({ kind: 'failed', error: errorOf(thrown) }),
      );
      return;
    case 'private':
      inPrivate(message.ask).then(
        (text) => tell({ kind: 'private', id: message.id, text, error: null }),
        (thrown: unknown) => tell({ kind: 'private', id: message.id, text: null, error: errorOf(thrown) }),
      );
      return;
    case 'pair':
      newcomer?.say(message.word);
      return;
    case 'visible':
      seen = message.visible;
      host?.visible(message.visible);
      return;
  }
};

const channel = new BroadcastChannel(CHANNEL);
channel.onmessage = (event: MessageEvent<Said>) => {
  const said = event.data;
  if (host === null) return;
  switch (said.kind) {
    case 'hello':
      host.repeat();
      return;
    case 'lock':
      void host.end('locked', null);
      return;
    case 'ask':
      host.answer(said.ask).then(
        (answer) => say({ kind: 'answer', to: said.from, id: said.id, answer }),
        (thrown: unknown) => say({ kind: 'answer', to: said.from, id: said.id, answer: { kind: 'failed', error: errorOf(thrown) } }),
      );
      return;
    default:
      return;
  }
};
