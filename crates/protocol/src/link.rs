//! One link of a space's membership chain, and the keyboxes that go with it.
//!
//! A link is a signed statement that names the link before it. What a link may say depends on who is a member at
//! that point; [`crate::Chain`] knows. Here is only its shape.

use crate::codec::{self, CodecError};
use crate::id::{BoxesHash, DeviceId, EntryHash, EpochId, LinkHash, SpaceId, domain_hash};
use crate::key::{DevicePublic, Signature};
use crate::limits;
use minicbor::{Decode, Encode};

/// What a space is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Purpose {
    /// All records of one person.
    #[n(1)]
    Vault,
    /// What one person shows one partner.
    #[n(2)]
    Share,
}

/// What a member may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Role {
    /// A device of the owner: writes entries and links.
    #[n(1)]
    Device,
    /// A recovery phrase: signs links, writes no entries.
    #[n(2)]
    Paper,
    /// A device of the partner in a [`Purpose::Share`] space.
    #[n(3)]
    Guest,
}

/// A device that is cut off, and the last of its entries that counts.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Cut {
    /// The device.
    #[n(0)]
    pub device: DeviceId,
    /// Index of its last entry that counts; 0 if it has written none.
    #[n(1)]
    pub index: u64,
    /// Address of that entry; all zero if none.
    #[n(2)]
    pub hash: EntryHash,
}

/// What a link says.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum LinkBody {
    /// Begins a space. Signed by the founder; counter-signed by the paper device.
    #[n(1)]
    #[cbor(map)]
    Genesis {
        /// What the space is for.
        #[n(0)]
        purpose: Purpose,
        /// Makes every space another one.
        #[cbor(n(1), with = "minicbor::bytes")]
        salt: [u8; 32],
        /// The first device.
        #[n(2)]
        founder: DevicePublic,
        /// The recovery phrase's public keys.
        #[n(3)]
        recovery: Option<DevicePublic>,
    },
    /// Adds a member. The epoch stays.
    #[n(2)]
    #[cbor(map)]
    Add {
        /// Its public keys.
        #[n(0)]
        device: DevicePublic,
        /// What it may do.
        #[n(1)]
        role: Role,
    },
    /// Cuts members off and starts a new epoch.
    #[n(3)]
    #[cbor(map)]
    Revoke {
        /// Whom, and what of theirs counts.
        #[n(0)]
        cuts: Vec<Cut>,
    },
    /// Replaces the recovery phrase and starts a new epoch. Counter-signed by the new paper device.
    #[n(4)]
    #[cbor(map)]
    SetRecovery {
        /// The new phrase's public keys.
        #[n(0)]
        recovery: DevicePublic,
    },
    /// Ends the space: no link follows.
    #[n(5)]
    #[cbor(map)]
    Close {},
    /// Joins two valid branches: goes on from one, names the head of the other, carries over the other's
    /// revocations and starts a new epoch. Additions of the other branch are void.
    #[n(6)]
    #[cbor(map)]
    Resolve {
        /// Head of the branch that ends here.
        #[n(0)]
        dropped: LinkHash,
        /// Revocations of that branch that this one does not have.
        #[n(1)]
        cuts: Vec<Cut>,
    },
}

impl LinkBody {
    /// The devices that it cuts off.
    pub fn cuts(&self) -> &[Cut] {
        match self {
            Self::Revoke { cuts } | Self::Resolve { cuts, .. } => cuts,
            Self::Genesis { .. } | Self::Add { .. } | Self::SetRecovery { .. } | Self::Close {} => &[],
        }
    }
}

/// The signed content of a link.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Link {
    /// Version of this layout: [`limits::PROTOCOL_VERSION`].
    #[n(0)]
    pub version: u8,
    /// The space; none in a genesis, whose hash it is.
    #[n(1)]
    pub space: Option<SpaceId>,
    /// 0 for the genesis, one more for each link.
    #[n(2)]
    pub height: u32,
    /// The head it extends; none in a genesis.
    #[n(3)]
    pub previous: Option<LinkHash>,
    /// Who signs.
    #[n(4)]
    pub author: DeviceId,
    /// Epoch in force from here.
    #[n(5)]
    pub epoch: EpochId,
    /// Commits to the keyboxes that go with the link.
    #[n(6)]
    pub boxes: BoxesHash,
    /// What it says.
    #[n(7)]
    pub body: LinkBody,
}

impl Link {
    /// The hash of canonical link bytes: the name of the link, and what its author signs.
    pub fn hash(bytes: &[u8]) -> LinkHash {
        LinkHash::new(domain_hash("life-os v1 membership link", &[bytes]))
    }
}

/// What a paper device signs when a link introduces it, so that nobody can build a chain around its public key.
pub fn recovery_hash(space: &SpaceId, head: &LinkHash) -> [u8; 32] {
    domain_hash("life-os v1 recovery counter-signature", &[space.as_bytes(), head.as_bytes()])
}

/// A link as it crosses the wire.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SignedLink {
    /// Canonical CBOR of a [`Link`].
    #[cbor(n(0), with = "minicbor::bytes")]
    pub link: Vec<u8>,
    /// The author's signature over the link's hash.
    #[n(1)]
    pub signature: Signature,
    /// The introduced paper device's signature over [`recovery_hash`].
    #[n(2)]
    pub counter: Option<Signature>,
}

impl SignedLink {
    /// Parses the link and names it. Checks no signature.
    pub fn read(&self) -> Result<(Link, LinkHash), CodecError> {
        codec::within(&self.link, limits::LINK_BYTES)?;
        let link: Link = codec::decode_canonical(&self.link)?;
        if link.version != limits::PROTOCOL_VERSION {
            return Err(CodecError::Version(link.version));
        }
        Ok((link, Link::hash(&self.link)))
    }
}

/// A space key sealed to one member.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Keybox {
    /// For whom.
    #[n(0)]
    pub recipient: DeviceId,
    /// Encapsulated key of the recipient's KEM suite.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub encapsulated: Vec<u8>,
    /// The epoch key, sealed.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub ciphertext: Vec<u8>,
}

/// All keyboxes of one link. They travel beside it; the link commits to their hash.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub struct Keyboxes {
    /// The keys of all earlier epochs, sealed under the epoch key, so that one box opens all history.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub history: Vec<u8>,
    /// One for each member that the link gives the key to, sorted by recipient.
    #[n(1)]
    pub boxes: Vec<Keybox>,
}

impl Keyboxes {
    /// What a link commits to.
    pub fn hash(&self) -> BoxesHash {
        BoxesHash::new(domain_hash("life-os v1 keyboxes", &[&codec::encode(self)]))
    }

    /// Bytes they count for: at most [`limits::KEYBOXES_BYTES`] in a chain.
    pub fn size(&self) -> usize {
        codec::encode(self).len()
    }

    /// The box for `device`.
    pub fn of(&self, device: &DeviceId) -> Option<&Keybox> {
        self.boxes.iter().find(|b| &b.recipient == device)
    }
}
