// Settings, and the pages about this vault: sync, devices, relay, storage.

import type { SyncNote } from '../../core/types';
import type { Format } from '../format';

export function vault(f: Format) {
  const n = f.number;
  const changes = (count: number) => f.plural(count, { one: '# change', other: '# changes' });
  return {
    sync: {
      saved: (waiting: number) => (waiting > 0 ? `Saved, ${n(waiting)} on the way` : 'Saved'),
      synced: 'Synced',
      offline: (waiting: number) => (waiting > 0 ? `Offline, ${n(waiting)} waiting` : 'Offline'),
      problem: 'Not syncing',
      title: 'Why is this not synced?',
      titleSynced: 'Everything is synced',
      back: 'Settings',
      all: 'The relay has confirmed every change from this device.',
      onTheWay: (waiting: number) => `${changes(waiting)} saved here, on the way to the relay.`,
      away: (waiting: number) =>
        waiting > 0
          ? `The relay cannot be reached. ${f.plural(waiting, {
              one: 'One change is safe here and leaves on its own.',
              other: '# changes are safe here and leave on their own.',
            })}`
          : 'The relay cannot be reached. Nothing is waiting; you can go on as usual.',
      stopped: (waiting: number) =>
        waiting > 0
          ? `Sending has stopped. ${f.plural(waiting, { one: '# change stays here, safe.', other: '# changes stay here, safe.' })}`
          : 'Sending has stopped.',
      here: 'Saved on this device',
      hereNote: (waiting: number) => (waiting > 0 ? `${changes(waiting)} not yet confirmed elsewhere` : 'All of it'),
      sealed: 'Sealed',
      sealedNote: 'Only your devices hold the key',
      connected: 'Connected to the relay',
      connectedSince: (time: string) => `Since ${time}`,
      connecting: 'Trying just now',
      nextTry: (time: string) => `Next try at ${time}`,
      sent: 'Confirmed by the relay',
      sentAll: (time: string | null) => (time === null ? 'Nothing waits' : `Nothing waits, the last at ${time}`),
      sentWaits: (waiting: number) => `${changes(waiting)} waiting`,
      others: 'Read by your other devices',
      othersNote: 'When they are next open',
      othersWait: (waiting: number) =>
        f.plural(waiting, {
          one: '# change of another device waits for one that has not arrived',
          other: '# changes of other devices wait for one that has not arrived',
        }),
      enterInvite: 'Enter an invitation',
      tryNow: 'Try now',
      tried: 'Asked the relay again',
      copy: 'Copy diagnostics, no content',
      copied: 'Copied',
      relay: 'Relay',
      last: 'Last confirmed',
      never: 'Not since unlocking',
      notes: 'What happened',
      noteKinds: {
        relay_healed: 'The relay had lost something; this device gave it back',
        store_cloned: 'This store exists twice. A new key is advised',
        entry_forked: 'Two different entries carry one number',
        membership_forked: 'Two lists of devices contradict each other',
        entry_refused: 'An entry was refused',
        refused: 'The relay refused something',
        trouble: 'The connection had trouble',
        relay_was_empty: 'The relay was empty; it was filled again',
        not_saved: 'A change was not saved',
        withheld: 'Something that was written elsewhere has not arrived',
        manifest_refused: 'What the relay keeps packed does not fit',
        revoked: 'This device was removed from the vault',
      } satisfies Record<SyncNote['kind'], string>,
    },
    settings: {
      title: 'Settings',
      security: 'Lock',
      lockNow: 'Lock now',
      lockAfter: 'Lock when idle',
      lockMinutes: (minutes: number) =>
        minutes === 0
          ? 'When hidden'
          : minutes % 60 === 0
            ? f.plural(minutes / 60, { one: '# hour', other: '# hours' })
            : f.plural(minutes, { one: '# minute', other: '# minutes' }),
      wayIn: 'Passkey or passphrase',
      wayInNote: 'Choose another for this device',
      deviceCount: (count: number) => f.plural(count, { one: '# device', other: '# devices' }),
      storageNote: (used: string, kept: boolean) => (kept ? `${used}, kept by the browser` : `${used}, not promised to stay`),
      look: 'Preferences',
      theme: 'Theme',
      themes: { system: 'As the system', light: 'Light', dark: 'Dark' } as Readonly<Record<string, string>>,
      language: 'Language',
      sync: 'Sync',
      devices: 'Devices',
      relay: 'Relay',
      storage: 'Storage',
      phrase: 'Recovery phrase',
      shortcuts: 'Keyboard shortcuts',
      forget: 'Forget this device',
      forgetNote: 'Erases the copy on this device and nothing else',
      saved: 'Setting saved',
      week: 'The week begins on',
      name: 'Your name',
      noName: 'No name yet',
    },
    devices: {
      title: 'Devices',
      lede: 'Whatever is listed here can open the vault.',
      all: 'In this vault',
      another: 'Another device',
      here: 'This device',
      roles: { device: 'Device', paper: 'Recovery phrase', guest: 'Guest' } as Readonly<Record<string, string>>,
      paperNote: 'A paper device: 24 words',
      entries: (count: number) => f.plural(count, { one: '# change', other: '# changes' }),
      inactive: 'Removed',
      name: 'Name of this device',
      id: 'Key',
    },
    relay: {
      title: 'Relay',
      address: 'Address',
      note: 'It holds sealed bytes and can read none of them. All your devices must use the same one.',
      inviteNote: 'This relay takes new vaults by invitation. Everything is safe here until it has one; ask whoever runs the relay.',
      useInvite: 'Use it',
      invited: 'The invitation was handed to the relay',
      since: 'From this device',
      account: 'Account',
      sent: 'Sent',
      received: 'Received',
    },
    storage: {
      title: 'Storage',
      used: 'Used here',
      of: (quota: string) => `of ${quota}`,
      keptYes: 'The browser has promised to keep this copy.',
      keptNo: 'The browser may remove this copy when space runs short. What is synced stays safe.',
      persist: 'Ask to keep it',
      persisted: 'The browser will keep it',
      notPersisted: 'The browser did not promise. Installing the app helps.',
    },
    forget: {
      title: 'Forget this device?',
      lede: 'The copy on this device is erased. Your other devices and the relay keep theirs.',
      waiting: (waiting: number) =>
        f.plural(waiting, {
          one: 'One change exists only here and would be lost. Sync first.',
          other: '# changes exist only here and would be lost. Sync first.',
        }),
      noPhrase: 'Your recovery phrase is not checked. Without it or another device there is no way back in.',
      confirm: 'Erase the copy here',
      keep: 'Keep it',
    },
  };
}
