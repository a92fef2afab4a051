//! The 24 words: read as people type them, refused with a reason that repeats none of them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a helper that fails is a test that fails")]

mod kit;

use kit::*;
use proptest::prelude::*;
use seal::{Phrase, PhraseError};

/// BIP39's own test vector for 32 zero bytes.
const ZERO: &str = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon \
    abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon art";

#[test]
fn the_published_vector_of_zero_entropy_reads_and_prints() {
    assert_eq!(*Phrase::parse(ZERO).unwrap().words(), *ZERO);
}

#[test]
fn words_that_are_wrong_are_named_by_place_and_never_repeated() {
    let wrong = ZERO.replacen("abandon abandon abandon art", "abandon hunter2 abandon art", 1);
    let error = Phrase::parse(&wrong).unwrap_err();
    assert_eq!(error, PhraseError::UnknownWord { position: 22 });
    assert!(error.to_string().contains("22"));
    let swapped = ZERO.replacen("abandon", "zoo", 1);
    assert_eq!(Phrase::parse(&swapped).unwrap_err(), PhraseError::Checksum);
    for (text, count) in [("", 0), ("abandon", 1), (&format!("{ZERO} art"), 25)] {
        assert_eq!(Phrase::parse(text).unwrap_err(), PhraseError::Count(count));
    }
    // Twelve words are a phrase elsewhere; here they hold too little.
    let twelve = "abandon ".repeat(11) + "about";
    assert_eq!(Phrase::parse(&twelve).unwrap_err(), PhraseError::Count(12));
    for error in [PhraseError::Checksum, PhraseError::Count(1), PhraseError::UnknownWord { position: 22 }] {
        let shown = format!("{error} {error:?}");
        assert!(["abandon", "hunter2", "zoo", " art"].iter().all(|word| !shown.contains(word)), "{shown}");
    }
}

#[test]
fn the_two_keys_of_a_phrase_differ_and_belong_to_it_alone() {
    let (one, two) = (Phrase::generate(&mut rng(1)), Phrase::generate(&mut rng(2)));
    assert_eq!(one.device_keys().id(), one.device_keys().id());
    assert_ne!(one.device_keys().public().sign, two.device_keys().public().sign);
    assert_ne!(one.device_keys().public().kem, two.device_keys().public().kem);
    let secret = one.device_keys().to_secret();
    assert_ne!(secret[5..37], secret[40..72]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn case_and_space_do_not_matter(seed in any::<u64>(), upper in any::<[bool; 24]>(), gaps in any::<[u8; 24]>()) {
        let phrase = Phrase::generate(&mut rng(seed));
        let words = phrase.words();
        let mut typed = String::new();
        for ((word, upper), gap) in words.split(' ').zip(upper).zip(gaps) {
            typed.push_str(match gap % 4 { 0 => " ", 1 => "\n", 2 => "\t  ", _ => "\r\n \u{a0}" });
            typed.push_str(&if upper { word.to_uppercase() } else { word.to_string() });
        }
        typed.push_str("  \n");
        let read = Phrase::parse(&typed).unwrap();
        prop_assert_eq!(&*read.words(), &*words);
        prop_assert_eq!(read.device_keys().id(), phrase.device_keys().id());
    }
}
