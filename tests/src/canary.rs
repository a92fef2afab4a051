//! Looks for what a person wrote where nothing of it may be: words that occur nowhere else are written into every field,
//! and every place is searched for them in every form in which they might lie there.
//!
//! Invariant: a form that [`Scan`] claims to know is found when it is planted; the tests plant each.

use crate::proxy::Recorded;
use aho_corasick::AhoCorasick;
use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use flate2::{Decompress, FlushDecompress};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Most bytes that one attempt to inflate gives.
const INFLATED: usize = 256 << 10;
/// What inflates to less than this holds no canary.
const SHORTEST: usize = 12;
/// Runs of hexadecimal or base64 digits from this length on are decoded.
const RUN: usize = 40;
/// Layers of compression and encoding that are taken off.
const LAYERS: usize = 3;

/// What is looked for.
pub struct Canaries {
    made: u64,
    wanted: Vec<(String, Vec<u8>)>,
}

impl Canaries {
    /// None yet. Those with another number give other words.
    pub fn numbered(number: u64) -> Self {
        Self { made: number << 32, wanted: Vec::new() }
    }

    /// A new word of so many letters (at least 14) that occurs nowhere else.
    pub fn word(&mut self, label: &str, letters: usize) -> String {
        self.made += 1;
        // Its number in letters, then others that follow from it: no two have a common part that is worth a canary.
        let mut state = self.made;
        let letter = |at| {
            state = if at == 3 { state ^ 0x9e37_79b9_7f4a_7c15 } else { state }
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let from = b"bcdfghjklmnpqrstvwxz";
            char::from(from[usize::try_from((state >> 33) % 20).expect("small")])
        };
        let word: String = (0..letters.clamp(14, 32)).map(letter).collect();
        self.text(label, &word);
        word
    }

    /// A text that occurs nowhere else.
    pub fn text(&mut self, label: &str, text: &str) {
        assert!(text.len() >= 9, "{text} is too short to be no accident");
        let utf16 = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
        self.bytes(label, text.as_bytes());
        self.wanted.push((format!("{label} as UTF-16 LE"), utf16(u16::to_le_bytes)));
        self.wanted.push((format!("{label} as UTF-16 BE"), utf16(u16::to_be_bytes)));
    }

    /// Bytes that occur nowhere else, such as a key.
    pub fn bytes(&mut self, label: &str, bytes: &[u8]) {
        let mut want = |form: &str, bytes: Vec<u8>| self.wanted.push((format!("{label} as {form}"), bytes));
        want("it is", bytes.to_vec());
        want("hex", HEXLOWER.encode(bytes).into());
        want("HEX", HEXUPPER.encode(bytes).into());
        for offset in 0..3 {
            want("base64", base64_inner(&BASE64, bytes, offset));
            want("base64url", base64_inner(&BASE64URL_NOPAD, bytes, offset));
        }
    }

    /// What is looked for, each in each form: name and bytes.
    pub fn forms(&self) -> &[(String, Vec<u8>)] {
        &self.wanted
    }

    /// Ready to look.
    pub fn scan(&self) -> Scan {
        let automaton = AhoCorasick::new(self.wanted.iter().map(|(_, bytes)| bytes)).expect("patterns");
        Scan { automaton, names: self.wanted.iter().map(|(name, _)| name.clone()).collect() }
    }
}

/// The characters that stand for `bytes` alone when so many bytes come before them and any after.
fn base64_inner(alphabet: &data_encoding::Encoding, bytes: &[u8], offset: usize) -> Vec<u8> {
    let padded: Vec<u8> = std::iter::repeat_n(0, offset).chain(bytes.iter().copied()).collect();
    let text = alphabet.encode(&padded);
    let (from, to) = ((offset * 8).div_ceil(6), padded.len() * 8 / 6);
    text.as_bytes()[from..to].to_vec()
}

/// Looks for canaries.
pub struct Scan {
    automaton: AhoCorasick,
    names: Vec<String>,
}

impl Scan {
    /// What is found in `bytes`, as they are and with layers of compression and encoding taken off.
    pub fn find(&self, bytes: &[u8]) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        self.look(bytes, LAYERS, "", &mut found);
        found
    }

    /// What is found in `bytes` as they are.
    pub fn find_plain(&self, bytes: &[u8]) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        self.look(bytes, 0, "", &mut found);
        found
    }

    fn look(&self, bytes: &[u8], layers: usize, how: &str, found: &mut BTreeSet<String>) {
        for hit in self.automaton.find_overlapping_iter(bytes) {
            found.insert(format!("{}{how}", self.names[hit.pattern().as_usize()]));
        }
        if layers == 0 {
            return;
        }
        for_each_inflated(bytes, |inner| self.look(inner, layers - 1, &format!("{how}, deflated"), found));
        for_each_decoded(bytes, |inner| self.look(inner, layers - 1, &format!("{how}, encoded"), found));
    }

    /// What is found in the files of a folder, by file.
    pub fn find_in(&self, folder: &Path) -> BTreeSet<(PathBuf, String)> {
        let mut found = BTreeSet::new();
        for path in files(folder) {
            let bytes = std::fs::read(&path).expect("a file");
            found.extend(self.find(&bytes).into_iter().map(|what| (path.clone(), what)));
        }
        found
    }
}

