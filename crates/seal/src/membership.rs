//! Makes membership links.
//!
//! Invariant: every link made here was accepted by [`Chain`] before it is handed out, so a device never offers a relay
//! what others would refuse.

use crate::device::DeviceKeys;
use crate::epoch::{EpochKey, KeyRing};
use crate::keybox::{Binding, seal_boxes, seal_history};
use protocol::link::{Cut, LinkBody, recovery_hash};
use protocol::{
    Chain, ChainError, DeviceId, DevicePublic, EpochId, Keyboxes, Link, LinkHash, Purpose, Role, SignedLink,
    SpaceId, codec, limits,
};
use rand_core::CryptoRng;
use std::collections::BTreeSet;

/// Why a link was not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MembershipError {
    /// The chain does not allow it.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The key of an epoch of this chain is not on the ring, so it cannot be handed on.
    #[error("the key of epoch {0:?} is missing")]
    MissingKey(EpochId),
    /// A member's public key cannot be sealed to.
    #[error("nothing can be sealed to device {0}")]
    Recipient(DeviceId),
    /// A paper device joins only with its own counter-signature.
    #[error("a recovery phrase can only be added by somebody who has it")]
    Counter,
}

/// What is made: the link, and what goes with it.
type Made = (SignedLink, Keyboxes);

/// Signs `link` as `author`, and as the paper device that it introduces.
fn sign(link: &Link, author: &DeviceKeys, paper: Option<&DeviceKeys>) -> SignedLink {
    let bytes = codec::encode(link);
    let hash = Link::hash(&bytes);
    let space = link.space.unwrap_or(SpaceId::from(hash));
    SignedLink {
        link: bytes,
        signature: author.sign(hash.as_bytes()),
        counter: paper.map(|paper| paper.sign(&recovery_hash(&space, &hash))),
    }
}

/// Begins a space. The new epoch key is returned; the caller puts it on its ring.
pub fn genesis<R: CryptoRng + ?Sized>(
    rng: &mut R,
    purpose: Purpose,
    founder: &DeviceKeys,
    recovery: Option<&DeviceKeys>,
) -> Result<(SignedLink, Keyboxes, EpochKey), MembershipError> {
    let mut salt = [0; 32];
    rng.fill_bytes(&mut salt);
    let key = EpochKey::generate(rng);
    let recipients: Vec<_> =
        [Some(founder), recovery].into_iter().flatten().map(DeviceKeys::public).collect();
    let boxes =
        seal_boxes(rng, Binding::Salt(&salt), &key, &recipients).map_err(MembershipError::Recipient)?;
    let keyboxes = Keyboxes { history: Vec::new(), boxes };
    let link = Link {
        version: limits::PROTOCOL_VERSION,
        space: None,
        height: 0,
        previous: None,
        author: founder.id(),
        epoch: key.id(),
        boxes: keyboxes.hash(),
        body: LinkBody::Genesis {
            purpose,
            salt,
            founder: founder.public().clone(),
            recovery: recovery.map(|r| r.public().clone()),
        },
    };
    let signed = sign(&link, founder, recovery);
    Chain::begin(signed.clone(), keyboxes.clone())?;
    Ok((signed, keyboxes, key))
}

/// Adds `device`, and hands it the key in force with all earlier ones. A paper device must be there to counter-sign:
/// its keys are `paper`, which is left out for every other role.
#[expect(clippy::too_many_arguments, reason = "a struct for one call would only rename them")]
pub fn add_device<R: CryptoRng + ?Sized>(
    rng: &mut R,
    chain: &Chain,
    author: &DeviceKeys,
    device: &DevicePublic,
    role: Role,
    paper: Option<&DeviceKeys>,
    ring: &KeyRing,
) -> Result<Made, MembershipError> {
    let paper = match (role, paper) {
        (Role::Paper, Some(paper)) if paper.public() == device => Some(paper),
        (Role::Paper, _) => return Err(MembershipError::Counter),
        _ => None,
    };
    let space = chain.space();
    let earlier = epoch_keys(chain, ring)?;
    let Some((key, earlier)) = earlier.split_last() else {
        return Err(MembershipError::MissingKey(chain.epoch()));
    };
    let boxes =
        seal_boxes(rng, Binding::Space(&space), key, &[device]).map_err(MembershipError::Recipient)?;
    let keyboxes = Keyboxes { history: seal_history(rng, &space, key, earlier), boxes };
    let body = LinkBody::Add { device: device.clone(), role };
    Ok((extend(chain, author, paper, chain.epoch(), body, &keyboxes)?, keyboxes))
}

