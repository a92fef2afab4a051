// The pages of records that have none of their own, and those that are seldom opened; each fetched when it is first opened.

import type { Component } from 'svelte';
import type { Fields } from '../../core/types';
import { later, type Later } from '../state/later';
import type { Place } from '../state/routes';

interface LifePages {
  readonly life: Later<Component>;
  readonly records: Later<Component<{ readonly type: string; readonly trash: boolean }>>;
  readonly record: Later<Component<{ readonly type: string; readonly id: string }>>;
  readonly 'record-form': Later<Component<{ readonly type: string; readonly id: string | null; readonly given: Fields }>>;
}

export const LIFE: LifePages = {
  life: later(() => import('../screens/Life.svelte')),
  records: later(() => import('../screens/RecordsOrTrash.svelte')),
  record: later(() => import('../screens/Record.svelte')),
  'record-form': later(() => import('../screens/RecordEdit.svelte')),
};

export const SELDOM: { readonly [page in Place]?: Later<Component> } = {
  arrange: later(() => import('../screens/Arrange.svelte')),
  inbox: later(() => import('../screens/Inbox.svelte')),
  templates: later(() => import('../screens/Templates.svelte')),
  settings: later(() => import('../screens/Settings.svelte')),
  'settings/domains': later(() => import('../screens/Domains.svelte')),
  'settings/notices': later(() => import('../screens/Notices.svelte')),
  'settings/fields': later(() => import('../screens/OwnFields.svelte')),
  'settings/files': later(() => import('../screens/Files.svelte')),
};
