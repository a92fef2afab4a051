//! What crosses to JavaScript. Types here become TypeScript by `tsify`; record data crosses as JSON text.

use crate::error::CoreError;
use engine::{Notice, Read, Row, Write};
use serde::Serialize;
use serde_bytes::ByteBuf;
use tsify::Tsify;

/// Now, where the person is.
#[derive(Debug, Clone, PartialEq)]
pub struct Clock {
    /// Milliseconds since 1970.
    pub now: f64,
    /// IANA name of the zone.
    pub timezone: String,
    /// Date and time on the wall, as in `2026-11-21T08:30:00`.
    pub local: String,
}

impl Clock {
    /// Milliseconds since 1970.
    pub(crate) fn millis(&self) -> i64 {
        millis(self.now)
    }
}

/// A JavaScript time.
#[allow(clippy::cast_possible_truncation)] // A number of milliseconds fits by far; casting saturates.
pub(crate) fn millis(now: f64) -> i64 {
    now as i64
}

/// One read of the store.
#[derive(Debug, Clone, PartialEq, Serialize, Tsify)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum StoreRead {
    /// One key.
    Get {
        /// The key.
        #[tsify(type = "Uint8Array")]
        key: ByteBuf,
    },
    /// Keys under a prefix, in order.
    Scan {
        /// First bytes of all keys wanted.
        #[tsify(type = "Uint8Array")]
        prefix: ByteBuf,
        /// Only keys after this one.
        #[tsify(type = "Uint8Array | undefined")]
        after: Option<ByteBuf>,
        /// Most pairs wanted.
        limit: u32,
    },
}

/// One write; without a value the key goes.
#[derive(Debug, Clone, PartialEq, Serialize, Tsify)]
pub struct StoreWrite {
    /// The key.
    #[tsify(type = "Uint8Array")]
    pub key: ByteBuf,
    /// The value.
    #[tsify(type = "Uint8Array | undefined")]
    pub value: Option<ByteBuf>,
}

/// Why the core closes a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Tsify)]
#[serde(rename_all = "snake_case")]
pub enum CloseReason {
    /// Nothing was heard for too long.
    Silence,
    /// The relay broke the protocol or refused the device.
    Protocol,
    /// The relay does not know the account: register it, then connect again.
    UnknownSpace,
}

/// Something changed: ask again for what is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Tsify)]
pub struct RowChange {
    /// Type of record.
    #[serde(rename = "type")]
    pub kind: String,
    /// The record; of a log, its habit.
    pub id: String,
    /// Of a log: the year.
    pub period: Option<String>,
}

/// What JavaScript is to do, in order.
#[derive(Debug, Clone, PartialEq, Serialize, Tsify)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Effect {
    /// Read the store; answer with `Core.read`.
    Read {
        /// Goes back with the answer.
        token: u64,
        /// What to read.
        reads: Vec<StoreRead>,
    },
    /// Write all of this in one durable transaction; answer with `Core.committed` or `Core.commitFailed`.
    Commit {
        /// Goes back with the answer.
        token: u64,
        /// What to write, in order.
        writes: Vec<StoreWrite>,
    },
    /// Send one binary message.
    Send {
        /// The message.
        #[tsify(type = "Uint8Array")]
        bytes: ByteBuf,
    },
    /// Close the socket.
    CloseSocket {
        /// Why.
        reason: CloseReason,
        /// The relay's code, with `protocol`.
        code: Option<String>,
    },
    /// A request succeeded; the answer is JSON.
    Reply {
        /// Of the request.
        id: u32,
        /// The answer.
        json: String,
    },
    /// A request failed.
    Fail {
        /// Of the request.
        id: u32,
        /// Why.
        error: CoreError,
    },
    /// The vault is open.
    Ready,
    /// The vault cannot be opened.
    Dead {
        /// Why.
        error: CoreError,
    },
    /// Records changed.
    Changed {
        /// Which.
        rows: Vec<RowChange>,
    },
    /// Everything was received and acknowledged.
    Synced,
    /// The relay refused what was offered.
    Refused {
        /// Its code.
        code: String,
    },
    /// Something a person may want to know.
    Note {
        /// What it is.
        note: String,
        /// In words, for a report.
        detail: String,
    },
    /// Long work goes on.
    Progress {
        /// Which.
        job: String,
        /// Items done.
        done: u64,
        /// Of how many, if known.
        total: Option<u64>,
    },
}

/// What JavaScript is to do, in order.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Tsify)]
pub struct Effects {
    /// In order.
    pub list: Vec<Effect>,
}

