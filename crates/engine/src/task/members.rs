//! Changes of membership that are made here. The relay compares and swaps, so they need it.
//!
//! Invariant: a link of this device is in the chain here only when the relay has taken it; until then it is a proposal
//! that nothing rests on. One that was taken while the connection broke comes back as anybody's link does, and its
//! keybox for this device opens the new epoch.

use super::{Outcome, Signal, Step};
use crate::api::{Effect, EngineError, MemberChange, Reply, RequestId};
use crate::core::{Core, Env};
use crate::layout;
use protocol::frame::LinkItem;
use protocol::link::Cut;
use protocol::{DeviceId, Role};
use seal::{EpochKey, Phrase};

/// A link that was made and that the relay has not taken yet.
#[derive(Debug)]
pub(crate) struct Proposal {
    pub item: LinkItem,
    pub key: EpochKey,
}

/// Makes a link on the chain as it is now.
pub(crate) struct ProposeLink {
    pub request: RequestId,
    pub change: MemberChange,
}

impl ProposeLink {
    pub fn run(&mut self, core: &mut Core, env: &mut Env<'_>) -> Result<Step, EngineError> {
        let made = match &self.change {
            MemberChange::Revoke(devices) => revoke(core, env, devices)?,
            MemberChange::SetRecovery(words) => {
                let wrong = |e: seal::PhraseError| EngineError::NotAllowed(e.to_string());
                let paper = Phrase::parse(words.words()).map_err(wrong)?.device_keys();
                seal::set_recovery(&mut *env.rng, &core.chain, &core.device, &paper, &core.ring)
            }
            .map_err(|e| EngineError::NotAllowed(e.to_string()))?,
        };
        let (link, keyboxes, key) = made;
        let proposal = Proposal { item: LinkItem { link, keyboxes }, key };
        Ok(Step::Done(Outcome::signal(Signal::Proposed(Box::new(proposal)))))
    }
}

type Made = (protocol::SignedLink, protocol::Keyboxes, EpochKey);

/// Cuts devices off behind the last entry that is here of each. The relay refuses if it has more.
fn revoke(core: &Core, env: &mut Env<'_>, devices: &[DeviceId]) -> Result<Made, EngineError> {
    let cut = |device: &DeviceId| {
        let member = core.chain.active(device).filter(|m| m.role == Role::Device && *device != core.me());
        let refuse = || EngineError::NotAllowed(format!("{device} is no other active device of this vault"));
        member.ok_or_else(refuse)?;
        let (index, hash) = (core.position.index(device), core.position.last_hash(device));
        Ok(Cut { device: *device, index, hash })
    };
    let cuts: Vec<Cut> = devices.iter().map(cut).collect::<Result<_, EngineError>>()?;
    seal::revoke(&mut *env.rng, &core.chain, &core.device, cuts, &core.ring)
        .map_err(|e| EngineError::NotAllowed(e.to_string()))
}

/// Takes a link into the chain that the relay has taken.
pub(crate) struct AdoptLink {
    pub request: RequestId,
    pub proposal: Option<Box<Proposal>>,
}

impl AdoptLink {
    pub fn run(&mut self, core: &mut Core) -> Result<Step, EngineError> {
        let reply = Effect::Reply(self.request, Ok(Reply::MembersChanged));
        let Some(proposal) = self.proposal.take() else { return Ok(Step::Done(Outcome::effects(vec![reply]))) };
        let Proposal { item, key } = *proposal;
        let damaged = |e: &dyn core::fmt::Display| EngineError::Damaged(format!("the new link: {e}"));
        let (link, hash) = item.link.read().map_err(|e| damaged(&e))?;
        if core.chain.height_of(&hash).is_none() {
            core.chain.extend(item.link.clone(), item.keyboxes.clone()).map_err(|e| damaged(&e))?;
            core.ring.insert(key);
            let secret = core.ring.to_secret();
            core.put_bytes(layout::key_ring(), &secret);
            core.put(layout::link(link.height), &item);
        }
        Ok(Step::Done(Outcome::effects(vec![reply])))
    }
}
