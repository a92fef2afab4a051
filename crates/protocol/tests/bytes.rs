//! One meaning, one byte string: what is signed is accepted only in its one encoding, and what is not signed may grow.

mod kit;

use kit::*;
use protocol::auth::{AuthClaim, AuthPurpose};
use protocol::codec::{self, CodecError};
use protocol::entry::ReadEntryError;
use protocol::frame::{ClientFrame, Refusal, ServerFrame};
use protocol::manifest::{ManifestError, ManifestHeader, PackRef, SealedManifest};
use protocol::*;

fn head(n: u8) -> Head {
    Head { device: DeviceId::new([n; 16]), index: u64::from(n), hash: EntryHash::new([n; 32]) }
}

/// `head(7)` in other bytes than the canonical ones, which are a map of device, index and hash.
fn other_spellings() -> Vec<(&'static str, Vec<u8>)> {
    let device = [&[0x00, 0x50][..], &[7; 16]].concat();
    let (index, long_index) = (vec![0x01, 0x07], vec![0x01, 0x18, 0x07]);
    let hash = [&[0x02, 0x58, 0x20][..], &[7; 32]].concat();
    let map = |start: u8, parts: &[&[u8]]| [&[start], parts.concat().as_slice()].concat();
    assert_eq!(map(0xa3, &[&device, &index, &hash]), codec::encode(&head(7)));
    vec![
        ("keys out of order", map(0xa3, &[&index, &device, &hash])),
        ("an unknown key", map(0xa4, &[&device, &index, &hash, &[0x09, 0x61, b'x']])),
        ("a key twice", map(0xa4, &[&device, &index, &index, &hash])),
        ("an indefinite map", map(0xbf, &[&device, &index, &hash, &[0xff]])),
        ("a number longer than needed", map(0xa3, &[&device, &long_index, &hash])),
    ]
}

#[test]
fn what_is_signed_has_one_spelling_and_what_is_not_may_have_others() {
    let canonical = codec::encode(&head(7));
    assert_eq!(codec::decode_canonical::<Head>(&canonical), Ok(head(7)));
    for (what, bytes) in other_spellings() {
        assert_eq!(codec::decode_canonical::<Head>(&bytes), Err(CodecError::NotCanonical), "{what}");
        assert_eq!(codec::decode::<Head>(&bytes), Ok(head(7)), "{what}");
    }
}

#[test]
fn nothing_may_follow_or_be_missing() {
    let mut bytes = codec::encode(&head(7));
    for cut in 0..bytes.len() {
        assert!(matches!(codec::decode::<Head>(&bytes[..cut]), Err(CodecError::Malformed(_))), "{cut}");
    }
    bytes.push(0);
    assert_eq!(codec::decode::<Head>(&bytes), Err(CodecError::Trailing(1)));
}

#[test]
fn an_absent_option_is_left_out_and_an_explicit_null_is_not_canonical() {
    let none = codec::encode(&Refusal { code: ErrorCode::Gap, hash: None, expected: None });
    assert_eq!(none, [0xa1, 0x00, 15]);
    let null = [0xa2, 0x00, 15, 0x01, 0xf6];
    assert!(codec::decode::<Refusal>(&null).is_ok());
    assert_eq!(codec::decode_canonical::<Refusal>(&null), Err(CodecError::NotCanonical));
}

#[test]
fn an_unknown_key_in_a_header_or_link_is_refused_even_if_it_is_signed() {
    let (alice, paper) = (Device::new(1), Device::new(2));
    let chain = begin(Purpose::Vault, &alice, Some(&paper));
    let add_key = |mut bytes: Vec<u8>| {
        assert_eq!(bytes[0] & 0xe0, 0xa0, "a map of less than 24 keys");
        bytes[0] += 1;
        bytes.extend([0x17, 0x01]);
        bytes
    };
    let header = add_key(entry(&chain, &alice, |_| ()).into_sealed().header);
    let ciphertext = vec![1, 2, 3];
    let signature = alice.sign(Header::address(&header, &ciphertext).as_bytes());
    let error = SealedEntry { header, ciphertext, signature }.read().unwrap_err();
    assert_eq!(error, ReadEntryError::Header(CodecError::NotCanonical));
    let draft = next(&chain, &alice, LinkBody::Close {}, &[]);
    let bytes = add_key(codec::encode(&draft.link));
    let link = sign_bytes(bytes, draft.link.space, draft.keyboxes, &alice, None);
    assert_eq!(try_extend(&chain, link).unwrap_err(), ChainError::Codec(CodecError::NotCanonical));
}

