//! Notices: what a relay pushes to a browser at a time that a device named, and cannot read.
//!
//! Invariant: a relay is told when, to which subscription, and a blind name. The words are sealed to keys of the browser
//! (RFC 8291), all to one length.

use crate::error::ErrorCode;
use crate::id::{DeviceId, NoticeId, SubscriptionId};
use crate::limits::{NOTICE_AHEAD_SECONDS, NOTICE_BYTES};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

/// Milliseconds of a second.
const SECOND: u64 = 1_000;

/// Something to be pushed.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Notice {
    /// Its name.
    #[n(0)]
    pub notice: NoticeId,
    /// To which subscription, of whichever device of the account.
    #[n(1)]
    pub subscription: SubscriptionId,
    /// When, in milliseconds since 1970 in UTC; not before.
    #[n(2)]
    pub send_at: u64,
    /// From then on it is not sent any more, in milliseconds since 1970 in UTC.
    #[n(3)]
    pub expires_at: u64,
    /// The sealed message, of [`NOTICE_BYTES`] bytes.
    #[n(4)]
    pub body: ByteVec,
}

impl Notice {
    /// Whether its length and its times are as they must be, when it is `now` in milliseconds since 1970 in UTC.
    pub fn check(&self, now: u64) -> Result<(), ErrorCode> {
        match self.body.len() {
            NOTICE_BYTES if are_times(self.send_at, self.expires_at, now) => Ok(()),
            more if more > NOTICE_BYTES => Err(ErrorCode::TooLarge),
            _ => Err(ErrorCode::Malformed),
        }
    }
}

/// Whether a notice may be put that is sent from the first time on and expires at the second, when it is `now`; all in
/// milliseconds since 1970 in UTC.
pub fn are_times(send_at: u64, expires_at: u64, now: u64) -> bool {
    let latest = now.saturating_add(NOTICE_AHEAD_SECONDS * SECOND);
    // It is kept no longer than one that is put as far ahead as may be, and read as a signed number.
    let ends = expires_at <= latest.saturating_add(NOTICE_AHEAD_SECONDS * SECOND);
    send_at < expires_at && send_at <= latest && ends
}

/// A notice that was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RefusedNotice {
    /// Which.
    #[n(0)]
    pub notice: NoticeId,
    /// Why: [`ErrorCode::NotFound`] (no such subscription here), [`ErrorCode::QuotaExceeded`], [`ErrorCode::Malformed`] or
    /// [`ErrorCode::TooLarge`] (times or length are not as they must be).
    #[n(1)]
    pub code: ErrorCode,
}

/// A push subscription of the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SubscriptionInfo {
    /// Whose.
    #[n(0)]
    pub device: DeviceId,
    /// Its name.
    #[n(1)]
    pub subscription: SubscriptionId,
}

/// What became of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum NoticeState {
    /// Its time has not come, or the push service could not be reached yet.
    #[n(0)]
    Pending,
    /// The push service has it.
    #[n(1)]
    Sent,
    /// The push service does not want it.
    #[n(2)]
    Failed,
    /// It expired before the push service had it.
    #[n(3)]
    Expired,
}

/// Why the push service does not want a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum FailReason {
    /// It says that the request is not right: seal it anew, or subscribe anew.
    #[n(1)]
    Refused,
    /// It says that the message is too large.
    #[n(2)]
    TooLarge,
}

/// A notice as the relay knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct NoticeStatus {
    /// Its name.
    #[n(0)]
    pub notice: NoticeId,
    /// To which subscription.
    #[n(1)]
    pub subscription: SubscriptionId,
    /// When, in milliseconds since 1970 in UTC.
    #[n(2)]
    pub send_at: u64,
    /// What became of it.
    #[n(3)]
    pub state: NoticeState,
    /// With [`NoticeState::Failed`]: why.
    #[n(4)]
    pub reason: Option<FailReason>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000_000;

    fn notice(send_at: u64, expires_at: u64, length: usize) -> Notice {
        let (notice, subscription) = (NoticeId::new([1; 32]), SubscriptionId::new([2; 16]));
        Notice { notice, subscription, send_at, expires_at, body: vec![0; length].into() }
    }

    #[test]
    fn a_notice_has_one_length_and_times_in_order_that_are_not_too_far_ahead() {
        let ahead = NOTICE_AHEAD_SECONDS * SECOND;
        let ok = [(NOW, NOW + 1), (0, 1), (NOW + ahead, NOW + ahead + 1), (NOW, NOW + 2 * ahead)];
        for (send_at, expires_at) in ok {
            assert_eq!(
                notice(send_at, expires_at, NOTICE_BYTES).check(NOW),
                Ok(()),
                "{send_at} {expires_at}"
            );
        }
        let wrong = [
            (NOW, NOW),
            (NOW + 1, NOW),
            (NOW + ahead + 1, NOW + ahead + 2),
            (NOW, NOW + 2 * ahead + 1),
            (NOW, u64::MAX),
        ];
        for (send_at, expires_at) in wrong {
            let refused = Err(ErrorCode::Malformed);
            assert_eq!(
                notice(send_at, expires_at, NOTICE_BYTES).check(NOW),
                refused,
                "{send_at} {expires_at}"
            );
        }
        assert_eq!(notice(NOW, NOW + 1, NOTICE_BYTES - 1).check(NOW), Err(ErrorCode::Malformed));
        assert_eq!(notice(NOW, NOW + 1, NOTICE_BYTES + 1).check(NOW), Err(ErrorCode::TooLarge));
    }
}
