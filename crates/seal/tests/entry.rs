//! Entries: what goes in comes out, for whoever has the key, in the place where it was written, and nowhere else.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a helper that fails is a test that fails")]

mod kit;

use kit::*;
use proptest::prelude::*;
use protocol::{Header, ReadEntry, SealedEntry, codec, limits};
use seal::packing::{self, PackingError};
use seal::*;

#[test]
fn an_entry_is_admitted_by_the_chain_and_opens_with_the_ring() {
    let mut v = vault(1);
    let entry = v.seal(b"a habit");
    assert_eq!(v.chain.admit(&entry, None), Ok(0));
    assert_eq!(open_entry(&entry, &v.ring).unwrap(), b"a habit");
    let header = entry.header();
    assert_eq!((header.device, header.index, header.epoch), (v.alice.id(), 1, v.chain.epoch()));
    assert_eq!(entry.clone().into_sealed().read().unwrap(), entry);
}

#[test]
fn without_the_key_the_epoch_is_named_and_with_another_nothing_opens() {
    let mut v = vault(2);
    let entry = v.seal(b"secret");
    assert_eq!(open_entry(&entry, &KeyRing::new()), Err(OpenError::UnknownEpoch(v.chain.epoch())));
    let other = vault(3);
    assert_eq!(open_entry(&entry, &other.ring), Err(OpenError::UnknownEpoch(v.chain.epoch())));
}

/// The entry with another header, signed again, as a member could.
fn reheader(v: &Vault, entry: &ReadEntry, spoil: impl FnOnce(&mut Header)) -> ReadEntry {
    let mut header = entry.header().clone();
    spoil(&mut header);
    let (header, ciphertext) = (codec::encode(&header), entry.sealed().ciphertext.clone());
    let signature = v.alice.sign(Header::address(&header, &ciphertext).as_bytes());
    SealedEntry { header, ciphertext, signature }.read().unwrap()
}

