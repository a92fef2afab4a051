//! HKDF-SHA256, the one way keys are made from keys here. Every secret has a salt of its own and every use a label,
//! so no derived key stands for another.

use hkdf::HkdfExtract;
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

/// `HKDF-SHA256(salt, secret, info = parts joined)`, 32 bytes.
///
/// Expanding one block is HMAC(PRK, info || 1) (RFC 5869, 2.3), which is what extracting with the PRK as salt
/// computes; unlike a general expand it cannot fail, so no caller can end up with a key that was never written.
pub(crate) fn hkdf(salt: &[u8], secret: &[u8], parts: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    let mut extract = HkdfExtract::<Sha256>::new(Some(salt));
    extract.input_ikm(secret);
    let (mut prk, _) = extract.finalize();
    let mut expand = HkdfExtract::<Sha256>::new(Some(&prk));
    for part in parts {
        expand.input_ikm(part);
    }
    expand.input_ikm(&[1]);
    let (mut block, _) = expand.finalize();
    let mut out = Zeroizing::new([0; 32]);
    out.copy_from_slice(&block);
    prk.as_mut_slice().zeroize();
    block.as_mut_slice().zeroize();
    out
}

#[cfg(test)]
mod tests {
    use super::hkdf;

    #[test]
    fn one_block_is_what_hkdf_of_the_standard_expands() {
        for (salt, secret, info) in [("", "", ""), ("salt", "secret", "a label and more"), ("s", "k", "id")] {
            let mut expected = [0; 32];
            let standard = hkdf::Hkdf::<sha2::Sha256>::new(Some(salt.as_bytes()), secret.as_bytes());
            standard.expand(info.as_bytes(), &mut expected).unwrap();
            let (left, right) = info.as_bytes().split_at(info.len() / 2);
            assert_eq!(*hkdf(salt.as_bytes(), secret.as_bytes(), &[left, right]), expected);
        }
    }
}
