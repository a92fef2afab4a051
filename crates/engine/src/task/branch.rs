//! Two membership chains that both hold: a relay was restored to a time before a link, and then took another one.
//!
//! Invariant: nothing is sent while there are two. Only a link that names both heads ends it, signed by a member of both;
//! whoever had been on the dropped chain writes again, under the surviving one, what its entries said. Revocations of
//! both chains count, additions of the dropped one do not.

use super::outbox::{open_entries, scan_entries};
use super::receive::displace;
use super::{Outcome, Proposal, Signal, Step};
use crate::api::{Branch, Effect, EngineError, Fork, Reply, RequestId};
use crate::core::{Core, Env, Fetched};
use crate::layout;
use crate::limits;
use crate::position::DeviceHead;
use protocol::frame::LinkItem;
use protocol::link::{Cut, LinkBody};
use protocol::{Chain, DeviceId, EntryHash, Role};
use std::collections::{BTreeMap, BTreeSet};

/// What the relay's whole chain is to this device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judgement {
    /// It does not hold, or is of another space.
    False,
    /// One of the two is a beginning of the other.
    Same,
    /// It parts from the one here, and a link in it resolves that.
    Resolved,
    /// Both hold, and part.
    Forked,
}

/// Looks at the relay's whole chain.
pub(crate) struct JudgeBranch {
    pub links: Vec<LinkItem>,
}

impl JudgeBranch {
    pub fn run(&mut self, core: &mut Core) -> Step {
        let judgement = self.judge(core);
        Step::Done(Outcome::signal(Signal::Judged(judgement)))
    }

    fn judge(&mut self, core: &mut Core) -> Judgement {
        let links = std::mem::take(&mut self.links).into_iter();
        let Ok(theirs) = Chain::verify(links.map(|l| (l.link, l.keyboxes))) else { return Judgement::False };
        if theirs.space() != core.chain.space() {
            return Judgement::False;
        }
        let common = common_height(&core.chain, &theirs);
        if common == core.chain.height() || common == theirs.height() {
            return Judgement::Same;
        }
        let head = core.chain.head();
        let names = |body: &LinkBody| matches!(body, LinkBody::Resolve { dropped, .. } if *dropped == head);
        let resolved = theirs.links().iter().any(|l| l.link.height > common && names(&l.link.body));
        core.branch = Some(theirs);
        if resolved { Judgement::Resolved } else { Judgement::Forked }
    }
}

/// Height of the last link that two chains of one space share.
fn common_height(one: &Chain, other: &Chain) -> u32 {
    let pairs = one.links().iter().zip(other.links());
    let shared = pairs.take_while(|(a, b)| a.hash == b.hash).count();
    u32::try_from(shared).unwrap_or(u32::MAX).saturating_sub(1)
}

/// Who came and went on a chain above a height.
fn branch_of(chain: &Chain, common: u32) -> Branch {
    let added = chain.members().filter(|(_, m)| m.added > common).map(|(id, _)| *id).collect();
    let gone = chain.members().filter(|(_, m)| m.revoked.as_ref().is_some_and(|(at, _)| *at > common));
    Branch { added, revoked: gone.map(|(id, _)| *id).collect() }
}

impl Core {
    /// The two chains, if there are two.
    pub fn fork(&self) -> Option<Fork> {
        let theirs = self.branch.as_ref()?;
        let common = common_height(&self.chain, theirs);
        Some(Fork { height: common, here: branch_of(&self.chain, common), relay: branch_of(theirs, common) })
    }

