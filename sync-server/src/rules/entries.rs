//! Whether an entry may stand at its address.
//!
//! Invariant: an [`Admitted`] was signed by a device that was a writing member at the membership head it names.
//! Whether it also follows its author's last entry is [`place`]'s to say, under the space's lock.

use protocol::chain::AdmitError;
use protocol::entry::ReadEntryError;
use protocol::frame::Refusal;
use protocol::{Chain, EntryHash, ErrorCode, Header, ReadEntry, SealedEntry};

/// The last entry that the relay has of a device in a space, or knows of because a manifest covers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceHead {
    /// Its index, from 1.
    pub index: u64,
    /// Its address.
    pub hash: EntryHash,
    /// Height of the membership head it names; no more than that where only a manifest tells of the entry.
    pub height: u32,
}

/// An entry whose signature and membership were checked against a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admitted {
    entry: ReadEntry,
    height: u32,
}

impl Admitted {
    /// The entry.
    pub fn entry(&self) -> &ReadEntry {
        &self.entry
    }
    /// Height of the membership head it names.
    pub fn height(&self) -> u32 {
        self.height
    }
}

/// What becomes of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is new and follows its author's last one.
    New {
        /// Height of the membership head it names.
        height: u32,
    },
    /// It is here already, or was, and a manifest covers it.
    Duplicate,
    /// It is not taken.
    Refused(Refusal),
}

/// Reads an entry and checks it against the space's chain: everything that needs no other entry.
pub fn admit(chain: &Chain, sealed: SealedEntry) -> Result<Admitted, Refusal> {
    let entry = sealed.read().map_err(|e| refusal(unreadable(&e)))?;
    let height = chain.admit(&entry, None).map_err(|e| refusal(not_admitted(e)))?;
    Ok(Admitted { entry, height })
}

/// Places an admitted entry after its author's last one. `at_address` is what stands under its index already.
pub fn place(last: Option<&DeviceHead>, at_address: Option<EntryHash>, admitted: &Admitted) -> Verdict {
    let header = admitted.entry.header();
    match at_address {
        Some(hash) if hash == admitted.entry.hash() => return Verdict::Duplicate,
        Some(hash) => {
            return Verdict::Refused(Refusal {
                code: ErrorCode::AddressTaken,
                hash: Some(hash),
                expected: None,
            });
        }
        None => {}
    }
    // Its place was reached and nothing stands there: a manifest covers it.
    if let Some(last) = last.filter(|last| header.index <= last.index) {
        if header.index < last.index || admitted.entry.hash() == last.hash {
            return Verdict::Duplicate;
        }
        let (code, hash) = (ErrorCode::AddressTaken, Some(last.hash));
        return Verdict::Refused(Refusal { code, hash, expected: None });
    }
    let expected = last.map_or(1, |l| l.index.saturating_add(1));
    let previous = last.map_or(Header::NO_PREVIOUS, |l| l.hash);
    if header.index != expected || header.previous != previous {
        return Verdict::Refused(Refusal {
            code: ErrorCode::Gap,
            hash: Some(previous),
            expected: Some(expected),
        });
    }
    if last.is_some_and(|l| admitted.height < l.height) {
        return Verdict::Refused(refusal(not_admitted(AdmitError::OlderHead)));
    }
    Verdict::New { height: admitted.height }
}

/// [`admit`] and [`place`] in one, for who has all facts at hand.
pub fn judge_entry(
    chain: &Chain,
    last: Option<&DeviceHead>,
    at_address: Option<EntryHash>,
    sealed: SealedEntry,
) -> Verdict {
    match admit(chain, sealed) {
        Ok(admitted) => place(last, at_address, &admitted),
        Err(refusal) => Verdict::Refused(refusal),
    }
}

fn refusal(code: ErrorCode) -> Refusal {
    Refusal { code, hash: None, expected: None }
}

/// The code of bytes that are no entry.
fn unreadable(error: &ReadEntryError) -> ErrorCode {
    match error {
        ReadEntryError::Header(codec) => super::links::codec_code(codec),
        ReadEntryError::TooLarge(_) => ErrorCode::TooLarge,
        ReadEntryError::Length { .. } | ReadEntryError::IndexZero => ErrorCode::Malformed,
    }
}

/// The code of an entry that does not belong to the space.
pub(super) fn not_admitted(error: AdmitError) -> ErrorCode {
    match error {
        // The frame named this space, so frame and header contradict each other.
        AdmitError::OtherSpace => ErrorCode::Malformed,
        AdmitError::UnknownHead | AdmitError::OlderHead => ErrorCode::StaleMembershipHead,
        AdmitError::NotAMember | AdmitError::BeyondCut => ErrorCode::NotAMember,
        AdmitError::WrongEpoch => ErrorCode::WrongEpoch,
        AdmitError::Signature => ErrorCode::BadSignature,
    }
}
