//! What every store promises, checked on each of them.

use crate::support::device::{Author, Device, Vault};
use crate::support::stores::on_every_store;
use protocol::entry::Head;
use protocol::frame::Refusal;
use protocol::{ErrorCode, RunningHash, SealedEntry};
use std::sync::Arc;
use sync_server::clock::Millis;
use sync_server::identity::SecretHash;
use sync_server::rules::{admit, judge_links};
use sync_server::store::{
    Admission, Append, Created, Extend, Handle, NewAccount, Outcome, Page, Store, Ticket, Write,
};

const ALL: Page = Page { count: 1_000, bytes: 1 << 20 };
const NOW: Millis = Millis(1_000_000);

struct World {
    store: Arc<dyn Store>,
    laptop: Device,
    paper: Device,
    vault: Vault,
}

impl World {
    async fn new(store: Arc<dyn Store>) -> Self {
        let (laptop, paper) = (Device::named("laptop"), Device::named("paper"));
        let vault = Vault::begin(&laptop, &paper);
        let created = store.create_account(account(&vault, Admission::Open, None)).await.unwrap();
        assert_eq!(created, Created::Yes);
        Self { store, laptop, paper, vault }
    }
    fn append(&self, entries: &[SealedEntry]) -> Write {
        let admitted = entries.iter().map(|e| admit(&self.vault.chain, e.clone()).unwrap()).collect();
        Write::Append(Append {
            space: self.vault.space(),
            judged_on: self.vault.chain.head(),
            entries: admitted,
        })
    }
    async fn commit(&self, write: Write) -> Outcome {
        self.store.commit(&[write]).await.unwrap().pop().unwrap()
    }
    async fn entries(&self, cursor: u64, page: Page) -> Vec<SealedEntry> {
        self.store.entries(&self.vault.space(), cursor, page).await.unwrap()
    }
}

fn account(vault: &Vault, admission: Admission, invite: Option<SecretHash>) -> NewAccount {
    NewAccount { chain: Arc::new(vault.chain.clone()), admission, invite, now: NOW }
}

fn taken(accepted: usize, new: usize) -> Outcome {
    Outcome::Appended { accepted, new, refusal: None }
}

async fn an_account_is_made_once_and_found(store: Arc<dyn Store>) {
    let world = World::new(store.clone()).await;
    let (space, id) = (world.vault.space(), world.vault.account());
    let again = store.create_account(account(&world.vault, Admission::Open, None)).await.unwrap();
    assert_eq!(again, Created::Exists);
    assert_eq!(store.vault(&id).await.unwrap(), Some(space));
    let state = store.space(&space).await.unwrap().unwrap();
    assert_eq!((state.account, state.seq, state.height), (id, 0, 0));
    assert_eq!((state.running, state.head), (RunningHash::start(&space), world.vault.chain.head()));
    assert!(state.bytes_used > 0);
    assert_eq!(store.links(&space, 0, ALL).await.unwrap(), world.vault.items);
    let other = Vault::begin(&world.paper, &world.laptop);
    assert_eq!(store.vault(&other.account()).await.unwrap(), None);
    assert_eq!(store.space(&other.space()).await.unwrap(), None);
    assert_eq!(store.heads(&other.space()).await.unwrap(), None);
    assert_eq!(store.ping().await.map_err(|e| e.to_string()), Ok(()));
}

async fn members_are_found_by_device_and_role(store: Arc<dyn Store>) {
    let mut world = World::new(store.clone()).await;
    let here = Some((world.vault.account(), world.vault.space()));
    let phone = Device::named("phone");
    let find = async |device: &Device, role| store.space_of_member(&device.id(), role).await.unwrap();
    assert_eq!(find(&world.paper, protocol::Role::Paper).await, here);
    assert_eq!(find(&world.paper, protocol::Role::Device).await, None);
    assert_eq!(find(&phone, protocol::Role::Device).await, None);
    let item = world.vault.adding(&world.laptop, &phone);
    extend(&mut world, item).await;
    assert_eq!(find(&phone, protocol::Role::Device).await, here);
}

async fn extend(world: &mut World, item: protocol::frame::LinkItem) {
    assert_eq!(world.commit(extending(world, &item, false)).await, Outcome::Extended);
    world.vault.take(item);
}

