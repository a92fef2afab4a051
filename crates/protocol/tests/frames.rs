//! Every frame survives the wire, and no bytes make reading one panic.

#![allow(clippy::unwrap_used, reason = "a strategy that fails is a test that fails")]

use proptest::collection::vec;
use proptest::prelude::*;
use protocol::auth::AuthPurpose;
use protocol::frame::*;
use protocol::manifest::{ManifestAck, SealedManifest};
use protocol::notice::{FailReason, Notice, NoticeState, NoticeStatus, RefusedNotice, SubscriptionInfo};
use protocol::*;

fn b16() -> impl Strategy<Value = [u8; 16]> {
    any::<[u8; 16]>()
}
fn b32() -> impl Strategy<Value = [u8; 32]> {
    any::<[u8; 32]>()
}
fn space() -> impl Strategy<Value = SpaceId> {
    b32().prop_map(SpaceId::new)
}
fn device() -> impl Strategy<Value = DeviceId> {
    b16().prop_map(DeviceId::new)
}
fn link_hash() -> impl Strategy<Value = LinkHash> {
    b32().prop_map(LinkHash::new)
}
fn entry_hash() -> impl Strategy<Value = EntryHash> {
    b32().prop_map(EntryHash::new)
}
fn running() -> impl Strategy<Value = RunningHash> {
    b32().prop_map(RunningHash::new)
}
fn signature() -> impl Strategy<Value = Signature> {
    vec(any::<u8>(), 64).prop_map(|b| Signature::from_slice(&b).unwrap())
}
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..80)
}
fn entries() -> impl Strategy<Value = Vec<SealedEntry>> {
    let entry = (bytes(), bytes(), signature());
    vec(entry.prop_map(|(header, ciphertext, signature)| SealedEntry { header, ciphertext, signature }), 0..4)
}
fn links() -> impl Strategy<Value = Vec<LinkItem>> {
    let link = (bytes(), signature(), proptest::option::of(signature()));
    let link = link.prop_map(|(link, signature, counter)| SignedLink { link, signature, counter });
    let keybox = (device(), bytes(), bytes());
    let keybox = keybox.prop_map(|(recipient, encapsulated, ciphertext)| Keybox {
        recipient,
        encapsulated,
        ciphertext,
    });
    let keyboxes = (bytes(), vec(keybox, 0..3)).prop_map(|(history, boxes)| Keyboxes { history, boxes });
    vec((link, keyboxes).prop_map(|(link, keyboxes)| LinkItem { link, keyboxes }), 0..3)
}
fn code() -> impl Strategy<Value = ErrorCode> {
    proptest::sample::select(ErrorCode::ALL)
}
fn resume() -> impl Strategy<Value = ResumeSpace> {
    (space(), any::<u64>(), running(), any::<u32>(), link_hash()).prop_map(
        |(space, cursor, running, height, membership)| ResumeSpace {
            space,
            cursor,
            running,
            height,
            membership,
        },
    )
}

fn manifest_hash() -> impl Strategy<Value = ManifestHash> {
    b32().prop_map(ManifestHash::new)
}
fn manifest() -> impl Strategy<Value = SealedManifest> {
    (bytes(), bytes(), signature()).prop_map(|(header, body, signature)| SealedManifest {
        header,
        body,
        signature,
    })
}

fn client_frame() -> impl Strategy<Value = ClientFrame> {
    let id = any::<u64>;
    prop_oneof![
        (device(), signature()).prop_map(|(device, signature)| ClientFrame::Hello { device, signature }),
        vec(resume(), 0..4).prop_map(|spaces| ClientFrame::Resume { spaces }),
        (id(), space(), entries()).prop_map(|(request, space, entries)| ClientFrame::Append {
            request,
            space,
            entries
        }),
        (id(), space(), links(), any::<Option<bool>>()).prop_map(|(request, space, links, restores)| {
            ClientFrame::AppendLinks { request, space, links, restores }
        }),
        (id(), space(), any::<u32>()).prop_map(|(request, space, from)| ClientFrame::GetLinks {
            request,
            space,
            from
        }),
        (id(), space()).prop_map(|(request, space)| ClientFrame::GetHeads { request, space }),
        (id(), space(), device(), any::<u64>()).prop_map(|(request, space, device, from)| {
            ClientFrame::GetEntries { request, space, device, from }
        }),
        id().prop_map(|nonce| ClientFrame::Ping { nonce }),
        (id(), space()).prop_map(|(request, space)| ClientFrame::GetManifest { request, space }),
        (id(), space(), b32()).prop_map(|(request, space, pack)| {
            ClientFrame::GetPack { request, space, pack: PackHash::new(pack) }
        }),
        (id(), space(), bytes()).prop_map(|(request, space, bytes)| {
            ClientFrame::PutPack { request, space, bytes: bytes.into() }
        }),
        (id(), space(), manifest())
            .prop_map(|(request, space, manifest)| { ClientFrame::PutManifest { request, space, manifest } }),
        (id(), space(), manifest_hash(), device(), signature()).prop_map(
            |(request, space, manifest, device, signature)| {
                let ack = ManifestAck { manifest, device, signature };
                ClientFrame::PutAck { request, space, ack }
            }
        ),
        of_notices(),
    ]
}

