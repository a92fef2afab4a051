//! Whether a manifest may come into force, and whose word on it counts.
//!
//! Invariant: a [`JudgedManifest`] was signed by a device that is active now, and covers only what counts of members.
//! Whether its packs and entries are here is the store's to say, under the space's lock.

use super::entries::not_admitted;
use super::links::codec_code;
use protocol::chain::Member;
use protocol::manifest::{ManifestAck, ManifestError, ManifestHeader, SealedManifest};
use protocol::{Chain, ErrorCode, Head, ManifestHash, Role};

/// A manifest that was checked against a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgedManifest {
    sealed: SealedManifest,
    header: ManifestHeader,
    hash: ManifestHash,
}

impl JudgedManifest {
    /// The manifest as it came.
    pub fn sealed(&self) -> &SealedManifest {
        &self.sealed
    }
    /// Its header.
    pub fn header(&self) -> &ManifestHeader {
        &self.header
    }
    /// Its name.
    pub fn hash(&self) -> ManifestHash {
        self.hash
    }
}

/// Judges a manifest against the space's chain: everything that needs nothing else.
pub fn judge_manifest(chain: &Chain, sealed: SealedManifest) -> Result<JudgedManifest, ErrorCode> {
    let (header, hash) = sealed.verify(chain).map_err(|e| refused(&e))?;
    // One that was a member when it wrote it and is none any more says nothing of what is in force.
    chain.active(&header.device).ok_or(ErrorCode::NotAMember)?;
    // No database numbers further.
    if header.coverage.iter().any(|head| i64::try_from(head.index).is_err()) {
        return Err(ErrorCode::Malformed);
    }
    let counts = |head: &Head| chain.member(&head.device).is_some_and(|member| counts(member, head));
    if header.coverage.iter().all(counts) {
        Ok(JudgedManifest { sealed, header, hash })
    } else {
        Err(ErrorCode::CoverageConflicts)
    }
}

/// Judges a device's word on a manifest against the space's chain.
pub fn judge_ack(chain: &Chain, ack: &ManifestAck) -> Result<(), ErrorCode> {
    ack.verify(chain).map_err(not_admitted)
}

/// Whether an entry at that place may count: phrases write none, and nothing counts beyond a cut.
fn counts(member: &Member, head: &Head) -> bool {
    member.role != Role::Paper
        && member
            .revoked
            .as_ref()
            .is_none_or(|(_, cut)| head.index < cut.index || head.index == cut.index && head.hash == cut.hash)
}

/// Whether nothing of a member counts after `index`: it was cut off there or before.
pub fn is_void(member: &Member, index: u64) -> bool {
    member.revoked.as_ref().is_some_and(|(_, cut)| cut.index <= index)
}

/// Whether a manifest covers all that the one before did and that still counts. What that one covered may be kept
/// nowhere else.
pub fn keeps_coverage(chain: &Chain, before: &ManifestHeader, after: &ManifestHeader) -> bool {
    before.coverage.iter().all(|head| match after.head(&head.device) {
        Some(now) if now.index > head.index => true,
        Some(now) if now.index == head.index => now.hash == head.hash,
        Some(_) | None => {
            chain.member(&head.device).is_some_and(|member| is_void(member, after.covered(&head.device)))
        }
    })
}

/// The code of a manifest that does not hold.
fn refused(error: &ManifestError) -> ErrorCode {
    match error {
        ManifestError::Codec(codec) => codec_code(codec),
        ManifestError::Refused(admit) => not_admitted(*admit),
        ManifestError::Coverage | ManifestError::Packs | ManifestError::Length(_) => ErrorCode::Malformed,
    }
}
