// What the screens ask of a day and a plan, as the core takes it, and what the core says, as the screens take it.
import type { FileFormat, ItemName, MoveTo, Notice, RoutineAction } from './day-types';
import type { CivilDate, ImportHow } from './types';
import type { NewTime, Portable, Reminder, Request, RoutineChange } from './wasm/core_wasm';

export function moveRequest({ id, date }: ItemName, { on, start }: MoveTo): Request {
  const time: NewTime = start === undefined ? 'stays' : start === null ? 'allDay' : { at: { time: start } };
  return { move: { id, on, start: time, ...(date === null ? {} : { date }) } };
}

export function routineRequest(routine: string, date: CivilDate, action: RoutineAction): Request {
  const change: RoutineChange = typeof action === 'string' ? action : { step: action };
  return { routineStep: { routine, date, action: change } };
}

/** What a file is; a table is one of a type. */
export function portable(format: FileFormat, type?: string): Portable {
  return format === 'csv' ? { csv: { record: type ?? '' } } : format;
}

export function importRequest(text: string, { format = 'json', type, dry = false }: ImportHow = {}): Request {
  return { import: { file: portable(format, type), text, dry } };
}

/** How a browser should keep what is exported. */
export const MEDIA = { json: 'application/json', ics: 'text/calendar', csv: 'text/csv' } as const;

/** The end of a civil day where the browser is, in milliseconds since 1970. */
export function endOf(date: CivilDate): number {
  const [year = 0, month = 1, day = 1] = date.split('-').map(Number);
  return new Date(year, month - 1, day + 1).getTime() - 1;
}

/**
 * The moment of a time on the wall. A time that the clocks leave out is as much later as they go; of one that comes
 * twice, it is the first: so does JavaScript, as calendars do.
 */
export function momentOf(wall: string): number {
  const [date = '', time = '00:00'] = wall.split('T');
  const [year = 0, month = 1, day = 1] = date.split('-').map(Number);
  const [hour = 0, minute = 0] = time.split(':').map(Number);
  return new Date(year, month - 1, day, hour, minute).getTime();
}

export function noticeOf({ type, id, occurrence, at, title }: Reminder): Notice {
  return { id: `${type}/${id}/${occurrence}`, at: momentOf(at), title, type, record: id, date: occurrence.slice(0, 10) };
}
