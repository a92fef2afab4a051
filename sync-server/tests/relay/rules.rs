//! The judgement of entries and links, without any I/O.

use crate::support::device::{Author, Device, Vault};
use protocol::frame::Refusal;
use protocol::link::Cut;
use protocol::{EpochId, ErrorCode, LinkHash, SealedEntry, Signature};
use sync_server::rules::{DeviceHead, Verdict, cut_fits, judge_chain, judge_entry, judge_links};

fn world() -> (Device, Device, Vault) {
    let (laptop, paper) = (Device::named("laptop"), Device::named("paper"));
    let vault = Vault::begin(&laptop, &paper);
    (laptop, paper, vault)
}

fn code(verdict: Verdict) -> ErrorCode {
    match verdict {
        Verdict::Refused(Refusal { code, .. }) => code,
        other => panic!("{other:?}"),
    }
}

fn head(entry: &SealedEntry, height: u32) -> DeviceHead {
    let read = entry.clone().read().unwrap();
    DeviceHead { index: read.header().index, hash: read.hash(), height }
}

#[test]
fn an_entry_that_follows_is_new_and_the_same_again_a_duplicate() {
    let (laptop, _, vault) = world();
    let mut author = Author::new(&laptop, &vault);
    let (one, two) = (author.write(b"1"), author.write(b"2"));
    let last = head(&one, 0);
    assert_eq!(judge_entry(&vault.chain, None, None, one.clone()), Verdict::New { height: 0 });
    assert_eq!(judge_entry(&vault.chain, Some(&last), None, two), Verdict::New { height: 0 });
    assert_eq!(judge_entry(&vault.chain, Some(&last), Some(last.hash), one), Verdict::Duplicate);
}

#[test]
fn each_fault_of_an_entry_has_its_code() {
    let (laptop, paper, vault) = world();
    let author = Author::new(&laptop, &vault);
    let judge = |entry| code(judge_entry(&vault.chain, None, None, entry));
    let bent = |bend: &dyn Fn(&mut protocol::Header)| author.entry(b"x", |h| bend(h));
    let mut forged = author.draft(b"x");
    forged.signature = Signature::new([1; 64]);
    assert_eq!(judge(forged), ErrorCode::BadSignature);
    let mut cut = author.draft(b"xyz");
    cut.ciphertext.pop();
    assert_eq!(judge(cut), ErrorCode::Malformed);
    assert_eq!(judge(bent(&|h| h.index = 0)), ErrorCode::Malformed);
    assert_eq!(judge(bent(&|h| h.index = 2)), ErrorCode::Gap);
    assert_eq!(judge(bent(&|h| h.previous = protocol::EntryHash::new([5; 32]))), ErrorCode::Gap);
    assert_eq!(judge(bent(&|h| h.version = 2)), ErrorCode::UnsupportedVersion);
    assert_eq!(judge(bent(&|h| h.space = protocol::SpaceId::new([5; 32]))), ErrorCode::Malformed);
    assert_eq!(judge(bent(&|h| h.membership = LinkHash::new([5; 32]))), ErrorCode::StaleMembershipHead);
    assert_eq!(judge(bent(&|h| h.epoch = EpochId::new([5; 32]))), ErrorCode::WrongEpoch);
    assert_eq!(judge(Author::new(&paper, &vault).draft(b"x")), ErrorCode::NotAMember);
    let stranger = Device::named("stranger");
    assert_eq!(judge(Author::new(&stranger, &vault).draft(b"x")), ErrorCode::NotAMember);
    let large = author.draft(&vec![0; protocol::limits::ENTRY_BYTES + 1]);
    assert_eq!(judge(large), ErrorCode::TooLarge);
}

#[test]
fn an_entry_may_not_name_an_older_head_than_its_author_did_before() {
    let (laptop, _, mut vault) = world();
    let mut old = Author::new(&laptop, &vault);
    vault.take(vault.adding(&laptop, &Device::named("phone")));
    let first = Author::new(&laptop, &vault).write(b"new head");
    let last = head(&first, 1);
    old.last = Some(first.read().unwrap().head());
    let verdict = judge_entry(&vault.chain, Some(&last), None, old.write(b"old head"));
    assert_eq!(code(verdict), ErrorCode::StaleMembershipHead);
}

