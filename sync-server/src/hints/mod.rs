//! Hints between connections: something may be new. The database is the truth; a hint only wakes.
//!
//! Invariant: nothing is done on the word of a hint but to look again, so one that is lost, late or made up costs a look
//! or a little time, and nothing else.

mod bulletin;

pub use bulletin::{Bulletin, Ear, follow, post};

use crate::limits::HINTS_WAITING;
use crate::store::Handle;
use protocol::{AccountId, SpaceId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// What may be new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hint {
    /// Entries, links or the manifest of a space.
    Space(SpaceId),
    /// Who is a member of an account's vault, or whether the account is served at all.
    Account(AccountId),
}

/// What one connection was told.
#[derive(Debug, Default)]
struct Inbox {
    told: Mutex<BTreeSet<Hint>>,
    wake: Notify,
}

impl Inbox {
    fn tell(&self, hint: Hint) {
        lock(&self.told).insert(hint);
        self.wake.notify_one();
    }

    async fn take(&self) -> BTreeSet<Hint> {
        loop {
            let told = std::mem::take(&mut *lock(&self.told));
            if !told.is_empty() {
                return told;
            }
            self.wake.notified().await;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Who wants to be woken for what.
#[derive(Debug, Default)]
pub struct Hints {
    listeners: Mutex<Listeners>,
    /// What other relays on the same database are still to be told, where there may be any.
    outbox: Option<Outbox>,
}

#[derive(Debug)]
struct Outbox {
    /// Who says it, so that a relay passes over its own notes.
    name: Handle,
    hints: Inbox,
}

#[derive(Debug, Default)]
struct Listeners {
    next: u64,
    by_hint: BTreeMap<Hint, BTreeMap<u64, Arc<Inbox>>>,
}

impl Hints {
    /// Hints that are kept for other relays too, until [`post`] takes them there in this relay's name.
    pub fn shared(name: Handle) -> Self {
        Self { outbox: Some(Outbox { name, hints: Inbox::default() }), ..Self::default() }
    }

    /// Tells all who listen, here and at other relays, that something was stored.
    pub fn changed(&self, hint: Hint) {
        self.wake(hint);
        if let Some(outbox) = &self.outbox
            && lock(&outbox.hints.told).len() < HINTS_WAITING
        {
            outbox.hints.tell(hint);
        }
    }

    /// Tells all who listen here.
    fn wake(&self, hint: Hint) {
        let listeners = lock(&self.listeners);
        for inbox in listeners.by_hint.get(&hint).into_iter().flat_map(BTreeMap::values) {
            inbox.tell(hint);
        }
    }

    /// Tells everybody here of everything they listen for: hints from elsewhere may have been lost.
    fn wake_all(&self) {
        let listeners = lock(&self.listeners);
        for (hint, inboxes) in &listeners.by_hint {
            inboxes.values().for_each(|inbox| inbox.tell(*hint));
        }
    }

    /// A listener that hears of nothing yet.
    pub fn listener(self: &Arc<Self>) -> Listener {
        let mut listeners = lock(&self.listeners);
        listeners.next += 1;
        Listener { id: listeners.next, hints: self.clone(), inbox: Arc::default(), wanted: BTreeSet::new() }
    }
}

/// One connection's ear. Hears no more once dropped.
#[derive(Debug)]
pub struct Listener {
    id: u64,
    hints: Arc<Hints>,
    inbox: Arc<Inbox>,
    wanted: BTreeSet<Hint>,
}

impl Listener {
    /// Listens for exactly these.
    pub fn listen(&mut self, wanted: BTreeSet<Hint>) {
        let mut listeners = lock(&self.hints.listeners);
        for hint in self.wanted.difference(&wanted) {
            listeners.forget(hint, self.id);
        }
        for hint in wanted.difference(&self.wanted) {
            listeners.by_hint.entry(*hint).or_default().insert(self.id, self.inbox.clone());
        }
        drop(listeners);
        self.wanted = wanted;
    }

    /// Waits until something is new; says what. Safe to cancel: what was told is kept.
    pub async fn heard(&self) -> BTreeSet<Hint> {
        self.inbox.take().await
    }
}

impl Listeners {
    fn forget(&mut self, hint: &Hint, id: u64) {
        if let Some(listening) = self.by_hint.get_mut(hint) {
            listening.remove(&id);
            if listening.is_empty() {
                self.by_hint.remove(hint);
            }
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut listeners = lock(&self.hints.listeners);
        for hint in &self.wanted {
            listeners.forget(hint, self.id);
        }
    }
}
