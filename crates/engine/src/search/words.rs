//! Words of a text, in the form in which they are compared.
//!
//! Invariant: the form of a word depends on its letters alone, not on the text around it, and two ways to write the same
//! letters (composed or not, full or half width, with or without marks) have one form. Changing anything here changes
//! what the index holds: the read model's version goes up with it.

use crate::limits::SEARCH_WORD_CHARS;
use unicode_normalization::char::{canonical_combining_class, decompose_compatible};

/// A word, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    /// As it is compared.
    pub folded: String,
    /// Its first byte in the text.
    pub start: usize,
    /// The byte after its last.
    pub end: usize,
}

/// The words of `text`, in order. Scripts that write no spaces give pairs of neighbouring letters, and the last letter.
pub(crate) fn words(text: &str) -> Vec<Word> {
    let mut cutter = Cutter::default();
    for (start, letter) in text.char_indices() {
        let end = start + letter.len_utf8();
        let mut silent = true;
        fold(letter, |folded| {
            silent = false;
            cutter.letter(folded, start, end);
        });
        if silent {
            cutter.mark(end);
        }
    }
    cutter.finish()
}

/// The words of what a person looks for, each once. The last letter of a pair is not asked for by itself.
pub(crate) fn wanted(text: &str) -> Vec<String> {
    let all = words(text);
    let mut wanted: Vec<String> = Vec::new();
    for (at, word) in all.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| all.get(at));
        let tail = before.is_some_and(|b| b.end == word.end && b.start < word.start);
        if !tail && !wanted.contains(&word.folded) {
            wanted.push(word.folded.clone());
        }
    }
    wanted
}

/// Puts letters together.
#[derive(Default)]
struct Cutter {
    done: Vec<Word>,
    /// The word that goes on, and how many letters it has.
    word: Option<(Word, usize)>,
    /// The last letter of a script without spaces.
    last: Option<Word>,
}

impl Cutter {
    fn letter(&mut self, letter: char, start: usize, end: usize) {
        if !letter.is_alphanumeric() {
            self.end_word();
            self.end_chain();
        } else if writes_no_spaces(letter) {
            self.end_word();
            let next = Word { folded: letter.to_string(), start, end };
            if let Some(last) = self.last.replace(next) {
                let folded = format!("{}{letter}", last.folded);
                self.done.push(Word { folded, start: last.start, end });
            }
        } else {
            self.end_chain();
            match &mut self.word {
                Some((word, letters)) => {
                    word.end = end;
                    if *letters < SEARCH_WORD_CHARS {
                        word.folded.push(letter);
                        *letters += 1;
                    }
                }
                None => self.word = Some((Word { folded: letter.to_string(), start, end }, 1)),
            }
        }
    }

    /// A mark belongs to the letter before it.
    fn mark(&mut self, end: usize) {
        match (&mut self.word, &mut self.last) {
            (Some((word, _)), _) => word.end = end,
            (None, Some(last)) => last.end = end,
            (None, None) => {}
        }
    }

    fn end_word(&mut self) {
        self.done.extend(self.word.take().map(|(word, _)| word));
    }
    fn end_chain(&mut self) {
        self.done.extend(self.last.take());
    }
    fn finish(mut self) -> Vec<Word> {
        self.end_word();
        self.end_chain();
        self.done
    }
}

/// Gives the letters that `letter` is compared by; none for a mark.
fn fold(letter: char, mut emit: impl FnMut(char)) {
    if letter.is_ascii() {
        return emit(letter.to_ascii_lowercase());
    }
    if is_invisible(letter) {
        return;
    }
    decompose_compatible(letter, |part| {
        for small in part.to_lowercase() {
            if canonical_combining_class(small) != 0 {
                continue;
            }
            match alike(small) {
                Some(others) => others.chars().for_each(&mut emit),
                None => emit(small),
            }
        }
    });
}

