// Waiting is always for something: a condition that is looked at until it holds, or until it has taken too long.
const LOOK_MS = 20;

/** Resolves with the first answer of `test` that is neither false, null nor undefined. */
export async function until(what, test, within = 20_000) {
  const deadline = Date.now() + within;
  for (;;) {
    const answer = await test();
    if (answer !== false && answer !== null && answer !== undefined) return answer;
    if (Date.now() > deadline) throw new Error(`not within ${within} ms: ${what}`);
    await new Promise((done) => setTimeout(done, LOOK_MS));
  }
}

/** What `promise` gives, if it comes in time. */
export function within(what, promise, most = 60_000) {
  let timer;
  const late = new Promise((_, fail) => {
    timer = setTimeout(() => fail(new Error(`not within ${most} ms: ${what}`)), most);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** How many seconds `wait` took. */
export async function seconds(wait) {
  const from = performance.now();
  await wait();
  return (performance.now() - from) / 1000;
}
