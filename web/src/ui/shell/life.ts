// Every page but Today, fetched when one is first opened, so that the first screen waits for none of them. They come in two pieces:
// many small ones would be more to download.

import type { Component } from 'svelte';
import { later, type Later } from '../state/later';
import type { Place } from '../state/routes';

type Records = typeof import('./recordpages');
type Vault = typeof import('./vaultpages');
const record = <N extends keyof Records>(name: N): Later<Records[N]> => later(async () => ({ default: (await import('./recordpages'))[name] }));
const place = <N extends keyof Vault>(name: N): Later<Vault[N]> => later(async () => ({ default: (await import('./vaultpages'))[name] }));

/** The pages of records of any type. */
export const LIFE = {
  life: record('Life'),
  records: record('Records'),
  record: record('Record'),
  'record-form': record('RecordEdit'),
} as const;

/** The pages of habits and tasks, and those that all types share. */
export const RECORDS = {
  habits: record('Habits'),
  habit: record('Habit'),
  'habit-form': record('HabitForm'),
  tasks: record('Tasks'),
  task: record('Task'),
  'task-form': record('TaskForm'),
  trash: record('Trash'),
  history: record('History'),
  done: record('Done'),
} as const;

/** Pages about the vault and the app. */
export const PLACES: { readonly [page in Place]: Later<Component> } = {
  arrange: record('Arrange'),
  recent: record('Recent'),
  inbox: record('Inbox'),
  templates: record('Templates'),
  settings: place('Settings'),
  'settings/domains': place('Domains'),
  'settings/notices': place('Notices'),
  'settings/fields': place('OwnFields'),
  'settings/files': place('Files'),
  sync: place('SyncWhy'),
  alarms: place('Alarms'),
  devices: place('Devices'),
  'devices/add': place('AddDevice'),
  relay: place('Relay'),
  'relay/move': place('MoveRelay'),
  account: place('Account'),
  storage: place('Storage'),
  phrase: place('Phrase'),
  'phrase/new': place('ChangePhrase'),
  'way-in': place('ChangeWayIn'),
};

/** Fetched as soon as the first screen stands: one tap away, they shall not be waited for. */
export const NEAR: readonly Later<unknown>[] = [LIFE.life, PLACES.settings];