    /// Makes the link that ends it: it goes on from the relay's chain, drops the one here, and cuts off whom that one had
    /// revoked, whom those had added since, and `also`.
    pub fn propose_resolution(
        &mut self,
        env: &mut Env<'_>,
        also: &[DeviceId],
    ) -> Result<Proposal, EngineError> {
        let nothing = || EngineError::NotAllowed("there are no two lists of devices".into());
        let theirs = self.branch.clone().ok_or_else(nothing)?;
        let common = common_height(&self.chain, &theirs);
        let me = self.me();
        if self.is_revoked() || theirs.active(&me).is_none() {
            let why = "this device is not a member on both lists; one that is, or the phrase, can resolve it";
            return Err(EngineError::NotAllowed(why.into()));
        }
        let space = theirs.space();
        for link in theirs.links().iter().filter(|l| l.link.height > common && l.keyboxes.of(&me).is_some()) {
            seal::open_keyboxes(&space, &link.link, &link.keyboxes, &self.device, &mut self.ring)
                .map_err(|e| EngineError::NotAllowed(e.to_string()))?;
        }
        let revoked_here = |id: &DeviceId| {
            self.chain.member(id).is_some_and(|m| m.revoked.as_ref().is_some_and(|(at, _)| *at > common))
        };
        let mut cuts: BTreeMap<DeviceId, Cut> = BTreeMap::new();
        for (id, member) in theirs.members().filter(|(id, _)| theirs.active(id).is_some() && **id != me) {
            if member.role == Role::Paper {
                // Words are only replaced, and the replacement is dropped with its chain.
                continue;
            }
            let known = self.chain.member(id).and_then(|m| m.revoked.as_ref()).map(|(_, cut)| cut.clone());
            let author = theirs.links().get(usize::try_from(member.added).unwrap_or(usize::MAX));
            let by_revoked = member.added > common && author.is_some_and(|l| revoked_here(&l.link.author));
            match known {
                Some(cut) => drop(cuts.insert(*id, cut)),
                None if by_revoked || also.contains(id) => {
                    let (index, hash) = (self.position.index(id), self.position.last_hash(id));
                    cuts.insert(*id, Cut { device: *id, index, hash });
                }
                None => {}
            }
        }
        let cuts = cuts.into_values().collect();
        let dropped = self.chain.head();
        let made = seal::resolve(&mut *env.rng, &theirs, &self.device, dropped, cuts, &self.ring);
        let (link, keyboxes, key) = made.map_err(|e| EngineError::NotAllowed(e.to_string()))?;
        Ok(Proposal { item: LinkItem { link, keyboxes }, key: Some(key), resolves: true })
    }
}

/// Goes over to the relay's chain.
pub(crate) struct SwitchBranch {
    /// Whose command it is, if it is one, and the link that the relay has taken.
    pub proposal: Option<(RequestId, Box<Proposal>)>,
    /// For each device, an index whose entry stays, and one whose entry names a dropped link.
    bounds: BTreeMap<DeviceId, (u64, u64)>,
}

impl SwitchBranch {
    pub fn new(proposal: Option<(RequestId, Box<Proposal>)>) -> Self {
        Self { proposal, bounds: BTreeMap::new() }
    }

    pub fn run(&mut self, core: &mut Core, fetched: &Fetched) -> Result<Step, EngineError> {
        // The relay went back on the other list in the meantime: the next connection compares once more.
        let Some(mut chain) = core.branch.clone() else {
            return Err(EngineError::NotAllowed("the relay's other list of devices is gone".into()));
        };
        let damaged = |e: &dyn core::fmt::Display| EngineError::Damaged(format!("the resolving link: {e}"));
        if let Some((_, proposal)) = &self.proposal {
            let item = proposal.item.clone();
            chain.extend(item.link, item.keyboxes).map_err(|e| damaged(&e))?;
        }
        let common = common_height(&core.chain, &chain);
        let mut placed = Vec::new();
        for device in self.affected(core, &chain, common) {
            match self.find(core, &chain, &device, fetched)? {
                Ok(found) => placed.push((device, found)),
                Err(read) => return Ok(Step::Need(vec![read])),
            }
        }
        for (device, (last, hash, height)) in placed {
            let scan = scan_entries(&device, last + 1, limits::WAITING_ENTRIES);
            let Some(pairs) = fetched.get(&scan) else { return Ok(Step::Need(vec![scan])) };
            let more = pairs.len() >= limits::WAITING_ENTRIES;
            displace(core, &device, last + 1, fetched)?;
            if more {
                return Ok(Step::More(Outcome::default()));
            }
            match last {
                0 => drop(core.position.heads.remove(&device)),
                index => drop(core.position.heads.insert(device, DeviceHead { index, hash, height })),
            }
        }
        Ok(Step::Done(self.adopt(core, chain, common)))
    }

