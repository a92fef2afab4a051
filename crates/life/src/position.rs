//! Places in an ordered list: texts that sort as the items do, with room for another between any two. So a move
//! writes one place and concurrent moves of different items both stay.
//!
//! A place is a fraction in hexadecimal digits, `80000000` first. Items added at an end step by `STEP` in the first
//! eight digits; between two places digits are added as needed. (The crate `fractional_index` 2.0 panics on places it
//! made itself once a digit reaches zero, so it is not used.)

use crate::error::Problem;
use crate::limits;
use std::collections::BTreeMap;

const STEP: u32 = 0x100;
const WIDTH: usize = 8;
const START: u32 = 0x8000_0000;

/// Whether a text can be a place.
pub(crate) fn check(text: &str) -> Result<(), Problem> {
    let digit = |b: u8| b.is_ascii_digit() || matches!(b, b'a'..=b'f');
    if matches!(text.len(), 1..=limits::PLACE_CHARS) && text.bytes().all(digit) {
        Ok(())
    } else {
        let advice = format!("it is made by moving records: 1 to {} digits 0-9 a-f", limits::PLACE_CHARS);
        Err(Problem::form("not a place in an order", advice))
    }
}

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

/// Places for items in this order. As many as can keep theirs: those of a longest run that is in order already.
pub(crate) fn arrange(order: &[(Option<&str>, &str)]) -> Vec<String> {
    let mut kept = longest_run(order).into_iter().peekable();
    let mut places: Vec<String> = Vec::with_capacity(order.len());
    let mut moved = 0;
    for (at, (pos, _)) in order.iter().enumerate() {
        let stays = kept.next_if_eq(&at).is_some();
        // Two places may be equal after concurrent moves: nothing fits between, so the second is given a new one.
        let fits =
            |pos: &&str| stays && (moved == 0 || places.last().is_none_or(|last| last.as_str() < *pos));
        if let Some(pos) = pos.filter(|p| fits(p)) {
            places.extend(spread(places.last().cloned().as_deref(), Some(pos), moved));
            places.push(pos.to_owned());
            moved = 0;
        } else {
            moved += 1;
        }
    }
    places.extend(spread(places.last().cloned().as_deref(), None, moved));
    places
}

/// Indexes of a longest subsequence that is increasing by (place, id).
fn longest_run(order: &[(Option<&str>, &str)]) -> Vec<usize> {
    // tails[n]: where the best run of n + 1 items ends; before[i]: the item before i in its run.
    let mut tails: Vec<(usize, (&str, &str))> = Vec::new();
    let mut before: BTreeMap<usize, usize> = BTreeMap::new();
    for (at, (pos, id)) in order.iter().enumerate() {
        let Some(pos) = pos else { continue };
        let rank = tails.partition_point(|(_, key)| *key < (*pos, *id));
        if let Some((previous, _)) = rank.checked_sub(1).and_then(|r| tails.get(r)) {
            before.insert(at, *previous);
        }
        match tails.get_mut(rank) {
            Some(tail) => *tail = (at, (*pos, *id)),
            None => tails.push((at, (*pos, *id))),
        }
    }
    let mut run: Vec<usize> = Vec::new();
    let mut next = tails.last().map(|(at, _)| *at);
    while let Some(at) = next {
        run.push(at);
        next = before.get(&at).copied();
    }
    run.reverse();
    run
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
