//! Hints between connections: this space has something new. The database is the truth; a hint only wakes.

use protocol::SpaceId;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// What one connection was told.
#[derive(Debug, Default)]
struct Inbox {
    spaces: Mutex<BTreeSet<SpaceId>>,
    wake: Notify,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Who wants to be woken for which space.
#[derive(Debug, Default)]
pub struct Hints {
    listeners: Mutex<Listeners>,
}

#[derive(Debug, Default)]
struct Listeners {
    next: u64,
    by_space: BTreeMap<SpaceId, BTreeMap<u64, Arc<Inbox>>>,
}

impl Hints {
    /// Tells all who listen that `space` has something new.
    pub fn changed(&self, space: &SpaceId) {
        let listeners = lock(&self.listeners);
        for inbox in listeners.by_space.get(space).into_iter().flat_map(BTreeMap::values) {
            lock(&inbox.spaces).insert(*space);
            inbox.wake.notify_one();
        }
    }

    /// A listener that hears of nothing yet.
    pub fn listener(self: &Arc<Self>) -> Listener {
        let mut listeners = lock(&self.listeners);
        listeners.next += 1;
        Listener { id: listeners.next, hints: self.clone(), inbox: Arc::default(), spaces: BTreeSet::new() }
    }
}

/// One connection's ear. Hears no more once dropped.
#[derive(Debug)]
pub struct Listener {
    id: u64,
    hints: Arc<Hints>,
    inbox: Arc<Inbox>,
    spaces: BTreeSet<SpaceId>,
}

impl Listener {
    /// Listens for exactly these spaces.
    pub fn listen(&mut self, spaces: BTreeSet<SpaceId>) {
        let mut listeners = lock(&self.hints.listeners);
        for space in self.spaces.difference(&spaces) {
            listeners.forget(space, self.id);
        }
        for space in spaces.difference(&self.spaces) {
            listeners.by_space.entry(*space).or_default().insert(self.id, self.inbox.clone());
        }
        drop(listeners);
        self.spaces = spaces;
    }

    /// Waits until a space has something new; says which have. Safe to cancel: what was told is kept.
    pub async fn heard(&self) -> BTreeSet<SpaceId> {
        loop {
            let told = std::mem::take(&mut *lock(&self.inbox.spaces));
            if !told.is_empty() {
                return told;
            }
            self.inbox.wake.notified().await;
        }
    }
}

impl Listeners {
    fn forget(&mut self, space: &SpaceId, id: u64) {
        if let Some(listening) = self.by_space.get_mut(space) {
            listening.remove(&id);
            if listening.is_empty() {
                self.by_space.remove(space);
            }
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut listeners = lock(&self.hints.listeners);
        for space in &self.spaces {
            listeners.forget(space, self.id);
        }
    }
}
