// The pages of records, which are fetched together: what one of them needs most of the others need, too.

export { default as Arrange } from '../screens/Arrange.svelte';
export { default as Done } from '../screens/Done.svelte';
export { default as Habit } from '../screens/Habit.svelte';
export { default as HabitForm } from '../screens/HabitForm.svelte';
export { default as Habits } from '../screens/Habits.svelte';
export { default as History } from '../screens/History.svelte';
export { default as Inbox } from '../screens/Inbox.svelte';
export { default as Life } from '../screens/Life.svelte';
export { default as Recent } from '../screens/Recent.svelte';
export { default as Record } from '../screens/Record.svelte';
export { default as RecordEdit } from '../screens/RecordEdit.svelte';
export { default as Records } from '../screens/Records.svelte';
export { default as Task } from '../screens/Task.svelte';
export { default as TaskForm } from '../screens/TaskForm.svelte';
export { default as Tasks } from '../screens/Tasks.svelte';
export { default as Templates } from '../screens/Templates.svelte';
export { default as Trash } from '../screens/Trash.svelte';
