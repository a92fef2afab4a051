// The word on a notice's button, where the service worker can look (`public/push.js`): it has no catalogue and reads no local
// storage. Never content.

/** The cache that holds it; nothing else stands there. */
export const NOTICE_WORDS = 'lifeos-notice-words';

/** Leaves the word in the language of the app. Without caches there are no notices either. */
export async function leaveNoticeWords(done: string): Promise<void> {
  try {
    const words = await caches.open(NOTICE_WORDS);
    await words.put(new URL('notice-done', document.baseURI), new Response(done));
  } catch {
    // The button is in English then.
  }
}