async fn entries_get_numbers_without_holes_and_a_running_hash(store: Arc<dyn Store>) {
    let world = World::new(store.clone()).await;
    let space = world.vault.space();
    let before = store.space(&space).await.unwrap().unwrap().bytes_used;
    let mut author = Author::new(&world.laptop, &world.vault);
    let entries: Vec<_> = (0..5_u8).map(|n| author.write(&[n; 10])).collect();
    assert_eq!(world.commit(world.append(&entries[..2])).await, taken(2, 2));
    assert_eq!(world.commit(world.append(&entries[2..])).await, taken(3, 3));
    assert_eq!(world.entries(0, ALL).await, entries);
    assert_eq!(world.entries(3, ALL).await, entries[3..]);
    assert_eq!(world.entries(5, ALL).await, []);
    let mut running = RunningHash::start(&space);
    for (seq, entry) in (1..).zip(&entries) {
        running = running.then(&entry.clone().read().unwrap().hash());
        assert_eq!(store.running_at(&space, seq).await.unwrap(), Some(running));
    }
    assert_eq!(store.running_at(&space, 6).await.unwrap(), None);
    let state = store.space(&space).await.unwrap().unwrap();
    let size: usize = entries.iter().map(SealedEntry::size).sum();
    assert_eq!((state.seq, state.running, state.bytes_used), (5, running, before + size as u64));
    let heads = store.heads(&space).await.unwrap().unwrap();
    assert_eq!((heads.seq, heads.running), (5, running));
    assert_eq!(heads.heads, [author.last.unwrap()]);
}

async fn reading_is_bounded_by_count_and_bytes(store: Arc<dyn Store>) {
    let world = World::new(store.clone()).await;
    let mut author = Author::new(&world.laptop, &world.vault);
    let entries: Vec<_> = (0..6_u8).map(|n| author.write(&vec![n; 1_000])).collect();
    world.commit(world.append(&entries)).await;
    let size = entries[0].size();
    assert_eq!(world.entries(1, Page { count: 2, bytes: 1 << 20 }).await, entries[1..3]);
    assert_eq!(world.entries(0, Page { count: 100, bytes: 3 * size }).await, entries[..3]);
    assert_eq!(world.entries(0, Page { count: 100, bytes: 3 * size - 1 }).await, entries[..2]);
    // One entry is sent even if it is larger, or nobody would ever get past it.
    assert_eq!(world.entries(0, Page { count: 100, bytes: 1 }).await, entries[..1]);
    let device = world.laptop.id();
    let space = world.vault.space();
    let from = async |index, page| store.device_entries(&space, &device, index, page).await.unwrap();
    assert_eq!(from(4, ALL).await, entries[3..]);
    assert_eq!(from(1, Page { count: 100, bytes: 2 * size }).await, entries[..2]);
    assert_eq!(from(7, ALL).await, []);
    assert_eq!(from(u64::MAX, ALL).await, []);
}

async fn the_same_entry_twice_is_one_entry(store: Arc<dyn Store>) {
    let world = World::new(store.clone()).await;
    let mut author = Author::new(&world.laptop, &world.vault);
    let entries: Vec<_> = (0..3_u8).map(|n| author.write(&[n])).collect();
    assert_eq!(world.commit(world.append(&entries)).await, taken(3, 3));
    assert_eq!(world.commit(world.append(&entries)).await, taken(3, 0));
    assert_eq!(world.commit(world.append(&entries[1..2])).await, taken(1, 0));
    assert_eq!(world.entries(0, ALL).await, entries);
}

async fn another_entry_at_a_taken_address_is_kept_as_evidence(store: Arc<dyn Store>) {
    let world = World::new(store.clone()).await;
    let mut author = Author::new(&world.laptop, &world.vault);
    let first = author.write(b"first");
    let clone = Author::new(&world.laptop, &world.vault).draft(b"clone");
    assert_eq!(world.commit(world.append(std::slice::from_ref(&first))).await, taken(1, 1));
    let stands = first.clone().read().unwrap().hash();
    let refusal = Refusal { code: ErrorCode::AddressTaken, hash: Some(stands), expected: None };
    for _ in 0..2 {
        let outcome = world.commit(world.append(std::slice::from_ref(&clone))).await;
        assert_eq!(outcome, Outcome::Appended { accepted: 0, new: 0, refusal: Some(refusal.clone()) });
    }
    assert_eq!(world.entries(0, ALL).await, [first]);
    assert_eq!(store.evidence(&world.vault.space()).await.unwrap(), [clone]);
    for n in 0..200_u8 {
        let other = Author::new(&world.laptop, &world.vault).draft(&[n; 7]);
        world.commit(world.append(&[other])).await;
    }
    let kept = store.evidence(&world.vault.space()).await.unwrap().len();
    assert_eq!(kept, sync_server::limits::EVIDENCE_PER_SPACE);
}

