//! One machine of a world: a device, its connection and clock, and what was asked of it.

use super::clock::Clock;
use super::device::Device;
use super::disk::Disk;
use super::network::{Connection, flush};
use engine::{DocKey, Reply};
use protocol::{Chain, DeviceId, Link, LinkHash};
use std::collections::BTreeMap;

/// A change that was acknowledged as saved, or may be.
#[derive(Debug, Clone)]
pub struct Saved {
    /// Who wrote it.
    pub device: DeviceId,
    /// Where.
    pub key: DocKey,
    /// What.
    pub value: String,
}

/// A change of membership that was answered as made, or may be.
#[derive(Debug, Clone)]
pub enum Promise {
    /// These devices are members no more.
    Revoked(Vec<DeviceId>),
    /// This phrase became one.
    Phrase(DeviceId),
    /// Two branches are one.
    Resolved,
}

/// A machine.
pub struct Member {
    /// Its device.
    pub device: Device,
    /// Who that is, once it was open.
    pub id: Option<DeviceId>,
    /// Its way to the relay.
    pub connection: Option<Connection>,
    /// Edits that were not answered yet.
    pub asked: BTreeMap<u64, Saved>,
    /// Changes of membership that were not answered yet.
    pub changing: BTreeMap<u64, Promise>,
    /// Edits that were answered as saved since the last copy of the disk was taken.
    pub since_copy: Vec<Saved>,
    /// Changes of membership that were answered as made.
    pub promised: Vec<Promise>,
    /// A copy of its disk.
    pub copy: Option<Disk>,
    /// Whether it is to be connected.
    pub online: bool,
    /// Its clock.
    pub clock: Clock,
    /// Switched off for a year.
    pub away: bool,
    /// A process that lost its store to another one, and ended.
    pub gone: bool,
    /// The machine whose store another process has opened since: when a transaction of this one fails, it ends for good.
    pub process_of: Option<usize>,
    /// The links it knew when it went away.
    pub left_with: Vec<LinkHash>,
}

impl Member {
    /// A machine that is switched off.
    pub fn new(device: Device, clock: Clock) -> Self {
        Self {
            device,
            id: None,
            connection: None,
            asked: BTreeMap::new(),
            changing: BTreeMap::new(),
            since_copy: Vec::new(),
            promised: Vec::new(),
            copy: None,
            online: false,
            clock,
            away: false,
            gone: false,
            process_of: None,
            left_with: Vec::new(),
        }
    }

    /// Whether anything happens on it.
    pub fn is_present(&self) -> bool {
        !self.away && !self.gone
    }

    /// The newest link it knows, by height and name; none while it is not open.
    pub fn head(&self) -> Option<(u32, LinkHash)> {
        let link = self.device.engine()?.chain().pop()?;
        link.link.read().ok().map(|(link, hash)| (link.height, hash))
    }

    /// All links it knows; none while it is not open.
    pub fn links(&self) -> Vec<LinkHash> {
        let chain = self.device.engine().map(engine::Engine::chain).unwrap_or_default();
        chain.iter().map(|item| Link::hash(&item.link.link)).collect()
    }

    /// Whether it knows a link that `chain` does not go through.
    pub fn is_apart(&self, chain: &Chain) -> bool {
        self.links().iter().any(|hash| chain.height_of(hash).is_none())
    }

    /// The connection ends.
    pub fn disconnect(&mut self) {
        if self.connection.take().is_some() {
            self.device.hang_up();
        }
    }

    /// Moves what the device sent into its connection.
    pub fn flush(&mut self) -> bool {
        let Some(connection) = &mut self.connection else { return false };
        flush(&mut self.device, connection);
        !connection.up.is_empty()
    }

    /// Takes the answers that came. Returns what was saved.
    pub fn take_replies(&mut self) -> Vec<Saved> {
        let mut saved = Vec::new();
        let device = &mut self.device;
        self.asked.retain(|request, edit| match device.reply(*request) {
            Some(Ok(_)) => {
                saved.push(edit.clone());
                false
            }
            reply => reply.is_none(),
        });
        let promised = &mut self.promised;
        self.changing.retain(|request, promise| match device.reply(*request) {
            Some(Ok(Reply::MembersChanged)) => {
                promised.push(promise.clone());
                false
            }
            reply => reply.is_none(),
        });
        self.since_copy.extend(saved.iter().cloned());
        saved
    }
}
