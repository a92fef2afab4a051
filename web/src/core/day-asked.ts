// What the screens ask of a day and a plan, as the core takes it: each question is one request, under its own name.
import type { ItemName, MoveTo, OccurrenceAction, RoutineAction } from './day-types';
import type { CivilDate, ImportHow } from './types';

/** The new time of what is moved; `stays` is neither a time nor none, so it has a word of its own. */
type NewTime = 'stays' | 'allDay' | { readonly at: string };
type StepOrAll = 'finish' | 'skip' | 'reset' | { readonly step: { readonly step: string; readonly done: boolean } };
interface Span {
  readonly from: CivilDate;
  readonly to: CivilDate;
}

/** The requests that belong to this area. */
export type DayRequest =
  | 'types'
  | 'notices'
  | { readonly calendar: Span }
  | { readonly move: ItemName & { readonly on: CivilDate; readonly time: NewTime } }
  | { readonly occurrence: { readonly task: string; readonly date: CivilDate; readonly action: OccurrenceAction } }
  | { readonly routineStep: { readonly routine: string; readonly date: CivilDate; readonly action: StepOrAll } }
  | { readonly quick: { readonly line: string; readonly write: boolean } }
  | { readonly chart: Span & { readonly habit: string } }
  | { readonly arrange: { readonly id: string; readonly after: string | null; readonly group?: string } }
  | { readonly asOf: { readonly id: string; readonly date: CivilDate } }
  | { readonly exportFile: { readonly format: 'ics' | 'csv'; readonly record?: string } }
  | { readonly importFile: { readonly text: string; readonly format?: string; readonly record?: string; readonly dry: boolean } };

export function moveRequest({ type, id, date }: ItemName, { on, start }: MoveTo): DayRequest {
  const time: NewTime = start === undefined ? 'stays' : start === null ? 'allDay' : { at: start };
  return { move: { type, id, date, on, time } };
}

export function routineRequest(routine: string, date: CivilDate, action: RoutineAction): DayRequest {
  return { routineStep: { routine, date, action: typeof action === 'string' ? action : { step: action } } };
}

export function importRequest(text: string, { format, type, dry = false }: ImportHow): DayRequest {
  return {
    importFile: { text, dry, ...(format === undefined ? {} : { format }), ...(type === undefined ? {} : { record: type }) },
  };
}

/** How a browser should keep what is exported. */
export const MEDIA = { json: 'application/json', ics: 'text/calendar', csv: 'text/csv' } as const;
