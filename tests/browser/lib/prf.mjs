// Keeps every PRF output that a page is given, so that it can be looked for where it must not be.

export async function keepPrf(tab) {
  await tab.page.addInitScript(() => {
    globalThis.prf = [];
    const keep = (made) => {
      const first = made?.getClientExtensionResults().prf?.results?.first;
      if (first) globalThis.prf.push(Array.from(new Uint8Array(first)));
      return made;
    };
    const { get, create } = navigator.credentials;
    navigator.credentials.get = (options) => get.call(navigator.credentials, options).then(keep);
    navigator.credentials.create = (options) => create.call(navigator.credentials, options).then(keep);
  });
}

/** What was kept since the page was loaded; throws if the authenticator gave nothing. */
export async function prfOf(tab) {
  const kept = (await tab.evaluate(() => globalThis.prf)).map((bytes) => Buffer.from(bytes));
  if (kept.length === 0) throw new Error('the authenticator gave no PRF output');
  return kept;
}