#[test]
fn an_entry_is_read_only_if_its_ciphertext_is_what_its_header_says() {
    let (alice, paper) = (Device::new(1), Device::new(2));
    let chain = begin(Purpose::Vault, &alice, Some(&paper));
    let sealed = entry(&chain, &alice, |_| ()).into_sealed();
    let with = |header: &[u8], ciphertext: &[u8]| {
        SealedEntry { header: header.to_vec(), ciphertext: ciphertext.to_vec(), ..sealed.clone() }.read()
    };
    assert_eq!(with(&sealed.header, &[1, 2]).unwrap_err(), ReadEntryError::Length { got: 2, said: 3 });
    let large = vec![0; limits::ENTRY_BYTES + 1];
    assert_eq!(with(&sealed.header, &large).unwrap_err(), ReadEntryError::TooLarge(large.len()));
    let long = with(&[0; limits::HEADER_BYTES + 1], &[]).unwrap_err();
    assert!(matches!(long, ReadEntryError::Header(CodecError::TooLong { .. })));
    let spoilt = |spoil: fn(&mut Header)| {
        let mut header = entry(&chain, &alice, |_| ()).header().clone();
        spoil(&mut header);
        with(&codec::encode(&header), &sealed.ciphertext).unwrap_err()
    };
    assert_eq!(spoilt(|h| h.index = 0), ReadEntryError::IndexZero);
    assert_eq!(spoilt(|h| h.version = 2), ReadEntryError::Header(CodecError::Version(2)));
    assert!(sealed.header.len() < 256, "as the limit's comment says");
}

#[test]
fn the_address_of_an_entry_depends_on_every_byte_and_on_where_the_header_ends() {
    let base = Header::address(&[1, 2, 3], &[4, 5]);
    for other in [([1, 2, 4].as_slice(), [4, 5].as_slice()), (&[1, 2, 3], &[4, 6]), (&[1, 2], &[3, 4, 5])] {
        assert_ne!(Header::address(other.0, other.1), base);
    }
}

#[test]
fn the_running_hash_depends_on_space_order_and_every_entry() {
    let (a, b) = (EntryHash::new([1; 32]), EntryHash::new([2; 32]));
    let start = RunningHash::start(&SpaceId::new([1; 32]));
    assert_ne!(start, RunningHash::start(&SpaceId::new([2; 32])));
    let all = [start, start.then(&a), start.then(&b), start.then(&a).then(&b), start.then(&b).then(&a)];
    for (i, x) in all.iter().enumerate() {
        assert_eq!(all.iter().position(|y| y == x), Some(i));
    }
    assert_eq!(start.then(&a).then(&b), start.then(&a).then(&b));
}

#[test]
fn a_proof_is_good_for_one_relay_account_challenge_purpose_and_device() {
    let (alice, bob) = (Device::new(1), Device::new(2));
    let claim = AuthClaim {
        origin: "https://relay.example".into(),
        account: Some(AccountId::new([1; 16])),
        challenge: [2; 32],
        purpose: AuthPurpose::Ticket,
        device: alice.id(),
    };
    let signature = alice.sign(&claim.signing_hash());
    assert!(claim.verify(&alice.public, &signature).is_ok());
    assert!(claim.verify(&bob.public, &bob.sign(&claim.signing_hash())).is_err());
    let spoils: [fn(&mut AuthClaim); 5] = [
        |c| c.origin = "https://other.example".into(),
        |c| c.account = None,
        |c| c.challenge[0] = 0,
        |c| c.purpose = AuthPurpose::Socket,
        |c| c.device = DeviceId::new([0; 16]),
    ];
    for spoil in spoils {
        let mut other = claim.clone();
        spoil(&mut other);
        assert!(other.verify(&alice.public, &signature).is_err(), "{other:?}");
    }
    let long = AuthClaim { origin: "x".repeat(limits::ORIGIN_BYTES + 1), ..claim };
    assert!(long.verify(&alice.public, &alice.sign(&long.signing_hash())).is_err());
}

