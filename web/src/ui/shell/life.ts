// The pages of records that have none of their own, each fetched when it is first opened: `later(() => import(...))`.

import type { Component } from 'svelte';
import type { Fields } from '../../core/types';
import type { Later } from '../state/later';

interface LifePages {
  readonly life?: Later<Component>;
  readonly records?: Later<Component<{ readonly type: string; readonly trash: boolean }>>;
  readonly record?: Later<Component<{ readonly type: string; readonly id: string }>>;
  readonly 'record-form'?: Later<Component<{ readonly type: string; readonly id: string | null; readonly given: Fields }>>;
}

/** Where a page is missing, the way to what there is is shown. */
export const LIFE: LifePages = {};
