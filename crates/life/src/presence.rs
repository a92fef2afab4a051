//! The days on which the app was used: a day without a slip counts for a bad habit only up to the newest of them.

use crate::civil;
use crate::log::Moment;
use crate::record::RecordType;
use crate::rows::{self, Stamp, Writing};
use engine::{DocKey, Edit, Origin, RecordId, Row};
use jiff::civil::Date;

/// The record type of the days.
pub const PRESENCE: &str = "presence";

/// Whom the days belong to: the one profile.
fn person() -> RecordId {
    RecordId::singleton("profile")
}

/// The document that a date belongs to.
pub fn presence_key(date: Date) -> DocKey {
    rows::document(PRESENCE, person(), date)
}

/// The edit that says the app was used today; None if it says so already. `existing` is the row of [`presence_key`] of
/// today.
pub fn use_today(existing: Option<&Row>, moment: &Moment) -> Option<Edit> {
    let record = RecordType::find(PRESENCE).ok()?;
    let (date, key) = (moment.today, moment.today.to_string());
    let row = Writing { record, parent: person(), existing, date, key };
    row.write(&[], Stamp { now: moment.now, origin: Origin::Rule }).ok()?
}

/// The newest day of presence in these documents.
pub fn newest<'a>(documents: impl IntoIterator<Item = &'a Row>) -> Option<Date> {
    let days = documents.into_iter().flat_map(rows::read);
    days.filter_map(|(day, _)| civil::date(&day).ok()).max()
}
