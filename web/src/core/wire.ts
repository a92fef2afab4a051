// Checked by the compiler: what Rust says crosses the boundary is what the screens are promised. Nothing runs here.
import type * as contract from './types';
import type * as core from './wasm/core_wasm';

type Fits<A extends B, B> = A;

/** Every code of the core is one that the screens know. */
export type Codes = Fits<core.Code, contract.ErrorCode>;
/** What it says of changed rows is what they hear. */
export type Changes = Fits<Omit<core.RowChange, 'period'>, Omit<contract.RowChange, 'period'>>;
/** And what it answers is what they show. */
export type Records = Fits<core.RecordView, contract.RecordView>;
export type Finds = Fits<core.Found, contract.Found>;
export type Pages = Fits<core.Page, contract.Page>;
export type Days = Fits<core.Today, contract.Today>;
export type Calendars = Fits<core.CalendarItem, contract.CalendarItem>;
export type Streaks = Fits<core.Streak, contract.Streak>;
export type Charts = Fits<core.HabitChart, contract.HabitChart>;
/** A reason that is new is told in general words. */
export type Lines = Fits<Exclude<core.Quick, { kind: 'unclear' }>, contract.Quick>;
export type Rates = Fits<core.RoutineRate, contract.RoutineRate>;
export type Logs = Fits<core.LogDay, contract.LogDay>;
export type TakenBacks = Fits<core.TakenBack, contract.TakenBack>;
export type ChangeNames = Fits<contract.ChangeName, core.ChangeName>;
export type Members = Fits<core.Member, contract.Member>;
/** A kind that is new is shown in general words; what is absent crosses as null. */
export type Alarms = Fits<Omit<core.Alarm, 'kind' | 'device'>, Omit<contract.Alarm, 'kind' | 'device'>>;
export type Forks = Fits<core.Fork, contract.Fork>;
export type Statuses = Fits<core.Status, contract.Status>;
