//! Names of things: fixed-size byte strings that cannot be mistaken for one another.

use core::fmt;
use data_encoding::HEXLOWER_PERMISSIVE;
use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};

/// A text that is not the hexadecimal form of an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a {kind}: expected {chars} hexadecimal digits")]
pub struct ParseIdError {
    pub(crate) kind: &'static str,
    pub(crate) chars: usize,
}

/// Declares a newtype over `[u8; N]`: a CBOR byte string, hexadecimal in text and JSON.
macro_rules! bytes_type {
    ($(#[$doc:meta])* $name:ident, $size:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $size]);

        impl $name {
            /// Length in bytes.
            pub const SIZE: usize = $size;
            /// From its bytes.
            pub const fn new(bytes: [u8; $size]) -> Self { Self(bytes) }
            /// Its bytes.
            pub const fn as_bytes(&self) -> &[u8; $size] { &self.0 }
            /// From a slice of the right length.
            pub fn from_slice(bytes: &[u8]) -> Option<Self> { bytes.try_into().ok().map(Self) }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&HEXLOWER_PERMISSIVE.encode(&self.0))
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let hex = HEXLOWER_PERMISSIVE.encode(&self.0);
                write!(f, "{}({})", stringify!($name), hex.get(..8).unwrap_or(&hex))
            }
        }
        impl core::str::FromStr for $name {
            type Err = ParseIdError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok().and_then(|b| Self::from_slice(&b))
                    .ok_or(ParseIdError { kind: stringify!($name), chars: $size * 2 })
            }
        }
        impl<C> Encode<C> for $name {
            fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
                e.bytes(&self.0)?.ok()
            }
        }
        impl<'b, C> Decode<'b, C> for $name {
            fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
                Self::from_slice(d.bytes()?)
                    .ok_or_else(|| decode::Error::message(concat!("wrong length of ", stringify!($name))))
            }
        }
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> { s.collect_str(self) }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use bytes_type;

bytes_type!(/// One person on one relay. Derived from the genesis of their vault, so it survives a move to another relay.
    AccountId, 16);
bytes_type!(/// One key pair on one machine or browser profile: hash of its public keys.
    DeviceId, 16);
bytes_type!(/// The unit of keys, log and membership: the hash of its genesis link.
    SpaceId, 32);
bytes_type!(/// Hash of one membership link.
    LinkHash, 32);
bytes_type!(/// Hash of the set of keyboxes that a link commits to.
    BoxesHash, 32);
bytes_type!(/// Commitment to one space key: HKDF of the key with the label `id`.
    EpochId, 32);
bytes_type!(/// Address of an entry: hash of its header and ciphertext, without the signature.
    EntryHash, 32);
bytes_type!(/// Hash over all entries a relay sent to a client in a space, in order.
    RunningHash, 32);
bytes_type!(/// Address of a pack of compacted documents.
    PackHash, 32);
bytes_type!(/// Hash of one manifest.
    ManifestHash, 32);
bytes_type!(/// One push subscription of a device, named by it with random bytes: another one for every subscription it makes.
    SubscriptionId, 16);
bytes_type!(/// A notice that a relay is to push at a time: the same on every device of the vault, and blind to who lacks its keys.
    NoticeId, 32);

/// BLAKE3 in key-derivation mode: every use has a context string of its own, so no hash can stand for another.
pub(crate) fn domain_hash(context: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key(context);
    for part in parts {
        // Length first, so that moving a boundary between parts changes the hash.
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    *hasher.finalize().as_bytes()
}

impl AccountId {
    /// The account that owns `vault`.
    pub fn of_vault(vault: &SpaceId) -> Self {
        let hash = domain_hash("life-os v1 account id", &[vault.as_bytes()]);
        let mut id = [0; 16];
        id.copy_from_slice(hash.split_at(16).0);
        Self(id)
    }
}

impl From<LinkHash> for SpaceId {
    /// The space whose genesis has this hash.
    fn from(genesis: LinkHash) -> Self {
        Self(genesis.0)
    }
}

impl RunningHash {
    /// The hash before anything was sent in `space`.
    pub fn start(space: &SpaceId) -> Self {
        Self(domain_hash("life-os v1 running hash start", &[space.as_bytes()]))
    }

    /// The hash after `entry` was sent next.
    #[must_use]
    pub fn then(&self, entry: &EntryHash) -> Self {
        Self(domain_hash("life-os v1 running hash step", &[&self.0, entry.as_bytes()]))
    }
}
