// Every page but Today, each fetched when it is first opened, so that the first screen waits for none of them.

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

/** The pages of habits and tasks. */
export const RECORDS = {
  habits: later(() => import('../screens/Habits.svelte')),
  habit: later(() => import('../screens/Habit.svelte')),
  'habit-form': later(() => import('../screens/HabitForm.svelte')),
  tasks: later(() => import('../screens/Tasks.svelte')),
  task: later(() => import('../screens/Task.svelte')),
  'task-form': later(() => import('../screens/TaskForm.svelte')),
  trash: later(() => import('../screens/Trash.svelte')),
  history: later(() => import('../screens/History.svelte')),
} as const;

/** Pages about the vault and the app. */
export const PLACES: { readonly [page in Place]: Later<Component> } = {
  arrange: later(() => import('../screens/Arrange.svelte')),
  inbox: later(() => import('../screens/Inbox.svelte')),
  templates: later(() => import('../screens/Templates.svelte')),
  settings: later(() => import('../screens/Settings.svelte')),
  'settings/domains': later(() => import('../screens/Domains.svelte')),
  'settings/notices': later(() => import('../screens/Notices.svelte')),
  'settings/fields': later(() => import('../screens/OwnFields.svelte')),
  'settings/files': later(() => import('../screens/Files.svelte')),
  sync: later(() => import('../screens/SyncWhy.svelte')),
  alarms: later(() => import('../screens/Alarms.svelte')),
  devices: later(() => import('../screens/Devices.svelte')),
  'devices/add': later(() => import('../screens/AddDevice.svelte')),
  relay: later(() => import('../screens/Relay.svelte')),
  'relay/move': later(() => import('../screens/MoveRelay.svelte')),
  account: later(() => import('../screens/Account.svelte')),
  storage: later(() => import('../screens/Storage.svelte')),
  phrase: later(() => import('../screens/Phrase.svelte')),
  'phrase/new': later(() => import('../screens/ChangePhrase.svelte')),
  'way-in': later(() => import('../screens/ChangeWayIn.svelte')),
};

/** Fetched as soon as the first screen stands: one tap away, they shall not be waited for. */
export const NEAR: readonly Later<unknown>[] = [RECORDS.habits, RECORDS.tasks, RECORDS.habit, RECORDS.task, LIFE.life, PLACES.settings];
