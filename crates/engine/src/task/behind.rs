//! What lies behind a coverage: entries that it does not name, and changes that are in no entry yet.
//!
//! Invariant: what is found once need not be looked for again, as whoever looks takes note of what comes meanwhile.

use super::outbox::{open_entries, scan_entries};
use crate::api::{EngineError, Read};
use crate::core::{Core, Env, Fetched};
use crate::layout;
use crate::payload::Item;
use protocol::{DeviceId, SealedEntry};
use std::collections::VecDeque;

/// A look at everything behind, a batch at a time.
pub(crate) struct Behind {
    /// Devices of which the entries were not looked at yet, and from which index on.
    devices: VecDeque<(DeviceId, u64)>,
    queue_after: Option<Vec<u8>>,
}

/// A batch.
pub(crate) enum Found {
    Entries(Vec<(u64, SealedEntry)>),
    Queued(Vec<Item>),
    All,
}

impl Behind {
    /// Of each device the entries from an index on, and the whole queue.
    pub fn new(devices: impl Iterator<Item = (DeviceId, u64)>) -> Self {
        Self { devices: devices.collect(), queue_after: None }
    }

    /// The next batch, or what must be read for it.
    pub fn next(
        &mut self,
        core: &Core,
        env: &Env<'_>,
        fetched: &Fetched,
    ) -> Result<Result<Found, Vec<Read>>, EngineError> {
        if let Some((device, from)) = self.devices.front_mut() {
            let scan = scan_entries(device, *from, env.batch);
            let Some(pairs) = fetched.get(&scan) else { return Ok(Err(vec![scan])) };
            let entries = open_entries(core, pairs)?;
            match entries.last() {
                Some((last, _)) => *from = last.saturating_add(1),
                None => drop(self.devices.pop_front()),
            }
            return Ok(Ok(Found::Entries(entries)));
        }
        let after = self.queue_after.clone();
        let scan = Read::Scan { prefix: layout::queue_all(), after, limit: env.batch };
        let Some(pairs) = fetched.get(&scan) else { return Ok(Err(vec![scan])) };
        let Some((last, _)) = pairs.last() else { return Ok(Ok(Found::All)) };
        let items = pairs.iter().map(|(key, sealed)| core.decode(key, sealed)).collect::<Result<_, _>>()?;
        self.queue_after = Some(last.clone());
        Ok(Ok(Found::Queued(items)))
    }
}