async fn an_entry_that_skips_one_is_a_gap(store: Arc<dyn Store>) {
    let world = World::new(store.clone()).await;
    let mut author = Author::new(&world.laptop, &world.vault);
    let entries: Vec<_> = (0..4_u8).map(|n| author.write(&[n])).collect();
    let gap = |expected, hash| Refusal { code: ErrorCode::Gap, hash: Some(hash), expected: Some(expected) };
    let none = protocol::Header::NO_PREVIOUS;
    let outcome = world.commit(world.append(&entries[1..])).await;
    assert_eq!(outcome, Outcome::Appended { accepted: 0, new: 0, refusal: Some(gap(1, none)) });
    let broken = [entries[0].clone(), entries[1].clone(), entries[3].clone()];
    let outcome = world.commit(world.append(&broken)).await;
    let second = entries[1].clone().read().unwrap().hash();
    assert_eq!(outcome, Outcome::Appended { accepted: 2, new: 2, refusal: Some(gap(3, second)) });
    assert_eq!(world.entries(0, ALL).await, entries[..2]);
    let head = store.device_head(&world.vault.space(), &world.laptop.id()).await.unwrap().unwrap();
    assert_eq!((head.index, head.hash, head.height), (2, second, 0));
}

async fn links_are_compared_and_swapped(store: Arc<dyn Store>) {
    let mut world = World::new(store.clone()).await;
    let before = world.vault.chain.clone();
    let phone = world.vault.adding(&world.laptop, &Device::named("phone"));
    let tablet = world.vault.adding(&world.paper, &Device::named("tablet"));
    extend(&mut world, phone).await;
    let judged = judge_links(&before, &[tablet]).unwrap();
    let late = Extend {
        space: before.space(),
        judged_on: before.head(),
        after: Arc::new(judged.after),
        restores: false,
    };
    assert_eq!(world.commit(Write::Extend(late)).await, Outcome::HeadMoved);
    assert_eq!(store.links(&before.space(), 0, ALL).await.unwrap(), world.vault.items);
    assert_eq!(store.links(&before.space(), 1, ALL).await.unwrap(), world.vault.items[1..]);
    let one = Page { count: 1, bytes: 1 };
    assert_eq!(store.links(&before.space(), 0, one).await.unwrap(), world.vault.items[..1]);
    let state = store.space(&before.space()).await.unwrap().unwrap();
    assert_eq!((state.height, state.head), (1, world.vault.chain.head()));
}

async fn entries_judged_on_an_old_head_are_judged_again(store: Arc<dyn Store>) {
    let mut world = World::new(store.clone()).await;
    let entry = Author::new(&world.laptop, &world.vault).write(b"late");
    let stale = world.append(&[entry]);
    let link = world.vault.adding(&world.laptop, &Device::named("phone"));
    extend(&mut world, link).await;
    assert_eq!(world.commit(stale).await, Outcome::HeadMoved);
    assert_eq!(world.entries(0, ALL).await, []);
}

/// A vault in which the phone, a member, has written `count` entries; the entries and one more that is not sent.
async fn with_phone(world: &mut World, count: u8) -> (Device, Vec<SealedEntry>, Vec<Head>) {
    let phone = Device::named("phone");
    let link = world.vault.adding(&world.laptop, &phone);
    extend(world, link).await;
    let mut author = Author::new(&phone, &world.vault);
    let mut heads = Vec::new();
    let mut entries = Vec::new();
    for n in 0..=count {
        entries.push(author.write(&[n]));
        heads.push(author.last.unwrap());
    }
    let sent = entries.len() - 1;
    let outcome = world.commit(world.append(&entries[..sent])).await;
    assert_eq!(outcome, taken(sent, sent));
    (phone, entries, heads)
}

fn extending(world: &World, item: &protocol::frame::LinkItem, restores: bool) -> Write {
    let judged = judge_links(&world.vault.chain, std::slice::from_ref(item)).unwrap();
    let (space, judged_on) = (world.vault.space(), world.vault.chain.head());
    Write::Extend(Extend { space, judged_on, after: Arc::new(judged.after), restores })
}