#[test]
fn every_field_of_the_header_is_authenticated() {
    let mut v = vault(4);
    let entry = v.seal(b"secret");
    let second = {
        let made = resolve(&mut v.rng, &v.chain, &v.alice, v.chain.head(), vec![], &v.ring).unwrap();
        let epoch = made.2.id();
        v.ring.insert(made.2);
        epoch
    };
    type Spoil<'a> = &'a dyn Fn(&mut Header);
    let spoils: [(&str, Spoil<'_>); 8] = [
        ("kind", &|h| h.kind = 2),
        ("space", &|h| h.space = protocol::SpaceId::new([1; 32])),
        ("device", &|h| h.device = protocol::DeviceId::new([1; 16])),
        ("index", &|h| h.index = 2),
        ("previous", &|h| h.previous = protocol::EntryHash::new([1; 32])),
        ("epoch", &|h| h.epoch = second),
        ("membership", &|h| h.membership = protocol::LinkHash::new([1; 32])),
        ("nonce", &|h| h.nonce[23] ^= 1),
    ];
    for (field, spoil) in spoils {
        let moved = reheader(&v, &entry, spoil);
        assert_eq!(open_entry(&moved, &v.ring), Err(OpenError::NotAuthentic), "{field}");
    }
    assert_eq!(open_entry(&reheader(&v, &entry, |_| ()), &v.ring).unwrap(), b"secret");
    // Version and length are refused before anything is opened.
    let sealed = entry.into_sealed();
    for spoil in [|h: &mut Header| h.version = 2, |h: &mut Header| h.length += 1] {
        let mut header: Header = codec::decode(&sealed.header).unwrap();
        spoil(&mut header);
        assert!(SealedEntry { header: codec::encode(&header), ..sealed.clone() }.read().is_err());
    }
}

#[test]
fn a_truncated_ciphertext_does_not_open() {
    let mut v = vault(5);
    let entry = v.seal(b"secret");
    for keep in [0, 1, 15, 16, 100, entry.sealed().ciphertext.len() - 1] {
        let mut sealed = entry.sealed().clone();
        sealed.ciphertext.truncate(keep);
        let mut header = entry.header().clone();
        header.length = u32::try_from(keep).unwrap();
        sealed.header = codec::encode(&header);
        assert_eq!(open_entry(&sealed.read().unwrap(), &v.ring), Err(OpenError::NotAuthentic));
    }
}

#[test]
fn the_same_content_is_never_sealed_alike() {
    let mut v = vault(6);
    let (one, two) = (v.seal(b"secret"), v.seal(b"secret"));
    assert_ne!(one.header().nonce, two.header().nonce);
    assert_ne!(one.sealed().ciphertext, two.sealed().ciphertext);
    assert_ne!(one.hash(), two.hash());
}

#[test]
fn what_surely_fits_fits_and_one_byte_more_of_noise_does_not() {
    let mut v = vault(7);
    let draft = v.draft();
    let largest = noise(1, MAX_PLAINTEXT + 1);
    let entry = v.seal(&largest[..MAX_PLAINTEXT]);
    assert!(entry.sealed().ciphertext.len() <= limits::ENTRY_BYTES);
    assert_eq!(open_entry(&entry, &v.ring).unwrap(), largest[..MAX_PLAINTEXT]);
    let made = seal_entry(&mut rng(1), &draft, v.key(), &v.alice, &largest);
    assert_eq!(made.unwrap_err(), SealError::TooLarge);
    // What compresses may be larger, up to what a reader is ready to inflate.
    let zeros = vec![0; packing::MAX_INFLATED + 1];
    let entry = v.seal(&zeros[1..]);
    assert_eq!(open_entry(&entry, &v.ring).unwrap(), zeros[1..]);
    let made = seal_entry(&mut rng(1), &draft, v.key(), &v.alice, &zeros);
    assert_eq!(made.unwrap_err(), SealError::TooLarge);
    let zero = EntryDraft { index: 0, ..draft };
    assert_eq!(seal_entry(&mut rng(1), &zero, v.key(), &v.alice, b"").unwrap_err(), SealError::IndexZero);
}

/// Packed bytes around `body` as a member could make them.
fn framed(flag: u8, length: usize, body: &[u8]) -> Vec<u8> {
    let mut out = vec![flag];
    out.extend_from_slice(&u32::try_from(length).unwrap().to_le_bytes());
    out.extend_from_slice(body);
    out.resize(packing::padded_length(out.len()), 0);
    out
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn malformed_padding_is_refused() {
    assert_eq!(packing::unpack(&framed(0, 3, b"abc")).unwrap(), b"abc");
    let good = framed(0, 3, b"abc");
    let spoilt = |at: usize, to: u8| {
        let mut bytes = good.clone();
        bytes[at] = to;
        packing::unpack(&bytes)
    };
    let padding = Err(PackingError::Padding);
    assert_eq!(spoilt(0, 2), padding, "an unknown flag");
    assert_eq!(spoilt(1, 2), padding, "a length that makes the body's end padding");
    assert_eq!(spoilt(3, 1), padding, "a length beyond the end");
    assert_eq!(spoilt(8, 1), padding, "padding that is not zero");
    assert_eq!(spoilt(packing::FLOOR - 1, 1), padding, "padding that is not zero at its end");
    assert_eq!(packing::unpack(&good[..packing::FLOOR - 1]), padding, "too little padding");
    assert_eq!(packing::unpack(&[good.as_slice(), &[0]].concat()), padding, "too much padding");
    for end in 0..5 {
        assert_eq!(packing::unpack(&good[..end]), padding);
    }
}

#[test]
fn damaged_or_trailing_deflate_is_refused_and_a_bomb_is_not_inflated() {
    let body = deflated(&[7; 1_000]);
    assert_eq!(packing::unpack(&framed(1, body.len(), &body)).unwrap(), [7; 1_000]);
    let cut = &body[..body.len() - 1];
    assert_eq!(packing::unpack(&framed(1, cut.len(), cut)), Err(PackingError::Deflate));
    let longer = [body.as_slice(), b"more"].concat();
    assert_eq!(packing::unpack(&framed(1, longer.len(), &longer)), Err(PackingError::Deflate));
    let bomb = deflated(&vec![0; packing::MAX_INFLATED + 1]);
    assert!(bomb.len() < 10_000);
    assert_eq!(packing::unpack(&framed(1, bomb.len(), &bomb)), Err(PackingError::TooLarge));
}

#[test]
fn errors_of_what_a_member_sealed_are_told_apart() {
    use chacha20poly1305::aead::{Aead, KeyInit, Payload};
    let mut v = vault(8);
    let ring = v.ring.to_secret();
    let key = &ring[ring.len() - 32..];
    let sealed_as = |packed: &[u8], v: &mut Vault| {
        let entry = v.seal(b"");
        let mut header = entry.header().clone();
        header.length = u32::try_from(packed.len() + 16).unwrap();
        let header = codec::encode(&header);
        let mut subkey = [0; 32];
        let info = [b"entry".as_slice(), v.chain.space().as_bytes(), &[1]].concat();
        let hkdf = hkdf::Hkdf::<sha2::Sha256>::new(Some(b"life-os v1 epoch key"), key);
        hkdf.expand(&info, &mut subkey).unwrap();
        let cipher = chacha20poly1305::XChaCha20Poly1305::new(&subkey.into());
        let payload = Payload { msg: packed, aad: &header };
        let ciphertext = cipher.encrypt(&entry.header().nonce.into(), payload).unwrap();
        let signature = v.alice.sign(Header::address(&header, &ciphertext).as_bytes());
        open_entry(&SealedEntry { header, ciphertext, signature }.read().unwrap(), &v.ring)
    };
    assert_eq!(sealed_as(&packing::pack(b"fine").unwrap(), &mut v).unwrap(), b"fine");
    assert_eq!(sealed_as(b"bare", &mut v), Err(OpenError::Malformed(PackingError::Padding)));
    let cut = framed(1, 1, &[0xff]);
    assert_eq!(sealed_as(&cut, &mut v), Err(OpenError::Malformed(PackingError::Deflate)));
    let bomb = deflated(&vec![0; packing::MAX_INFLATED + 1]);
    assert_eq!(sealed_as(&framed(1, bomb.len(), &bomb), &mut v), Err(OpenError::TooLarge));
}

#[test]
fn compression_is_used_only_where_it_helps() {
    assert_eq!(packing::pack(&[b'x'; 5_000]).unwrap()[0], 1);
    assert_eq!(packing::pack(&noise(1, 5_000)).unwrap()[0], 0);
    assert_eq!(packing::pack(b"").unwrap()[0], 0);
    assert_eq!(packing::pack(&[b'x'; 5_000]).unwrap().len(), packing::FLOOR);
}

#[test]
fn padded_lengths_are_those_of_padme() {
    // The worked example of the paper (Nikitin et al., 2019), the floor, and both sides of a step.
    for (length, padded) in [(0, 512), (512, 512), (513, 544), (544, 544), (1_023, 1_024), (1_025, 1_088)] {
        assert_eq!(packing::padded_length(length), padded);
    }
}

#[test]
fn what_was_packed_above_the_former_floor_is_still_read_and_nothing_in_between_is() {
    let framed = |length: usize| {
        let mut packed = framed(0, 5, b"hello");
        packed.resize(length, 0);
        packing::unpack(&packed)
    };
    assert_eq!(framed(packing::FORMER_FLOOR).as_deref(), Ok(&b"hello"[..]));
    assert_eq!(framed(packing::FLOOR).as_deref(), Ok(&b"hello"[..]));
    for length in [10, 255, 257, 272, 511, 513, 544] {
        assert!(framed(length).is_err(), "{length}");
    }
}

proptest! {
    #[test]
    fn padding_never_shrinks_never_grows_by_12_percent_and_is_stable(length in 0_usize..(16 << 20)) {
        let padded = packing::padded_length(length);
        prop_assert!(padded >= length && padded >= packing::FLOOR);
        prop_assert!(padded <= packing::FLOOR.max(length + length * 12 / 100));
        prop_assert_eq!(packing::padded_length(padded), padded);
    }

    #[test]
    fn packing_round_trips(text in "[a-c]{0,3000}", seed in any::<u64>(), length in 0_usize..3_000) {
        for plaintext in [text.into_bytes(), noise(seed, length)] {
            let packed = packing::pack(&plaintext).unwrap();
            prop_assert_eq!(packed.len(), packing::padded_length(packed.len()));
            prop_assert_eq!(packing::unpack(&packed).unwrap(), plaintext);
        }
    }

    #[test]
    fn unpacking_what_somebody_made_up_never_panics(mut bytes in proptest::collection::vec(any::<u8>(), 0..600), flag in 0_u8..3) {
        if let Some(first) = bytes.first_mut() { *first = flag; }
        let _either = packing::unpack(&bytes);
        if bytes.len() > 4 {
            let body = &bytes[5..];
            let _either = packing::unpack(&framed(flag, body.len(), body));
        }
    }

    #[test]
    fn entries_round_trip_and_no_flipped_byte_passes(
        plaintext in proptest::collection::vec(any::<u8>(), 0..2_000), at in any::<prop::sample::Index>(), bit in 0_u8..8,
    ) {
        let mut v = vault(9);
        let entry = v.seal(&plaintext);
        prop_assert_eq!(&open_entry(&entry, &v.ring).unwrap(), &plaintext);
        let mut sealed = entry.sealed().clone();
        let (header, ciphertext) = (sealed.header.len(), sealed.ciphertext.len());
        let mut signature = *sealed.signature.as_bytes();
        let at = at.index(header + ciphertext + 64);
        match at {
            i if i < header => sealed.header[i] ^= 1 << bit,
            i if i < header + ciphertext => sealed.ciphertext[i - header] ^= 1 << bit,
            i => signature[i - header - ciphertext] ^= 1 << bit,
        }
        sealed.signature = protocol::Signature::new(signature);
        if let Ok(read) = sealed.read() {
            prop_assert!(v.chain.admit(&read, None).is_err());
            // The signature is not part of what is sealed.
            prop_assert_eq!(open_entry(&read, &v.ring).is_err(), at < header + ciphertext);
        }
    }
}
