//! Every frame in both directions, with and without its optional fields.

use crate::{cbor, frozen, hex, unhex};
use protocol::frame::{ClientFrame, LinkItem, Refusal, ResumeOutcome, ResumeSpace, ServerFrame};
use protocol::manifest::{ManifestAck, SealedManifest};
use protocol::notice::{FailReason, Notice, NoticeState, NoticeStatus, RefusedNotice, SubscriptionInfo};
use protocol::*;
use serde_json::{Value, json};

fn space() -> SpaceId {
    SpaceId::new([0x5a; 32])
}

fn entry() -> SealedEntry {
    SealedEntry { header: vec![0xa0], ciphertext: vec![1, 2, 3], signature: Signature::new([0x66; 64]) }
}

fn link() -> LinkItem {
    let signature = Signature::new([0x66; 64]);
    let keybox =
        Keybox { recipient: DeviceId::new([0x1d; 16]), encapsulated: vec![4, 5], ciphertext: vec![6, 7] };
    LinkItem {
        link: SignedLink { link: vec![0xa0], signature, counter: Some(Signature::new([0x67; 64])) },
        keyboxes: Keyboxes { history: vec![8, 9], boxes: vec![keybox] },
    }
}

fn manifest() -> SealedManifest {
    SealedManifest { header: vec![0xa0], body: vec![4, 5], signature: Signature::new([0x66; 64]) }
}

fn ack(device: DeviceId) -> ManifestAck {
    ManifestAck { manifest: ManifestHash::new([0x2b; 32]), device, signature: Signature::new([0x66; 64]) }
}

fn subscription() -> SubscriptionId {
    SubscriptionId::new([0x7b; 16])
}

fn notice() -> Notice {
    let (notice, subscription) = (NoticeId::new([0x8c; 32]), subscription());
    let (send_at, expires_at) = (1_800_000_000_000, 1_800_000_600_000);
    Notice { notice, subscription, send_at, expires_at, body: vec![1, 2, 3].into() }
}

fn states() -> Vec<NoticeStatus> {
    let (send_at, subscription) = (1_800_000_000_000, subscription());
    let all = [
        (NoticeState::Pending, None),
        (NoticeState::Sent, None),
        (NoticeState::Failed, Some(FailReason::Refused)),
        (NoticeState::Failed, Some(FailReason::TooLarge)),
        (NoticeState::Expired, None),
    ];
    let named = (0x8c..).zip(all);
    let status = |(n, (state, reason))| NoticeStatus {
        notice: NoticeId::new([n; 32]),
        subscription,
        send_at,
        state,
        reason,
    };
    named.map(status).collect()
}

fn client() -> Vec<(&'static str, u64, ClientFrame)> {
    let (device, request) = (DeviceId::new([0x1d; 16]), 7);
    let space = space();
    let resume = ResumeSpace {
        space,
        cursor: 1 << 40,
        running: RunningHash::new([0x2e; 32]),
        height: 3,
        membership: LinkHash::new([0x4d; 32]),
    };
    vec![
        ("hello", 1, ClientFrame::Hello { device, signature: Signature::new([0x66; 64]) }),
        ("resume", 2, ClientFrame::Resume { spaces: vec![resume] }),
        ("append", 3, ClientFrame::Append { request, space, entries: vec![entry()] }),
        ("append_links", 4, ClientFrame::AppendLinks { request, space, links: vec![link()], restores: None }),
        ("get_links", 5, ClientFrame::GetLinks { request, space, from: 2 }),
        ("get_heads", 6, ClientFrame::GetHeads { request, space }),
        ("get_entries", 7, ClientFrame::GetEntries { request, space, device, from: 9 }),
        ("ping", 8, ClientFrame::Ping { nonce: u64::MAX }),
        ("get_manifest", 16, ClientFrame::GetManifest { request, space }),
        ("get_pack", 17, ClientFrame::GetPack { request, space, pack: PackHash::new([0x9a; 32]) }),
        ("put_pack", 18, ClientFrame::PutPack { request, space, bytes: vec![1, 2, 3].into() }),
        ("put_manifest", 19, ClientFrame::PutManifest { request, space, manifest: manifest() }),
        ("put_ack", 20, ClientFrame::PutAck { request, space, ack: ack(device) }),
        ("get_push", 32, ClientFrame::GetPush { request }),
        (
            "put_subscription",
            33,
            ClientFrame::PutSubscription {
                request,
                subscription: subscription(),
                endpoint: "https://push.example/7b".into(),
            },
        ),
        ("drop_subscription", 34, ClientFrame::DropSubscription { request }),
        ("put_notices", 35, ClientFrame::PutNotices { request, notices: vec![notice()] }),
        (
            "cancel_notices",
            36,
            ClientFrame::CancelNotices { request, notices: vec![NoticeId::new([0x8c; 32])] },
        ),
        ("get_notices, first page", 37, ClientFrame::GetNotices { request, after: None }),
        ("get_notices", 37, ClientFrame::GetNotices { request, after: Some(NoticeId::new([0x8c; 32])) }),
    ]
}

