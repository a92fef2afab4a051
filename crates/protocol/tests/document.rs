//! `docs/protocol.md` says what the code does: its tables are compared with the constants they speak of.

use protocol::{ErrorCode, limits};
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The document, without line breaks, so that it may be wrapped anywhere.
fn document() -> String {
    let text = std::fs::read_to_string(root().join("docs/protocol.md")).unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// 1048576 as `1,048,576`.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[test]
fn every_error_code_is_documented_with_its_number() {
    let document = document();
    for (number, code) in ErrorCode::ALL.iter().enumerate() {
        let row = format!("| {number} | `{}` |", code.name());
        assert!(document.contains(&row), "{row}");
    }
}

#[test]
fn every_limit_is_documented_with_its_value() {
    let document = document();
    let rows = [
        ("frame", limits::FRAME_BYTES),
        ("ciphertext of an entry", limits::ENTRY_BYTES),
        ("header of an entry", limits::HEADER_BYTES),
        ("entries in a frame", limits::ENTRIES_PER_FRAME),
        ("entries in a frame, headers, ciphertexts and signatures together", limits::ENTRY_BYTES_PER_FRAME),
        ("link, keyboxes not counted", limits::LINK_BYTES),
        ("keyboxes of a link", limits::KEYBOXES_BYTES),
        ("links in a chain", limits::LINKS_PER_CHAIN),
        ("links in a frame", limits::LINKS_PER_FRAME),
        ("active members of a space", limits::DEVICES_PER_SPACE),
        ("spaces in a resume", limits::SPACES_PER_RESUME),
        ("manifest header", limits::MANIFEST_HEADER_BYTES),
        ("manifest body", limits::MANIFEST_BODY_BYTES),
        ("pack", limits::PACK_BYTES),
        ("packs of a manifest", limits::PACKS_PER_MANIFEST),
        ("origin that is signed", limits::ORIGIN_BYTES),
        ("body of an HTTP request", limits::HTTP_BODY_BYTES),
        ("sessions of an account", limits::SESSIONS_PER_ACCOUNT),
        ("passkeys of an account", limits::PASSKEYS_PER_ACCOUNT),
        ("name of a passkey", limits::PASSKEY_NAME_BYTES),
        ("unused invitations of an account", limits::INVITES_PER_ACCOUNT),
    ];
    for (what, limit) in rows {
        let row = format!("| {what} | {} |", grouped(limit));
        assert!(document.contains(&row), "{row}");
    }
    assert!(
        document.contains(&format!("| life of a challenge or ticket | {} seconds |", limits::TICKET_SECONDS))
    );
    let days = |seconds: u64| seconds / 86_400;
    for row in [
        format!("| life of a passkey ceremony | {} minutes |", limits::CEREMONY_SECONDS / 60),
        format!("| life of a session that is not used | {} days |", days(limits::SESSION_IDLE_SECONDS)),
        format!("| life of any session | {} days |", days(limits::SESSION_SECONDS)),
        format!("| life of an invitation | {} days |", days(limits::INVITE_SECONDS)),
    ] {
        assert!(document.contains(&row), "{row}");
    }
    let silence = limits::SILENCE_SECONDS;
    assert!(
        document
            .contains(&format!("silence after which a client gives a connection up | {silence} seconds |"))
    );
}

#[test]
fn every_context_string_of_the_code_is_documented() {
    let document = document();
    let mut found = 0;
    for folder in ["crates/protocol/src", "crates/seal/src"] {
        for file in std::fs::read_dir(root().join(folder)).into_iter().flatten().flatten() {
            let source = std::fs::read_to_string(file.path()).unwrap_or_default();
            for literal in source.split('"').filter(|l| l.starts_with("life-os v1 ")) {
                found += 1;
                assert!(document.contains(literal), "{literal} of {}", file.path().display());
            }
        }
    }
    assert!(found >= 18, "only {found} were found");
}
