//! Records and days as the screens see them. They cross as JSON text; the TypeScript of these types is generated, and
//! the web app's contract is checked against it when it is compiled.

use jiff::civil::Time;
use wasm_bindgen::prelude::wasm_bindgen;

mod calendar;
mod charts;
mod day;
mod quick;
mod records;
mod vault;

pub use calendar::{CalendarItem, ItemState, ItemType, Reminder};
pub use charts::{HabitChart, RoutineRate, Streak, StreakUnit, StrengthDay, WeekdayCount};
pub use day::{Occurrence, OccurrenceState, Today, TodayHabit, TodayRoutine, WeekDay};
pub use quick::Quick;
pub use records::{DayState, Found, LogDay, Match, Page, Piece, RecordView, TakenBack};
pub use vault::{Alarm, Branch, Fork, Member, MemberRole, Status};

#[wasm_bindgen(typescript_custom_section)]
const JSON: &str = "
/** JSON as records hold it. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
/** Fields of a record by name; empty ones are left out. */
export type Fields = { [field: string]: Json };
";

fn hour_and_minute(time: Time) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}