fn server() -> Vec<(&'static str, u64, ServerFrame)> {
    let (space, request, head) = (space(), 7, LinkHash::new([0x4d; 32]));
    let current = Some(ManifestHash::new([0x2b; 32]));
    let resumed = |outcome, membership, manifest| ServerFrame::Resumed {
        space,
        outcome,
        seq: 12,
        height: 3,
        membership,
        manifest,
    };
    let running = RunningHash::new([0x2e; 32]);
    let moved = Some(ErrorCode::ManifestMoved);
    let refusal = Refusal { code: ErrorCode::Gap, hash: Some(EntryHash::new([0x3c; 32])), expected: Some(4) };
    let heads = vec![Head { device: DeviceId::new([0x1d; 16]), index: 3, hash: EntryHash::new([0x3c; 32]) }];
    let appended = |accepted, refusal| ServerFrame::Appended { request, space, accepted, refusal };
    let links = |links, refusal| ServerFrame::Links { request, space, links, height: 3, head, refusal };
    let error = |request, code, message: &str| ServerFrame::Error { request, code, message: message.into() };
    vec![
        ("challenge", 1, ServerFrame::Challenge { challenge: [0x2f; 32] }),
        (
            "welcome",
            2,
            ServerFrame::Welcome { account: AccountId::new([0x1e; 16]), software: "relay 0.1.0".into() },
        ),
        ("resumed, continues", 3, resumed(ResumeOutcome::Continues, Some(head), None)),
        ("resumed, diverged", 3, resumed(ResumeOutcome::Diverged, Some(head), None)),
        ("resumed, unknown", 3, resumed(ResumeOutcome::Unknown, None, None)),
        ("resumed, compacted", 3, resumed(ResumeOutcome::Compacted, Some(head), current)),
        ("entries", 4, ServerFrame::Entries { space, first: 13, entries: vec![entry()] }),
        ("appended, all", 5, appended(2, None)),
        ("appended, some", 5, appended(1, Some(refusal))),
        ("links", 6, links(vec![link()], None)),
        ("links, refused", 6, links(Vec::new(), Some(ErrorCode::HeadMoved))),
        ("heads", 7, ServerFrame::Heads { request, space, heads, seq: 12, running }),
        ("device_entries", 8, ServerFrame::DeviceEntries { request, space, entries: vec![entry()] }),
        ("pong", 9, ServerFrame::Pong { nonce: u64::MAX }),
        ("error of a question", 10, error(Some(request), ErrorCode::UnknownSpace, "no such space")),
        ("error of the connection", 10, error(None, ErrorCode::Unauthorized, "the proof does not hold")),
        (
            "manifest",
            16,
            ServerFrame::Manifest { request, space, manifest: Some(manifest()), seq: 12, running },
        ),
        ("manifest, none", 16, ServerFrame::Manifest { request, space, manifest: None, seq: 0, running }),
        ("pack", 17, ServerFrame::Pack { request, space, bytes: Some(vec![1, 2, 3].into()) }),
        ("pack, not here", 17, ServerFrame::Pack { request, space, bytes: None }),
        ("pack_stored", 18, ServerFrame::PackStored { request, space, refusal: None }),
        ("manifest_stored", 19, ServerFrame::ManifestStored { request, space, refusal: None, current }),
        (
            "manifest_stored, refused",
            19,
            ServerFrame::ManifestStored { request, space, refusal: moved, current },
        ),
        ("ack_stored", 20, ServerFrame::AckStored { request, space, refusal: None }),
        ("manifest_moved", 21, ServerFrame::ManifestMoved { space, manifest: ManifestHash::new([0x2b; 32]) }),
    ]
    .into_iter()
    .chain(server_of_notices(request))
    .collect()
}

