//! Rows that need packs: the engine has no compaction yet. Each becomes a function of its own when it has.

use super::{Row, Running, Setting};
use crate::report::{Cell, Line, Unit};

/// Those rows.
pub fn all() -> Vec<Row> {
    let row = |name, title| Row { name, title, run: not_yet };
    vec![
        row("fresh-packed", "fresh device to 10,000 records queryable, through the relay, compacted"),
        row("history-packed", "full history on a fresh device, compacted"),
        row("bytes-packed", "bytes of that first sync, history included"),
        row("change-bytes", "relay bytes a change after compaction, padding included"),
        row("compaction", "compaction at 1x, 4x, 16x"),
        row("search", "search over 50,000 records, and at 1x, 4x, 16x"),
    ]
}

fn not_yet(_: &Setting) -> Running<'_> {
    let missing = Some("not yet: needs compaction (search: needs search in the engine)".to_owned());
    let ours = Cell { missing, ..Cell::new("life-os", "") };
    Box::pin(async move { Ok(vec![Line::new("no figure", Unit::Millis, ours)]) })
}
