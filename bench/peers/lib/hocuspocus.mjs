// Hocuspocus: a document a record, all over one socket, as its provider multiplexes them.
import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider';
import { Server } from '@hocuspocus/server';
import WebSocket from 'ws';
import { changesOf, since } from './changes.mjs';

export async function serve() {
  // Documents stay loaded, as those of a busy server do; nothing is stored.
  const server = new Server({ port: 0, address: '127.0.0.1', quiet: true, unloadImmediately: false, debounce: 1e9, maxDebounce: 1e9 });
  await server.listen();
  return server.address.port;
}

function socketTo(port) {
  return new HocuspocusProviderWebsocket({ url: `ws://127.0.0.1:${port}`, WebSocketPolyfill: WebSocket });
}

/** Resolves with the provider when it has what the server has. */
function open(websocketProvider, name) {
  return new Promise((resolve) => {
    const provider = new HocuspocusProvider({ websocketProvider, name, onSynced: () => resolve(provider) });
    provider.attach();
  });
}

const namesOf = (changes) => [...new Set(changes.map(([record]) => record))].map((record) => `r${record}`);

export async function fill(port, file) {
  const changes = changesOf(file);
  const socket = socketTo(port);
  const names = namesOf(changes);
  const providers = new Map(await Promise.all(names.map(async (name) => [name, await open(socket, name)])));
  for (const [record, fields] of changes) {
    const provider = providers.get(`r${record}`);
    provider.document.transact(() => {
      const map = provider.document.getMap('fields');
      for (const [name, value] of Object.entries(fields)) {
        if (value === null) map.delete(name);
        else map.set(name, value);
      }
    });
  }
  const behind = () => [...providers.values()].some((provider) => provider.hasUnsyncedChanges);
  while (behind()) await new Promise((resolve) => setTimeout(resolve, 50));
  return { documents: names.length };
}

export async function fresh(port, file) {
  const names = namesOf(changesOf(file));
  const began = performance.now();
  const socket = socketTo(port);
  const providers = await Promise.all(names.map((name) => open(socket, name)));
  const ms = since(began);
  const empty = providers.filter((provider) => provider.document.getMap('fields').size === 0).length;
  if (empty > 0) throw new Error(`${empty} records are empty`);
  return { ms };
}