#[test]
fn a_weak_key_signs_nothing() {
    // The neutral point: with it, verification that is not strict takes one signature for every message.
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let mut signature = [0; 64];
    signature[0] = 1;
    let verified = SignPublic::new(neutral).verify(&[5; 32], &Signature::new(signature));
    assert_eq!(verified, Err(protocol::key::BadSignature));
}

fn manifest(chain: &Chain, author: &Device, spoil: impl FnOnce(&mut ManifestHeader)) -> SealedManifest {
    let mut header = ManifestHeader {
        version: 1,
        space: chain.space(),
        device: author.id(),
        parent: None,
        membership: chain.head(),
        epoch: chain.epoch(),
        packs: vec![PackRef { hash: PackRef::address(b"pack"), size: 4 }],
        coverage: vec![head(1), head(2)],
        nonce: [1; 24],
        length: 4,
    };
    spoil(&mut header);
    let (header, body) = (codec::encode(&header), b"body".to_vec());
    let signature = author.sign(SealedManifest::hash(&header, &body).as_bytes());
    SealedManifest { header, body, signature }
}

#[test]
fn a_manifest_is_a_signed_statement_of_an_active_device_at_a_head() {
    use chain::AdmitError::*;
    let (alice, paper, bob) = (Device::new(1), Device::new(2), Device::new(3));
    let chain = begin(Purpose::Vault, &alice, Some(&paper));
    let good = manifest(&chain, &alice, |_| ());
    let (header, hash) = good.verify(&chain).unwrap();
    assert_eq!((header.packs.len(), hash), (1, SealedManifest::hash(&good.header, &good.body)));
    let refused = |m: &SealedManifest| m.verify(&chain).unwrap_err();
    let admit = |m: SealedManifest, e| assert_eq!(refused(&m), ManifestError::Refused(e));
    admit(manifest(&chain, &alice, |h| h.space = SpaceId::new([1; 32])), OtherSpace);
    admit(manifest(&chain, &alice, |h| h.membership = LinkHash::new([1; 32])), UnknownHead);
    admit(manifest(&chain, &alice, |h| h.epoch = epoch(9)), WrongEpoch);
    admit(manifest(&chain, &bob, |_| ()), NotAMember);
    admit(manifest(&chain, &paper, |_| ()), NotAMember);
    let forged = SealedManifest { signature: bob.sign(&[0; 32]), ..good.clone() };
    admit(forged, Signature);
    let cut = SealedManifest { body: b"bod".to_vec(), ..good.clone() };
    assert_eq!(refused(&cut), ManifestError::Length(3));
    for coverage in [vec![head(2), head(1)], vec![head(1), head(1)], vec![head(0)]] {
        assert_eq!(refused(&manifest(&chain, &alice, |h| h.coverage = coverage)), ManifestError::Coverage);
    }
    let newer = manifest(&chain, &alice, |h| h.version = 2);
    assert_eq!(refused(&newer), ManifestError::Codec(CodecError::Version(2)));
    let mut trailing = good;
    trailing.header.push(0);
    assert_eq!(refused(&trailing), ManifestError::Codec(CodecError::Trailing(1)));
}

#[test]
fn ids_are_read_from_the_text_they_print_and_from_nothing_else() {
    let id = DeviceId::new([0xab; 16]);
    let text = id.to_string();
    assert_eq!(text, "ab".repeat(16));
    assert_eq!(text.parse::<DeviceId>(), Ok(id));
    assert_eq!(text.to_uppercase().parse::<DeviceId>(), Ok(id));
    for wrong in ["", "ab", &"ab".repeat(17), &"zz".repeat(16), &format!(" {text}")] {
        assert!(wrong.parse::<DeviceId>().is_err(), "{wrong:?}");
    }
    assert_eq!(serde_json::to_string(&id).unwrap(), format!("{text:?}"));
    assert_eq!(serde_json::from_str::<DeviceId>(&format!("{text:?}")).unwrap(), id);
}

