//! Which entries a chain admits: every rule by the error that breaking it gives.

mod kit;

use kit::*;
use protocol::chain::AdmitError;
use protocol::link::Cut;
use protocol::*;

struct Vault {
    chain: Chain,
    alice: Device,
    paper: Device,
    phone: Device,
    founded: LinkHash,
}

fn vault() -> Vault {
    let (alice, paper, phone) = (Device::new(1), Device::new(2), Device::new(3));
    let mut chain = begin(Purpose::Vault, &alice, Some(&paper));
    let founded = chain.head();
    add(&mut chain, &alice, &phone, Role::Device);
    Vault { chain, alice, paper, phone, founded }
}

impl Vault {
    /// Cuts the phone off after `last`.
    fn revoke_phone(&mut self, last: &ReadEntry) {
        let cut = Cut { device: self.phone.id(), index: last.header().index, hash: last.hash() };
        let body = LinkBody::Revoke { cuts: vec![cut] };
        let to = [&self.alice, &self.paper];
        let link = rotate(&self.chain, &self.alice, body, &to, 1).sign(&self.alice, None);
        extend(&mut self.chain, link);
    }
}

#[test]
fn an_entry_of_an_active_device_is_admitted_at_the_height_it_names() {
    let v = vault();
    assert_eq!(v.chain.admit(&entry(&v.chain, &v.phone, |_| ()), None), Ok(1));
    let earlier = entry(&v.chain, &v.alice, |h| h.membership = v.founded);
    assert_eq!(v.chain.admit(&earlier, None), Ok(0));
    assert_eq!(v.chain.admit(&earlier, Some(0)), Ok(0));
}

#[test]
fn an_entry_of_another_space_is_refused() {
    let v = vault();
    let other = entry(&v.chain, &v.phone, |h| h.space = SpaceId::new([1; 32]));
    assert_eq!(v.chain.admit(&other, None), Err(AdmitError::OtherSpace));
}

#[test]
fn an_entry_that_names_no_head_of_the_chain_is_refused() {
    let v = vault();
    let unknown = entry(&v.chain, &v.phone, |h| h.membership = LinkHash::new([1; 32]));
    assert_eq!(v.chain.admit(&unknown, None), Err(AdmitError::UnknownHead));
}

#[test]
fn a_device_never_goes_back_to_an_older_head() {
    let v = vault();
    let older = entry(&v.chain, &v.alice, |h| h.membership = v.founded);
    assert_eq!(v.chain.admit(&older, Some(1)), Err(AdmitError::OlderHead));
}

#[test]
fn only_writing_members_write_and_only_while_they_are_members() {
    let mut v = vault();
    let stranger = Device::new(9);
    let refused =
        |chain: &Chain, e: &ReadEntry| assert_eq!(chain.admit(e, None), Err(AdmitError::NotAMember));
    refused(&v.chain, &entry(&v.chain, &stranger, |_| ()));
    refused(&v.chain, &entry(&v.chain, &v.paper, |_| ()));
    // Not yet a member at the head it names.
    refused(&v.chain, &entry(&v.chain, &v.phone, |h| h.membership = v.founded));
    let last = entry(&v.chain, &v.phone, |_| ());
    v.revoke_phone(&last);
    // No longer a member at the head it names.
    refused(&v.chain, &entry(&v.chain, &v.phone, |h| h.index = 1));
}

#[test]
fn late_entries_of_an_old_epoch_count_under_the_key_of_the_head_they_name() {
    let mut v = vault();
    let late = entry(&v.chain, &v.alice, |_| ());
    let last = entry(&v.chain, &v.phone, |_| ());
    v.revoke_phone(&last);
    assert_eq!(v.chain.admit(&late, None), Ok(1));
    let old_key = entry(&v.chain, &v.alice, |h| h.epoch = epoch(0));
    assert_eq!(v.chain.admit(&old_key, None), Err(AdmitError::WrongEpoch));
}

#[test]
fn entries_of_a_revoked_device_count_up_to_its_cut_and_not_beyond() {
    let mut v = vault();
    let before = v.chain.clone();
    let at = |index: u64, nonce: u8| entry(&before, &v.phone, |h| (h.index, h.nonce) = (index, [nonce; 24]));
    let (first, last, fork, beyond) = (at(1, 1), at(2, 1), at(2, 2), at(3, 1));
    v.revoke_phone(&last);
    assert_eq!(v.chain.admit(&first, None), Ok(1));
    assert_eq!(v.chain.admit(&last, None), Ok(1));
    assert_eq!(v.chain.admit(&fork, None), Err(AdmitError::BeyondCut));
    assert_eq!(v.chain.admit(&beyond, None), Err(AdmitError::BeyondCut));
}

#[test]
fn a_device_that_wrote_nothing_is_cut_at_zero() {
    let mut v = vault();
    let written = entry(&v.chain, &v.phone, |_| ());
    let body = LinkBody::Revoke { cuts: vec![v.phone.cut()] };
    let link = rotate(&v.chain, &v.alice, body, &[&v.alice, &v.paper], 1).sign(&v.alice, None);
    extend(&mut v.chain, link);
    assert_eq!(v.chain.admit(&written, None), Err(AdmitError::BeyondCut));
}

#[test]
fn an_entry_that_somebody_else_signed_is_refused_and_passes_only_unsigned() {
    let v = vault();
    let mut sealed = entry(&v.chain, &v.phone, |_| ()).into_sealed();
    let address = Header::address(&sealed.header, &sealed.ciphertext);
    sealed.signature = v.alice.sign(address.as_bytes());
    let forged = sealed.read().unwrap();
    assert_eq!(v.chain.admit(&forged, None), Err(AdmitError::Signature));
    let (height, author) = v.chain.admit_unsigned(&forged, None).unwrap();
    assert_eq!((height, author.public.id()), (1, v.phone.id()));
}