#[test]
fn links_that_are_known_are_passed_over_and_new_ones_extend() {
    let (laptop, paper, mut vault) = world();
    let genesis = vault.chain.clone();
    vault.take(vault.adding(&laptop, &Device::named("phone")));
    vault.take(vault.adding(&paper, &Device::named("tablet")));
    let judged = judge_links(&genesis, &vault.items).unwrap();
    assert_eq!((judged.new, judged.after.head()), (2, vault.chain.head()));
    let judged = judge_links(&vault.chain, &vault.items).unwrap();
    assert_eq!((judged.new, judged.after.head()), (0, vault.chain.head()));
    assert_eq!(judge_chain(&vault.items).unwrap().head(), vault.chain.head());
}

#[test]
fn each_fault_of_a_link_has_its_code() {
    let (laptop, paper, mut vault) = world();
    let judge = |vault: &Vault, item| judge_links(&vault.chain, &[item]).unwrap_err().code();
    let phone = Device::named("phone");
    vault.take(vault.adding(&laptop, &phone));
    let add = vault.adding(&laptop, &Device::named("tablet"));
    let mut forged = add.clone();
    forged.link.signature = Signature::new([1; 64]);
    assert_eq!(judge(&vault, forged), ErrorCode::BadSignature);
    let mut other_boxes = add.clone();
    other_boxes.keyboxes.boxes.clear();
    assert_eq!(judge(&vault, other_boxes), ErrorCode::BadLink);
    let mut garbled = add.clone();
    garbled.link.link.push(0);
    assert_eq!(judge(&vault, garbled), ErrorCode::Malformed);
    assert_eq!(judge(&vault, vault.adding(&Device::named("stranger"), &phone)), ErrorCode::BadLink);
    assert_eq!(judge(&vault, vault.adding(&laptop, &phone)), ErrorCode::BadLink);
    let other = Vault::begin(&paper, &laptop);
    assert_eq!(judge(&vault, other.items[0].clone()), ErrorCode::Malformed);
    assert_eq!(judge(&vault, other.adding(&paper, &phone)), ErrorCode::Malformed);
    vault.take(add.clone());
    let late = {
        let mut before = Vault::begin(&laptop, &paper);
        before.take(vault.items[1].clone());
        before.adding(&laptop, &Device::named("desk"))
    };
    assert_eq!(judge(&vault, late), ErrorCode::HeadMoved);
}

#[test]
fn revocations_and_resolutions_extend_a_chain_and_closing_is_refused_for_now() {
    let (laptop, _, mut vault) = world();
    let (phone, tablet) = (Device::named("phone"), Device::named("tablet"));
    vault.take(vault.adding(&laptop, &phone));
    vault.take(vault.adding(&laptop, &tablet));
    let dropped = vault.revoking(&phone, &laptop).link.read().unwrap().1;
    for link in [vault.revoking(&laptop, &phone), vault.resolving(&laptop, dropped, &phone, None)] {
        let judged = judge_links(&vault.chain, &[link]).unwrap();
        assert_eq!((judged.new, judged.after.height()), (1, 3));
        assert!(judged.after.active(&phone.id()).is_none() && judged.after.active(&tablet.id()).is_some());
    }
    // What a member may not say, a resolution cannot say either.
    let stranger = vault.resolving(&Device::named("stranger"), dropped, &phone, None);
    assert_eq!(judge_links(&vault.chain, &[stranger]).unwrap_err().code(), ErrorCode::BadLink);
    assert_eq!(
        judge_links(&vault.chain, &[vault.closing(&laptop)]).unwrap_err().code(),
        ErrorCode::NotSupported
    );
}

#[test]
fn a_cut_fits_behind_everything_that_is_here_of_the_device() {
    let (laptop, _, vault) = world();
    let mut author = Author::new(&laptop, &vault);
    let (one, two) = (author.write(b"1"), author.write(b"2"));
    let cut = |entry: &SealedEntry| {
        let head = entry.clone().read().unwrap().head();
        Cut { device: laptop.id(), index: head.index, hash: head.hash }
    };
    let none = Cut { device: laptop.id(), index: 0, hash: protocol::Header::NO_PREVIOUS };
    assert!(cut_fits(&none, None));
    assert!(cut_fits(&cut(&one), Some(&head(&one, 0))));
    assert!(cut_fits(&cut(&two), Some(&head(&one, 0))), "others may have what is not here yet");
    assert!(!cut_fits(&cut(&one), Some(&head(&two, 0))));
    assert!(!cut_fits(&none, Some(&head(&one, 0))));
    let clone = Author::new(&laptop, &vault).draft(b"another first");
    assert!(!cut_fits(&cut(&clone), Some(&head(&one, 0))));
}
