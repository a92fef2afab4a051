//! The membership chain of a space, verified.
//!
//! Invariant: every link in a [`Chain`] was signed by somebody who was allowed to sign it at that point, extends
//! the link before it, and commits to keyboxes that were seen. Relay and devices run this same code; a relay
//! cannot add a member, and a device cannot be told of one that was not added.

use crate::codec::CodecError;
use crate::entry::{Header, ReadEntry};
use crate::id::{AccountId, DeviceId, EpochId, LinkHash, SpaceId};
use crate::key::{BadSignature, DevicePublic};
use crate::limits;
use crate::link::{Cut, Keyboxes, Link, LinkBody, Purpose, Role, SignedLink, recovery_hash};
use std::collections::{BTreeMap, BTreeSet};

/// Why a link was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// Not a link.
    #[error("link {0}")]
    Codec(#[from] CodecError),
    /// The author's or the paper device's signature is false or missing.
    #[error("a signature of the link does not hold")]
    Signature,
    /// The link belongs to another space.
    #[error("the link belongs to another space")]
    OtherSpace,
    /// The link extends a head that is not the newest.
    #[error("the link extends height {named}, the head is at {head}")]
    HeadMoved {
        /// Height the link would extend.
        named: u32,
        /// Height of the chain's head.
        head: u32,
    },
    /// The chain does not begin with a genesis, or has a second one.
    #[error("a chain begins with one genesis")]
    Genesis,
    /// The author may not sign this link.
    #[error("the author of the link may not sign it")]
    NotAllowed,
    /// The member is there already, or was before.
    #[error("the device is or was a member")]
    Known,
    /// A revocation names nobody, a stranger, or its own author.
    #[error("the link revokes nobody, a stranger or its own author")]
    Cuts,
    /// The epoch must change with this link, or must not.
    #[error("the link names a wrong epoch")]
    Epoch,
    /// The keyboxes are not those the link commits to, or not for those who need them.
    #[error("the keyboxes do not match the link")]
    Keyboxes,
    /// The space was closed.
    #[error("the space is closed")]
    Closed,
    /// Too many links or devices.
    #[error("the chain has reached its limit")]
    Full,
}

impl From<BadSignature> for ChainError {
    fn from(_: BadSignature) -> Self {
        Self::Signature
    }
}

/// Why an entry does not belong to the space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AdmitError {
    /// The entry belongs to another space.
    #[error("the entry belongs to another space")]
    OtherSpace,
    /// The membership head it names is not on this chain (yet).
    #[error("the entry names a membership head that is not on the chain")]
    UnknownHead,
    /// The membership head it names is older than its author's previous one.
    #[error("the entry names an older membership head than its author's previous entry")]
    OlderHead,
    /// The author was not an active writer at that head.
    #[error("the author of the entry was not a writing member")]
    NotAMember,
    /// The epoch is not that head's.
    #[error("the entry is sealed under a wrong epoch")]
    WrongEpoch,
    /// The entry lies beyond the author's revocation.
    #[error("the entry lies beyond the revocation of its author")]
    BeyondCut,
    /// The signature is false.
    #[error("the signature of the entry does not hold")]
    Signature,
}

/// A member, past or present.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its public keys.
    pub public: DevicePublic,
    /// What it may do.
    pub role: Role,
    /// Height of the link that added it.
    pub added: u32,
    /// Height of the link that cut it off and what of it counts; none while active.
    pub revoked: Option<(u32, Cut)>,
}

impl Member {
    /// Whether it was active when the chain had `height`.
    pub fn active_at(&self, height: u32) -> bool {
        self.added <= height && self.revoked.as_ref().is_none_or(|(at, _)| height < *at)
    }
}

/// One verified link, kept with its bytes so that it can be handed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainLink {
    /// The bytes.
    pub signed: SignedLink,
    /// The keyboxes that go with it.
    pub keyboxes: Keyboxes,
    /// Its hash.
    pub hash: LinkHash,
    /// Its content.
    pub link: Link,
}

/// A verified membership chain.
#[derive(Debug, Clone)]
pub struct Chain {
    space: SpaceId,
    purpose: Purpose,
    links: Vec<ChainLink>,
    heights: BTreeMap<LinkHash, u32>,
    members: BTreeMap<DeviceId, Member>,
    closed: bool,
}