/// What comes next while joining.
#[derive(Debug, Clone, PartialEq, Serialize, Tsify)]
pub struct JoinStep {
    /// Messages to send.
    #[tsify(type = "Uint8Array[]")]
    pub send: Vec<ByteBuf>,
    /// This device is a member.
    pub done: bool,
    /// It is none yet: ask again a little later, on another socket.
    pub again: bool,
}

/// The pairs that one read found, in key order.
pub(crate) type Found = Vec<(Vec<u8>, Vec<u8>)>;

/// What the store answered, read back from `bytes`: for each read the number of pairs, for each pair the length of the
/// key, the key, the length of the value, the value. Numbers are 32 bits, the lowest byte first.
pub(crate) fn answers_of(mut bytes: &[u8]) -> Option<Vec<Found>> {
    fn number(bytes: &mut &[u8]) -> Option<usize> {
        let (number, rest) = bytes.split_first_chunk::<4>()?;
        *bytes = rest;
        usize::try_from(u32::from_le_bytes(*number)).ok()
    }
    fn text(bytes: &mut &[u8]) -> Option<Vec<u8>> {
        let length = number(bytes)?;
        let (text, rest) = bytes.split_at_checked(length)?;
        *bytes = rest;
        Some(text.to_vec())
    }
    let mut answers = Vec::new();
    while !bytes.is_empty() {
        let count = number(&mut bytes)?;
        let mut pairs = Vec::new();
        for _ in 0..count {
            pairs.push((text(&mut bytes)?, text(&mut bytes)?));
        }
        answers.push(pairs);
    }
    Some(answers)
}

pub(crate) fn change_of(row: &Row) -> RowChange {
    let period = row.key.part.as_ref().map(|part| part.period.clone());
    RowChange { kind: row.key.kind.clone(), id: row.key.id.to_string(), period }
}

pub(crate) fn read_of(read: Read) -> StoreRead {
    match read {
        Read::Get(key) => StoreRead::Get { key: ByteBuf::from(key) },
        Read::Scan { prefix, after, limit } => StoreRead::Scan {
            prefix: ByteBuf::from(prefix),
            after: after.map(ByteBuf::from),
            limit: u32::try_from(limit).unwrap_or(u32::MAX),
        },
    }
}

pub(crate) fn write_of(write: Write) -> StoreWrite {
    match write {
        Write::Put(key, value) => StoreWrite { key: ByteBuf::from(key), value: Some(ByteBuf::from(value)) },
        Write::Delete(key) => StoreWrite { key: ByteBuf::from(key), value: None },
    }
}

/// A notice as an effect.
pub(crate) fn notice_of(notice: Notice) -> Effect {
    let note = |note: &str, detail: String| Effect::Note { note: note.to_owned(), detail };
    match notice {
        Notice::Ready => Effect::Ready,
        Notice::Changed(rows) => Effect::Changed { rows: rows.iter().map(change_of).collect() },
        Notice::Synced => Effect::Synced,
        Notice::RelayHealed { entries } => note(
            "relay_healed",
            format!("the relay had lost something; this device gave {entries} entries back"),
        ),
        Notice::StoreCloned => note("store_cloned", "another copy of this store wrote under its name".into()),
        Notice::EntryForked { device } => {
            note("entry_forked", format!("the relay shows other entries of device {device} than before"))
        }
        Notice::MembershipForked => note(
            "membership_forked",
            "the relay shows a list of devices that contradicts the one here".into(),
        ),
        Notice::EntryRefused { device, index, reason } => {
            note("entry_refused", format!("entry {index} of device {device} is kept aside: {reason}"))
        }
        Notice::Withheld { device, have, claimed, witness } => note(
            "withheld",
            format!("{have} entries of device {device} came, device {witness} has seen {claimed}"),
        ),
        Notice::ManifestRefused { reason } => {
            note("manifest_refused", format!("what the relay keeps packed is not used: {reason}"))
        }
        Notice::Revoked => note("revoked", "this device was revoked by another one".into()),
        Notice::Refused(code) => Effect::Refused { code: code.name().to_owned() },
        Notice::RemindersRefused { code, count } => {
            note("trouble", format!("the relay refuses {count} reminders ({})", code.name()))
        }
        Notice::Trouble(error) => note("trouble", error.to_string()),
        Notice::Progress { job, done, total } => {
            let job = match job {
                engine::api::Job::Rebuild => "rebuild",
                engine::api::Job::Verify => "verify",
                engine::api::Job::Compact => "compact",
                engine::api::Job::Intake => "intake",
            };
            Effect::Progress { job: job.to_owned(), done, total }
        }
    }
}
