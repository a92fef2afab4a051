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
use seal::{EpochKey, MembershipError, Phrase};

/// A link that was made and that the relay has not taken yet.
#[derive(Debug)]
pub(crate) struct Proposal {
    pub item: LinkItem,
    /// The key of the epoch that it begins, if it begins one.
    pub key: Option<EpochKey>,
    /// Whether it ends a fork, so that this device goes over to the relay's chain with it.
    pub resolves: bool,
}

/// Makes a link on the chain as it is now.
pub(crate) struct ProposeLink {
    pub request: RequestId,
    pub change: MemberChange,
}

impl ProposeLink {
    pub fn run(&mut self, core: &mut Core, env: &mut Env<'_>) -> Result<Step, EngineError> {
        if core.is_revoked() {
            return Err(EngineError::Revoked);
        }
        if let MemberChange::Resolve { revoke } = &self.change {
            let proposal = core.propose_resolution(env, revoke)?;
            return Ok(Step::Done(Outcome::signal(Signal::Proposed(Box::new(proposal)))));
        }
        let refused = |e: MembershipError| EngineError::NotAllowed(e.to_string());
        let (chain, me, ring) = (&core.chain, &core.device, &core.ring);
        let (link, keyboxes, key) = match &self.change {
            // Added before: the answer was lost, or the person said it twice.
            MemberChange::Add(public) if chain.active(&public.id()).is_some() => {
                let reply = Effect::Reply(self.request, Ok(Reply::MembersChanged));
                return Ok(Step::Done(Outcome {
                    effects: vec![reply],
                    signals: vec![Signal::NothingProposed],
                }));
            }
            MemberChange::Add(public) => {
                let made = seal::add_device(&mut *env.rng, chain, me, public, Role::Device, None, ring);
                let (link, keyboxes) = made.map_err(refused)?;
                (link, keyboxes, None)
            }
            MemberChange::Revoke(devices) => {
                let (link, keyboxes, key) = revoke(core, env, devices)?;
                (link, keyboxes, Some(key))
            }
            // Handled above: it goes on from another chain.
            MemberChange::Resolve { .. } => return Err(EngineError::NotAllowed("nothing to resolve".into())),
            MemberChange::SetRecovery(words) => {
                let wrong = |e: seal::PhraseError| EngineError::NotAllowed(e.to_string());
                let paper = Phrase::parse(words.words()).map_err(wrong)?.device_keys();
                let made = seal::set_recovery(&mut *env.rng, chain, me, &paper, ring);
                let (link, keyboxes, key) = made.map_err(refused)?;
                (link, keyboxes, Some(key))
            }
        };
        let proposal = Proposal { item: LinkItem { link, keyboxes }, key, resolves: false };
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
        let Some(proposal) = self.proposal.take() else {
            return Ok(Step::Done(Outcome::effects(vec![reply])));
        };
        let Proposal { item, key, .. } = *proposal;
        let damaged = |e: &dyn core::fmt::Display| EngineError::Damaged(format!("the new link: {e}"));
        let (link, hash) = item.link.read().map_err(|e| damaged(&e))?;
        if core.chain.height_of(&hash).is_none() {
            core.chain.extend(item.link.clone(), item.keyboxes.clone()).map_err(|e| damaged(&e))?;
            if let Some(key) = key {
                core.ring.insert(key);
                let secret = core.ring.to_secret();
                core.put_bytes(layout::key_ring(), &secret);
            }
            core.put(layout::link(link.height), &item);
        }
        let mut outcome = Outcome::effects(vec![reply]);
        outcome.signals.push(Signal::LinksReceived { forked: false });
        Ok(Step::Done(outcome))
    }
}
