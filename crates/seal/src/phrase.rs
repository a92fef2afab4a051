//! The recovery phrase: 32 bytes of entropy as 24 English words (BIP39). It is a device on paper, so all it gives is a
//! pair of device keys; no BIP39 seed and no passphrase of BIP39 are used.

use crate::derive::hkdf;
use crate::device::DeviceKeys;
use bip39::{Language, Mnemonic};
use core::fmt;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// Words of a phrase.
const WORDS: usize = 24;
/// Longest English word of BIP39, in bytes.
const LONGEST_WORD: usize = 8;
/// Salt of what is derived from a phrase.
const SALT: &[u8] = b"life-os v1 recovery phrase";

/// A recovery phrase.
pub struct Phrase {
    entropy: Zeroizing<[u8; 32]>,
}

/// Why words are not a phrase. Names places, never words: messages end up in logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PhraseError {
    /// Too many words or too few.
    #[error("a recovery phrase has 24 words; these are {0}")]
    Count(usize),
    /// A word that is not on the list.
    #[error("word {position} of the recovery phrase is not on the word list; check its spelling")]
    UnknownWord {
        /// Which, from 1.
        position: usize,
    },
    /// All words exist, but they do not belong together.
    #[error("the words of the recovery phrase do not fit together; check their order and each word")]
    Checksum,
}

impl Phrase {
    /// A new phrase.
    pub fn generate<R: CryptoRng + ?Sized>(rng: &mut R) -> Self {
        let mut entropy = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *entropy);
        Self { entropy }
    }

    /// The phrase of 24 words; their case and the space between them do not matter.
    pub fn parse(text: &str) -> Result<Self, PhraseError> {
        let count = text.split_whitespace().count();
        if count != WORDS {
            return Err(PhraseError::Count(count));
        }
        let lower = Zeroizing::new(text.to_ascii_lowercase());
        let mnemonic = Mnemonic::parse_in_normalized(Language::English, &lower).map_err(|e| match e {
            bip39::Error::UnknownWord(index) => PhraseError::UnknownWord { position: index + 1 },
            bip39::Error::BadWordCount(count) => PhraseError::Count(count),
            _ => PhraseError::Checksum,
        })?;
        let (bytes, _) = mnemonic.to_entropy_array();
        let bytes = Zeroizing::new(bytes);
        let mut entropy = Zeroizing::new([0; 32]);
        entropy.iter_mut().zip(bytes.iter()).for_each(|(to, from)| *to = *from);
        Ok(Self { entropy })
    }

    /// The 24 words, lower case, one space between them.
    pub fn words(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(WORDS * (LONGEST_WORD + 1)));
        // 32 bytes are always 24 words.
        if let Ok(mnemonic) = Mnemonic::from_entropy_in(Language::English, &*self.entropy) {
            for (index, word) in mnemonic.words().enumerate() {
                if index > 0 {
                    text.push(' ');
                }
                text.push_str(word);
            }
        }
        text
    }

    /// The keys of the paper device.
    pub fn device_keys(&self) -> DeviceKeys {
        let sign = hkdf(SALT, &*self.entropy, &[b"sign"]);
        let kem = hkdf(SALT, &*self.entropy, &[b"kem"]);
        DeviceKeys::from_seeds(&sign, &kem)
    }
}

impl fmt::Debug for Phrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Phrase(secret)")
    }
}
