// What a browser keeps for the app: which stores there are, and every value in them as text to be searched.

/** Which stores there are, by name. */
export async function kept(tab) {
  const here = await tab.evaluate(async () => ({
    databases: (await indexedDB.databases()).map(({ name }) => name),
    caches: await caches.keys(),
    workers: (await navigator.serviceWorker.getRegistrations()).length,
    local: Object.keys(localStorage),
    session: Object.keys(sessionStorage),
  }));
  return { ...here, cookies: (await tab.page.context().cookies()).length };
}

/** Everything that the page could read of its storage, one piece a line, bytes as Latin-1. Runs in the page. */
async function readAll() {
  const found = [JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage }), document.cookie, location.href];
  const latin = (bytes) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  const text = (value) => {
    if (value instanceof ArrayBuffer) return latin(new Uint8Array(value));
    if (ArrayBuffer.isView(value)) return latin(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    if (value instanceof CryptoKey) return value.extractable ? 'a key that can be taken out' : '';
    if (value !== null && typeof value === 'object') return Object.values(value).map(text).join('|');
    return String(value);
  };
  for (const { name } of await indexedDB.databases()) {
    const db = await new Promise((done, fail) => {
      const request = indexedDB.open(name);
      request.onsuccess = () => done(request.result);
      request.onerror = () => fail(request.error);
    });
    for (const store of db.objectStoreNames) {
      const all = (method) =>
        new Promise((done, fail) => {
          const request = db.transaction(store).objectStore(store)[method]();
          request.onsuccess = () => done(request.result);
          request.onerror = () => fail(request.error);
        });
      found.push(...(await all('getAllKeys')).map(text), ...(await all('getAll')).map(text));
    }
    db.close();
  }
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      const answer = await cache.match(request);
      found.push(name, request.url, latin(new Uint8Array(await answer.arrayBuffer())));
    }
  }
  for (const worker of await navigator.serviceWorker.getRegistrations()) {
    const { scriptURL } = worker.active ?? { scriptURL: '' };
    found.push(worker.scope, scriptURL, scriptURL === '' ? '' : await (await fetch(scriptURL)).text());
  }
  return found.join('\n');
}

/** Everything in IndexedDB, caches, local and session storage, cookies and the service worker, as bytes. */
export async function contents(tab) {
  const seen = Buffer.from(await tab.evaluate(readAll), 'latin1');
  const cookies = await tab.page.context().cookies();
  return Buffer.concat([seen, Buffer.from(JSON.stringify(cookies))]);
}
