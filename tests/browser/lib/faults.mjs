// What a browser may do to a store, done on purpose.

/** As Safari does when its database process is gone: every connection is lost, and none comes again. */
export async function loseConnections(tab) {
  const [worker] = tab.page.workers();
  await worker.evaluate(() => {
    const lost = () => {
      throw new DOMException('Connection to Indexed Database server lost', 'InvalidStateError');
    };
    IDBDatabase.prototype.transaction = lost;
    IDBFactory.prototype.open = lost;
  });
}

/** The disk takes nothing more, until the worker ends. */
export async function fillDisk(tab) {
  const [worker] = tab.page.workers();
  await worker.evaluate(() => {
    IDBObjectStore.prototype.put = () => {
      throw new DOMException('no room', 'QuotaExceededError');
    };
  });
}

/** Eviction: the store is gone, a trace of the app is left. Another page of the origin does it, with no app in the way. */
export async function removeStore(tab, url) {
  await tab.open(`${url}/healthz`);
  await tab.evaluate(
    () =>
      new Promise((done, fail) => {
        const request = indexedDB.deleteDatabase('life-os');
        request.onsuccess = () => done();
        request.onerror = () => fail(request.error);
      }),
  );
  await tab.open(url);
}
