//! Pairing: a new device becomes a member because a person compared two short codes, one on each of their devices.
//!
//! Both devices speak through a mailbox at the relay, which may read and change everything. So neither shows its hand
//! first: the new device commits to its keys and a nonce ([`Offer`]), the member answers with its own keys, the vault and a
//! nonce ([`Answer`]), the new device reveals ([`Reveal`]). Both then show [`check_code`], which covers all of that. Who
//! sits in between and swaps keys has one guess in a million that the codes agree, for each time that a person compares them.
//!
//! Invariant: no key of a message is used before the codes were compared, and after that only what they cover.

use crate::codec::{self, CodecError};
use crate::id::{LinkHash, SpaceId, bytes_type, domain_hash};
use crate::key::DevicePublic;
use crate::limits;
use core::fmt;
use data_encoding::{BitOrder, Encoding, Specification};
use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};

use crate::id::ParseIdError;
use data_encoding::HEXLOWER_PERMISSIVE;

bytes_type!(/// Names a mailbox at a relay: a hash of the code that the new device shows.
    MailboxId, 16);
bytes_type!(/// Hash of the keys and the nonce that will be revealed.
    Commitment, 32);

/// Bytes of a pairing code: 50 bits are shown, in ten characters.
const CODE_CHARS: usize = 10;
const DIGITS: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The code that the new device shows, as text and as QR code. It only says where the two meet: what it hides from the
/// relay is of no use to anybody who does not also stand in between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairingCode(String);

/// A text that is no pairing code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a pairing code has ten letters and digits, as in 7KQ2-M9XD-4T")]
pub struct BadCode;

fn alphabet() -> Option<Encoding> {
    let mut spec = Specification::new();
    spec.symbols.push_str(DIGITS);
    spec.bit_order = BitOrder::MostSignificantFirst;
    spec.encoding().ok()
}

impl PairingCode {
    /// Of random bytes; 50 bits of them count.
    pub fn of_random(bytes: &[u8; 7]) -> Self {
        let mut text =
            alphabet().map(|a| a.encode(&[bytes.as_slice(), &[0; 3]].concat())).unwrap_or_default();
        text.truncate(CODE_CHARS);
        Self(text)
    }

    /// As a person types it: in any case, with or without dashes, I and L for 1, O for 0.
    pub fn parse(text: &str) -> Result<Self, BadCode> {
        let symbols =
            text.chars().filter(|c| !c.is_whitespace() && *c != '-').map(|c| match c.to_ascii_uppercase() {
                'I' | 'L' => '1',
                'O' => '0',
                other => other,
            });
        let code: String = symbols.take(CODE_CHARS + 1).collect();
        let plain = code.len() == CODE_CHARS && code.chars().all(|c| DIGITS.contains(c));
        if plain { Ok(Self(code)) } else { Err(BadCode) }
    }

    /// Where the two meet.
    pub fn mailbox(&self) -> MailboxId {
        let hash = domain_hash("life-os v1 pairing mailbox", &[self.0.as_bytes()]);
        let mut id = [0; 16];
        id.copy_from_slice(hash.split_at(16).0);
        MailboxId::new(id)
    }
}

impl fmt::Display for PairingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.as_str();
        while let Some((part, more)) = rest.split_at_checked(4) {
            f.write_str(part)?;
            f.write_str("-")?;
            rest = more;
        }
        f.write_str(rest)
    }
}

/// What is written into a mailbox. Each is written once, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Slot {
    /// An [`Offer`], by the new device.
    Offer,
    /// An [`Answer`], by the member.
    Answer,
    /// A [`Reveal`], by the new device.
    Reveal,
    /// A [`Verdict`], by the member.
    Verdict,
}

impl Slot {
    /// All of them, in order.
    pub const ALL: [Self; 4] = [Self::Offer, Self::Answer, Self::Reveal, Self::Verdict];

    /// Its name in URLs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Offer => "offer",
            Self::Answer => "answer",
            Self::Reveal => "reveal",
            Self::Verdict => "verdict",
        }
    }
    /// The slot of that name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|slot| slot.name() == name)
    }
}

/// The new device's first word.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Offer {
    /// Version of the whole exchange: [`limits::PROTOCOL_VERSION`].
    #[n(0)]
    pub version: u8,
    /// Hash of what it will reveal.
    #[n(1)]
    pub commitment: Commitment,
}

/// The member's answer.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Answer {
    /// The member's keys: the link that adds the new device will be signed by them.
    #[n(0)]
    pub member: DevicePublic,
    /// The vault.
    #[n(1)]
    pub space: SpaceId,
    /// Its membership head as the member knows it.
    #[n(2)]
    pub head: LinkHash,
    /// Random.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub nonce: [u8; 32],
}

/// What the new device had committed to.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Reveal {
    /// Its keys.
    #[n(0)]
    pub device: DevicePublic,
    /// Random.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub nonce: [u8; 32],
}

/// What the member's person decided. Unsigned: a new device believes the membership chain, not this; it only need not
/// wait in vain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Verdict {
    /// Whether the device was added.
    #[n(0)]
    pub added: bool,
}

impl Reveal {
    /// What is committed to.
    pub fn commitment(&self) -> Commitment {
        let keys = codec::encode(&self.device);
        Commitment::new(domain_hash("life-os v1 pairing commitment", &[&keys, &self.nonce]))
    }
}

/// Six digits that both devices show. They cover both keys, the vault and its head, and both nonces.
pub fn check_code(offer: &Offer, answer: &Answer, reveal: &Reveal) -> String {
    let parts = [codec::encode(offer), codec::encode(answer), codec::encode(reveal)];
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    let hash = domain_hash("life-os v1 pairing check code", &parts);
    let (first, _) = hash.split_at(8);
    // Of 64 bits: the first million of them is longer than the others by less than one part in 10^13.
    let number = first.iter().fold(0_u64, |n, byte| n << 8 | u64::from(*byte)) % 1_000_000;
    format!("{:03} {:03}", number / 1_000, number % 1_000)
}

/// A message of the exchange, from bytes that anybody may have written.
pub fn parse<T>(bytes: &[u8]) -> Result<T, CodecError>
where
    T: Encode<()> + for<'b> Decode<'b, ()>,
{
    codec::within(bytes, limits::PAIRING_MESSAGE_BYTES)?;
    codec::decode_canonical(bytes)
}
