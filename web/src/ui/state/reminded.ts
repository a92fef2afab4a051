// What a reminder's own button does.

import type { CivilDate } from '../../core/types';
import { app } from './app.svelte';
import { act } from './deeds';
import { logHabit, usualAction } from './logging';
import { habitOf } from './records';

/** Does what the reminder of a day is about. False where nothing was done: it is done already, gone, or not for one tap to say. */
export async function tick(type: string, id: string, date: CivilDate): Promise<boolean> {
  switch (type) {
    case 'habit': {
      const { habits } = await app.client.today(date);
      const item = habits.find(({ habit, log }) => habit.id === id && log === null);
      const habit = item === undefined ? null : habitOf(item.habit);
      const action = habit === null || habit.bad ? null : usualAction(habit, null);
      return habit !== null && action !== null && app.change(...logHabit(habit, date, action));
    }
    case 'task': {
      const items = await app.client.calendar(date, date);
      const item = items.find((one) => one.type === 'task' && one.id === id && one.on === date && one.state === 'open');
      return item !== undefined && act(item, 'done');
    }
    default:
      return false;
  }
}
