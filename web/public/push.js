// What the service worker does with a push message. Its words were sealed on a device to this browser's subscription, so
// neither relay nor push service has read them; the vault may be locked, so nothing is asked of it here.
// Every push is shown: browsers end subscriptions that are silent.

/** Versions of the words that this one reads. */
const VERSION = 1;
/** What an address of the app can look like: the words came from a device of this person, but that is no reason. */
const RECORD = /^([a-z_]+)\/([0-9a-zA-Z-]+)(?:\/(\d{4}-\d{2}-\d{2}))?$/;
/** Records that are done or not. */
const TICKED = new Set(['habit', 'task']);
/** Where the app leaves the word of the button, in the language that was chosen (`src/core/notice-words.ts`). */
const WORDS = 'lifeos-notice-words';

async function doneWord() {
  try {
    const left = await (await caches.open(WORDS)).match(new URL('notice-done', self.registration.scope));
    return (await left?.text()) || 'Done';
  } catch {
    return 'Done';
  }
}

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
  const record = typeof said?.record === 'string' ? said.record : '';
  const [, type, , date] = RECORD.exec(record) ?? [];
  const ticked = TICKED.has(type) && date !== undefined && !over;
  const options = {
    body: said === null || over ? '' : (said.body ?? ''),
    tag: said?.tag,
    icon: 'icon-192.png',
    badge: 'icon-192.png',
    data: { record },
  };
  const show = async () => {
    const actions = ticked ? [{ action: 'done', title: await doneWord() }] : [];
    await self.registration.showNotification(title, { ...options, actions });
  };
  event.waitUntil(show());
});

/** Where a tap leads. Doing it waits for the app, which may have to be unlocked first. */
function placeOf(record, action) {
  const [, type, id, date] = RECORD.exec(record) ?? [];
  if (type === undefined) return '#/today';
  return action === 'done' && date !== undefined ? `#/done/${type}/${id}/${date}` : `#/life/${type}/${id}`;
}

async function appPages() {
  const pages = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  return pages.filter((client) => client.url.startsWith(self.registration.scope));
}

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  const place = placeOf(event.notification.data?.record ?? '', event.action);
  const address = new URL(place, self.registration.scope).href;
  event.waitUntil(
    (async () => {
      const [page] = await appPages();
      if (page === undefined) return void (await self.clients.openWindow(address));
      page.postMessage({ kind: 'open', place });
      // Some browsers let nobody come to the front; what was asked for is done all the same.
      await page.focus().catch(() => undefined);
    })(),
  );
});

// A push service that gives this browser another address. The relay is told by the app, which tells it at every unlock; an
// open one at once.
self.addEventListener('pushsubscriptionchange', (event) => {
  const options = event.oldSubscription?.options;
  event.waitUntil(
    (async () => {
      if (options !== undefined && !event.newSubscription) {
        const { userVisibleOnly, applicationServerKey } = options;
        await self.registration.pushManager.subscribe({ userVisibleOnly, applicationServerKey });
      }
      for (const page of await appPages()) page.postMessage({ kind: 'subscription' });
    })(),
  );
});