fn server_of_notices(request: u64) -> Vec<(&'static str, u64, ServerFrame)> {
    let info = SubscriptionInfo { device: DeviceId::new([0x1d; 16]), subscription: subscription() };
    let key = [&[4][..], &[0x3f; 64]].concat();
    let refused = RefusedNotice { notice: NoticeId::new([0x8c; 32]), code: ErrorCode::NotFound };
    let stored = |refusal, message: Option<&str>| ServerFrame::SubscriptionStored {
        request,
        refusal,
        message: message.map(str::to_owned),
    };
    vec![
        ("push", 32, ServerFrame::Push { request, key: Some(key.into()), subscriptions: vec![info] }),
        ("push, none", 32, ServerFrame::Push { request, key: None, subscriptions: Vec::new() }),
        ("subscription_stored", 33, stored(None, None)),
        (
            "subscription_stored, refused",
            33,
            stored(Some(ErrorCode::EndpointRefused), Some("not a known push service")),
        ),
        ("notices_stored", 35, ServerFrame::NoticesStored { request, refused: Vec::new() }),
        ("notices_stored, some refused", 35, ServerFrame::NoticesStored { request, refused: vec![refused] }),
        ("notices_cancelled", 36, ServerFrame::NoticesCancelled { request, cancelled: 2 }),
        ("notice_states", 37, ServerFrame::NoticeStates { request, notices: states(), more: true }),
    ]
}

fn describe(name: &str, bytes: &[u8]) -> Value {
    json!({ "frame": name, "bytes": hex(bytes), "cbor": cbor::read(&bytes[1..]) })
}

fn build() -> Value {
    json!({
        "client": client().iter().map(|(name, _, f)| describe(name, &f.to_bytes())).collect::<Vec<_>>(),
        "server": server().iter().map(|(name, _, f)| describe(name, &f.to_bytes())).collect::<Vec<_>>(),
    })
}

#[test]
fn frames_are_frozen() {
    frozen("frames.json", &build());
}

#[test]
fn frames_are_a_version_then_number_and_fields_and_read_back() {
    let v = build();
    for ((name, number, frame), case) in client().into_iter().zip(v["client"].as_array().unwrap()) {
        let bytes = unhex(&case["bytes"]);
        assert_eq!((bytes[0], &case["cbor"][0]), (1, &json!(number)), "{name}");
        assert_eq!(ClientFrame::from_bytes(&bytes), Ok(frame));
    }
    for ((name, number, frame), case) in server().into_iter().zip(v["server"].as_array().unwrap()) {
        let bytes = unhex(&case["bytes"]);
        assert_eq!((bytes[0], &case["cbor"][0]), (1, &json!(number)), "{name}");
        assert_eq!(ServerFrame::from_bytes(&bytes), Ok(frame));
    }
    let append = &v["client"][2]["cbor"][1];
    let expected = json!({ "0": "h'a0'", "1": "h'010203'", "2": format!("h'{}'", "66".repeat(64)) });
    assert_eq!((&append["0"], &append["2"]), (&json!(7), &json!([expected])));
    assert_eq!(v["server"][8]["cbor"][1]["3"]["0"], 15, "the number of `gap`");
}

#[test]
fn error_codes_are_frozen() {
    let codes = ErrorCode::ALL.iter().map(|c| (c.name(), cbor::read(&codec::encode(c))));
    frozen("error_codes.json", &codes.map(|(name, number)| json!([number, name])).collect());
}
