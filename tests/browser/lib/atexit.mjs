// Whatever a test has started ends with it, also when the test is interrupted before it could take its stage down.
const ends = new Set();
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

process.once('exit', () => {
  for (const end of ends) end();
});
for (const signal of SIGNALS) process.once(signal, () => process.exit(1));

/** Calls `end`, which must not wait for anything, when this process ends. Call the answer if it is not needed any more. */
export function atExit(end) {
  ends.add(end);
  return () => ends.delete(end);
}
