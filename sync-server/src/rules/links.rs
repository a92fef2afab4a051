//! Whether links may extend a membership chain.
//!
//! Invariant: a chain only ever grows by links that [`Chain::extend`] verified, and in this version only by kinds
//! that [`offered`] names.

use super::DeviceHead;
use protocol::chain::ChainError;
use protocol::codec::CodecError;
use protocol::frame::LinkItem;
use protocol::link::Cut;
use protocol::{Chain, ErrorCode, LinkBody, Purpose};

/// Why links were not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkRefusal {
    /// A rule of the chain, or a link that is none.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The relay does not take this kind of link yet.
    #[error("{0}")]
    NotOffered(&'static str),
    /// The device that is cut off has written since.
    #[error("the revocation does not name the last entry of the device here")]
    CutMoved,
    /// The account is to be deleted.
    #[error("the account is to be deleted; take that back first")]
    AccountDeleted,
    /// The chain offered has other links where this relay has some: a fork.
    #[error("the chain offered is another branch than the relay's")]
    OtherBranch,
}

impl LinkRefusal {
    /// The code that crosses the wire.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::NotOffered(_) => ErrorCode::NotSupported,
            Self::OtherBranch => ErrorCode::HeadMoved,
            Self::CutMoved => ErrorCode::CutMoved,
            Self::AccountDeleted => ErrorCode::AccountDeleted,
            Self::Chain(error) => match error {
                ChainError::Codec(codec) => codec_code(codec),
                ChainError::Signature => ErrorCode::BadSignature,
                // The frame named this space, so frame and link contradict each other.
                ChainError::OtherSpace => ErrorCode::Malformed,
                ChainError::HeadMoved { .. } => ErrorCode::HeadMoved,
                ChainError::Genesis
                | ChainError::NotAllowed
                | ChainError::Known
                | ChainError::Cuts
                | ChainError::Epoch
                | ChainError::Keyboxes
                | ChainError::Closed
                | ChainError::Full => ErrorCode::BadLink,
            },
        }
    }
}

/// What links do to a chain.
#[derive(Debug, Clone)]
pub struct JudgedLinks {
    /// The chain with them.
    pub after: Chain,
    /// How many were new.
    pub new: usize,
}

/// Judges links offered in order. Links that the chain has already are passed over; the rest must extend it.
pub fn judge_links(chain: &Chain, items: &[LinkItem]) -> Result<JudgedLinks, LinkRefusal> {
    let mut after = chain.clone();
    let mut new = 0;
    for item in items {
        let (link, hash) = item.link.read().map_err(ChainError::from)?;
        if after.height_of(&hash).is_some() {
            continue;
        }
        offered(&link.body)?;
        // A genesis that is not ours cannot be told from one of another space.
        if link.previous.is_none() {
            return Err(ChainError::OtherSpace.into());
        }
        after.extend(item.link.clone(), item.keyboxes.clone())?;
        new += 1;
    }
    Ok(JudgedLinks { after, new })
}

/// Judges a whole chain, genesis first, as registration carries it. Only vaults make accounts.
pub fn judge_chain(items: &[LinkItem]) -> Result<Chain, LinkRefusal> {
    let (genesis, rest) = items.split_first().ok_or(ChainError::Genesis)?;
    let chain = Chain::begin(genesis.link.clone(), genesis.keyboxes.clone())?;
    if chain.purpose() != Purpose::Vault {
        return Err(LinkRefusal::NotOffered("only a vault makes an account"));
    }
    let mut after = chain;
    for item in rest {
        let (link, _) = item.link.read().map_err(ChainError::from)?;
        offered(&link.body)?;
        after.extend(item.link.clone(), item.keyboxes.clone())?;
    }
    Ok(after)
}

/// Which kinds of link this version of the relay takes. The one place to lift a restriction.
pub fn offered(body: &LinkBody) -> Result<(), LinkRefusal> {
    match body {
        LinkBody::Genesis { .. }
        | LinkBody::Add { .. }
        | LinkBody::Revoke { .. }
        | LinkBody::SetRecovery { .. }
        | LinkBody::Resolve { .. } => Ok(()),
        LinkBody::Close {} => Err(LinkRefusal::NotOffered("closing a space is refused at the relay for now")),
    }
}

/// Whether a link cuts a device off behind everything that is here of it: `last` is its last entry here. Entries that
/// only others have may still come, up to the cut.
pub fn cut_fits(cut: &Cut, last: Option<&DeviceHead>) -> bool {
    last.is_none_or(|last| last.index < cut.index || last.index == cut.index && last.hash == cut.hash)
}

/// The code of bytes that do not decode.
pub(super) fn codec_code(error: &CodecError) -> ErrorCode {
    match error {
        CodecError::Malformed(_) | CodecError::Trailing(_) | CodecError::NotCanonical => ErrorCode::Malformed,
        CodecError::TooLong { .. } => ErrorCode::TooLarge,
        CodecError::Version(_) => ErrorCode::UnsupportedVersion,
    }
}
