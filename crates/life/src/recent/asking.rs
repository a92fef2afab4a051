//! What the last changes ask of the engine, one question after another.
//!
//! Records come by the time of their last change, the newest first. So once enough changes are known that are newer than the
//! next record's last one, there is no newer change anywhere else.

use super::{Change, TakenBack, owner, title_of};
use crate::buckets;
use crate::day::OtherAnswer;
use crate::limits::{RECENT, RECENT_DAYS};
use engine::{BucketPage, DocKey, HistoryItem, Query, Reply, Row};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use std::collections::BTreeSet;

/// The questions about the last changes. While [`Asking::question`] gives one, ask it and give the answer to
/// [`Asking::answer`].
#[derive(Debug)]
pub struct Asking {
    limit: usize,
    day: Date,
    /// Days that may still be looked at.
    days: u32,
    /// The day's records that come next, the newest last.
    rows: Vec<Row>,
    /// Leads to the day's records before those.
    before: Option<Vec<u8>>,
    step: Option<Step>,
    found: Vec<Change>,
    owners: Vec<Row>,
}

#[derive(Debug)]
enum Step {
    Day,
    Document(Row),
    /// What is called by a name.
    Owners,
}

impl Asking {
    /// About the last `limit` changes, when it is `now`, in milliseconds since 1970.
    pub fn new(limit: usize, now: i64) -> Self {
        let today = day_of(now);
        // Another device's clock may be ahead.
        let day = today.checked_add(1.day()).unwrap_or(today);
        let limit = limit.clamp(1, RECENT);
        Self {
            limit,
            day,
            days: RECENT_DAYS,
            rows: Vec::new(),
            before: None,
            step: Some(Step::Day),
            found: Vec::new(),
            owners: Vec::new(),
        }
    }

    /// The next question; none when all are answered.
    pub fn question(&self) -> Option<Query> {
        Some(match self.step.as_ref()? {
            Step::Day => Query::Bucket {
                kind: String::new(),
                bucket: buckets::changed_on(self.day),
                until: None,
                before: self.before.clone(),
                limit: self.limit,
            },
            Step::Document(row) => Query::LastChanges { key: row.key.clone(), limit: self.limit },
            Step::Owners => Query::Get(self.owner_keys()),
        })
    }

    /// Takes the answer to the question that [`Asking::question`] gave.
    pub fn answer(&mut self, reply: Reply) -> Result<(), OtherAnswer> {
        self.step = match (self.step.take(), reply) {
            (Some(Step::Day), Reply::Bucket(BucketPage { rows, before, .. })) => {
                (self.rows, self.before) = (rows, before);
                self.next()
            }
            (Some(Step::Document(row)), Reply::History(items)) => {
                self.take(&row, &items);
                self.next()
            }
            (Some(Step::Owners), Reply::Rows(rows)) => {
                self.owners = rows.into_iter().flatten().collect();
                None
            }
            _ => return Err(OtherAnswer),
        };
        Ok(())
    }

    /// The changes, the newest first, once there is no question left.
    pub fn changes(self) -> Vec<Change> {
        let Self { mut found, owners, .. } = self;
        found.iter_mut().for_each(|change| change.title = title_of(&owners, &change.key));
        found
    }

    fn take(&mut self, row: &Row, items: &[HistoryItem]) {
        // It may have been changed between two answers, and then it stands in both.
        self.found.retain(|change| change.key != row.key);
        for item in items.iter().rev() {
            if !item.fields.is_empty() || item.made || item.trashed || item.restored {
                let standing = TakenBack::of(items, &BTreeSet::from([item.change]), row).standing();
                let (key, title) = (row.key.clone(), String::new());
                self.found.push(Change { key, title, item: item.clone(), standing });
            }
        }
        // Of one document and one moment the later change stays in front.
        self.found.sort_by(|one, other| (other.item.time, &other.key).cmp(&(one.item.time, &one.key)));
        self.found.truncate(self.limit);
    }

    /// Whether nothing that was last changed at `time` or before can be among the last changes.
    fn has_enough(&self, time: i64) -> bool {
        self.found.len() >= self.limit && self.found.last().is_some_and(|change| change.item.time > time)
    }

    fn next(&mut self) -> Option<Step> {
        if let Some(row) = self.rows.pop() {
            return Some(if self.has_enough(row.updated) { self.end() } else { Step::Document(row) });
        }
        if self.before.is_some() {
            return Some(Step::Day);
        }
        let yesterday = self.day.checked_sub(1.day()).ok().filter(|_| self.days > 0);
        let Some(yesterday) = yesterday.filter(|day| !self.has_enough(end_of(*day))) else {
            return Some(self.end());
        };
        (self.day, self.days) = (yesterday, self.days - 1);
        Some(Step::Day)
    }

    fn end(&mut self) -> Step {
        (self.rows, self.before) = (Vec::new(), None);
        Step::Owners
    }

    fn owner_keys(&self) -> Vec<DocKey> {
        let keys: BTreeSet<DocKey> = self.found.iter().map(|change| owner(&change.key)).collect();
        keys.into_iter().collect()
    }
}

/// The day in UTC of a moment, in milliseconds since 1970.
pub(crate) fn day_of(millis: i64) -> Date {
    let at = Timestamp::from_millisecond(millis).unwrap_or(Timestamp::UNIX_EPOCH);
    at.to_zoned(TimeZone::UTC).date()
}

/// The last millisecond of a day in UTC.
fn end_of(day: Date) -> i64 {
    let next = day.checked_add(1.day()).and_then(|next| next.to_zoned(TimeZone::UTC));
    next.map_or(i64::MAX, |next| next.timestamp().as_millisecond() - 1)
}
