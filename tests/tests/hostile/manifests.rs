//! Manifests that are forged, changed, stale or of somewhere else. What packs they name is another matter: see
//! `compactors`.

use super::house::{ALICE, BOB, House};
use super::insider::Insider;
use engine::Command;
use engine::api::MemberChange;
use protocol::chain::AdmitError;
use protocol::codec::CodecError;
use protocol::entry::Head;
use protocol::manifest::{ManifestError, ManifestHeader, PackRef, SealedManifest};
use protocol::{Chain, DeviceId, EntryHash, EpochId, LinkHash, Signature, SpaceId, codec, limits};
use seal::DeviceKeys;

/// A vault, the chain that everybody has, and an honest manifest of a member.
struct Scene {
    chain: Chain,
    keys: DeviceKeys,
    header: ManifestHeader,
}

impl Scene {
    fn new() -> Self {
        let mut house = House::in_step();
        let insider = Insider::join(&mut house);
        let head = |n: u8| Head { device: DeviceId::new([n; 16]), index: 3, hash: EntryHash::new([n; 32]) };
        let header = ManifestHeader {
            version: limits::PROTOCOL_VERSION,
            space: house.space(),
            device: insider.keys.id(),
            parent: None,
            membership: insider.chain.head(),
            epoch: insider.chain.epoch(),
            packs: vec![PackRef { hash: PackRef::address(b"pack"), size: 4 }],
            coverage: vec![head(1), head(2)],
            nonce: [5; 24],
            length: 4,
        };
        Self { chain: insider.chain.clone(), keys: insider.keys, header }
    }

    fn sealed(&self, header: &ManifestHeader, body: &[u8]) -> SealedManifest {
        let (header, body) = (codec::encode(header), body.to_vec());
        let signature = self.keys.sign(SealedManifest::hash(&header, &body).as_bytes());
        SealedManifest { header, body, signature }
    }
}

#[track_caller]
fn refused(change: impl FnOnce(&Scene, &mut ManifestHeader), error: &ManifestError) {
    let scene = Scene::new();
    assert!(scene.sealed(&scene.header, b"body").verify(&scene.chain).is_ok(), "the honest one is refused");
    let mut header = scene.header.clone();
    change(&scene, &mut header);
    assert_eq!(scene.sealed(&header, b"body").verify(&scene.chain).unwrap_err(), *error);
}

/// One test a manifest.
macro_rules! manifests {
    ($($name:ident: $change:expr => $error:expr;)*) => { $(#[test] fn $name() { refused($change, &$error) })* };
}

manifests! {
    a_manifest_of_a_later_version: |_, h| h.version = 2 => CodecError::Version(2).into();
    a_manifest_of_another_space: |_, h| h.space = SpaceId::new([9; 32]) => AdmitError::OtherSpace.into();
    a_manifest_that_names_a_head_nobody_knows:
        |_, h| h.membership = LinkHash::new([9; 32]) => AdmitError::UnknownHead.into();
    a_manifest_that_names_a_head_before_its_author_was_a_member:
        |s, h| h.membership = s.chain.links()[0].hash => AdmitError::NotAMember.into();
    a_manifest_by_a_stranger: |_, h| h.device = DeviceId::new([9; 16]) => AdmitError::NotAMember.into();
    a_manifest_by_a_phrase: |s, h| h.device = *s.chain.recovery().unwrap().0 => AdmitError::NotAMember.into();
    a_manifest_under_another_epoch: |_, h| h.epoch = EpochId::new([9; 32]) => AdmitError::WrongEpoch.into();
    a_manifest_that_covers_in_another_order: |_, h| h.coverage.reverse() => ManifestError::Coverage;
    a_manifest_that_covers_a_device_twice: |_, h| h.coverage[1] = h.coverage[0] => ManifestError::Coverage;
    a_manifest_that_covers_nothing_of_a_device: |_, h| h.coverage[0].index = 0 => ManifestError::Coverage;
    a_manifest_whose_body_is_said_to_be_longer: |_, h| h.length = 5 => ManifestError::Length(4);
}

#[test]
fn a_manifest_is_changed_on_the_way() {
    let scene = Scene::new();
    let honest = scene.sealed(&scene.header, b"body");
    let mut packs = scene.header.clone();
    packs.packs.clear();
    let mut parent = scene.header.clone();
    parent.parent = Some(SealedManifest::hash(b"older", b""));
    for changed in [
        SealedManifest { header: codec::encode(&packs), ..honest.clone() },
        SealedManifest { header: codec::encode(&parent), ..honest.clone() },
        SealedManifest { body: b"ydob".to_vec(), ..honest.clone() },
        SealedManifest { signature: Signature::new([0; 64]), ..honest.clone() },
    ] {
        let error = changed.verify(&scene.chain).unwrap_err();
        assert_eq!(error, ManifestError::Refused(AdmitError::Signature));
    }
}

#[test]
fn a_manifest_is_larger_than_any_may_be() {
    let scene = Scene::new();
    let honest = scene.sealed(&scene.header, b"body");
    let header = SealedManifest { header: vec![0; limits::MANIFEST_HEADER_BYTES + 1], ..honest.clone() };
    let body = SealedManifest { body: vec![0; limits::MANIFEST_BODY_BYTES + 1], ..honest };
    for large in [header, body] {
        let error = large.verify(&scene.chain).unwrap_err();
        assert!(matches!(error, ManifestError::Codec(CodecError::TooLong { .. })), "{error:?}");
    }
}

#[test]
fn a_manifest_is_written_in_another_way_that_means_the_same() {
    let scene = Scene::new();
    let mut manifest = scene.sealed(&scene.header, b"body");
    let at = manifest.header.iter().position(|b| *b == 0x01).unwrap();
    manifest.header.splice(at..=at, [0x18, 0x01]);
    manifest.signature = scene.keys.sign(SealedManifest::hash(&manifest.header, &manifest.body).as_bytes());
    let error = manifest.verify(&scene.chain).unwrap_err();
    assert_eq!(error, ManifestError::Codec(CodecError::NotCanonical));
}

#[test]
fn a_manifest_is_served_whose_author_was_revoked_when_it_was_written() {
    let mut house = House::in_step();
    let insider = Insider::join(&mut house);
    let gone = MemberChange::Revoke(vec![insider.keys.id()]);
    house.command(ALICE, Command::ChangeMembers(gone)).unwrap();
    let chain = house.present_chain();
    let mut scene = Scene { chain, keys: insider.keys, header: Scene::new().header };
    scene.header.space = house.space();
    scene.header.device = scene.keys.id();
    (scene.header.membership, scene.header.epoch) = (scene.chain.head(), scene.chain.epoch());
    let error = scene.sealed(&scene.header, b"body").verify(&scene.chain).unwrap_err();
    assert_eq!(error, ManifestError::Refused(AdmitError::NotAMember));
    assert!(house.rooms[BOB].device.is_open());
}
