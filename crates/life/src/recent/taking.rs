//! What taking changes back asks of the engine, one question after another.

use super::TakenBack;
use crate::day::OtherAnswer;
use engine::{DocKey, Query, Reply, Row};
use std::collections::{BTreeMap, BTreeSet};

/// The questions about changes that are to be taken back. While [`TakingBack::question`] gives one, ask it and give the answer
/// to [`TakingBack::answer`].
#[derive(Debug)]
pub struct TakingBack {
    /// The changes by the document they are of. Documents whose history was answered are gone from here.
    wanted: BTreeMap<DocKey, BTreeSet<[u8; 32]>>,
    /// How the documents are now; none before they were asked for.
    rows: Option<BTreeMap<DocKey, Row>>,
    back: TakenBack,
    gone: bool,
}

impl TakingBack {
    /// About changes, each by its document and its name.
    pub fn new(changes: impl IntoIterator<Item = (DocKey, [u8; 32])>) -> Self {
        let mut wanted: BTreeMap<DocKey, BTreeSet<[u8; 32]>> = BTreeMap::new();
        for (key, change) in changes {
            wanted.entry(key).or_default().insert(change);
        }
        Self { wanted, rows: None, back: TakenBack { edits: Vec::new(), left: Vec::new() }, gone: false }
    }

    /// The next question; none when all are answered.
    pub fn question(&self) -> Option<Query> {
        let first = self.wanted.keys().next()?;
        Some(match self.rows {
            None => Query::Get(self.wanted.keys().cloned().collect()),
            Some(_) => Query::History(first.clone()),
        })
    }

    /// Takes the answer to the question that [`TakingBack::question`] gave.
    pub fn answer(&mut self, reply: Reply) -> Result<(), OtherAnswer> {
        match (&self.rows, reply) {
            (None, Reply::Rows(rows)) => {
                let rows: BTreeMap<DocKey, Row> =
                    rows.into_iter().flatten().map(|row| (row.key.clone(), row)).collect();
                self.gone = self.wanted.keys().any(|key| !rows.contains_key(key));
                if self.gone {
                    self.wanted.clear();
                }
                self.rows = Some(rows);
            }
            (Some(rows), Reply::History(items)) => {
                let (key, changes) = self.wanted.pop_first().ok_or(OtherAnswer)?;
                let now = rows.get(&key).ok_or(OtherAnswer)?;
                let back = TakenBack::of(&items, &changes, now);
                self.back.edits.extend(back.edits);
                self.back.left.extend(back.left);
            }
            _ => return Err(OtherAnswer),
        }
        Ok(())
    }

    /// What takes them back, once there is no question left; none if one of the documents is not there any more: then nothing
    /// is to be taken back, rather than a part.
    pub fn taken_back(self) -> Option<TakenBack> {
        (!self.gone).then_some(self.back)
    }
}
