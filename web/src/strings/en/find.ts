// Search: its words, and those by which pages and deeds are found beside their names.

import type { Format } from '../format';

export function find(f: Format) {
  return {
    find: {
      open: 'Search',
      ask: 'Search or add',
      results: 'Results',
      groups: { go: 'Go to', do: 'Do', found: 'Found', also: 'See also', add: 'Add' },
      checkIn: (date: string) => `Check-in, ${date}`,
      count: (count: number) => f.plural(count, { one: '# found', other: '# found' }),
      first: (count: number) => `The first ${f.number(count)}`,
      more: 'Show more',
      narrow: 'There is more than is shown. Another word or letter narrows it.',
      nothing: (text: string) => `Nothing found for “${text}”`,
      searched: 'Names, notes, labels and steps of habits and tasks and the notes of check-ins are searched, on this device. What is in the trash is not.',
      indexing: 'The index is still being made: something may be missing.',
      add: (text: string) => `Add “${text}”`,
      habitTrash: 'Trash of habits',
      taskTrash: 'Trash of tasks',
      keys: { choose: 'choose', open: 'open', add: 'add' },
      also: {
        today: 'day home',
        habits: 'routine',
        tasks: 'to-do list',
        settings: 'preferences theme language dark light week name',
        sync: 'offline waiting problem',
        alarms: 'alarm warning',
        devices: 'phone laptop computer',
        relay: 'server address move',
        account: 'sessions passkeys invitations delete',
        storage: 'export import backup file quota',
        phrase: '24 words backup paper',
        wayIn: 'unlock password',
        habitTrash: 'deleted restore',
        taskTrash: 'deleted restore',
        newHabit: 'add create',
        newTask: 'add create to-do',
        quick: 'new create',
        addDevice: 'pair new phone laptop',
        undo: 'undo back',
        keys: 'help',
        lock: 'close',
      },
    },
  };
}