/// Cuts members off and starts a new epoch, whose key is returned; the caller puts it on its ring once the link is
/// accepted.
pub fn revoke<R: CryptoRng + ?Sized>(
    rng: &mut R,
    chain: &Chain,
    author: &DeviceKeys,
    cuts: Vec<Cut>,
    ring: &KeyRing,
) -> Result<(SignedLink, Keyboxes, EpochKey), MembershipError> {
    let gone: BTreeSet<_> = cuts.iter().map(|c| c.device).collect();
    let stay = active(chain, |id, _| !gone.contains(id));
    rotate(rng, chain, (author, None), LinkBody::Revoke { cuts }, &stay, ring)
}

/// Replaces the recovery phrase by `paper` and starts a new epoch.
pub fn set_recovery<R: CryptoRng + ?Sized>(
    rng: &mut R,
    chain: &Chain,
    author: &DeviceKeys,
    paper: &DeviceKeys,
    ring: &KeyRing,
) -> Result<(SignedLink, Keyboxes, EpochKey), MembershipError> {
    let mut stay = active(chain, |_, role| role != Role::Paper);
    stay.push(paper.public());
    let body = LinkBody::SetRecovery { recovery: paper.public().clone() };
    rotate(rng, chain, (author, Some(paper)), body, &stay, ring)
}

/// Ends the space.
pub fn close(chain: &Chain, author: &DeviceKeys) -> Result<Made, MembershipError> {
    let keyboxes = Keyboxes::default();
    Ok((extend(chain, author, None, chain.epoch(), LinkBody::Close {}, &keyboxes)?, keyboxes))
}

/// Joins two branches: goes on from `chain`, ends the branch with head `dropped`, takes over its revocations and starts
/// a new epoch.
pub fn resolve<R: CryptoRng + ?Sized>(
    rng: &mut R,
    chain: &Chain,
    author: &DeviceKeys,
    dropped: LinkHash,
    cuts: Vec<Cut>,
    ring: &KeyRing,
) -> Result<(SignedLink, Keyboxes, EpochKey), MembershipError> {
    let gone: BTreeSet<_> = cuts.iter().map(|c| c.device).collect();
    let stay = active(chain, |id, _| !gone.contains(id));
    rotate(rng, chain, (author, None), LinkBody::Resolve { dropped, cuts }, &stay, ring)
}

/// Members active at the head that `keep` keeps.
fn active(chain: &Chain, keep: impl Fn(&DeviceId, Role) -> bool) -> Vec<&DevicePublic> {
    let height = chain.height();
    let members = chain.members().filter(|(_, m)| m.active_at(height));
    members.filter(|(id, m)| keep(id, m.role)).map(|(_, m)| &m.public).collect()
}

/// The key of every epoch of the chain, oldest first, each once.
fn epoch_keys<'a>(chain: &Chain, ring: &'a KeyRing) -> Result<Vec<&'a EpochKey>, MembershipError> {
    // The chain accepts a new epoch only if it is new, so equal ones stand side by side.
    let mut epochs: Vec<EpochId> = chain.links().iter().map(|l| l.link.epoch).collect();
    epochs.dedup();
    epochs.iter().map(|e| ring.get(e).ok_or(MembershipError::MissingKey(*e))).collect()
}

/// A link that starts a new epoch, shared with `stay`.
fn rotate<R: CryptoRng + ?Sized>(
    rng: &mut R,
    chain: &Chain,
    (author, paper): (&DeviceKeys, Option<&DeviceKeys>),
    body: LinkBody,
    stay: &[&DevicePublic],
    ring: &KeyRing,
) -> Result<(SignedLink, Keyboxes, EpochKey), MembershipError> {
    let space = chain.space();
    let earlier = epoch_keys(chain, ring)?;
    let key = EpochKey::generate(rng);
    let boxes = seal_boxes(rng, Binding::Space(&space), &key, stay).map_err(MembershipError::Recipient)?;
    let keyboxes = Keyboxes { history: seal_history(rng, &space, &key, &earlier), boxes };
    let signed = extend(chain, author, paper, key.id(), body, &keyboxes)?;
    Ok((signed, keyboxes, key))
}

/// The signed link that extends the head of `chain`, checked.
fn extend(
    chain: &Chain,
    author: &DeviceKeys,
    paper: Option<&DeviceKeys>,
    epoch: EpochId,
    body: LinkBody,
    keyboxes: &Keyboxes,
) -> Result<SignedLink, MembershipError> {
    let link = Link {
        version: limits::PROTOCOL_VERSION,
        space: Some(chain.space()),
        height: chain.height() + 1,
        previous: Some(chain.head()),
        author: author.id(),
        epoch,
        boxes: keyboxes.hash(),
        body,
    };
    let signed = sign(&link, author, paper);
    chain.clone().extend(signed.clone(), keyboxes.clone())?;
    Ok(signed)
}
