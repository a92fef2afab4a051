//! Secrets on their way in: passphrase, recovery phrase, randomness. They are wiped when dropped and never printed.

use crate::error::{Error, Kind, Result};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use seal::{KdfParams, PassphraseWrap, Phrase, StoreKey, UnwrapError};
use std::io::Read as _;
use std::path::Path;
use zeroize::Zeroizing;

/// Variable that holds the passphrase, for scripts. Other programs of the same person can read it; prefer the prompt.
pub const PASSPHRASE_VARIABLE: &str = "LIFEOS_PASSPHRASE";
/// Variable that holds the passphrase to change to.
pub const NEW_PASSPHRASE_VARIABLE: &str = "LIFEOS_NEW_PASSPHRASE";
/// Fewest characters of a new passphrase.
pub const PASSPHRASE_CHARS: usize = 8;
/// Largest file that is read as a recovery phrase, in bytes.
const PHRASE_BYTES: u64 = 4 << 10;

/// A passphrase.
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// The one of an existing home.
    pub fn ask() -> Result<Self> {
        match from_env(PASSPHRASE_VARIABLE) {
            Some(text) => Ok(Self(text)),
            None => prompt("Passphrase: ").map(Self),
        }
    }

    /// One for a new home: long enough, and typed twice.
    pub fn choose() -> Result<Self> {
        Self::choose_from(PASSPHRASE_VARIABLE)
    }

    /// One that takes the place of another.
    pub fn change() -> Result<Self> {
        Self::choose_from(NEW_PASSPHRASE_VARIABLE)
    }

    fn choose_from(variable: &str) -> Result<Self> {
        if let Some(text) = from_env(variable) {
            long_enough(&text)?;
            return Ok(Self(text));
        }
        let text = prompt("New passphrase for this device: ")?;
        long_enough(&text)?;
        if *prompt("The same again: ")? != *text {
            return Err(Error::new(Kind::Locked, "passphrases_differ", "the two passphrases differ"));
        }
        Ok(Self(text))
    }

    /// Wraps the key of a new store.
    pub fn wrap(&self, rng: &mut ChaCha20Rng, key: &StoreKey) -> Result<Vec<u8>> {
        PassphraseWrap::wrap(rng, self.0.as_bytes(), KdfParams::DEFAULT, key)
            .map(|wrap| wrap.to_bytes())
            .map_err(|error| locked(&error))
    }

    /// The key of a store that was wrapped under this passphrase.
    pub fn unwrap(&self, wrap: &[u8]) -> Result<StoreKey> {
        let wrap = PassphraseWrap::from_bytes(wrap).map_err(Error::damaged)?;
        wrap.unwrap(self.0.as_bytes()).map_err(|error| locked(&error))
    }
}

fn locked(error: &UnwrapError) -> Error {
    match error {
        UnwrapError::WrongPassphrase => Error::new(Kind::Locked, "wrong_passphrase", "wrong passphrase"),
        UnwrapError::OutOfMemory => Error::failed("out_of_memory", error.to_string()),
        UnwrapError::Params(_) => Error::damaged(error),
    }
}

fn from_env(variable: &str) -> Option<Zeroizing<String>> {
    std::env::var(variable).ok().map(Zeroizing::new)
}

fn prompt(text: &str) -> Result<Zeroizing<String>> {
    rpassword::prompt_password(text).map(Zeroizing::new).map_err(|error| {
        let message = format!("the vault is locked, and the passphrase cannot be asked for here: {error}");
        Error::new(Kind::Locked, "locked", message)
            .hint(format!("run this in a terminal, or set {PASSPHRASE_VARIABLE}"))
    })
}

fn long_enough(text: &str) -> Result<()> {
    if text.chars().count() >= PASSPHRASE_CHARS {
        return Ok(());
    }
    let message = format!("a passphrase has at least {PASSPHRASE_CHARS} characters");
    Err(Error::new(Kind::Locked, "passphrase_too_short", message)
        .hint("several words are easier to remember and harder to guess than one with odd signs"))
}

/// The recovery phrase in a file; `-` is standard input.
pub fn phrase_of(path: &Path) -> Result<Phrase> {
    let mut text = Zeroizing::new(String::with_capacity(usize::try_from(PHRASE_BYTES).unwrap_or(0)));
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(PHRASE_BYTES).read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(PHRASE_BYTES).read_to_string(&mut text))
    };
    read.map_err(|error| Error::io("read the recovery phrase in", path, &error))?;
    Phrase::parse(&text).map_err(|error| Error::new(Kind::Locked, "bad_phrase", error.to_string()))
}

/// Randomness of this process, seeded by the system.
pub fn rng() -> Result<ChaCha20Rng> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *seed).map_err(|error| {
        Error::failed("no_randomness", format!("the system gives no randomness: {error}"))
    })?;
    Ok(ChaCha20Rng::from_seed(*seed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_passphrase_is_refused_by_its_characters_and_not_its_bytes() {
        assert_eq!(long_enough("seven 7").expect_err("short").code, "passphrase_too_short");
        assert_eq!(long_enough("äääääää").expect_err("short").kind, Kind::Locked);
        long_enough("eight  8").expect("long enough");
    }

    #[test]
    fn a_phrase_file_may_have_any_white_space() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("phrase");
        let phrase = Phrase::generate(&mut rng().expect("randomness"));
        let spread = phrase.words().replace(' ', "\n\t ");
        std::fs::write(&path, format!("\n{spread}\r\n\n")).expect("writes");
        assert_eq!(*phrase_of(&path).expect("a phrase").words(), *phrase.words());
    }

    #[test]
    fn words_that_are_no_phrase_are_a_wrong_secret() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("phrase");
        std::fs::write(&path, "not a phrase").expect("writes");
        let error = phrase_of(&path).expect_err("three words");
        assert_eq!((error.kind, error.code), (Kind::Locked, "bad_phrase"));
    }
}