fn subscription() -> impl Strategy<Value = SubscriptionId> {
    b16().prop_map(SubscriptionId::new)
}
fn notice_id() -> impl Strategy<Value = NoticeId> {
    b32().prop_map(NoticeId::new)
}
fn notice() -> impl Strategy<Value = Notice> {
    (notice_id(), subscription(), any::<u64>(), any::<u64>(), bytes()).prop_map(
        |(notice, subscription, send_at, expires_at, body)| Notice {
            notice,
            subscription,
            send_at,
            expires_at,
            body: body.into(),
        },
    )
}

/// What a device says of notices.
fn of_notices() -> impl Strategy<Value = ClientFrame> {
    let id = any::<u64>;
    prop_oneof![
        id().prop_map(|request| ClientFrame::GetPush { request }),
        (id(), subscription(), ".{0,20}").prop_map(|(request, subscription, endpoint)| {
            ClientFrame::PutSubscription { request, subscription, endpoint }
        }),
        id().prop_map(|request| ClientFrame::DropSubscription { request }),
        (id(), vec(notice(), 0..4))
            .prop_map(|(request, notices)| ClientFrame::PutNotices { request, notices }),
        (id(), vec(notice_id(), 0..4))
            .prop_map(|(request, notices)| ClientFrame::CancelNotices { request, notices }),
        (id(), proptest::option::of(notice_id()))
            .prop_map(|(request, after)| ClientFrame::GetNotices { request, after }),
    ]
}

/// What the relay says of notices.
fn of_push() -> impl Strategy<Value = ServerFrame> {
    let id = any::<u64>;
    let info = (device(), subscription())
        .prop_map(|(device, subscription)| SubscriptionInfo { device, subscription });
    let refused = (notice_id(), code()).prop_map(|(notice, code)| RefusedNotice { notice, code });
    let state = proptest::sample::select(vec![
        NoticeState::Pending,
        NoticeState::Sent,
        NoticeState::Failed,
        NoticeState::Expired,
    ]);
    let reason = proptest::sample::select(vec![None, Some(FailReason::Refused), Some(FailReason::TooLarge)]);
    let status = (notice_id(), subscription(), any::<u64>(), state, reason).prop_map(
        |(notice, subscription, send_at, state, reason)| NoticeStatus {
            notice,
            subscription,
            send_at,
            state,
            reason,
        },
    );
    prop_oneof![
        (id(), proptest::option::of(bytes()), vec(info, 0..3)).prop_map(|(request, key, subscriptions)| {
            ServerFrame::Push { request, key: key.map(Into::into), subscriptions }
        }),
        (id(), proptest::option::of(code()), proptest::option::of(".{0,20}")).prop_map(
            |(request, refusal, message)| ServerFrame::SubscriptionStored { request, refusal, message }
        ),
        (id(), vec(refused, 0..3))
            .prop_map(|(request, refused)| ServerFrame::NoticesStored { request, refused }),
        (id(), any::<u32>())
            .prop_map(|(request, cancelled)| ServerFrame::NoticesCancelled { request, cancelled }),
        (id(), vec(status, 0..3), any::<bool>())
            .prop_map(|(request, notices, more)| ServerFrame::NoticeStates { request, notices, more }),
    ]
}

fn server_frame() -> impl Strategy<Value = ServerFrame> {
    let id = any::<u64>;
    let outcome = proptest::sample::select(vec![
        ResumeOutcome::Continues,
        ResumeOutcome::Diverged,
        ResumeOutcome::Unknown,
        ResumeOutcome::Compacted,
    ]);
    let refusal = (code(), proptest::option::of(entry_hash()), proptest::option::of(any::<u64>()))
        .prop_map(|(code, hash, expected)| Refusal { code, hash, expected });
    let head =
        (device(), any::<u64>(), entry_hash()).prop_map(|(device, index, hash)| Head { device, index, hash });
    prop_oneof![
        b32().prop_map(|challenge| ServerFrame::Challenge { challenge }),
        (b16(), ".{0,20}")
            .prop_map(|(a, software)| ServerFrame::Welcome { account: AccountId::new(a), software }),
        (
            space(),
            outcome,
            any::<u64>(),
            any::<u32>(),
            proptest::option::of(link_hash()),
            proptest::option::of(manifest_hash())
        )
            .prop_map(|(space, outcome, seq, height, membership, manifest)| {
                ServerFrame::Resumed { space, outcome, seq, height, membership, manifest }
            }),
        (space(), any::<u64>(), entries()).prop_map(|(space, first, entries)| ServerFrame::Entries {
            space,
            first,
            entries
        }),
        (id(), space(), any::<u32>(), proptest::option::of(refusal)).prop_map(
            |(request, space, accepted, refusal)| ServerFrame::Appended { request, space, accepted, refusal }
        ),
        (id(), space(), links(), any::<u32>(), link_hash(), proptest::option::of(code())).prop_map(
            |(request, space, links, height, head, refusal)| ServerFrame::Links {
                request,
                space,
                links,
                height,
                head,
                refusal
            }
        ),
        (id(), space(), vec(head, 0..4), any::<u64>(), running()).prop_map(
            |(request, space, heads, seq, running)| ServerFrame::Heads {
                request,
                space,
                heads,
                seq,
                running
            }
        ),
        (id(), space(), entries()).prop_map(|(request, space, entries)| ServerFrame::DeviceEntries {
            request,
            space,
            entries
        }),
        id().prop_map(|nonce| ServerFrame::Pong { nonce }),
        (proptest::option::of(id()), code(), ".{0,20}")
            .prop_map(|(request, code, message)| ServerFrame::Error { request, code, message }),
        of_packs(),
        of_push(),
    ]
}

