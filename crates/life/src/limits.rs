//! Every bound of the life domains, with its unit. A character is a Unicode scalar value.

/// Longest name or title, in characters.
pub const NAME_CHARS: usize = 100;
/// Longest description, note or other line, in characters.
pub const LINE_CHARS: usize = 500;
/// Longest unit, in characters.
pub const UNIT_CHARS: usize = 20;
/// Longest tag or label, in characters.
pub const TAG_CHARS: usize = 50;
/// Most tags or labels of a record.
pub const TAGS: usize = 50;
/// Longest word used as a key, in characters.
pub const WORD_CHARS: usize = 40;
/// Longest prose, in characters; at four bytes each it still fits one edit.
pub const PROSE_CHARS: usize = 50_000;
/// Longest planned or spent time, in minutes.
pub const MINUTES: i64 = 480;
/// Largest measurement, in whole units.
pub const DECIMAL: i64 = 999_999_999;
/// Most links in one set.
pub const LINKS: usize = 200;
/// Most items of an ordered list.
pub const ITEMS: usize = 200;
/// Most entries of a map.
pub const ENTRIES: usize = 200;
/// Longest place in an order, in digits.
pub const PLACE_CHARS: usize = 500;
/// Most choices of a field that a person made up.
pub const CHOICES: usize = 20;
/// Longest address of a person, in characters.
pub const ADDRESS_CHARS: usize = 300;
/// Most steps of a routine.
pub const STEPS: usize = 20;
/// Most dates of a series that are looked at, counted from where its rule begins.
pub const SERIES_DATES: usize = 40_000;
/// How far ahead of today a habit may be logged, in days: a device in a time zone to the east is a day ahead.
pub const LOG_AHEAD_DAYS: i64 = 1;
/// The first year a habit may be logged in.
pub const FIRST_LOG_YEAR: i16 = 1900;
/// The value of a bad input that an error quotes, in characters.
pub const QUOTED_CHARS: usize = 40;
/// Most that one edit of an import writes, in bytes of values and keys; the rest goes into further edits.
pub const IMPORT_EDIT_BYTES: usize = 64 << 10;
/// Largest import file, in bytes.
pub const IMPORT_BYTES: usize = 256 << 20;
/// Longest text of an import, in characters: merging may have made a text longer than a person may type at once.
pub const IMPORT_CHARS: usize = 1_000_000;
/// Most members, items or entries of one field of an import, for the same reason.
pub const IMPORT_ENTRIES: usize = 10_000;
/// Most fields of one record of an import that this version does not know.
pub const IMPORT_UNKNOWN_FIELDS: usize = 200;
/// Longest name of such a field, in characters.
pub const IMPORT_FIELD_NAME_CHARS: usize = 100;
/// Largest integer that every JSON reader keeps exactly (RFC 7493).
pub const JSON_INT: i64 = 9_007_199_254_740_991;
/// Most tasks of a day that are shown of those with a due date, of those without one, and of those finished.
pub const DAY_TASKS: usize = 200;
/// Most of the last changes that are shown at once.
pub const RECENT: usize = 200;
/// How many days back they are looked for.
pub const RECENT_DAYS: u32 = 90;
/// Documents of a log that are read at once, a year each.
pub const LOG_DOCUMENTS: usize = 32;
/// Reminders are made for so many days after today.
pub const REMINDER_DAYS: i32 = 30;
/// Most reminders that are made at once.
pub const REMINDERS: usize = 200;
/// Records that a calendar reads at once.
pub const CALENDAR_ROWS: usize = 100;
/// Most days that a calendar shows at once.
pub const CALENDAR_DAYS: i64 = 62;
/// Longest piece of a text that a search shows, in characters.
pub const SNIPPET_CHARS: usize = 120;
/// Of those, how many may stand before the first word found.
pub const SNIPPET_BEFORE_CHARS: usize = 32;
