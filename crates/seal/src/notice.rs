//! Notices: what a device has its relay push at a time. The words are sealed to one subscription, the name is blind.
//!
//! Invariant: a notice has one name on every device of the vault, so that two devices never have it pushed twice and either
//! takes it back; whoever lacks the vault's keys learns from names only that two of them are the same.

use crate::derive::hmac;
use crate::epoch::EpochKey;
use crate::push::{MAX_CONTENT, PushTarget, TooLong};
use core::fmt;
use protocol::{NoticeId, SpaceId, SubscriptionId};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// Version of the words' form.
const VERSION: u8 = 1;

/// What a notice says, as a service worker reads it: JSON, because the core and its keys may be locked by then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeText {
    /// For people: the first line.
    pub title: String,
    /// For people: what follows; may be empty.
    pub body: String,
    /// The record that it is about, as the app names it in its addresses; none for what is about no single one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// One of the same tag takes the place of this one on the screen.
    pub tag: String,
    /// After this it says nothing any more, in milliseconds since 1970 in UTC.
    pub expires: u64,
}

/// The form with its version.
#[derive(Serialize, Deserialize)]
struct Versioned<T> {
    v: u8,
    #[serde(flatten)]
    text: T,
}

/// Why bytes are not the words of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoticeTextError {
    /// Not JSON of the expected shape.
    #[error("the notice is damaged")]
    Malformed,
    /// Written by a newer version.
    #[error("the notice has version {0}, which this version does not know")]
    Version(u8),
}

/// Why a notice was not sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealNoticeError {
    /// Its words do not fit.
    #[error("the notice has {got} bytes, at most {MAX_CONTENT} fit; shorten its title or body")]
    TooLong {
        /// Bytes of its form.
        got: usize,
    },
}

impl NoticeText {
    /// The versioned form.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Texts and numbers alone, written to memory: it cannot fail.
        serde_json::to_vec(&Versioned { v: VERSION, text: self }).unwrap_or_default()
    }

    /// The words of a form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NoticeTextError> {
        #[derive(Deserialize)]
        struct Mark {
            v: u8,
        }
        let Mark { v } = serde_json::from_slice(bytes).map_err(|_| NoticeTextError::Malformed)?;
        if v != VERSION {
            return Err(NoticeTextError::Version(v));
        }
        let form: Versioned<Self> = serde_json::from_slice(bytes).map_err(|_| NoticeTextError::Malformed)?;
        Ok(form.text)
    }
}

/// Seals a notice to one subscription: [`protocol::limits::NOTICE_BYTES`] bytes, as they are pushed.
pub fn seal_notice<R: CryptoRng + ?Sized>(
    rng: &mut R,
    target: &PushTarget,
    text: &NoticeText,
) -> Result<Vec<u8>, SealNoticeError> {
    let content = Zeroizing::new(text.to_bytes());
    target.seal(rng, &content).map_err(|TooLong| SealNoticeError::TooLong { got: content.len() })
}

/// Names the notices of a vault: derived from a key of it.
pub struct NoticeKey(Zeroizing<[u8; 32]>);

impl NoticeKey {
    /// Of the epoch in force. A new epoch names all notices anew: then those of the one before are taken back and put again.
    pub fn of(epoch: &EpochKey, space: &SpaceId) -> Self {
        Self(epoch.notice_key(space))
    }

    /// The name of the notice that is pushed to `target` when `reminder` (of a record) falls due the time called
    /// `occurrence`. The caller decides on both forms; the same bytes are the same notice.
    pub fn name(&self, reminder: &[u8], occurrence: &[u8], target: &SubscriptionId) -> NoticeId {
        NoticeId::new(hmac(&self.0, &[reminder, occurrence, target.as_bytes()]))
    }
}

impl fmt::Debug for NoticeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NoticeKey(secret)")
    }
}
