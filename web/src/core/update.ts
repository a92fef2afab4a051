// New versions of the app. Invariant: a page keeps the assets that it was loaded with until the person says otherwise.
import { registerSW } from 'virtual:pwa-register';

/** Registers the service worker; returns how to reload into a version that waits. */
export function watchUpdates(waits: () => void): () => Promise<void> {
  if (!('serviceWorker' in navigator)) return () => Promise.resolve(location.reload());
  const reload = registerSW({ immediate: true, onNeedRefresh: waits });
  return () => reload(true);
}
