//! Reads that many ask for at one time: when a space moves, every connection of it asks the same question.
//!
//! Invariant: an answer was read after it was asked for, whoever else it goes to. So whoever was woken by a write finds that
//! write in it; who asks while the question is being read waits for the next reading of it.

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, WeakShared};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Mutex as Gate;

type Reading<V> = BoxFuture<'static, V>;
type Lines<K, V> = Arc<Mutex<BTreeMap<K, Line<V>>>>;

/// Questions under way.
pub(super) struct Reads<K, V: Clone> {
    lines: Lines<K, V>,
}

/// One question: the reading that has not begun, if there is one, and who is reading.
struct Line<V: Clone> {
    next: Option<WeakShared<Reading<V>>>,
    gate: Arc<Gate<()>>,
}

/// A reading, begun or not. When it is over or nobody waits for it any more, a question that nobody asks is forgotten.
struct Turn<K: Ord, V: Clone> {
    lines: Lines<K, V>,
    key: K,
}

impl<K: Ord, V: Clone> Drop for Turn<K, V> {
    fn drop(&mut self) {
        let mut lines = lock(&self.lines);
        let asked = |line: &Line<V>| line.next.as_ref().is_some_and(|next| next.upgrade().is_some());
        if lines.get(&self.key).is_some_and(|line| !asked(line)) {
            lines.remove(&self.key);
        }
    }
}

impl<K, V> Reads<K, V>
where
    K: Ord + Clone + Send + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// The answer to `key`. `read` is what finds it, if nobody has asked and waits for the same.
    pub async fn ask<R, F>(&self, key: K, read: R) -> V
    where
        R: FnOnce() -> F + Send + 'static,
        F: Future<Output = V> + Send + 'static,
    {
        let reading = {
            let mut lines = lock(&self.lines);
            let line = lines
                .entry(key.clone())
                .or_insert_with(|| Line { next: None, gate: Arc::new(Gate::new(())) });
            match line.next.as_ref().and_then(WeakShared::upgrade) {
                Some(reading) => reading,
                None => {
                    let turn = Turn { lines: self.lines.clone(), key };
                    let reading = in_turn(turn, line.gate.clone(), read).boxed().shared();
                    line.next = reading.downgrade();
                    reading
                }
            }
        };
        reading.await
    }
}

/// Reads when nobody else does. From then on whoever asks is too late for it.
async fn in_turn<K: Ord, V: Clone, F: Future<Output = V>>(
    turn: Turn<K, V>,
    gate: Arc<Gate<()>>,
    read: impl FnOnce() -> F,
) -> V {
    let _alone = gate.lock().await;
    if let Some(line) = lock(&turn.lines).get_mut(&turn.key) {
        line.next = None;
    }
    read().await
}

fn lock<T>(lines: &Mutex<T>) -> MutexGuard<'_, T> {
    lines.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<K, V: Clone> Default for Reads<K, V> {
    fn default() -> Self {
        Self { lines: Arc::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::join_all;
    use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
    use tokio::sync::Notify;

    /// A store with one number in it, read slowly.
    #[derive(Default)]
    struct World {
        reads: Reads<&'static str, u64>,
        written: AtomicU64,
        readings: AtomicU64,
        go: Notify,
    }

    async fn ask(world: Arc<World>) -> u64 {
        let inner = world.clone();
        let read = move || async move {
            let found = inner.written.load(SeqCst);
            inner.readings.fetch_add(1, SeqCst);
            inner.go.notified().await;
            found
        };
        world.reads.ask("space", read).await
    }

    #[tokio::test]
    async fn many_who_ask_at_one_time_share_two_readings_and_each_sees_what_was_written_before() {
        let world = Arc::new(World::default());
        world.written.store(1, SeqCst);
        let first = tokio::spawn(ask(world.clone()));
        tokio::task::yield_now().await;
        assert_eq!(world.readings.load(SeqCst), 1, "the first reads at once");

        // Written while the first reads: who asks now must not be given what that one finds.
        world.written.store(2, SeqCst);
        let many: Vec<_> = (0..200).map(|_| tokio::spawn(ask(world.clone()))).collect();
        tokio::task::yield_now().await;
        world.go.notify_one();
        assert_eq!(first.await.unwrap(), 1);
        tokio::task::yield_now().await;
        world.go.notify_one();
        let found = join_all(many).await;
        assert!(found.into_iter().all(|answer| answer.unwrap() == 2));
        assert_eq!(world.readings.load(SeqCst), 2);
        assert!(lock(&world.reads.lines).is_empty(), "nothing is kept of a question that nobody asks");
    }

    #[tokio::test]
    async fn who_gives_up_takes_nobody_along() {
        let world = Arc::new(World::default());
        let first = tokio::spawn(ask(world.clone()));
        tokio::task::yield_now().await;
        let second = tokio::spawn(ask(world.clone()));
        tokio::task::yield_now().await;
        // The one that reads hangs up in the middle; then one that had not begun.
        first.abort();
        assert!(first.await.unwrap_err().is_cancelled());
        let third = tokio::spawn(ask(world.clone()));
        tokio::task::yield_now().await;
        second.abort();
        assert!(second.await.unwrap_err().is_cancelled());
        for _ in 0..4 {
            tokio::task::yield_now().await;
        }
        world.go.notify_one();
        assert_eq!(third.await.unwrap(), 0);
        assert!(lock(&world.reads.lines).is_empty());
    }
}