impl Chain {
    /// Verifies a genesis and begins a chain with it.
    pub fn begin(signed: SignedLink, keyboxes: Keyboxes) -> Result<Self, ChainError> {
        let (link, hash) = signed.read()?;
        let LinkBody::Genesis { purpose, founder, recovery, .. } = &link.body else {
            return Err(ChainError::Genesis);
        };
        if link.space.is_some() || link.previous.is_some() || link.height != 0 || founder.id() != link.author
        {
            return Err(ChainError::Genesis);
        }
        founder.sign.verify(hash.as_bytes(), &signed.signature)?;
        let space = SpaceId::from(hash);
        let member =
            |public: &DevicePublic, role| Member { public: public.clone(), role, added: 0, revoked: None };
        let mut members = BTreeMap::from([(founder.id(), member(founder, Role::Device))]);
        check_counter(&signed, recovery.as_ref(), &space, &hash)?;
        if let Some(paper) = recovery
            && members.insert(paper.id(), member(paper, Role::Paper)).is_some()
        {
            return Err(ChainError::Known);
        }
        check_keyboxes(&link, &keyboxes, &members.keys().copied().collect())?;
        let purpose = *purpose;
        let links = vec![ChainLink { signed, keyboxes, hash, link }];
        Ok(Self { space, purpose, links, heights: BTreeMap::from([(hash, 0)]), members, closed: false })
    }

    /// Verifies a whole chain from its genesis.
    pub fn verify(links: impl IntoIterator<Item = (SignedLink, Keyboxes)>) -> Result<Self, ChainError> {
        let mut links = links.into_iter();
        let (genesis, boxes) = links.next().ok_or(ChainError::Genesis)?;
        let mut chain = Self::begin(genesis, boxes)?;
        for (link, boxes) in links {
            chain.extend(link, boxes)?;
        }
        Ok(chain)
    }

    /// Verifies a link against the head and appends it. On an error the chain is as it was.
    pub fn extend(&mut self, signed: SignedLink, keyboxes: Keyboxes) -> Result<LinkHash, ChainError> {
        let (link, hash) = signed.read()?;
        if link.space != Some(self.space) {
            return Err(ChainError::OtherSpace);
        }
        let head = self.height();
        if link.previous != Some(self.head()) || link.height != head + 1 {
            return Err(ChainError::HeadMoved { named: link.height.saturating_sub(1), head });
        }
        if self.closed {
            return Err(ChainError::Closed);
        }
        if self.links.len() >= limits::LINKS_PER_CHAIN {
            return Err(ChainError::Full);
        }
        let author = self.active(&link.author).ok_or(ChainError::NotAllowed)?;
        author.public.sign.verify(hash.as_bytes(), &signed.signature)?;
        let members = self.members_after(&link, author.role)?;
        check_counter(&signed, introduced_paper(&link.body), &self.space, &hash)?;
        let rotates = matches!(
            link.body,
            LinkBody::Revoke { .. } | LinkBody::SetRecovery { .. } | LinkBody::Resolve { .. }
        );
        let fresh = self.links.iter().all(|l| l.link.epoch != link.epoch);
        if rotates && !fresh || !rotates && link.epoch != self.epoch() {
            return Err(ChainError::Epoch);
        }
        let recipients = match &link.body {
            LinkBody::Add { device, .. } => BTreeSet::from([device.id()]),
            LinkBody::Close {} => BTreeSet::new(),
            _ => active_ids(&members, link.height),
        };
        check_keyboxes(&link, &keyboxes, &recipients)?;
        self.members = members;
        self.closed = matches!(link.body, LinkBody::Close {});
        self.heights.insert(hash, link.height);
        self.links.push(ChainLink { signed, keyboxes, hash, link });
        Ok(hash)
    }