async fn a_cut_names_the_last_entry_or_nothing_is_done(store: Arc<dyn Store>) {
    let mut world = World::new(store.clone()).await;
    let (phone, _, heads) = with_phone(&mut world, 2).await;
    let space = world.vault.space();
    let before = store.space(&space).await.unwrap();
    let dropped = world.vault.adding(&world.laptop, &Device::named("tablet")).link.read().unwrap().1;
    for last in [None, Some(heads[0])] {
        for link in [
            world.vault.revoking_at(&world.laptop, &phone, last),
            world.vault.resolving(&world.laptop, dropped, &phone, last),
        ] {
            assert_eq!(world.commit(extending(&world, &link, false)).await, Outcome::CutMoved);
        }
    }
    assert_eq!(store.space(&space).await.unwrap(), before);
    assert_eq!(store.links(&space, 0, ALL).await.unwrap(), world.vault.items);
    let here = Some((world.vault.account(), space));
    assert_eq!(store.space_of_member(&phone.id(), protocol::Role::Device).await.unwrap(), here);
    let link = world.vault.resolving(&world.laptop, dropped, &phone, Some(heads[1]));
    assert_eq!(world.commit(extending(&world, &link, false)).await, Outcome::Extended);
    assert_eq!(store.links(&space, 2, ALL).await.unwrap(), [link]);
    assert_eq!(store.space_of_member(&phone.id(), protocol::Role::Device).await.unwrap(), None);
}

async fn links_that_were_in_force_before_are_taken_whatever_was_written_since(store: Arc<dyn Store>) {
    let mut world = World::new(store.clone()).await;
    let (phone, _, heads) = with_phone(&mut world, 2).await;
    let link = world.vault.revoking_at(&world.laptop, &phone, Some(heads[0]));
    assert_eq!(world.commit(extending(&world, &link, false)).await, Outcome::CutMoved);
    assert_eq!(world.commit(extending(&world, &link, true)).await, Outcome::Extended);
    let state = store.space(&world.vault.space()).await.unwrap().unwrap();
    assert_eq!((state.height, state.seq), (2, 2));
}

async fn an_entry_that_races_a_revocation_is_counted_in_it_or_refused(store: Arc<dyn Store>) {
    for round in 0..24 {
        let names = [format!("laptop {round}"), format!("slip {round}")];
        let [laptop, paper] = names.map(|n| Device::named(&n));
        let vault = Vault::begin(&laptop, &paper);
        store.create_account(account(&vault, Admission::Open, None)).await.unwrap();
        let mut world = World { store: store.clone(), laptop, paper, vault };
        let (phone, entries, heads) = with_phone(&mut world, 1).await;
        let link = world.vault.revoking_at(&world.laptop, &phone, Some(heads[0]));
        let (append, revoke) = (world.append(&entries[1..]), extending(&world, &link, false));
        let start = Arc::new(tokio::sync::Barrier::new(2));
        let racing = [append, revoke].map(|write| {
            let (store, start) = (store.clone(), start.clone());
            tokio::spawn(async move {
                start.wait().await;
                store.commit(&[write]).await.unwrap().pop().unwrap()
            })
        });
        let [append, revoke] = racing;
        let outcomes = (append.await.unwrap(), revoke.await.unwrap());
        let state = store.space(&world.vault.space()).await.unwrap().unwrap();
        let last = store.device_head(&world.vault.space(), &phone.id()).await.unwrap().unwrap();
        match outcomes {
            (appended, Outcome::CutMoved) if appended == taken(1, 1) => {
                assert_eq!((state.seq, state.height, last.hash), (2, 1, heads[1].hash));
            }
            (Outcome::HeadMoved, Outcome::Extended) => {
                assert_eq!((state.seq, state.height, last.hash), (1, 2, heads[0].hash));
            }
            both => panic!("round {round}: {both:?}"),
        }
    }
}

