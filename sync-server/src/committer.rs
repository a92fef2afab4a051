//! Group commit: one task takes the writes of all connections, commits many at once, and only then answers.
//!
//! Invariant: a write is answered with its outcome only after the transaction that holds it was committed. If the
//! database is away, all of its writes are answered with the failure; one that the database cannot take fails alone.

use crate::hints::{Hint, Hints};
use crate::limits::{WRITES_PER_COMMIT, WRITES_WAITING};
use crate::relay::Writer;
use crate::store::{Outcome, Store, StoreError, Write};
use async_trait::async_trait;
use protocol::AccountId;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

struct Job {
    write: Write,
    answer: oneshot::Sender<Result<Outcome, StoreError>>,
}

/// The way to the committer. When the last clone is dropped the committer finishes what it has and ends.
#[derive(Clone)]
pub struct Committer {
    jobs: mpsc::Sender<Job>,
}

impl Committer {
    /// Starts the task. It tells `hints` about spaces that have something new.
    pub fn start(store: Arc<dyn Store>, hints: Arc<Hints>) -> (Self, JoinHandle<()>) {
        let (jobs, inbox) = mpsc::channel(WRITES_WAITING);
        (Self { jobs }, tokio::spawn(run(store, hints, inbox)))
    }
}

fn stopped() -> StoreError {
    StoreError::Unavailable("the relay is shutting down".into())
}

#[async_trait]
impl Writer for Committer {
    async fn write(&self, write: Write) -> Result<Outcome, StoreError> {
        let (answer, outcome) = oneshot::channel();
        self.jobs.send(Job { write, answer }).await.map_err(|_| stopped())?;
        outcome.await.map_err(|_| stopped())?
    }
}

async fn run(store: Arc<dyn Store>, hints: Arc<Hints>, mut inbox: mpsc::Receiver<Job>) {
    let mut jobs = Vec::with_capacity(WRITES_PER_COMMIT);
    while inbox.recv_many(&mut jobs, WRITES_PER_COMMIT).await > 0 {
        let (writes, answers): (Vec<Write>, Vec<_>) = jobs.drain(..).map(|j| (j.write, j.answer)).unzip();
        let outcomes = commit(&*store, &writes).await;
        for ((answer, outcome), write) in answers.into_iter().zip(outcomes).zip(&writes) {
            if outcome.as_ref().is_ok_and(Outcome::changed) {
                hints_of(write).into_iter().for_each(|hint| hints.changed(hint));
            }
            // A connection that has gone needs no answer.
            let _gone = answer.send(outcome);
        }
    }
}

/// One transaction. If it fails over what one of the writes touches, each of them has one of its own.
async fn commit(store: &dyn Store, writes: &[Write]) -> Vec<Result<Outcome, StoreError>> {
    let error = match store.commit(writes).await {
        Ok(outcomes) => return outcomes.into_iter().map(Ok).collect(),
        Err(error) => error,
    };
    tracing::error!(%error, writes = writes.len(), "a commit failed");
    let all = match error {
        StoreError::Unavailable(_) | StoreError::NotDurable(_) => true,
        StoreError::Failed(_) | StoreError::Damaged(_) => writes.len() == 1,
    };
    let mut each = Vec::with_capacity(writes.len());
    for write in writes {
        each.push(match all {
            true => Err(again(&error)),
            false => alone(store, write).await,
        });
    }
    each
}

async fn alone(store: &dyn Store, write: &Write) -> Result<Outcome, StoreError> {
    let outcome = store.commit(std::slice::from_ref(write)).await?.pop();
    outcome.ok_or_else(|| StoreError::Failed("a write without an outcome".into()))
}

/// Whom a write concerns: links also those who look at nothing of the vault they belong to.
fn hints_of(write: &Write) -> Vec<Hint> {
    let space = write.space();
    match write {
        Write::Append(_) | Write::Pack(_) | Write::Manifest(_) | Write::Ack(_) => vec![Hint::Space(space)],
        Write::Extend(_) => vec![Hint::Space(space), Hint::Account(AccountId::of_vault(&space))],
    }
}

/// The same failure for each of those who shared the commit.
fn again(error: &StoreError) -> StoreError {
    match error {
        StoreError::Unavailable(why) => StoreError::Unavailable(why.clone()),
        StoreError::Failed(why) => StoreError::Failed(why.clone()),
        StoreError::Damaged(why) => StoreError::Damaged(why.clone()),
        StoreError::NotDurable(why) => StoreError::NotDurable(why.clone()),
    }
}