    /// The members as they are after `link`, if its author, who has `role`, may say so.
    fn members_after(&self, link: &Link, role: Role) -> Result<BTreeMap<DeviceId, Member>, ChainError> {
        let mut members = self.members.clone();
        let at = link.height;
        match &link.body {
            LinkBody::Genesis { .. } => return Err(ChainError::Genesis),
            LinkBody::Close {} => owner_only(role)?,
            LinkBody::Add { device, role: added } => {
                match (role, added, self.purpose) {
                    (Role::Guest, Role::Guest, Purpose::Share) => {}
                    (Role::Guest, _, _) | (_, Role::Guest, Purpose::Vault) => {
                        return Err(ChainError::NotAllowed);
                    }
                    _ => {}
                }
                add(&mut members, device, *added, at)?;
            }
            LinkBody::Revoke { cuts } => {
                if cuts.is_empty() {
                    return Err(ChainError::Cuts);
                }
                revoke(&mut members, cuts, link, role)?;
            }
            LinkBody::SetRecovery { recovery } => {
                owner_only(role)?;
                for member in members.values_mut().filter(|m| m.role == Role::Paper && m.active_at(at)) {
                    // Paper writes no entries, so nothing of it is cut.
                    let cut = Cut { device: member.public.id(), index: 0, hash: Header::NO_PREVIOUS };
                    member.revoked = Some((at, cut));
                }
                add(&mut members, recovery, Role::Paper, at)?;
            }
            LinkBody::Resolve { cuts, .. } => {
                owner_only(role)?;
                revoke(&mut members, cuts, link, role)?;
            }
        }
        Ok(members)
    }

    /// Checks that `entry` may stand in this space and was signed by its author. `previous` is the height of the
    /// membership head that the author's previous entry named. Returns the height of the head this one names.
    pub fn admit(&self, entry: &ReadEntry, previous: Option<u32>) -> Result<u32, AdmitError> {
        let (height, _) = self.admit_unsigned(entry, previous)?;
        if self.is_signed(entry) { Ok(height) } else { Err(AdmitError::Signature) }
    }

    /// Whether `entry` was signed by the device that it names, a member now or before.
    pub fn is_signed(&self, entry: &ReadEntry) -> bool {
        let author = self.members.get(&entry.header().device);
        let signature = &entry.sealed().signature;
        author.is_some_and(|author| author.public.sign.verify(entry.hash().as_bytes(), signature).is_ok())
    }

    /// As [`Chain::admit`] without the signature: for an entry that a later, verified entry of the same author
    /// names, link by link, as its predecessor.
    pub fn admit_unsigned(
        &self,
        entry: &ReadEntry,
        previous: Option<u32>,
    ) -> Result<(u32, &Member), AdmitError> {
        let header = entry.header();
        if header.space != self.space {
            return Err(AdmitError::OtherSpace);
        }
        let height = *self.heights.get(&header.membership).ok_or(AdmitError::UnknownHead)?;
        if previous.is_some_and(|p| height < p) {
            return Err(AdmitError::OlderHead);
        }
        let author = self.members.get(&header.device).ok_or(AdmitError::NotAMember)?;
        if !author.active_at(height) || author.role == Role::Paper {
            return Err(AdmitError::NotAMember);
        }
        if let Some((_, cut)) = &author.revoked
            && (header.index > cut.index || header.index == cut.index && entry.hash() != cut.hash)
        {
            return Err(AdmitError::BeyondCut);
        }
        let at_head = usize::try_from(height).ok().and_then(|h| self.links.get(h));
        if at_head.is_none_or(|l| l.link.epoch != header.epoch) {
            return Err(AdmitError::WrongEpoch);
        }
        Ok((height, author))
    }

