// The last changes of the vault, and taking them back.

import type { Format } from '../format';

export function recent(f: Format) {
  return {
    recent: {
      title: 'Recent changes',
      row: 'Recent changes',
      rowNote: 'See and take back, from any device',
      lede: 'What was changed last, on any of your devices. Taking something back is a change of its own: nothing is lost.',
      empty: 'Nothing was changed in the last 90 days.',
      older: 'Older changes are in the history of each record.',
      more: 'Show more',
      takeBack: 'Take back',
      takeBackLabel: (name: string, when: string) => `Take back the change of ${name}, ${when}`,
      back: 'Taken back',
      changed: 'Changed again since, so it stays',
      partly: 'Some of it was changed again since and stays',
      saidBack: (name: string) => `${name}: taken back`,
      saidPartly: (name: string, left: number) =>
        `${name}: taken back, but ${f.plural(left, { one: '# value was changed again since and stays', other: '# values were changed again since and stay' })}`,
      saidNothing: (name: string) => `${name}: nothing was left to take back`,
      andMore: (count: number) => f.plural(count, { one: 'and # more', other: 'and # more' }),
      restored: 'Out of the trash',
      moved: 'moved in the list',
      with: (member: string) => `+ ${member}`,
      without: (member: string) => `− ${member}`,
      steps: (count: number) => f.plural(count, { one: '# step taken', other: '# steps taken' }),
      stepsOff: (count: number) => f.plural(count, { one: '# step not taken after all', other: '# steps not taken after all' }),
      kinds: { settings: 'Settings', profile: 'You' } as Readonly<Record<string, string>>,
      fields: {
        features: 'Shown',
        notifications: 'Reminders',
        custom_fields: 'Own fields',
        custom_names: 'Names of own fields',
        theme: 'Theme',
        accent: 'Accent',
        language: 'Language',
        lock_minutes: 'Lock after minutes',
        timezone: 'Time zone',
        locale: 'Region',
        week_start: 'Week begins on',
        day_start: 'Day begins at hour',
        units: 'Units',
        birth_date: 'Date of birth',
        moved_to: 'Moved to',
        position: 'Place',
        group: 'Group',
        current: 'Now at',
        phrase_checked: 'recovery phrase checked',
      } as Readonly<Record<string, string>>,
      states: {
        done: 'done',
        skip: 'skipped',
        slip: 'slip',
        finished: 'all of it done',
        skipped: 'skipped',
      } as Readonly<Record<string, string>>,
    },
  };
}
