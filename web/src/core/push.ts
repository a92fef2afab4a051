// Push messages of this browser: whether they can be had, and its one subscription. Keys and address go to the core; the
// relay is told the address alone.
import { failure } from './messages';
import { leaveNoticeWords } from './notice-words';
import { CoreFailure } from './types';
import type { PushPages, PushState } from './types';
import type { Request } from './wasm/core_wasm';

/** What a browser's subscription is made of; all base64url. */
interface Subscription {
  readonly endpoint: string;
  readonly p256dh: string;
  readonly auth: string;
}

function base64url(bytes: ArrayBuffer | null): string {
  const letters = String.fromCharCode(...new Uint8Array(bytes ?? new ArrayBuffer(0)));
  return btoa(letters).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0));
}

function isApple(): boolean {
  return /iPad|iPhone|iPod/.test(navigator.userAgent) || (navigator.platform === 'MacIntel' && navigator.maxTouchPoints > 1);
}

async function registration(): Promise<ServiceWorkerRegistration | null> {
  if (!('serviceWorker' in navigator) || typeof PushManager === 'undefined' || typeof Notification === 'undefined') return null;
  return (await navigator.serviceWorker.getRegistration()) ?? null;
}

async function pushState(): Promise<PushState> {
  const found = await registration();
  if (found === null) {
    // Safari on a phone gives a page no push; the installed app has it.
    const standalone = matchMedia('(display-mode: standalone)').matches;
    return { can: isApple() && !standalone ? 'install' : 'no', permission: 'default', on: false };
  }
  const subscription = await found.pushManager.getSubscription();
  return { can: 'yes', permission: Notification.permission, on: subscription !== null };
}

/** This browser's subscription for the relay whose key, base64url, is `key`. Null where there can be none. */
async function subscribe(key: string): Promise<Subscription | null> {
  const found = await registration();
  if (found === null) return null;
  const applicationServerKey = bytesOf(key);
  const old = await found.pushManager.getSubscription();
  // Of another relay: nothing that this one sends would be taken for it.
  if (old !== null && base64url(old.options.applicationServerKey) !== key) await old.unsubscribe();
  const made = await found.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey });
  return { endpoint: made.endpoint, p256dh: base64url(made.getKey('p256dh')), auth: base64url(made.getKey('auth')) };
}

async function unsubscribe(): Promise<void> {
  const found = await registration();
  await (await found?.pushManager.getSubscription())?.unsubscribe();
}

/** What these pages need of the rest. */
export interface Owner {
  core<T>(request: Request): Promise<T>;
  /** What this device is called. */
  name(): Promise<string>;
  /** Makes every error one of the contract. */
  guard<T>(run: () => Promise<T>): Promise<T>;
}

export class Push implements PushPages {
  readonly #owner: Owner;

  constructor(owner: Owner) {
    this.#owner = owner;
    // The push service gave this browser another address while the app was open.
    navigator.serviceWorker?.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      const kind = typeof data === 'object' && data !== null && 'kind' in data ? data.kind : null;
      if (kind === 'subscription') void this.again().catch(() => undefined);
    });
  }

  state(): Promise<PushState> {
    return this.#owner.guard(pushState);
  }
  on(): Promise<PushState> {
    return this.#owner.guard(async () => {
      const before = await pushState();
      if (before.can !== 'yes') return before;
      // Asked first, while the tap still counts.
      if ((await Notification.requestPermission()) === 'granted') await this.#subscribe();
      return pushState();
    });
  }
  /** Browsers give a subscription another address now and then, and a vault may have another relay: it is told again. */
  again(): Promise<void> {
    return this.#owner.guard(async () => {
      const { on, permission } = await pushState();
      if (on && permission === 'granted') await this.#subscribe();
    });
  }
  async #subscribe(): Promise<void> {
    const key = await this.#owner.core<string | null>('pushKey');
    if (key === null) throw new CoreFailure(failure('refused', 'this relay pushes nothing'));
    const made = await subscribe(key);
    if (made !== null) await this.#owner.core<null>({ subscribe: { name: await this.#owner.name(), ...made } });
  }
  words(done: string): Promise<void> {
    return leaveNoticeWords(done);
  }
  off(): Promise<PushState> {
    return this.#owner.guard(async () => {
      await unsubscribe();
      await this.#owner.core<null>('unsubscribe');
      return pushState();
    });
  }
}