    /// Devices of which entries name dropped links. Those beyond a revocation are void: they are not written again.
    fn affected(&self, core: &Core, chain: &Chain, common: u32) -> BTreeSet<DeviceId> {
        let heads = core.position.heads.iter().filter(|(_, head)| head.height > common);
        let void = |id: &DeviceId| {
            let cut = chain.member(id).and_then(|m| m.revoked.as_ref()).map(|(_, cut)| cut.index);
            *id != core.me() && cut.is_some_and(|index| core.position.index(id) > index)
        };
        heads.map(|(id, _)| *id).filter(|id| !void(id)).collect()
    }

    /// The last entry of a device that names a link of `chain`. Heights never fall along a device's entries, so it is
    /// found by halving.
    fn find(
        &mut self,
        core: &Core,
        chain: &Chain,
        device: &DeviceId,
        fetched: &Fetched,
    ) -> Result<Result<(u64, EntryHash, u32), crate::Read>, EngineError> {
        let end = core.position.index(device);
        let (mut good, mut bad) = *self.bounds.entry(*device).or_insert((0, end));
        let mut found = (0, protocol::Header::NO_PREVIOUS, 0);
        loop {
            let at = if good + 1 < bad { good + (bad - good) / 2 } else { good };
            if at == 0 {
                return Ok(Ok(found));
            }
            let read = crate::Read::Get(layout::entry(device, at));
            let Some(pairs) = fetched.get(&read) else {
                self.bounds.insert(*device, (good, bad));
                return Ok(Err(read));
            };
            let missing = || EngineError::Damaged(format!("entry {at} of a device is missing"));
            let (_, sealed) = open_entries(core, pairs)?.into_iter().next().ok_or_else(missing)?;
            let entry = sealed.read().map_err(|e| EngineError::Damaged(e.to_string()))?;
            match chain.height_of(&entry.header().membership) {
                Some(height) => {
                    found = (at, entry.hash(), height);
                    if at == good {
                        return Ok(Ok(found));
                    }
                    good = at;
                }
                None if at == good => (good, bad) = (good - 1, good),
                None => bad = at,
            }
        }
    }

    fn adopt(&mut self, core: &mut Core, chain: Chain, common: u32) -> Outcome {
        for height in common + 1..=core.chain.height() {
            core.delete(layout::link(height));
        }
        for link in chain.links().iter().filter(|l| l.link.height > common) {
            let item = LinkItem { link: link.signed.clone(), keyboxes: link.keyboxes.clone() };
            core.put(layout::link(link.link.height), &item);
        }
        let me = core.me();
        let space = chain.space();
        for link in chain.links().iter().filter(|l| l.link.height > common && l.keyboxes.of(&me).is_some()) {
            // A box that does not open leaves entries of its epoch waiting, as ever.
            let _ = seal::open_keyboxes(&space, &link.link, &link.keyboxes, &core.device, &mut core.ring);
        }
        let mut outcome = Outcome::signal(Signal::Switched);
        if let Some((request, proposal)) = self.proposal.take() {
            if let Some(key) = proposal.key {
                core.ring.insert(key);
            }
            outcome.effects.push(Effect::Reply(request, Ok(Reply::MembersChanged)));
        }
        let secret = core.ring.to_secret();
        core.put_bytes(layout::key_ring(), &secret);
        let was_revoked = core.is_revoked();
        core.chain = chain;
        core.branch = None;
        core.refused.clear();
        core.save_position();
        if core.is_revoked() && !was_revoked {
            outcome.effects.push(Effect::Notice(crate::Notice::Revoked));
        }
        outcome
    }
}
