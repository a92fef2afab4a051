// Pages and deeds that search finds beside records, by their names in the person's language.

import type { Strings } from '../../strings/en';
import { app } from './app.svelte';
import type { IconName } from '../parts/Icon.svelte';
import { DOMAINS } from './domains';
import { kindWords, placeOf } from './kinds';
import type { Named } from './names';
import { router, to } from './router.svelte';

export interface Entry extends Named {
  readonly key: string;
  readonly icon: IconName;
  readonly group: 'go' | 'do';
  /** Shown before anything is typed. */
  readonly early: boolean;
  readonly open: () => void;
}

type Key = keyof Strings['find']['also'];

export function entries(t: Strings): readonly Entry[] {
  const entry = (group: Entry['group'], key: Key, name: string, icon: Entry['icon'], open: () => void, early = false): Entry => ({
    key,
    name,
    also: t.find.also[key],
    icon,
    group,
    early,
    open,
  });
  const page = (key: Key, name: string, icon: Entry['icon'], address: string, early = false): Entry =>
    entry('go', key, name, icon, () => router.go(address), early);
  const deed = (key: Key, name: string, icon: Entry['icon'], run: () => void, early = false): Entry =>
    entry('do', key, name, icon, run, early);
  /** Kinds of records with a list; habits and tasks are named below. */
  const lists = DOMAINS.filter(({ type }) => type !== 'habit' && type !== 'task').map(
    ({ type, icon }): Entry => ({
      key: `list ${type}`,
      name: kindWords(type, t).list,
      also: t.life.about[type] ?? '',
      icon,
      group: 'go',
      early: false,
      open: () => router.go(placeOf(type).list),
    }),
  );
  return [
    page('today', t.nav.today, 'today', to.today, true),
    page('plan', t.nav.plan, 'plan', to.plan, true),
    page('life', t.nav.life, 'mind', to.life, true),
    page('habits', t.nav.habits, 'habit', to.list('habit'), true),
    page('tasks', t.nav.tasks, 'task', to.list('task'), true),
    page('settings', t.nav.settings, 'settings', to.settings, true),
    ...lists,
    page('arrange', t.life.arrange.title, 'habit', to.arrange),
    page('recent', t.recent.title, 'history', to.recent),
    page('reminders', t.setup.notices.title, 'bell', to.notices),
    page('inbox', t.setup.inbox.title, 'archive', to.inbox),
    page('shown', t.setup.domains.title, 'look', to.domains),
    page('ownFields', t.setup.fields.title, 'pen', to.fields),
    page('files', t.setup.files.title, 'share', to.files),
    page('sets', t.setup.sets.title, 'sets', to.templates),
    page('sync', t.sync.title, 'synced', to.sync),
    page('alarms', t.alarms.title, 'flag', to.alarms),
    page('devices', t.devices.title, 'laptop', to.devices),
    page('relay', t.relay.title, 'relay', to.relay),
    page('account', t.account.title, 'people', to.account),
    page('storage', t.storage.title, 'storage', to.storage),
    page('phrase', t.phrase.title, 'file', to.phrase),
    page('wayIn', t.settings.wayIn, 'key', to.wayIn),
    page('habitTrash', t.find.habitTrash, 'trash', to.trash('habit')),
    page('taskTrash', t.find.taskTrash, 'trash', to.trash('task')),
    deed('newHabit', t.habit.add, 'add', () => router.go(to.fresh('habit')), true),
    deed('newTask', t.task.add, 'add', () => router.go(to.fresh('task')), true),
    deed('quick', t.quick.title, 'add', () => (app.sheet = { kind: 'add' })),
    deed('addDevice', t.addDevice.title, 'laptop', () => router.go(to.addDevice)),
    deed('undo', t.keys.undo, 'undo', () => void app.undo()),
    deed('keys', t.keys.title, 'keyboard', () => (app.sheet = { kind: 'keys' })),
    deed('lock', t.settings.lockNow, 'lock', () => void app.run(() => app.client.lock())),
  ];
}
