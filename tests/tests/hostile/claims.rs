//! What `docs/threat-model.md` says is shown by a test, is: every file and every test that it names exists.

use std::path::Path;

/// Words in backticks, in order.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

fn is_file(word: &str) -> bool {
    word.contains('/') && [".rs", ".mjs", ".md"].iter().any(|end| word.ends_with(end))
}

/// Names of tests are sentences: nothing else here has so many words in one.
fn is_test(word: &str) -> bool {
    word.matches('_').count() >= 3
        && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

#[test]
fn every_test_that_the_threat_model_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let document = std::fs::read_to_string(root.join("docs/threat-model.md")).unwrap();
    let (mut files, mut named) = (0, 0);
    let mut source = String::new();
    for word in quoted(&document) {
        if is_file(word) {
            source = std::fs::read_to_string(root.join(word)).unwrap_or_else(|e| panic!("{word}: {e}"));
            files += 1;
        } else if is_test(word) {
            let (function, case) = (format!("fn {word}("), format!("{word}:"));
            assert!(
                source.contains(&function) || source.contains(&case),
                "{word} is not in the file named before it"
            );
            named += 1;
        }
    }
    assert!(
        files > 40 && named > 60,
        "{files} files, {named} tests: the document is not read as it is written"
    );
}

#[test]
fn every_claim_of_the_threat_model_names_a_file_that_shows_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let document = std::fs::read_to_string(root.join("docs/threat-model.md")).unwrap();
    let protected = document.split("## What is protected").nth(1).unwrap();
    let protected = protected.split("## What the relay still learns").next().unwrap();
    let claims = protected.lines().filter(|l| l.starts_with("| ") && !l.starts_with("| claim"));
    for claim in claims {
        let shown = claim.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        assert!(quoted(shown).iter().any(|word| is_file(word)), "{claim}");
    }
}
