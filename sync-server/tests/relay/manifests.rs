//! The judgement of manifests: pure, so without any store.

use crate::support::device::{Author, Device, Vault};
use crate::support::manifest::{ack, bent, hash_of, manifest, pack_ref};
use protocol::entry::Head;
use protocol::manifest::{ManifestHeader, PackRef};
use protocol::{EntryHash, EpochId, ErrorCode, LinkHash, ManifestHash, SpaceId, limits};
use sync_server::rules::{judge_ack, judge_manifest, keeps_coverage};

/// A vault of a laptop, which has revoked the phone after its second entry; the head of that.
fn world() -> (Device, Device, Vault, Head) {
    let (laptop, phone) = (Device::named("laptop"), Device::named("phone"));
    let mut vault = Vault::begin(&laptop, &Device::named("paper"));
    vault.take(vault.adding(&laptop, &phone));
    let mut author = Author::new(&phone, &vault);
    author.write(b"one");
    author.write(b"two");
    let last = author.last.unwrap();
    vault.take(vault.revoking_at(&laptop, &phone, Some(last)));
    (laptop, phone, vault, last)
}

#[test]
fn a_manifest_of_an_active_device_is_read_and_named() {
    let (laptop, _, vault, last) = world();
    let sealed = manifest(&laptop, &vault, None, &[b"a pack"], &[last]);
    let judged = judge_manifest(&vault.chain, sealed.clone()).unwrap();
    assert_eq!((judged.hash(), judged.sealed()), (hash_of(&sealed), &sealed));
    assert_eq!(
        (judged.header().packs.as_slice(), judged.header().covered(&last.device)),
        (&[pack_ref(b"a pack")][..], 2)
    );
}

#[test]
fn each_fault_of_a_manifest_has_its_code() {
    let (laptop, phone, vault, last) = world();
    let judge = |bend: &dyn Fn(&mut ManifestHeader)| {
        judge_manifest(&vault.chain, bent(&laptop, &vault, bend)).unwrap_err()
    };
    let paper = Device::named("paper");
    assert_eq!(judge(&|h| h.version = 2), ErrorCode::UnsupportedVersion);
    assert_eq!(judge(&|h| h.length += 1), ErrorCode::Malformed);
    assert_eq!(judge(&|h| h.space = SpaceId::new([1; 32])), ErrorCode::Malformed);
    assert_eq!(judge(&|h| h.membership = LinkHash::new([1; 32])), ErrorCode::StaleMembershipHead);
    assert_eq!(judge(&|h| h.epoch = EpochId::new([1; 32])), ErrorCode::WrongEpoch);
    assert_eq!(judge(&|h| h.device = paper.id()), ErrorCode::NotAMember);
    assert_eq!(judge(&|h| h.packs = vec![pack_ref(b"twice"); 2]), ErrorCode::Malformed);
    let large = PackRef { size: limits::PACK_BYTES as u64 + 1, ..pack_ref(b"large") };
    assert_eq!(judge(&|h| h.packs = vec![large]), ErrorCode::Malformed);
    let head = |device, index| Head { device, index, hash: EntryHash::new([1; 32]) };
    assert_eq!(judge(&|h| h.coverage = vec![head(laptop.id(), 0)]), ErrorCode::Malformed);
    assert_eq!(judge(&|h| h.coverage = vec![head(laptop.id(), 1); 2]), ErrorCode::Malformed);
    assert_eq!(judge(&|h| h.coverage = vec![head(laptop.id(), 1 << 63)]), ErrorCode::Malformed);
    let stranger = Device::named("stranger").id();
    for conflict in [head(stranger, 1), head(paper.id(), 1), head(phone.id(), 2), head(phone.id(), 3)] {
        assert_eq!(judge(&|h| h.coverage = vec![conflict]), ErrorCode::CoverageConflicts, "{conflict:?}");
    }
    for good in [head(laptop.id(), u64::MAX >> 1), head(phone.id(), 1), last] {
        let sealed = manifest(&laptop, &vault, None, &[], &[good]);
        assert!(judge_manifest(&vault.chain, sealed).is_ok(), "{good:?}");
    }
    let mut forged = manifest(&laptop, &vault, None, &[], &[]);
    forged.body[0] ^= 1;
    assert_eq!(judge_manifest(&vault.chain, forged).unwrap_err(), ErrorCode::BadSignature);
    // It was a member at the link that it names, and is none now.
    let then = vault.chain.links()[1].hash;
    let late = bent(&phone, &vault, |h| (h.membership, h.epoch) = (then, EpochId::new([9; 32])));
    assert_eq!(judge_manifest(&vault.chain, late).unwrap_err(), ErrorCode::NotAMember);
}

#[test]
fn only_an_active_device_acknowledges() {
    let (laptop, phone, vault, _) = world();
    let (space, hash) = (vault.space(), ManifestHash::new([1; 32]));
    assert_eq!(judge_ack(&vault.chain, &ack(&laptop, space, hash)), Ok(()));
    for nobody in [phone, Device::named("paper"), Device::named("stranger")] {
        assert_eq!(judge_ack(&vault.chain, &ack(&nobody, space, hash)), Err(ErrorCode::NotAMember));
    }
    let mut other = ack(&laptop, space, hash);
    other.manifest = ManifestHash::new([2; 32]);
    assert_eq!(judge_ack(&vault.chain, &other), Err(ErrorCode::BadSignature));
    let elsewhere = ack(&laptop, SpaceId::new([3; 32]), hash);
    assert_eq!(judge_ack(&vault.chain, &elsewhere), Err(ErrorCode::BadSignature));
}

#[test]
fn a_manifest_covers_what_the_one_before_did_unless_it_counts_no_more() {
    let (laptop, phone, vault, last) = world();
    let head =
        |device: &Device, index, fill| Head { device: device.id(), index, hash: EntryHash::new([fill; 32]) };
    let keeps = |before: &[Head], after: &[Head]| {
        let header = |coverage: &[Head]| {
            let mut coverage = coverage.to_vec();
            coverage.sort_by_key(|head| head.device);
            let mut header = None;
            bent(&laptop, &vault, |h| {
                h.coverage = coverage;
                header = Some(h.clone());
            });
            header.unwrap()
        };
        keeps_coverage(&vault.chain, &header(before), &header(after))
    };
    let three = head(&laptop, 3, 1);
    assert!(keeps(&[], &[]));
    assert!(keeps(&[], &[three]));
    assert!(keeps(&[three], &[three]));
    assert!(keeps(&[three], &[head(&laptop, 4, 2)]));
    assert!(!keeps(&[three], &[head(&laptop, 3, 2)]));
    assert!(!keeps(&[three], &[head(&laptop, 2, 1)]));
    assert!(!keeps(&[three], &[last]));
    // Beyond its second entry nothing of the phone counts.
    assert!(keeps(&[three, head(&phone, 5, 1)], &[three, last]));
    assert!(!keeps(&[three, head(&phone, 5, 1)], &[three, head(&phone, 1, 1)]));
}
