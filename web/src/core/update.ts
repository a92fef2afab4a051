// New versions of the app. Invariant: a page keeps the assets that it was loaded with until the person says otherwise.
import { registerSW } from 'virtual:pwa-register';

/** A page that stays open for days asks by itself; browsers do so only when they load one. */
const LOOK_MS = 60 * 60_000;

function lookNowAndThen(registration: ServiceWorkerRegistration): void {
  let looked = Date.now();
  const look = (): void => {
    if (document.visibilityState !== 'visible' || Date.now() - looked < LOOK_MS) return;
    looked = Date.now();
    // Without a network there is nothing new.
    registration.update().catch(() => undefined);
  };
  setInterval(look, LOOK_MS / 4);
  document.addEventListener('visibilitychange', look);
}

/** Registers the service worker; returns how to reload into a version that waits. */
export function watchUpdates(waits: () => void): () => Promise<void> {
  if (!('serviceWorker' in navigator)) return () => Promise.resolve(location.reload());
  const reload = registerSW({
    immediate: true,
    onNeedRefresh: waits,
    onRegisteredSW: (_url, registration) => {
      if (registration !== undefined) lookNowAndThen(registration);
    },
  });
  return () => reload(true);
}
