//! Verified chains, kept so that not every append verifies a whole chain anew.
//!
//! Invariant: a cached chain was verified link by link from what the store holds; it is used only while its head is the
//! one that the store names.

use crate::limits::CHAINS_CACHED;
use crate::store::{Page, SpaceState, Store, StoreError};
use protocol::{Chain, SpaceId, limits};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[derive(Default)]
struct Cached {
    chains: BTreeMap<SpaceId, (Arc<Chain>, u64)>,
    clock: u64,
}

#[derive(Default)]
pub(super) struct Chains {
    cached: Mutex<Cached>,
}

/// What is read of a chain at once.
const PAGE: Page = Page { count: limits::LINKS_PER_FRAME, bytes: limits::FRAME_BYTES };

impl Chains {
    pub(super) async fn at(&self, store: &dyn Store, state: &SpaceState) -> Result<Arc<Chain>, StoreError> {
        let cached = self.get(&state.space);
        if let Some(chain) = &cached
            && chain.head() == state.head
        {
            return Ok(chain.clone());
        }
        // A cached chain that the store's no longer goes through belongs to a database that was replaced.
        let grown = match cached {
            Some(chain) => grow(store, state, Some((*chain).clone())).await,
            None => grow(store, state, None).await,
        };
        let chain = match grown {
            Err(StoreError::Damaged(_)) => grow(store, state, None).await?,
            grown => grown?,
        };
        let chain = Arc::new(chain);
        self.put(chain.clone());
        Ok(chain)
    }

    /// A chain as it was when it was last asked for. It may be an old one.
    pub(super) fn known(&self, space: &SpaceId) -> Option<Arc<Chain>> {
        self.get(space)
    }

    /// Forgets a chain: the store has another, or none any more. One that is longer than the store's would otherwise be
    /// taken for it.
    pub(super) fn forget(&self, space: &SpaceId) {
        self.lock().chains.remove(space);
    }

    fn lock(&self) -> MutexGuard<'_, Cached> {
        self.cached.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, space: &SpaceId) -> Option<Arc<Chain>> {
        let mut cached = self.lock();
        cached.clock += 1;
        let now = cached.clock;
        let (chain, used) = cached.chains.get_mut(space)?;
        *used = now;
        Some(chain.clone())
    }

    fn put(&self, chain: Arc<Chain>) {
        let mut cached = self.lock();
        cached.clock += 1;
        let now = cached.clock;
        cached.chains.insert(chain.space(), (chain, now));
        if cached.chains.len() > CHAINS_CACHED {
            let oldest = cached.chains.iter().min_by_key(|(_, (_, used))| *used).map(|(space, _)| *space);
            if let Some(oldest) = oldest {
                cached.chains.remove(&oldest);
            }
        }
    }
}

/// Verifies what the store has beyond `chain`, up to the head that `state` names or a newer one.
async fn grow(store: &dyn Store, state: &SpaceState, mut chain: Option<Chain>) -> Result<Chain, StoreError> {
    let damaged = |what: String| StoreError::Damaged(format!("membership chain: {what}"));
    loop {
        if let Some(done) = chain.take_if(|c| c.height_of(&state.head).is_some()) {
            return Ok(done);
        }
        let from = chain.as_ref().map_or(0, |c| c.height() + 1);
        let links = store.links(&state.space, from, PAGE).await?;
        if links.is_empty() {
            return Err(damaged("ends before its head".into()));
        }
        for item in links {
            match &mut chain {
                Some(chain) => {
                    chain.extend(item.link, item.keyboxes).map_err(|e| damaged(e.to_string()))?;
                }
                None => {
                    let begun = Chain::begin(item.link, item.keyboxes).map_err(|e| damaged(e.to_string()))?;
                    chain = Some(begun);
                }
            }
        }
    }
}
