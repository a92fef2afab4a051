// A clock that a story sets, of a browser's pages and of the workers that hold the core: a week passes in a minute. The app
// knows nothing of it. The service worker has to stay away (`serviceWorkers: 'block'`), or it would give the pages a worker
// of its own.
import { launch, newProfile, newTab } from './chromium.mjs';
import { Person } from './person.mjs';

/** What a page or a worker is given before its own code: a Date that is `away` milliseconds ahead. */
function shift(away) {
  const Real = Date;
  const channel = new BroadcastChannel('story-clock');
  channel.onmessage = ({ data }) => (away = data);
  class Shifted extends Real {
    constructor(...given) {
      if (given.length === 0) super(Real.now() + away);
      else super(...given);
    }
    static now() {
      return Real.now() + away;
    }
  }
  globalThis.Date = Shifted;
  globalThis.storyClock = (ms) => {
    away = ms;
    channel.postMessage(ms);
  };
}

/** People at browsers whose clock a story sets; each is told where they are and when it is there. */
export async function clockwork(stage) {
  // Chromium does not know where a worker comes from whose text was changed under way, and would let it speak to no relay nearby.
  const browser = await launch(['--disable-features=LocalNetworkAccessChecks']);
  stage.after(() => browser.close());
  return async ({ zone, local, ...who }) => {
    const context = await newProfile(browser, { serviceWorkers: 'block', timezoneId: zone });
    const clock = await Clock.of(context);
    const tab = await newTab(context);
    stage.watch(tab);
    await clock.arm(tab.page);
    await tab.open(stage.relay.url);
    const person = new Person(tab, who);
    await clock.set(tab.page, local);
    await tab.reload();
    return { person, clock };
  };
}

class Clock {
  #away = 0;

  /** Of all pages that `context` opens from now on. */
  static async of(context) {
    const clock = new Clock();
    await context.route(/\/assets\/worker[^/]*\.js$/, async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ response: answer, body: `(${shift})(${clock.#away});\n${await answer.text()}` });
    });
    clock.context = context;
    return clock;
  }

  /** What a page that is loaded next begins with. */
  async arm(page) {
    await page.addInitScript(`(${shift})(Number(sessionStorage.getItem('story-away') ?? 0))`);
  }

  /** It is `local` where the browser is, as in `2026-11-21T08:30`. */
  async set(page, local) {
    this.#away = await page.evaluate((local) => {
      const now = Date.now();
      const away = new Date(local).getTime() - now + Number(sessionStorage.getItem('story-away') ?? 0);
      sessionStorage.setItem('story-away', String(away));
      globalThis.storyClock(away);
      return away;
    }, local);
  }
}
