// Writes that each depend on what the one before left: a map of switches is written whole, and a finger is quicker than a
// transaction.

export type Turns = <T>(run: () => Promise<T>) => Promise<T>;

/** What is given runs when everything given before is over, whatever became of that. */
export function turns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  return (run) => {
    const next = last.then(run);
    last = next.catch(() => undefined);
    return next;
  };
}
