// The notices of the operating system: what Chromium is told by its own push service, what it shows then, and a finger on it.
import { until } from './wait.mjs';

/** Of the app at `url`, whose service worker is there. */
export async function notices({ page }, url) {
  const context = page.context();
  const tools = await context.newCDPSession(page);
  const registered = new Promise((done) => tools.on('ServiceWorker.workerRegistrationUpdated', ({ registrations: [one] }) => one && done(one)));
  await tools.send('ServiceWorker.enable');
  const { registrationId } = await registered;
  const [worker] = context.serviceWorkers();
  await worker.evaluate(() => {
    self.storyShown = 0;
    const show = self.registration.showNotification.bind(self.registration);
    self.registration.showNotification = async (...words) => {
      await show(...words);
      self.storyShown += 1;
    };
  });
  let pushed = 0;
  return {
    /** Until it is shown. Chromium drops a notice that is asked for while it is on its way to the screen, so nobody asks before. */
    push: async (data) => {
      pushed += 1;
      await tools.send('ServiceWorker.deliverPushMessage', { origin: new URL(url).origin, registrationId, data });
      await until('a push is shown', async () => (await worker.evaluate(() => self.storyShown)) === pushed);
    },
    shown: () =>
      worker.evaluate(async () =>
        (await self.registration.getNotifications()).map(({ title, tag, data, actions }) => ({ title, tag, data, offers: actions.map(({ title }) => title) })),
      ),
    press: (action) =>
      worker.evaluate(async (action) => {
        const [notification] = await self.registration.getNotifications();
        const event = new NotificationEvent('notificationclick', { notification, action });
        // Only a browser's own events wait.
        event.waitUntil = () => undefined;
        self.dispatchEvent(event);
      }, action),
  };
}
