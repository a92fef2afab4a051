//! What a network does that TCP would not, what a relay does that it should not, and a disk that fails.
//!
//! Invariant: nothing is forged here. Frames are lost, come twice or in another order, and a relay delivers entries out
//! of order or keeps one back; each of these a device must notice by itself.

use super::world::World;
use protocol::SealedEntry;
use protocol::frame::ServerFrame;
use std::collections::VecDeque;

impl World {
    pub(super) fn meddle(&mut self, who: usize) {
        match self.pick(12) {
            what @ 0..=5 => self.meddle_with_frames(who, what),
            6 => self.fail_disk(who),
            7 => self.meddle_with_delivery(who, true),
            _ => self.meddle_with_delivery(who, false),
        }
    }

    fn meddle_with_frames(&mut self, who: usize, what: usize) {
        self.members[who].flush();
        let Some(connection) = &mut self.members[who].connection else { return };
        let queue = if what.is_multiple_of(2) { &mut connection.up } else { &mut connection.down };
        match (what / 2, queue.len()) {
            (0, 1..) => drop(queue.pop_front()),
            (1, 1..) => queue.push_back(queue[0].clone()),
            (2, 2..) => queue.swap(0, 1),
            _ => return,
        }
        // The newest entry may be what was lost on its way down, and then nothing comes that shows it.
        self.withheld |= what == 1;
        self.note(format!("{who} network {what}"));
    }

    fn fail_disk(&mut self, who: usize) {
        if self.members[who].device.has_commit() {
            self.note(format!("{who} disk fails"));
            self.members[who].device.fail_disk();
        }
    }

    /// Entries on their way to a device change places, or one is kept back and the rest closes up.
    fn meddle_with_delivery(&mut self, who: usize, omit: bool) {
        let at = self.pick(1_000);
        let Some(connection) = &mut self.members[who].connection else { return };
        let mut frames: Vec<Option<ServerFrame>> =
            connection.down.iter().map(|bytes| ServerFrame::from_bytes(bytes).ok()).collect();
        let mut entries: Vec<SealedEntry> =
            frames.iter().flatten().filter_map(delivered).flatten().cloned().collect();
        if entries.len() < 2 {
            return;
        }
        let last = entries.len() - 1;
        // Two of one author, if there are: what stands between them is seen only in its chain.
        let same = |k: &usize| author(&entries[*k]) == author(&entries[*k + 1]);
        let neighbours: Vec<usize> = (0..last).filter(same).collect();
        let at = if neighbours.is_empty() { at % last } else { neighbours[at % neighbours.len()] };
        if omit {
            entries.remove(at);
        } else {
            entries.swap(at, at + 1);
        }
        put_back(&mut frames, entries.into());
        for (bytes, frame) in connection.down.iter_mut().zip(&frames) {
            if let Some(frame @ ServerFrame::Entries { .. }) = frame {
                *bytes = frame.to_bytes();
            }
        }
        // Out of order is a gap as well for whoever had been sent a part of it twice.
        self.withheld = true;
        self.note(format!("{who} is sent entries {}", if omit { "with a gap" } else { "out of order" }));
    }
}

fn delivered(frame: &ServerFrame) -> Option<&[SealedEntry]> {
    match frame {
        ServerFrame::Entries { entries, .. } => Some(entries),
        _ => None,
    }
}

fn author(entry: &SealedEntry) -> Option<protocol::DeviceId> {
    entry.clone().read().ok().map(|entry| entry.header().device)
}

/// Fills the frames with these entries, as many in each as there were while they last, numbered without a gap.
fn put_back(frames: &mut [Option<ServerFrame>], mut rest: VecDeque<SealedEntry>) {
    let mut next = None;
    for frame in frames.iter_mut().flatten() {
        if let ServerFrame::Entries { first, entries, .. } = frame {
            *first = next.unwrap_or(*first);
            let count = entries.len().min(rest.len());
            *entries = rest.drain(..count).collect();
            next = Some(*first + entries.len() as u64);
        }
    }
}
