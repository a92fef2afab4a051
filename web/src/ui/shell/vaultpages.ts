// The pages about the vault and the app, which are fetched together.

export { default as Account } from '../screens/Account.svelte';
export { default as AddDevice } from '../screens/AddDevice.svelte';
export { default as Alarms } from '../screens/Alarms.svelte';
export { default as ChangePhrase } from '../screens/ChangePhrase.svelte';
export { default as ChangeWayIn } from '../screens/ChangeWayIn.svelte';
export { default as Devices } from '../screens/Devices.svelte';
export { default as Domains } from '../screens/Domains.svelte';
export { default as Files } from '../screens/Files.svelte';
export { default as MoveRelay } from '../screens/MoveRelay.svelte';
export { default as Notices } from '../screens/Notices.svelte';
export { default as OwnFields } from '../screens/OwnFields.svelte';
export { default as Phrase } from '../screens/Phrase.svelte';
export { default as Relay } from '../screens/Relay.svelte';
export { default as Settings } from '../screens/Settings.svelte';
export { default as Storage } from '../screens/Storage.svelte';
export { default as SyncWhy } from '../screens/SyncWhy.svelte';
