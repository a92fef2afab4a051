// What the service worker does with a push message. Its words were sealed on a device to this browser's subscription, so
// neither relay nor push service has read them; the vault may be locked, so nothing is asked of it here.
// Every push is shown: browsers end subscriptions that are silent.

/** Versions of the words that this one reads. */
const VERSION = 1;

/** The words, or none: a message of a newer version, or one that is damaged, is still shown as a reminder. */
function read(event) {
  try {
    const said = event.data?.json();
    return said?.v === VERSION && typeof said.title === 'string' ? said : null;
  } catch {
    return null;
  }
}

self.addEventListener('push', (event) => {
  const said = read(event);
  // A phone that was off for a day is not told of yesterday.
  const over = said !== null && typeof said.expires === 'number' && said.expires < Date.now();
  const title = said === null || over ? 'Life OS' : said.title;
  const options = {
    body: said === null || over ? '' : (said.body ?? ''),
    tag: said?.tag,
    icon: 'icon-192.png',
    badge: 'icon-192.png',
    data: { record: typeof said?.record === 'string' ? said.record : '' },
  };
  event.waitUntil(self.registration.showNotification(title, options));
});

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  const record = event.notification.data?.record ?? '';
  // Only what an address of the app can look like: the words came from a device of this person, but that is no reason.
  const found = /^([a-z_]+)\/([0-9a-zA-Z-]+)(?:\/\d{4}-\d{2}-\d{2})?$/.exec(record);
  const place = found === null ? '#/today' : `#/life/${found[1]}/${found[2]}`;
  const address = new URL(place, self.registration.scope).href;
  event.waitUntil(
    (async () => {
      const pages = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
      const page = pages.find((client) => client.url.startsWith(self.registration.scope));
      if (page === undefined) return void (await self.clients.openWindow(address));
      await page.focus();
      page.postMessage({ kind: 'open', place });
    })(),
  );
});
