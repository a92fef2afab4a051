// The pages of records that have none of their own, each fetched when it is first opened.

import { later, type Later } from '../state/later';
import type { Place } from '../state/routes';

/** What each page is given. */
export interface LifePages {
  readonly life: Record<string, never>;
  readonly records: { type: string; trash: boolean };
  readonly record: { type: string; id: string };
  readonly 'record-form': { type: string; id: string | null; given: import('../../core/types').Fields };
}

/** The list of a type and its trash are one page's two sides, so that they are fetched together. */
export const LIFE: { readonly [page in keyof LifePages]: Later<LifePages[page]> } = {
  life: later(() => import('../screens/Life.svelte')),
  records: later(() => import('../screens/RecordsOrTrash.svelte')),
  record: later(() => import('../screens/Record.svelte')),
  'record-form': later(() => import('../screens/RecordEdit.svelte')),
};

/** Pages that are seldom opened. */
export const SELDOM: { readonly [page in Place]?: Later<Record<string, never>> } = {
  arrange: later(() => import('../screens/Arrange.svelte')),
  inbox: later(() => import('../screens/Inbox.svelte')),
  templates: later(() => import('../screens/Templates.svelte')),
  'settings/domains': later(() => import('../screens/Domains.svelte')),
  'settings/notices': later(() => import('../screens/Notices.svelte')),
  'settings/fields': later(() => import('../screens/OwnFields.svelte')),
  'settings/files': later(() => import('../screens/Files.svelte')),
};
