// What the app asks of the browser itself: what it can do, how much room there is, and to keep nothing.
import { failure } from './messages';
import { NOTICE_WORDS } from './notice-words';
import { StoreError, destroy } from './store-idb';
import type { StorageReport } from './types';

/** What a browser must have and this one has not. */
export function missing(): readonly string[] {
  const needs: readonly (readonly [string, boolean])[] = [
    ['IndexedDB', typeof indexedDB !== 'undefined'],
    ['WebAssembly', typeof WebAssembly !== 'undefined'],
    ['Web Locks', 'locks' in navigator],
    ['BroadcastChannel', typeof BroadcastChannel !== 'undefined'],
    ['WebCrypto', typeof crypto !== 'undefined' && 'subtle' in crypto],
  ];
  return needs.filter(([, there]) => !there).map(([name]) => name);
}

export async function storage(): Promise<StorageReport> {
  const { usage = 0, quota = 0 } = await navigator.storage.estimate();
  return { usage, quota, persisted: await navigator.storage.persisted() };
}

export async function persist(): Promise<boolean> {
  if (typeof navigator.storage?.persist !== 'function') return false;
  return navigator.storage.persist();
}

/** Leaves nothing of the app in this browser. */
export async function erase(): Promise<void> {
  localStorage.clear();
  sessionStorage.clear();
  await destroy();
  await dropApp();
}

/**
 * Loads the app anew from its relay, with the rules that come with it: what the service worker keeps has those of the day
 * on which it was kept. Nothing is dropped while the relay is away.
 */
export async function renew(): Promise<void> {
  const there = await fetch('healthz', { cache: 'no-store' }).then((answer) => answer.ok, () => false);
  if (!there) throw new StoreError(failure('unreachable', 'the relay of this page does not answer'));
  const files = await kept();
  await dropApp();
  // The browser's own cache holds them with the old rules, too.
  await Promise.all(files.map((file) => fetch(file, { cache: 'reload' })));
  location.reload();
}

/** The addresses of the app's files. */
async function kept(): Promise<readonly string[]> {
  const names = (await caches.keys()).filter((name) => name !== NOTICE_WORDS);
  const stores = await Promise.all(names.map((name) => caches.open(name)));
  const requests = await Promise.all(stores.map((store) => store.keys()));
  return requests.flat().map(({ url }) => url.split('?')[0] ?? url);
}

async function dropApp(): Promise<void> {
  for (const name of await caches.keys()) await caches.delete(name);
  const registrations = (await navigator.serviceWorker?.getRegistrations()) ?? [];
  for (const registration of registrations) await registration.unregister();
}
