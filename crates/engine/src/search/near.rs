//! How far a misspelt word is from another: letters left out, put in, taken for another, or swapped with a neighbour.

/// How many slips a word of so many letters may have.
pub(crate) fn slips(letters: usize) -> usize {
    match letters {
        0..4 => 0,
        4..8 => 1,
        _ => 2,
    }
}

/// How many letters of each end are looked up for a word of so many, so that a word with that few slips has one end whole.
/// Two slips may hit both ends: such a word is not found.
pub(crate) fn end_letters(letters: usize) -> usize {
    letters.saturating_sub(1) / (slips(letters) + 1)
}

/// The number of slips between two words, if it is at most `most`.
pub(crate) fn distance(one: &[char], other: &[char], most: usize) -> Option<usize> {
    if one.len().abs_diff(other.len()) > most {
        return None;
    }
    let first: Vec<usize> = (0..=other.len()).collect();
    let (mut earlier, mut before) = (first.clone(), first);
    for (row, letter) in one.iter().enumerate() {
        let mut now = Vec::with_capacity(before.len());
        now.push(row + 1);
        for (column, facing) in other.iter().enumerate() {
            let at = |line: &[usize], column: usize| line.get(column).copied().unwrap_or(usize::MAX - 1);
            let same = at(&before, column) + usize::from(letter != facing);
            let mut best = same.min(at(&before, column + 1) + 1).min(at(&now, column) + 1);
            let swapped = row > 0
                && column > 0
                && one.get(row - 1) == Some(facing)
                && other.get(column - 1) == Some(letter);
            if swapped {
                best = best.min(at(&earlier, column - 1) + 1);
            }
            now.push(best);
        }
        if now.iter().all(|slips| *slips > most) {
            return None;
        }
        earlier = std::mem::replace(&mut before, now);
    }
    before.last().copied().filter(|slips| *slips <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn between(one: &str, other: &str, most: usize) -> Option<usize> {
        let letters = |word: &str| word.chars().collect::<Vec<char>>();
        distance(&letters(one), &letters(other), most)
    }

    #[test]
    fn each_slip_counts_once_and_swapped_neighbours_are_one() {
        assert_eq!(between("work", "work", 1), Some(0));
        assert_eq!(between("wrok", "work", 1), Some(1));
        assert_eq!(between("wrk", "work", 1), Some(1));
        assert_eq!(between("worrk", "work", 1), Some(1));
        assert_eq!(between("wark", "work", 1), Some(1));
        assert_eq!(between("wakr", "work", 1), None);
        assert_eq!(between("brekfats", "breakfast", 2), Some(2));
        assert_eq!(between("", "ab", 2), Some(2));
        assert_eq!(between("ab", "abcd", 1), None);
    }

    #[test]
    fn a_word_with_one_slip_has_one_end_whole() {
        // Every word of four to seven letters, every slip, over an alphabet of three.
        let words = |letters: u32| (0..3_usize.pow(letters)).map(move |n| spell(n, letters));
        for letters in 4..=6 {
            let end = end_letters(usize::try_from(letters).unwrap_or(0));
            for word in words(letters).step_by(7) {
                for slipped in slipped(&word) {
                    let whole = word.starts_with(&slipped[..end.min(slipped.len())])
                        || word.ends_with(&slipped[slipped.len().saturating_sub(end)..]);
                    assert!(whole, "{word} {slipped}");
                }
            }
        }
    }

    fn spell(mut number: usize, letters: u32) -> String {
        let mut word = String::new();
        for _ in 0..letters {
            word.push(['a', 'b', 'c'][number % 3]);
            number /= 3;
        }
        word
    }

    /// All words of the same length that one slip makes: what is typed decides how much of each end is looked up.
    fn slipped(word: &str) -> Vec<String> {
        let letters: Vec<char> = word.chars().collect();
        let mut all = Vec::new();
        for at in 0..letters.len() {
            for other in ['a', 'b', 'c'] {
                let mut typed = letters.clone();
                typed[at] = other;
                all.push(typed.iter().collect());
            }
            if at + 1 < letters.len() {
                let mut typed = letters.clone();
                typed.swap(at, at + 1);
                all.push(typed.iter().collect());
            }
        }
        all
    }
}
