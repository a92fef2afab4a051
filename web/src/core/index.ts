// What screens import: the contract, and the core behind it.
import { Client } from './client';
import type { CoreClient } from './types';

export { CoreFailure } from './types';
export type * from './types';

/** The core of this page. Call it once. */
export function createCore(): CoreClient {
  return new Client();
}