#[test]
fn error_codes_are_numbered_and_named_once_and_unknown_ones_still_read() {
    for (index, code) in ErrorCode::ALL.iter().enumerate() {
        assert_eq!(codec::decode::<usize>(&codec::encode(code)), Ok(index));
        assert_eq!(codec::decode::<ErrorCode>(&codec::encode(code)), Ok(*code));
        assert_eq!(serde_json::to_value(code).unwrap(), code.name());
    }
    assert_eq!(codec::decode::<ErrorCode>(&codec::encode(&9_999_u32)), Ok(ErrorCode::Internal));
}

#[test]
fn frames_skip_unknown_keys_and_name_unknown_versions() {
    let ping = [1, 0x82, 8, 0xa2, 0x00, 0x05, 0x18, 99, 0x63, b'n', b'e', b'w'];
    assert_eq!(ClientFrame::from_bytes(&ping), Ok(ClientFrame::Ping { nonce: 5 }));
    assert_eq!(ClientFrame::Ping { nonce: 5 }.to_bytes(), [1, 0x82, 8, 0xa1, 0x00, 0x05]);
    assert_eq!(ClientFrame::from_bytes(&[2, 0x82, 8, 0xa1, 0, 5]), Err(CodecError::Version(2)));
    for bytes in [&[][..], &[1], &[1, 0x82, 0x18, 200, 0xa0], &[1, 0x82, 8, 0xa0], &[1, 0x05]] {
        assert!(matches!(ClientFrame::from_bytes(bytes), Err(CodecError::Malformed(_))), "{bytes:?}");
        assert!(matches!(ServerFrame::from_bytes(bytes), Err(CodecError::Malformed(_))), "{bytes:?}");
    }
}

#[test]
fn a_frame_over_the_limit_is_refused_before_it_is_read() {
    let at = |length| ClientFrame::from_bytes(&vec![1; length]);
    let too_long = CodecError::TooLong { got: limits::FRAME_BYTES + 1, limit: limits::FRAME_BYTES };
    assert_eq!(at(limits::FRAME_BYTES + 1), Err(too_long));
    assert!(!matches!(at(limits::FRAME_BYTES), Err(CodecError::TooLong { .. })));
}

#[test]
fn a_frame_has_room_for_the_largest_entry_and_for_the_largest_link() {
    let entry = SealedEntry {
        header: vec![0; limits::HEADER_BYTES],
        ciphertext: vec![0; limits::ENTRY_BYTES],
        signature: Signature::new([0; 64]),
    };
    assert!(entry.size() <= limits::ENTRY_BYTES_PER_FRAME);
    let space = SpaceId::new([0; 32]);
    // Many small entries: what a frame adds to each is the most there.
    let size = limits::ENTRY_BYTES_PER_FRAME / limits::ENTRIES_PER_FRAME;
    let small = SealedEntry { ciphertext: vec![0; size - 64 - 240], header: vec![0; 240], ..entry };
    let entries = vec![small; limits::ENTRIES_PER_FRAME];
    let frame = ServerFrame::Entries { space, first: u64::MAX, entries }.to_bytes();
    assert!(frame.len() <= limits::FRAME_BYTES, "{}", frame.len());
    let link = SignedLink {
        link: vec![0; limits::LINK_BYTES],
        signature: Signature::new([0; 64]),
        counter: Some(Signature::new([0; 64])),
    };
    let keyboxes = Keyboxes { history: vec![0; limits::KEYBOXES_BYTES - 9], boxes: Vec::new() };
    assert_eq!(keyboxes.size(), limits::KEYBOXES_BYTES);
    let links = vec![frame::LinkItem { link, keyboxes }];
    let frame = ClientFrame::AppendLinks { request: u64::MAX, space, links, restores: None }.to_bytes();
    assert!(frame.len() <= limits::FRAME_BYTES, "{}", frame.len());
}