async fn many_writes_share_a_commit_and_keep_their_places(store: Arc<dyn Store>) {
    let world = World::new(store.clone()).await;
    let (desk, slip) = (Device::named("desk"), Device::named("slip"));
    let other = Vault::begin(&desk, &slip);
    store.create_account(account(&other, Admission::Open, None)).await.unwrap();
    let nobody = Vault::begin(&slip, &desk);
    let mut ours = Author::new(&world.laptop, &world.vault);
    let mut theirs = Author::new(&desk, &other);
    let mut lost = Author::new(&slip, &nobody);
    let append = |vault: &Vault, entry: SealedEntry| {
        let entries = vec![admit(&vault.chain, entry).unwrap()];
        Write::Append(Append { space: vault.space(), judged_on: vault.chain.head(), entries })
    };
    let (one, two) = (ours.write(b"one"), ours.write(b"two"));
    let writes = [
        append(&world.vault, one.clone()),
        append(&nobody, lost.write(b"lost")),
        append(&other, theirs.write(b"three")),
        append(&world.vault, two.clone()),
        append(&world.vault, one.clone()),
    ];
    let outcomes = store.commit(&writes).await.unwrap();
    assert_eq!(outcomes, [taken(1, 1), Outcome::UnknownSpace, taken(1, 1), taken(1, 1), taken(1, 0)]);
    assert_eq!(world.entries(0, ALL).await, [one, two]);
}

async fn heads_are_sorted_by_device(store: Arc<dyn Store>) {
    let mut world = World::new(store.clone()).await;
    let phone = Device::named("phone");
    let link = world.vault.adding(&world.laptop, &phone);
    extend(&mut world, link).await;
    let mut expected: Vec<Head> = Vec::new();
    for device in [&world.laptop, &phone] {
        let mut author = Author::new(device, &world.vault);
        world.commit(world.append(&[author.write(b"a"), author.write(b"b")])).await;
        expected.push(author.last.unwrap());
    }
    expected.sort_by_key(|head| head.device);
    assert_eq!(store.heads(&world.vault.space()).await.unwrap().unwrap().heads, expected);
}

async fn registration_follows_its_policy(store: Arc<dyn Store>) {
    let names = ["ada", "bob", "cleo"];
    let paper = Device::named("slip");
    let vaults: Vec<Vault> = names.iter().map(|n| Vault::begin(&Device::named(n), &paper)).collect();
    let invite = SecretHash::of(b"please");
    let make = async |vault, admission, invite| {
        store.create_account(account(vault, admission, invite)).await.unwrap()
    };
    assert_eq!(make(&vaults[0], Admission::Invite, None).await, Created::InviteRequired);
    assert_eq!(make(&vaults[0], Admission::First, None).await, Created::Yes);
    assert_eq!(make(&vaults[1], Admission::First, None).await, Created::InviteRequired);
    assert_eq!(make(&vaults[1], Admission::First, Some(invite)).await, Created::InviteInvalid);
    store.put_invite(invite, Millis(NOW.0 + 1), NOW).await.unwrap();
    assert_eq!(make(&vaults[1], Admission::First, Some(invite)).await, Created::Yes);
    assert_eq!(make(&vaults[2], Admission::Invite, Some(invite)).await, Created::InviteInvalid);
    store.put_invite(invite, NOW, Millis(0)).await.unwrap();
    assert_eq!(make(&vaults[2], Admission::Invite, Some(invite)).await, Created::InviteInvalid);
    assert_eq!(make(&vaults[2], Admission::Open, None).await, Created::Yes);
}

async fn challenges_and_tickets_are_used_once_and_in_time(store: Arc<dyn Store>) {
    let world = World::new(store.clone()).await;
    let hash = SecretHash::of(b"secret");
    let later = NOW.plus_seconds(30);
    store.put_challenge(hash, later, NOW).await.unwrap();
    assert!(!store.take_challenge(SecretHash::of(b"another"), NOW).await.unwrap());
    assert!(store.take_challenge(hash, NOW).await.unwrap());
    assert!(!store.take_challenge(hash, NOW).await.unwrap());
    store.put_challenge(hash, later, NOW).await.unwrap();
    assert!(!store.take_challenge(hash, later).await.unwrap());
    let signed = Ticket { account: world.vault.account(), device: world.laptop.id(), session: None };
    let asked = Ticket { session: Some(Handle::new([7; 16])), ..signed };
    for ticket in [signed, asked] {
        store.put_ticket(hash, ticket, later, NOW).await.unwrap();
        assert_eq!(store.take_ticket(hash, NOW).await.unwrap(), Some(ticket));
        assert_eq!(store.take_ticket(hash, NOW).await.unwrap(), None);
    }
    store.put_ticket(hash, signed, later, NOW).await.unwrap();
    assert_eq!(store.take_ticket(hash, later).await.unwrap(), None);
}

