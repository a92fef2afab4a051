//! Hints between relays that share one database.
//!
//! Invariant: a note is posted after the commit that it speaks of and in no transaction with it, so neither waits for
//! the other; who may have missed notes looks at everything once.

use super::{Hint, Hints};
use crate::limits::BULLETIN_PAUSE;
use crate::store::{Handle, StoreError};
use async_trait::async_trait;
use std::sync::Arc;

/// Where relays leave notes for each other.
#[async_trait]
pub trait Bulletin: Send + Sync + 'static {
    /// Leaves notes for whoever listens now.
    async fn post(&self, notes: &[String]) -> Result<(), StoreError>;
    /// Listens from now on.
    async fn listen(&self) -> Result<Box<dyn Ear>, StoreError>;
}

/// Hears what others post.
#[async_trait]
pub trait Ear: Send {
    /// The next note; none when some may have been missed, as when the connection was lost and is there again.
    async fn next(&mut self) -> Result<Option<String>, StoreError>;
}

/// As it travels. It names a space or an account to relays that serve both anyhow.
fn note_of(name: Handle, hint: &Hint) -> String {
    match hint {
        Hint::Space(space) => format!("{name} space {space}"),
        Hint::Account(account) => format!("{name} account {account}"),
    }
}

/// What another's note says; none if it is one's own, or if a newer relay says something else.
fn hint_of(name: Handle, note: &str) -> Option<Hint> {
    let (whose, what) = note.split_once(' ')?;
    if whose.parse::<Handle>() == Ok(name) {
        return None;
    }
    match what.split_once(' ')? {
        ("space", id) => id.parse().ok().map(Hint::Space),
        ("account", id) => id.parse().ok().map(Hint::Account),
        _ => None,
    }
}

/// Posts what this relay has to say to others. Never ends.
pub async fn post(bulletin: Arc<dyn Bulletin>, hints: Arc<Hints>) {
    let Some(outbox) = &hints.outbox else { return };
    loop {
        let told = outbox.hints.take().await;
        let notes: Vec<String> = told.iter().map(|hint| note_of(outbox.name, hint)).collect();
        if let Err(error) = bulletin.post(&notes).await {
            // Connections elsewhere look at their next ping.
            tracing::warn!(%error, notes = notes.len(), "other relays could not be told");
        }
    }
}

/// Wakes connections here for what other relays post. Never ends.
pub async fn follow(bulletin: Arc<dyn Bulletin>, hints: Arc<Hints>) {
    let Some(outbox) = &hints.outbox else { return };
    loop {
        if let Err(error) = hear(&*bulletin, &hints, outbox.name).await {
            tracing::warn!(%error, "other relays are not heard");
        }
        tokio::time::sleep(BULLETIN_PAUSE).await;
    }
}

async fn hear(bulletin: &dyn Bulletin, hints: &Hints, name: Handle) -> Result<(), StoreError> {
    let mut ear = bulletin.listen().await?;
    // What was posted before, nobody here has heard.
    hints.wake_all();
    loop {
        match ear.next().await? {
            Some(note) => hint_of(name, &note).into_iter().for_each(|hint| hints.wake(hint)),
            None => hints.wake_all(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::{AccountId, SpaceId};

    #[test]
    fn a_note_says_what_its_hint_says_to_all_but_its_own_relay() {
        let (here, there) = (Handle::new([1; 16]), Handle::new([2; 16]));
        for hint in [Hint::Space(SpaceId::new([7; 32])), Hint::Account(AccountId::new([9; 16]))] {
            let note = note_of(here, &hint);
            assert_eq!(hint_of(there, &note), Some(hint));
            assert_eq!(hint_of(here, &note), None);
        }
        for what in ["", "space", "space 07", "planet 0909", "account 07 09"] {
            assert_eq!(hint_of(there, &format!("{here} {what}")), None, "{what}");
        }
    }
}
