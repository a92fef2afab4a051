//! The browser's handle on the core: bytes and generated types cross it, logic does not.
//!
//! Invariants: every function that JavaScript calls takes `&self`, and no borrow is held while JavaScript runs, so a
//! re-entrant call cannot panic; every failure is a [`CoreError`] with a stable [`Code`]. What JavaScript has to do,
//! it is told as [`Effect`]s, in order.
//!
//! ```text
//! Founding::create  or  Joining::new .. Joining::finish       a store that is not written yet
//! founding.open()   or  Core::with_passkey / with_passphrase / with_phrase
//! core.start(now) -> effects;  core.<event>(.., now) -> effects;  core.request(id, ..) -> .. Reply(id)
//! ```

mod desk;
mod doing;
mod error;
mod founding;
mod handle;
mod looking;
mod pairing;
mod portable;
mod proof;
mod pushing;
mod records;
mod request;
#[cfg(test)]
mod tests;
mod undo;
mod vault;
mod views;
mod wire;

pub use error::{Code, CoreError};
pub use founding::{Founding, Joining};
pub use handle::Core;
pub use pairing::Pairing;
pub use request::{
    LogChange, NewTime, OccurrenceChange, Only, Portable, Request, RoutineChange, TimedReminder,
};
pub use views::{
    Alarm, Branch, CalendarItem, DayState, Fork, Found, HabitChart, ItemState, ItemType, LogDay, Match,
    Member, MemberRole, Occurrence, OccurrenceState, Page, Piece, Quick, RecordView, Reminder, Status,
    Streak, StreakUnit, StrengthDay, Today, TodayHabit, TodayRoutine, WeekDay, WeekdayCount,
};
pub use wire::{Clock, CloseReason, Effect, Effects, JoinStep, RowChange, StoreRead, StoreWrite};