/// All files in a folder and the folders in it.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        match (path.is_dir(), path.is_file()) {
            (true, _) => all.extend(files(&path)),
            (_, true) => all.push(path),
            // A socket holds nothing.
            _ => {}
        }
    }
    all
}

/// Whatever comes out when inflating from anywhere in `bytes`; zlib and gzip are deflate after a header.
fn for_each_inflated(bytes: &[u8], mut each: impl FnMut(&[u8])) {
    let mut inflater = Decompress::new(false);
    let mut out = vec![0; INFLATED];
    for at in 0..bytes.len() {
        if !may_begin(&bytes[at..]) {
            continue;
        }
        inflater.reset(false);
        // An error ends an attempt; what came before it counts.
        let _ended = inflater.decompress(&bytes[at..], &mut out, FlushDecompress::None);
        let count = usize::try_from(inflater.total_out()).expect("a length");
        if count >= SHORTEST {
            each(&out[..count]);
        }
    }
}

/// Whether a deflate stream can begin like this: a block stored as it is says its length twice.
fn may_begin(bytes: &[u8]) -> bool {
    match (bytes.first().map_or(3, |first| first >> 1 & 3), bytes) {
        (3, _) => false,
        (0, [_, a, b, c, d, ..]) => *a == !*c && *b == !*d,
        (0, _) => false,
        _ => true,
    }
}

/// Runs of hexadecimal and base64 digits, decoded.
fn for_each_decoded(bytes: &[u8], mut each: impl FnMut(&[u8])) {
    let is_digit = |b: &u8| b.is_ascii_alphanumeric() || b"+/-_".contains(b);
    for run in bytes.split(|b| !is_digit(b)).filter(|run| run.len() >= RUN) {
        let hex = run.strip_prefix(b"x").unwrap_or(run);
        let hex = hex.to_ascii_lowercase();
        if let Ok(inner) = HEXLOWER.decode(&hex[..hex.len() & !1]) {
            each(&inner);
        }
        for alphabet in [&BASE64_NOPAD, &BASE64URL_NOPAD] {
            // A last digit alone, or one with bits to spare, ends the run.
            if let Ok(inner) = alphabet.decode(&run[..run.len() & !3]) {
                each(&inner);
            }
        }
    }
}

/// The messages of a WebSocket in one direction of a connection, unmasked; none if it is no WebSocket.
pub fn messages(stream: &[u8]) -> Vec<Vec<u8>> {
    let end = stream.windows(4).position(|window| window == b"\r\n\r\n");
    let opens = stream.starts_with(b"GET /api/v1/socket ") || stream.starts_with(b"HTTP/1.1 101 ");
    let (true, Some(end)) = (opens, end) else { return Vec::new() };
    let (mut rest, mut messages) = (&stream[end + 4..], Vec::new());
    while let Some((payload, after)) = frame(rest) {
        messages.push(payload);
        rest = after;
    }
    messages
}

/// The payload of the first frame, and what follows it; none if it is not whole.
fn frame(bytes: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let (&[_, second], rest) = bytes.split_first_chunk::<2>()?;
    let (length, rest) = match second & 0x7f {
        126 => rest.split_first_chunk::<2>().map(|(n, rest)| (u64::from(u16::from_be_bytes(*n)), rest))?,
        127 => rest.split_first_chunk::<8>().map(|(n, rest)| (u64::from_be_bytes(*n), rest))?,
        short => (u64::from(short), rest),
    };
    let (mask, rest) =
        if second & 0x80 == 0 { ([0; 4], rest) } else { rest.split_first_chunk().map(|(m, r)| (*m, r))? };
    let (payload, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    Some((payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect(), rest))
}

/// Everything that crossed a proxy, as it was and unmasked.
pub fn traffic(recorded: &[Recorded]) -> Vec<Vec<u8>> {
    let streams = recorded.iter().flat_map(|connection| [&connection.up, &connection.down]);
    streams.flat_map(|stream| std::iter::once(stream.clone()).chain(messages(stream))).collect()
}