/// What the relay says of manifests and packs.
fn of_packs() -> impl Strategy<Value = ServerFrame> {
    let id = any::<u64>;
    prop_oneof![
        (id(), space(), proptest::option::of(manifest()), any::<u64>(), running()).prop_map(
            |(request, space, manifest, seq, running)| ServerFrame::Manifest {
                request,
                space,
                manifest,
                seq,
                running
            }
        ),
        (id(), space(), proptest::option::of(bytes())).prop_map(|(request, space, bytes)| {
            ServerFrame::Pack { request, space, bytes: bytes.map(Into::into) }
        }),
        (id(), space(), proptest::option::of(code()))
            .prop_map(|(request, space, refusal)| ServerFrame::PackStored { request, space, refusal }),
        (id(), space(), proptest::option::of(code()), proptest::option::of(manifest_hash())).prop_map(
            |(request, space, refusal, current)| ServerFrame::ManifestStored {
                request,
                space,
                refusal,
                current
            }
        ),
        (id(), space(), proptest::option::of(code()))
            .prop_map(|(request, space, refusal)| ServerFrame::AckStored { request, space, refusal }),
        (space(), manifest_hash())
            .prop_map(|(space, manifest)| ServerFrame::ManifestMoved { space, manifest }),
    ]
}

proptest! {
    #[test]
    fn client_frames_survive_the_wire(frame in client_frame()) {
        prop_assert_eq!(ClientFrame::from_bytes(&frame.to_bytes()), Ok(frame));
    }

    #[test]
    fn server_frames_survive_the_wire(frame in server_frame()) {
        prop_assert_eq!(ServerFrame::from_bytes(&frame.to_bytes()), Ok(frame));
    }

    #[test]
    fn damaged_frames_are_an_error_or_another_frame_but_never_a_panic(
        frame in client_frame(), at in any::<prop::sample::Index>(), to in any::<u8>(),
    ) {
        let mut bytes = frame.to_bytes();
        let at = at.index(bytes.len());
        bytes[at] = to;
        let _either = (ClientFrame::from_bytes(&bytes), ServerFrame::from_bytes(&bytes));
        bytes.truncate(at);
        prop_assert!(ClientFrame::from_bytes(&bytes).is_err());
    }

    #[test]
    fn arbitrary_bytes_never_panic(mut bytes in vec(any::<u8>(), 0..200)) {
        if let Some(first) = bytes.first_mut() { *first = 1; }
        let _either = (ClientFrame::from_bytes(&bytes), ServerFrame::from_bytes(&bytes));
    }

    #[test]
    fn registration_carries_a_chain_through_json(items in links(), invite in proptest::option::of(".{0,9}")) {
        let text = serde_json::to_string(&api::RegisterRequest::new(&items, invite.clone())).unwrap();
        let back: api::RegisterRequest = serde_json::from_str(&text).unwrap();
        prop_assert_eq!((back.links().unwrap(), back.invite), (items, invite));
    }
}

#[test]
fn requests_with_fields_nobody_knows_are_refused() {
    let challenge = api::to_text(&[1; 32]);
    let proof = api::Proof {
        challenge,
        device: DeviceId::new([1; 16]),
        purpose: AuthPurpose::Ticket,
        signature: Signature::new([2; 64]),
    };
    let mut json = serde_json::to_value(&proof).unwrap();
    assert_eq!(json["purpose"], "ticket");
    assert!(serde_json::from_value::<api::Proof>(json.clone()).is_ok());
    json["extra"] = 1.into();
    assert!(serde_json::from_value::<api::Proof>(json).is_err());
    assert!(api::from_text("a+/b").is_err() && api::from_text("YQ==").is_err());
    assert_eq!(api::from_text("YQ").unwrap(), b"a");
}