async fn accounts_made_at_once_do_not_pass_the_policy_together(store: Arc<dyn Store>) {
    let paper = Device::named("slip");
    let made: Vec<_> = (0..6)
        .map(|n| {
            let vault = Vault::begin(&Device::named(&format!("device {n}")), &paper);
            let store = store.clone();
            tokio::spawn(async move {
                store.create_account(account(&vault, Admission::First, None)).await.unwrap()
            })
        })
        .collect();
    let mut yes = 0;
    for one in made {
        yes += usize::from(one.await.unwrap() == Created::Yes);
    }
    assert_eq!(yes, 1);
}

async fn appends_at_once_get_distinct_numbers(store: Arc<dyn Store>) {
    let mut world = World::new(store.clone()).await;
    let devices: Vec<Device> = (0..4).map(|n| Device::named(&format!("device {n}"))).collect();
    for device in &devices {
        let link = world.vault.adding(&world.laptop, device);
        extend(&mut world, link).await;
    }
    let mut tasks = Vec::new();
    for device in &devices {
        let mut author = Author::new(device, &world.vault);
        let writes: Vec<Write> = (0..10_u8).map(|n| world.append(&[author.write(&[n])])).collect();
        let store = store.clone();
        tasks.push(tokio::spawn(async move {
            for write in writes {
                assert_eq!(store.commit(&[write]).await.unwrap(), [taken(1, 1)]);
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(world.entries(0, ALL).await.len(), 40);
    let state = store.space(&world.vault.space()).await.unwrap().unwrap();
    let running = world
        .entries(0, ALL)
        .await
        .into_iter()
        .fold(RunningHash::start(&state.space), |r, e| r.then(&e.read().unwrap().hash()));
    assert_eq!((state.seq, state.running), (40, running));
}

async fn a_revoked_device_loses_the_tickets_it_has_not_used_and_nobody_else_does(store: Arc<dyn Store>) {
    let mut world = World::new(store.clone()).await;
    let (phone, _, heads) = with_phone(&mut world, 1).await;
    let later = NOW.plus_seconds(30);
    let ticket =
        |device: &Device| Ticket { account: world.vault.account(), device: device.id(), session: None };
    let tickets = [ticket(&phone), ticket(&world.laptop), ticket(&world.paper)];
    for (n, ticket) in (0..).zip(tickets) {
        store.put_ticket(SecretHash::of(&[n]), ticket, later, NOW).await.unwrap();
    }
    let moved = world.vault.revoking(&world.laptop, &phone);
    assert_eq!(world.commit(extending(&world, &moved, false)).await, Outcome::CutMoved);
    store.put_ticket(SecretHash::of(b"x"), tickets[0], later, NOW).await.unwrap();
    assert_eq!(store.take_ticket(SecretHash::of(b"x"), NOW).await.unwrap(), Some(tickets[0]));
    let link = world.vault.revoking_at(&world.laptop, &phone, Some(heads[0]));
    assert_eq!(world.commit(extending(&world, &link, false)).await, Outcome::Extended);
    let mut left = Vec::new();
    for n in 0..3_u8 {
        left.push(store.take_ticket(SecretHash::of(&[n]), NOW).await.unwrap());
    }
    assert_eq!(left, [None, Some(tickets[1]), Some(tickets[2])]);
}

on_every_store!(
    an_account_is_made_once_and_found,
    members_are_found_by_device_and_role,
    entries_get_numbers_without_holes_and_a_running_hash,
    reading_is_bounded_by_count_and_bytes,
    the_same_entry_twice_is_one_entry,
    another_entry_at_a_taken_address_is_kept_as_evidence,
    an_entry_that_skips_one_is_a_gap,
    links_are_compared_and_swapped,
    entries_judged_on_an_old_head_are_judged_again,
    a_cut_names_the_last_entry_or_nothing_is_done,
    links_that_were_in_force_before_are_taken_whatever_was_written_since,
    an_entry_that_races_a_revocation_is_counted_in_it_or_refused,
    many_writes_share_a_commit_and_keep_their_places,
    heads_are_sorted_by_device,
    a_revoked_device_loses_the_tickets_it_has_not_used_and_nobody_else_does,
    registration_follows_its_policy,
    challenges_and_tickets_are_used_once_and_in_time,
    accounts_made_at_once_do_not_pass_the_policy_together,
    appends_at_once_get_distinct_numbers,
);
