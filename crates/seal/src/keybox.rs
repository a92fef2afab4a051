//! Keyboxes: a space key sealed to each member, and the keys before it sealed under it.
//!
//! Invariant: a key enters a [`KeyRing`] only under the id it hashes to, and the key of a box only if that id is the
//! one the signed link names. A box opens for one recipient, in one space, for one epoch.

use crate::cipher::{self, NONCE};
use crate::device::DeviceKeys;
use crate::epoch::{EpochKey, KeyRing};
use crate::kem;
use protocol::link::LinkBody;
use protocol::{DeviceId, DevicePublic, EpochId, Keybox, Keyboxes, Link, SpaceId};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// Bytes of an epoch id, and of an epoch key.
const HALF: usize = 32;

/// Why keyboxes gave no keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenBoxError {
    /// The keyboxes are not those that the link commits to.
    #[error("the keyboxes are not those of the link")]
    OtherKeyboxes,
    /// None of the boxes is for this device.
    #[error("none of the keyboxes is for this device")]
    NoBox,
    /// The box was sealed to another key, in another space or for another epoch, or is damaged.
    #[error("the keybox of this device does not open")]
    Sealed,
    /// The key in the box is not the one that the link commits to.
    #[error("the keybox holds another key than its link names")]
    Commitment,
    /// The keys of earlier epochs do not open, or are not what they are called.
    #[error("the keys of earlier epochs are damaged")]
    History,
}

/// What a box is bound to beside epoch and recipient.
#[derive(Clone, Copy)]
pub(crate) enum Binding<'a> {
    /// In a genesis: its salt. The space id is the hash of the link, which commits to the boxes, so it cannot be known
    /// when they are made; the salt is unique to the space and stands in the link.
    Salt(&'a [u8; 32]),
    /// In any later link: the space.
    Space(&'a SpaceId),
}

impl<'a> Binding<'a> {
    fn of(space: &'a SpaceId, link: &'a Link) -> Self {
        match &link.body {
            LinkBody::Genesis { salt, .. } => Self::Salt(salt),
            _ => Self::Space(space),
        }
    }

    /// HPKE `info` of the box of `recipient`.
    fn info(self, epoch: &EpochId, recipient: &DeviceId) -> Vec<u8> {
        let (tag, bytes) = match self {
            Self::Salt(salt) => (0, salt),
            Self::Space(space) => (1, space.as_bytes()),
        };
        [b"life-os v1 keybox", &[tag][..], bytes, epoch.as_bytes(), recipient.as_bytes()].concat()
    }
}

/// Seals `key` to each recipient; the boxes are sorted as a link wants them. The error names who cannot be sealed to.
pub(crate) fn seal_boxes<R: CryptoRng + ?Sized>(
    rng: &mut R,
    binding: Binding<'_>,
    key: &EpochKey,
    recipients: &[&DevicePublic],
) -> Result<Vec<Keybox>, DeviceId> {
    let mut boxes = Vec::with_capacity(recipients.len());
    for public in recipients {
        let recipient = public.id();
        let info = binding.info(&key.id(), &recipient);
        let sealed = kem::seal(rng, &public.kem, &info, key.bytes()).map_err(|_| recipient)?;
        boxes.push(Keybox { recipient, encapsulated: sealed.encapsulated, ciphertext: sealed.ciphertext });
    }
    boxes.sort_by_key(|b| b.recipient);
    Ok(boxes)
}

fn history_aad(space: &SpaceId, epoch: &EpochId) -> Vec<u8> {
    [b"life-os v1 history", space.as_bytes().as_slice(), epoch.as_bytes()].concat()
}

/// Seals the keys of `earlier` epochs under `key`: nonce, then the sealed pairs of id and key. Empty for none.
pub(crate) fn seal_history<R: CryptoRng + ?Sized>(
    rng: &mut R,
    space: &SpaceId,
    key: &EpochKey,
    earlier: &[&EpochKey],
) -> Vec<u8> {
    if earlier.is_empty() {
        return Vec::new();
    }
    let mut plaintext = Zeroizing::new(Vec::with_capacity(earlier.len() * 2 * HALF));
    for epoch in earlier {
        plaintext.extend_from_slice(epoch.id().as_bytes());
        plaintext.extend_from_slice(epoch.bytes());
    }
    let mut nonce = [0; NONCE];
    rng.fill_bytes(&mut nonce);
    let aad = history_aad(space, &key.id());
    // At most a few hundred kilobytes: the cipher has room.
    let sealed = cipher::seal(&key.history_key(space), nonce, &aad, &plaintext).unwrap_or_default();
    [&nonce[..], &sealed].concat()
}

fn open_history(space: &SpaceId, key: &EpochKey, history: &[u8]) -> Option<Vec<EpochKey>> {
    if history.is_empty() {
        return Some(Vec::new());
    }
    let (nonce, sealed) = history.split_first_chunk::<NONCE>()?;
    let aad = history_aad(space, &key.id());
    let plaintext = Zeroizing::new(cipher::open(&key.history_key(space), *nonce, &aad, sealed).ok()?);
    if plaintext.len() % (2 * HALF) != 0 {
        return None;
    }
    let pairs = plaintext.chunks_exact(2 * HALF).map(|pair| pair.split_at(HALF));
    pairs.map(|(id, key)| EpochKey::from_slice(key).filter(|k| k.id().as_bytes() == id)).collect()
}

/// Opens the box of `device` and, with its key, the keys of all earlier epochs, into `ring`. On an error the ring is as
/// it was. `link` must come from a verified chain: who may hand out keys is decided there.
pub fn open_keyboxes(
    space: &SpaceId,
    link: &Link,
    keyboxes: &Keyboxes,
    device: &DeviceKeys,
    ring: &mut KeyRing,
) -> Result<(), OpenBoxError> {
    if keyboxes.hash() != link.boxes {
        return Err(OpenBoxError::OtherKeyboxes);
    }
    let own = keyboxes.of(&device.id()).ok_or(OpenBoxError::NoBox)?;
    let info = Binding::of(space, link).info(&link.epoch, &device.id());
    let bytes = kem::open(device.kem_seed(), &info, &own.encapsulated, &own.ciphertext)
        .map_err(|_| OpenBoxError::Sealed)?;
    let key = EpochKey::from_slice(&bytes).filter(|k| k.id() == link.epoch);
    let key = key.ok_or(OpenBoxError::Commitment)?;
    let earlier = open_history(space, &key, &keyboxes.history).ok_or(OpenBoxError::History)?;
    ring.insert(key);
    for key in earlier {
        ring.insert(key);
    }
    Ok(())
}