/// Joiners, direction marks, soft hyphens, variation selectors, and the stroke that stretches Arabic words.
fn is_invisible(letter: char) -> bool {
    matches!(letter,
        '\u{ad}' | '\u{640}' | '\u{34f}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

/// Letters whose stroke, dot or shape is no mark of its own and which people type without it.
fn alike(letter: char) -> Option<&'static str> {
    Some(match letter {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'đ' | 'ð' => "d",
        'ħ' => "h",
        'ı' => "i",
        'ł' => "l",
        'ŧ' => "t",
        'þ' => "th",
        'ς' => "σ",
        // Alef maksura and the Persian ya; the Persian kaf; ta marbuta.
        'ى' | 'ی' => "ي",
        'ک' => "ك",
        'ة' => "ه",
        '٠' | '۰' => "0",
        '١' | '۱' => "1",
        '٢' | '۲' => "2",
        '٣' | '۳' => "3",
        '٤' | '۴' => "4",
        '٥' | '۵' => "5",
        '٦' | '۶' => "6",
        '٧' | '۷' => "7",
        '٨' | '۸' => "8",
        '٩' | '۹' => "9",
        _ => return None,
    })
}

/// Thai, Lao, Burmese, Khmer, kana and Han.
fn writes_no_spaces(letter: char) -> bool {
    matches!(letter,
        '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3005}'..='\u{3007}'
        | '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> Vec<String> {
        words(text).into_iter().map(|w| w.folded).collect()
    }

    #[test]
    fn words_are_compared_without_case_and_marks() {
        assert_eq!(folded("Crème BRÛLÉE"), ["creme", "brulee"]);
        assert_eq!(folded("Cre\u{300}me"), folded("Crème"));
        assert_eq!(folded("Straße Łódź Ærø"), ["strasse", "lodz", "aero"]);
        assert_eq!(folded("İstanbul ısı"), ["istanbul", "isi"]);
        assert_eq!(folded("Ελλάς Ёлка"), ["ελλασ", "елка"]);
        assert_eq!(folded("ﬁｌｅ"), ["file"]);
    }

    #[test]
    fn arabic_is_compared_without_vowel_signs_stretching_and_the_seats_of_hamza() {
        assert_eq!(folded("مُحَمَّد"), folded("محمد"));
        assert_eq!(folded("كتـــاب"), folded("كتاب"));
        assert_eq!(folded("أحمد إلى"), folded("احمد الي"));
        assert_eq!(folded("مدرسة ٢٠٢٦"), ["مدرسه", "2026"]);
    }

    #[test]
    fn scripts_without_spaces_give_pairs_and_their_last_letter() {
        assert_eq!(folded("学習する"), ["学習", "習す", "する", "る"]);
        assert_eq!(wanted("学習する"), ["学習", "習す", "する"]);
        assert_eq!(wanted("学"), ["学"]);
        assert_eq!(folded("5km走る"), ["5km", "走る", "る"]);
        assert_eq!(wanted("学習 学習"), ["学習"]);
    }

    #[test]
    fn words_end_at_apostrophes_and_hyphens_and_know_where_they_stand() {
        let text = "l’école, e\u{301}té";
        let found = words(text);
        let at: Vec<&str> = found.iter().map(|w| &text[w.start..w.end]).collect();
        assert_eq!(at, ["l", "école", "e\u{301}té"]);
        assert_eq!(folded("well-being 3.5"), ["well", "being", "3", "5"]);
        assert_eq!(folded("می\u{200c}روم"), ["ميروم"]);
        assert!(folded(" … — ").is_empty());
    }

    #[test]
    fn of_a_word_without_end_its_beginning_counts() {
        let word = "x".repeat(100_000);
        let found = words(&word);
        assert_eq!((found.len(), found[0].end), (1, 100_000));
        assert_eq!(found[0].folded.len(), SEARCH_WORD_CHARS);
    }
}
