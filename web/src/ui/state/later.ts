// Pages that are fetched after the first screen. What was fetched once is there at once the next time.

export interface Later<C> {
  /** Null until it was fetched. */
  readonly now: () => C | null;
  /** A failure is not kept: the next one tries again. */
  readonly fetch: () => Promise<C>;
}

export function later<C>(load: () => Promise<{ readonly default: C }>): Later<C> {
  let found: C | null = null;
  return {
    now: () => found,
    fetch: async () => (found ??= (await load()).default),
  };
}
