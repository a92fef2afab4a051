// The declarations of record types. They do not change while the app runs, so they are asked for once.

import type { TypeInfo } from '../../core/types';
import { app } from './app.svelte';

let known: Promise<readonly TypeInfo[]> | null = null;

export async function allTypes(): Promise<readonly TypeInfo[]> {
  known ??= app.client.types();
  try {
    return await known;
  } catch (thrown) {
    // Locked meanwhile, say: whoever asks next asks anew.
    known = null;
    throw thrown;
  }
}
export async function typeOf(name: string): Promise<TypeInfo | null> {
  return (await allTypes()).find((type) => type.name === name) ?? null;
}
/** Types that have lists: no streams, which belong to a parent, and nothing that is there once. */
export async function listed(): Promise<readonly TypeInfo[]> {
  // A browser writes down by itself where it is pushed to.
  return (await allTypes()).filter(({ name, shape }) => shape === 'thing' && name !== 'push_subscription');
}
