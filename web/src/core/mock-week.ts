// Routines, events, tasks that come again, people and a page of a journal for the sample data; counted from today, as the
// rest of it is.
import type { Sample } from './mock-data';
import { plus } from './mock-plan';
import type { CivilDate, Fields } from './types';

const step = (id: string, title: string, minutes: number) => ({ id, title, minutes });

function event(title: string, start: string, end: string, more: Fields = {}): Sample {
  return { type: 'event', fields: { title, start, end, busy: true, ...more }, days: 30 };
}

export function week(today: CivilDate): readonly Sample[] {
  const on = (days: number) => plus(today, days);
  const monday = plus(today, -((new Date(today).getUTCDay() + 6) % 7) - 28);
  const series = (title: string, due: CivilDate, rrule: string, more: Fields = {}): Sample => ({
    type: 'task',
    fields: { title, status: 'pending', due, rrule, ...more },
    days: 40,
  });
  return [
    {
      type: 'routine',
      fields: {
        title: 'Morning',
        window_start: '06:30',
        window_end: '07:15',
        steps: [step('bed', 'Make the bed', 2), step('water', 'A glass of water', 1), step('psalm', 'Read a psalm', 10), step('plan', 'Look at the day', 5)],
      },
      days: 120,
    },
    {
      type: 'routine',
      fields: {
        title: 'Evening',
        window_start: '21:30',
        window_end: '22:15',
        steps: [step('kitchen', 'Tidy the kitchen', 15), step('bag', 'Pack the bag', 5), step('phone', 'Phone into the hall', 1)],
      },
      days: 90,
    },
    event('Stand-up with Ines', `${monday}T09:30`, `${monday}T10:00`, { rrule: 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR', location: 'Video call' }),
    event('Choir', `${plus(monday, 1)}T19:30`, `${plus(monday, 1)}T21:00`, { rrule: 'FREQ=WEEKLY;BYDAY=TU' }),
    event('Lunch with Tomas', `${on(0)}T13:00`, `${on(0)}T14:00`, { location: 'Café Lindo' }),
    event('Physiotherapy', `${on(0)}T13:30`, `${on(0)}T14:15`),
    event('Dentist', `${on(1)}T11:15`, `${on(1)}T12:00`),
    event('Review of the quarter', `${on(2)}T09:45`, `${on(2)}T11:30`),
    event('Night train to the sea', `${on(4)}T22:40`, `${on(5)}T07:20`),
    event('At the sea', on(5), on(7)),
    event('Film with Nadia', `${on(-2)}T20:00`, `${on(-2)}T22:10`),
    event('Handing over the keys', `${on(12)}T16:00`, `${on(12)}T16:30`),
    series('Water the garden', on(-6), 'FREQ=DAILY;INTERVAL=3', { estimated_minutes: 15 }),
    series('Take the bins out', plus(monday, 3), 'FREQ=WEEKLY;BYDAY=TH', { due_time: '20:00' }),
    series('Weekly review', plus(monday, 6), 'FREQ=WEEKLY;BYDAY=SU', { estimated_minutes: 30 }),
    { type: 'person', fields: { name: 'Nadia', birth_date: `1988${on(3).slice(4)}` }, days: 300 },
    { type: 'person', fields: { name: 'Samira', birth_date: `2016${on(0).slice(4)}` }, days: 300 },
    { type: 'journal', fields: { date: on(-1), text: 'A slow day. The letter is written at last.', mood: 4 }, days: 1 },
  ];
}

/** Steps of the first routine that were taken already. */
export const TICKED = ['bed', 'water'];
