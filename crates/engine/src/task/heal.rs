//! Finding out what a relay lacks and what it has more, and reading what it lacks.

use super::outbox::{open_entries, scan_entries};
use super::{Outcome, Signal, Step};
use crate::api::{EngineError, Read};
use crate::core::{Core, Env, Fetched};
use crate::layout;
use protocol::entry::{Head, Header};
use protocol::{DeviceId, SealedEntry};
use std::collections::BTreeMap;

/// Compares the relay's heads with ours.
pub(crate) struct HealPlan {
    pub heads: Vec<Head>,
}

impl HealPlan {
    pub fn run(&mut self, core: &mut Core, fetched: &Fetched) -> Result<Step, EngineError> {
        let theirs: BTreeMap<DeviceId, Head> = self.heads.iter().map(|h| (h.device, *h)).collect();
        let (mut fetch, mut push, mut reads) = (Vec::new(), Vec::new(), Vec::new());
        let has = |device: &DeviceId| theirs.get(device).map_or(0, |h| h.index);
        let hole = core.position.base.iter().any(|(device, base)| has(device) < base.index);
        for head in theirs.values() {
            let ours = core.position.index(&head.device);
            if head.index > ours {
                fetch.push((head.device, ours + 1));
                continue;
            }
            let hash = if head.index == ours {
                Some(core.position.last_hash(&head.device))
            } else if head.index <= core.position.base(&head.device) {
                // What stood there is known as part of a manifest only.
                core.position.base.get(&head.device).filter(|b| b.index == head.index).map(|b| b.hash)
            } else {
                let read = Read::Get(layout::entry(&head.device, head.index));
                match fetched.get(&read) {
                    Some(pairs) => {
                        let entry = open_entries(core, pairs)?.into_iter().next();
                        entry.map(|(_, e)| Header::address(&e.header, &e.ciphertext))
                    }
                    None => {
                        reads.push(read);
                        continue;
                    }
                }
            };
            match hash {
                Some(hash) if hash != head.hash => {
                    // What the relay acknowledged is the same on both sides, unless it was restored in between;
                    // then the chain is asked for from its beginning.
                    let acked = if head.device == core.me() { core.position.acked } else { 0 };
                    fetch.push((head.device, if acked < head.index { acked + 1 } else { 1 }));
                }
                _ if ours > head.index => push.push(*head),
                _ => {}
            }
        }
        if !reads.is_empty() {
            return Ok(Step::Need(reads));
        }
        for device in core.position.heads.keys().filter(|d| !theirs.contains_key(d)) {
            push.push(Head { device: *device, index: 0, hash: Header::NO_PREVIOUS });
        }
        let me = core.me();
        if core.position.healing != Some(true) && !push.is_empty() {
            core.position.healing = Some(true);
            core.save_position();
        }
        core.position.acked = core.position.acked.min(theirs.get(&me).map_or(0, |h| h.index));
        // Not what is given from here on: that lies behind the place in the log that is taken over, and has to come back.
        core.position.echoed = core.position.acked;
        Ok(Step::Done(Outcome::signal(Signal::Healing { fetch, push, hole })))
    }
}

/// Reads a device's entries from an index on, to be given to the relay.
pub(crate) struct PushRange {
    pub device: DeviceId,
    pub from: u64,
}

impl PushRange {
    pub fn run(
        &mut self,
        core: &mut Core,
        env: &mut Env<'_>,
        fetched: &Fetched,
    ) -> Result<Step, EngineError> {
        let read = scan_entries(&self.device, self.from, env.batch);
        let Some(pairs) = fetched.get(&read) else { return Ok(Step::Need(vec![read])) };
        let mut entries = open_entries(core, pairs)?;
        // It was taken on the word of a later one (see `Receive::sort`), and no relay would take it alone.
        let unsigned =
            |(_, entry): &(u64, SealedEntry)| entry.clone().read().is_ok_and(|e| !core.chain.is_signed(&e));
        if self.device != core.me()
            && let Some(at) = entries.iter().position(unsigned)
        {
            entries.truncate(at);
        }
        Ok(Step::Done(Outcome::signal(Signal::Push(self.device, entries))))
    }
}
