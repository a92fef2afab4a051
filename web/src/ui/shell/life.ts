// The pages of records that have none of their own, each fetched when it is first opened.

import type { Later } from '../state/later';

/** What each page is given. */
export interface LifePages {
  readonly life: Record<string, never>;
  readonly records: { type: string; trash: boolean };
  readonly record: { type: string; id: string };
  readonly 'record-form': { type: string; id: string | null; given: import('../../core/types').Fields };
}

/** A page that is missing here shows the way to what there is. */
export const LIFE: { readonly [page in keyof LifePages]?: Later<LifePages[page]> } = {};
