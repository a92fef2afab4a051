//! Every bound of the engine, with its unit. Bounds of the wire stand in [`protocol::limits`].

/// Changes of one edit, in bytes before compression.
pub const EDIT_BYTES: usize = 256 << 10;
/// Changes sealed into one entry, in bytes before compression, unless a single edit is larger.
pub const ENTRY_PAYLOAD_BYTES: usize = 128 << 10;
/// Most queue items sealed into one entry.
pub const ITEMS_PER_ENTRY: usize = 512;
/// Most requests that wait for their turn.
pub const REQUESTS: usize = 4_096;
/// Most rows of one page.
pub const PAGE_ROWS: usize = 1_000;
/// Most received entries that wait for others.
pub const WAITING_ENTRIES: usize = 10_000;
/// A document is saved whole again after so many incremental chunks.
pub const CHUNKS_PER_DOCUMENT: u32 = 24;
/// Most documents that are made to conform to tombstones in one step, whatever the host's batch.
pub const BURIALS: usize = 64;
/// A record lies so many days in the trash before it is purged.
pub const TRASH_DAYS: i64 = 30;
/// A device that says nothing for so many days is not waited for.
pub const LIVE_DAYS: i64 = 90;
/// Of the time between two looks at the clock, at most so many days are believed to have passed: it may have been set.
pub const BELIEVED_DAYS: i64 = 7;
/// Plaintext of a pack, in bytes: it fits however badly it compresses.
pub const PACK_PLAINTEXT_BYTES: usize = protocol::limits::PACK_BYTES - (96 << 10);
/// More documents than these having changed, all are packed anew.
pub const MARKS: usize = 8_192;
/// Packs asked for at one time.
pub const PACKS_IN_FLIGHT: usize = 6;
/// Append frames in flight.
pub const APPENDS_IN_FLIGHT: usize = 4;
/// Hashes of own entries kept in memory, to recognise their echo without a read.
pub const RECENT_ENTRIES: usize = 4_096;
/// Most alarms that are kept.
pub const ALARMS: usize = 100;
/// What a member has seen and what is not here is asked for after this long, and withheld after as long again, in
/// milliseconds. A relay that is being healed may show entries in another order for a moment.
pub const CLAIM_PATIENCE: i64 = 10_000;
/// What is still withheld is told again after this long, in milliseconds.
pub const CLAIM_REMINDER: i64 = 60 * 60 * 1_000;
/// A device that wrote nothing for this long says what it has seen, in milliseconds.
pub const HEARTBEAT: i64 = 24 * 60 * 60 * 1_000;
/// A page of the search index, in bytes before it is sealed.
pub const SEARCH_PAGE_BYTES: usize = 8 << 10;
/// Pages that one page of the search index's directory names.
pub const SEARCH_FAN: u32 = 256;
/// The search index takes changes in once so many transactions wait for it.
pub const SEARCH_DELTAS: u64 = 32;
/// Likewise, in bytes of changed text.
pub const SEARCH_DELTA_BYTES: u64 = 64 << 10;
/// So many times either, and it takes them in before anything else is done: a search reads what waits.
pub const SEARCH_URGENT: u64 = 16;
/// Most pages that one step of merging the search index reads, and that one of tidying up after it removes, whatever
/// the host's batch.
pub const SEARCH_MERGE_PAGES: usize = 64;
/// Longest word of the search index, in characters; of a longer one its beginning.
pub const SEARCH_WORD_CHARS: usize = 40;
/// Most words of one search; the rest is not looked at.
pub const SEARCH_WORDS: usize = 8;
/// Longest text searched for, in bytes.
pub const SEARCH_BYTES: usize = 1_000;
/// Most pages of each part of the index that a search of one word reads.
pub const SEARCH_PAGES: usize = 48;
/// The same for several words: which of a common word's places are meant is known only beside the others', so all are read
/// unless there are very many.
pub const SEARCH_PAGES_TOGETHER: usize = 192;
/// Most words like a misspelt one that are tried for it.
pub const SEARCH_NEAR_WORDS: usize = 24;
/// Most pages of each part of the index that are read for one of those, and for each end of a misspelt word.
pub const SEARCH_NEAR_PAGES: usize = 4;
/// Most records looked at whole for one search.
pub const SEARCH_CANDIDATES: usize = 128;
/// Most hits of one search.
pub const SEARCH_HITS: usize = 100;
