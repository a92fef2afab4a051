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

/// HMAC-SHA-256 of parts, each with its length before it, so that moving a boundary between parts changes the result.
/// Extracting is nothing but that (RFC 5869, 2.2).
pub(crate) fn hmac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut extract = HkdfExtract::<Sha256>::new(Some(key));
    for part in parts {
        extract.input_ikm(&(part.len() as u64).to_le_bytes());
        extract.input_ikm(part);
    }
    let (mac, _) = extract.finalize();
    mac.into()
}

#[cfg(test)]
mod tests {
    use super::{hkdf, hmac};

    /// RFC 4231, test case 1, whose key is padded with zeros to a block as every shorter one is: so to 32 bytes too.
    #[test]
    fn a_mac_of_parts_is_the_standards_over_lengths_and_parts() {
        let mut key = [0; 32];
        key[..20].fill(0x0b);
        let (mac, _) = hkdf::Hkdf::<sha2::Sha256>::extract(Some(&key), b"Hi There");
        let known = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7";
        assert_eq!(mac.iter().map(|b| format!("{b:02x}")).collect::<String>(), known);
        let joined = [&2_u64.to_le_bytes()[..], b"Hi", &6_u64.to_le_bytes()[..], b" There"].concat();
        let (mac, _) = hkdf::Hkdf::<sha2::Sha256>::extract(Some(&key), &joined);
        assert_eq!(hmac(&key, &[b"Hi", b" There"]), mac[..]);
        assert_ne!(hmac(&key, &[b"Hi ", b"There"]), mac[..]);
    }

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
