// Pages that are fetched after the first screen. What was fetched once is there at once the next time.

import type { Component } from 'svelte';

type Module<P extends Record<string, unknown>> = { readonly default: Component<P> };

export interface Later<P extends Record<string, unknown>> {
  /** Null until it was fetched. */
  readonly now: () => Component<P> | null;
  /** A failure is not kept: the next one tries again. */
  readonly fetch: () => Promise<Component<P>>;
}

export function later<P extends Record<string, unknown>>(load: () => Promise<Module<P>>): Later<P> {
  let found: Component<P> | null = null;
  return {
    now: () => found,
    fetch: async () => (found ??= (await load()).default),
  };
}
