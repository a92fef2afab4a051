//! What a push service's answer means for the notice.
//!
//! Invariant: a notice is tried again less and less often until it expires, never sooner than the push service asked for.

use crate::clock::Millis;
use crate::limits::{PUSH_BACKOFF, PUSH_BACKOFF_MOST, RETRY_AFTER_MOST};
use crate::store::Settled;
use jiff::fmt::rfc2822;
use protocol::notice::FailReason;
use std::time::Duration;

/// What came of a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The push service answered.
    Status {
        /// Its status.
        status: u16,
        /// When it wants to be asked again.
        retry_after: Option<Duration>,
    },
    /// It did not, or not in time.
    Unreachable,
    /// The address is none that may be pushed to any more.
    Forbidden,
}

/// Judges the `attempts`th try, which was made `now`. `chance` is random.
pub fn judge_answer(answer: Answer, attempts: u32, now: Millis, expires: Millis, chance: u32) -> Settled {
    let wait = match answer {
        Answer::Forbidden => return Settled::Failed(FailReason::Refused),
        Answer::Unreachable => None,
        Answer::Status { status, retry_after } => match status {
            200..=299 => return Settled::Sent,
            404 | 410 => return Settled::Gone,
            413 => return Settled::Failed(FailReason::TooLarge),
            408 | 429 | 500..=599 => retry_after,
            // Redirects among them: where they lead was not checked.
            _ => return Settled::Failed(FailReason::Refused),
        },
    };
    let wait = backoff(attempts, chance).max(wait.unwrap_or_default().min(RETRY_AFTER_MOST));
    let again = now.plus(wait);
    if again >= expires { Settled::Expired } else { Settled::Later(again) }
}

/// Doubles with every try; spread over its upper half, so that what failed together does not come again together.
fn backoff(attempts: u32, chance: u32) -> Duration {
    let doubled = 1_u32.checked_shl(attempts.saturating_sub(1)).unwrap_or(u32::MAX);
    let most = PUSH_BACKOFF.saturating_mul(doubled).min(PUSH_BACKOFF_MOST);
    most.mul_f64(0.5 + 0.5 * f64::from(chance) / f64::from(u32::MAX))
}

/// The header `Retry-After`: seconds, or a date.
pub fn retry_after(header: &str, now: Millis) -> Option<Duration> {
    let header = header.trim();
    if let Ok(seconds) = header.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = rfc2822::parse(header).ok()?.timestamp().as_millisecond();
    u64::try_from(until.saturating_sub(now.0)).ok().map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis(1_800_000_000_000);
    const END: Millis = Millis(1_900_000_000_000);

    fn status(status: u16) -> Answer {
        Answer::Status { status, retry_after: None }
    }

    #[test]
    fn each_answer_has_one_meaning() {
        let refused = Settled::Failed(FailReason::Refused);
        for (codes, settled) in [
            (vec![200, 201, 202, 204], Settled::Sent),
            (vec![404, 410], Settled::Gone),
            (vec![413], Settled::Failed(FailReason::TooLarge)),
            (vec![301, 302, 307, 308, 400, 401, 403, 405, 411, 422], refused),
            (vec![408, 429, 500, 502, 503, 504], Settled::Later(NOW.plus(PUSH_BACKOFF))),
        ] {
            for code in codes {
                assert_eq!(judge_answer(status(code), 1, NOW, END, u32::MAX), settled, "{code}");
            }
        }
        assert_eq!(judge_answer(Answer::Forbidden, 1, NOW, END, 0), refused);
        let again = Settled::Later(NOW.plus(PUSH_BACKOFF));
        assert_eq!(judge_answer(Answer::Unreachable, 1, NOW, END, u32::MAX), again);
    }

    #[test]
    fn tries_become_rarer_and_are_spread() {
        let wait = |attempts, chance| match judge_answer(Answer::Unreachable, attempts, NOW, END, chance) {
            Settled::Later(at) => Duration::from_millis(u64::try_from(at.0 - NOW.0).unwrap()),
            other => panic!("{other:?}"),
        };
        assert_eq!(wait(3, u32::MAX), PUSH_BACKOFF * 4);
        assert_eq!(wait(3, 0), PUSH_BACKOFF * 2);
        assert_eq!(wait(40, u32::MAX), PUSH_BACKOFF_MOST);
        assert_eq!(wait(u32::MAX, u32::MAX), PUSH_BACKOFF_MOST);
    }

    #[test]
    fn what_the_push_service_asks_for_is_waited_and_no_try_goes_beyond_the_end() {
        let asked = |seconds| Answer::Status { status: 503, retry_after: Some(Duration::from_secs(seconds)) };
        assert_eq!(judge_answer(asked(120), 1, NOW, END, 0), Settled::Later(NOW.plus_seconds(120)));
        let least = NOW.plus(PUSH_BACKOFF);
        assert_eq!(judge_answer(asked(0), 1, NOW, END, u32::MAX), Settled::Later(least));
        assert_eq!(judge_answer(asked(u64::MAX), 1, NOW, END, 0), Settled::Later(NOW.plus(RETRY_AFTER_MOST)));
        assert_eq!(judge_answer(asked(120), 1, NOW, NOW.plus_seconds(120), 0), Settled::Expired);
        assert_eq!(judge_answer(Answer::Unreachable, 1, NOW, least, u32::MAX), Settled::Expired);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(retry_after(" 120 ", NOW), Some(Duration::from_secs(120)));
        // 1,800,000,000 seconds after 1970, and a minute.
        assert_eq!(retry_after("Fri, 15 Jan 2027 08:01:00 GMT", NOW), Some(Duration::from_secs(60)));
        assert_eq!(retry_after("Fri, 15 Jan 2016 08:01:00 GMT", NOW), None);
        assert_eq!(retry_after("soon", NOW), None);
        assert_eq!(retry_after("-1", NOW), None);
    }
}