    /// The space.
    pub fn space(&self) -> SpaceId {
        self.space
    }
    /// What the space is for.
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }
    /// The account that owns the space, if it is a vault.
    pub fn account(&self) -> AccountId {
        AccountId::of_vault(&self.space)
    }
    /// Hash of the newest link.
    pub fn head(&self) -> LinkHash {
        self.links.last().map_or(LinkHash::new([0; 32]), |l| l.hash)
    }
    /// Height of the newest link.
    pub fn height(&self) -> u32 {
        self.links.last().map_or(0, |l| l.link.height)
    }
    /// Height of the link called `hash`, if it is on this chain.
    pub fn height_of(&self, hash: &LinkHash) -> Option<u32> {
        self.heights.get(hash).copied()
    }
    /// Epoch in force at the head.
    pub fn epoch(&self) -> EpochId {
        self.links.last().map_or(EpochId::new([0; 32]), |l| l.link.epoch)
    }
    /// All links, genesis first.
    pub fn links(&self) -> &[ChainLink] {
        &self.links
    }
    /// Whether the space was closed.
    pub fn is_closed(&self) -> bool {
        self.closed
    }
    /// All members there ever were.
    pub fn members(&self) -> impl Iterator<Item = (&DeviceId, &Member)> {
        self.members.iter()
    }
    /// A member, past or present.
    pub fn member(&self, device: &DeviceId) -> Option<&Member> {
        self.members.get(device)
    }
    /// The member called `device` if it is active at the head.
    pub fn active(&self, device: &DeviceId) -> Option<&Member> {
        self.members.get(device).filter(|m| m.active_at(self.height()))
    }
    /// The active paper device.
    pub fn recovery(&self) -> Option<(&DeviceId, &Member)> {
        self.members.iter().find(|(_, m)| m.role == Role::Paper && m.active_at(self.height()))
    }
    /// Whether `device` is a paper device that itself counter-signed a link of this chain. Verified links
    /// guarantee it for every paper device, so this asks only for membership.
    pub fn vouched_by(&self, device: &DeviceId) -> bool {
        self.active(device).is_some_and(|m| m.role == Role::Paper)
    }
}

fn owner_only(role: Role) -> Result<(), ChainError> {
    if role == Role::Guest { Err(ChainError::NotAllowed) } else { Ok(()) }
}

fn introduced_paper(body: &LinkBody) -> Option<&DevicePublic> {
    match body {
        LinkBody::Genesis { recovery, .. } => recovery.as_ref(),
        LinkBody::Add { device, role: Role::Paper } => Some(device),
        LinkBody::SetRecovery { recovery } => Some(recovery),
        _ => None,
    }
}

fn check_counter(
    signed: &SignedLink,
    paper: Option<&DevicePublic>,
    space: &SpaceId,
    hash: &LinkHash,
) -> Result<(), ChainError> {
    match (paper, &signed.counter) {
        (None, None) => Ok(()),
        (Some(paper), Some(counter)) => Ok(paper.sign.verify(&recovery_hash(space, hash), counter)?),
        _ => Err(ChainError::Signature),
    }
}

fn check_keyboxes(
    link: &Link,
    keyboxes: &Keyboxes,
    recipients: &BTreeSet<DeviceId>,
) -> Result<(), ChainError> {
    // They are bytes of another, kept and handed on for ever, and no frame may be too small for them.
    if keyboxes.size() > limits::KEYBOXES_BYTES {
        return Err(ChainError::Keyboxes);
    }
    // A set iterates in order, so this also asks that the boxes are sorted and none stands twice.
    let same = keyboxes.boxes.iter().map(|b| b.recipient).eq(recipients.iter().copied());
    if same && keyboxes.hash() == link.boxes { Ok(()) } else { Err(ChainError::Keyboxes) }
}

fn active_ids(members: &BTreeMap<DeviceId, Member>, height: u32) -> BTreeSet<DeviceId> {
    members.iter().filter(|(_, m)| m.active_at(height)).map(|(id, _)| *id).collect()
}

fn add(
    members: &mut BTreeMap<DeviceId, Member>,
    device: &DevicePublic,
    role: Role,
    at: u32,
) -> Result<(), ChainError> {
    if active_ids(members, at).len() >= limits::DEVICES_PER_SPACE {
        return Err(ChainError::Full);
    }
    let member = Member { public: device.clone(), role, added: at, revoked: None };
    match members.insert(device.id(), member) {
        None => Ok(()),
        Some(_) => Err(ChainError::Known),
    }
}

fn revoke(
    members: &mut BTreeMap<DeviceId, Member>,
    cuts: &[Cut],
    link: &Link,
    role: Role,
) -> Result<(), ChainError> {
    for cut in cuts {
        let member =
            members.get_mut(&cut.device).filter(|m| m.active_at(link.height)).ok_or(ChainError::Cuts)?;
        if cut.device == link.author {
            return Err(ChainError::Cuts);
        }
        if role == Role::Guest && member.role != Role::Guest {
            return Err(ChainError::NotAllowed);
        }
        member.revoked = Some((link.height, cut.clone()));
    }
    Ok(())
}
