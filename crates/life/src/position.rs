//! Places in an ordered list: texts that sort as the items do, with room for another between any two. So a move
//! writes one place and concurrent moves of different items both stay.
//!
//! A place is a fraction in hexadecimal digits, `80000000` first. Items added at an end step by `STEP` in the first
//! eight digits; between two places digits are added as needed. (The crate `fractional_index` 2.0 panics on places it
//! made itself once a digit reaches zero, so it is not used.)

const STEP: u32 = 0x100;
const WIDTH: usize = 8;
const START: u32 = 0x8000_0000;

/// A place after `low` and before `high`; None is an end of the list. If there is no room, because `low` is not
/// before `high`, the place is just after `low`.
pub(crate) fn between(low: Option<&str>, high: Option<&str>) -> String {
    match (low, high) {
        (None, None) => format!("{START:08x}"),
        (Some(low), None) => {
            let head = head(low);
            if head < u32::MAX - 2 * STEP {
                format!("{:08x}", (head | (STEP - 1)) + 1)
            } else {
                midpoint(&digits(low), None)
            }
        }
        (None, Some(high)) => {
            let head = head(high);
            if head > 2 * STEP {
                format!("{:08x}", (head & !(STEP - 1)) - STEP)
            } else {
                midpoint(&[], Some(&digits(high)))
            }
        }
        (Some(low), Some(high)) => midpoint(&digits(low), Some(&digits(high))),
    }
}

/// `count` places in order between two others, as short as bisection makes them.
pub(crate) fn spread(low: Option<&str>, high: Option<&str>, count: usize) -> Vec<String> {
    if count == 0 {
        return Vec::new();
    }
    if high.is_none() {
        let mut last = low.map(str::to_owned);
        return (0..count).map(|_| last.insert(between(last.as_deref(), None)).clone()).collect();
    }
    let middle = between(low, high);
    let before = count / 2;
    let mut places = spread(low, Some(&middle), before);
    let after = spread(Some(&middle), high, count - before - 1);
    places.push(middle);
    places.extend(after);
    places
}

fn digits(place: &str) -> Vec<u8> {
    // A character that is no digit can only come from a later version's places; it sorts high, as it does as text.
    place.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok()).unwrap_or(15)).collect()
}

fn head(place: &str) -> u32 {
    let digits = digits(place);
    (0..WIDTH).fold(0, |head, at| head << 4 | u32::from(digits.get(at).copied().unwrap_or(0)))
}

fn midpoint(low: &[u8], high: Option<&[u8]>) -> String {
    let mut place = String::new();
    let mut bounded = high;
    for at in 0.. {
        let x = u32::from(low.get(at).copied().unwrap_or(0));
        let y = bounded.map_or(16, |high| u32::from(high.get(at).copied().unwrap_or(0)));
        let past_both = at >= low.len() && bounded.is_none_or(|high| at >= high.len());
        if y > x + 1 {
            place.extend(char::from_digit(x.midpoint(y), 16));
            break;
        }
        place.extend(char::from_digit(x, 16));
        if x != y || past_both {
            // Below `high` from here on; or no room at all, then just after `low`.
            bounded = None;
        }
    }
    place
}
