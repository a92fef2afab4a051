//! The rows, one function each.

mod cold;
mod compaction;
mod cycles;
mod echo;
mod growth;
mod local;
mod made;
mod many;
mod packed;
mod rates;
mod search;
mod tab;

use crate::report::Line;
use crate::rounds::Pace;
use crate::stock::Stock;
use anyhow::Result;
use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

/// What all rows share.
pub struct Setting {
    /// What the lives follow from.
    pub seed: u64,
    /// How many rounds there are, and when no other is begun.
    pub pace: Pace,
    /// Vaults that rows copy.
    pub stock: Stock,
    /// What three rows say together.
    pub packed: RefCell<Option<Rc<packed::Measured>>>,
}

type Running<'a> = Pin<Box<dyn Future<Output = Result<Vec<Line>>> + 'a>>;

/// A row of the table.
pub struct Row {
    /// As it is named on the command line.
    pub name: &'static str,
    /// What is measured.
    pub title: &'static str,
    /// Measures it.
    pub run: fn(&Setting) -> Running<'_>,
}

/// Every row, in the order in which they run.
pub fn all() -> Vec<Row> {
    with_packs().into_iter().chain(others()).chain(of_size()).collect()
}

/// Those that need packs.
fn with_packs() -> Vec<Row> {
    vec![
        Row {
            name: "fresh-packed",
            title: "fresh device to 10,000 records queryable, through the relay, compacted",
            run: |setting| Box::pin(packed::fresh(setting)),
        },
        Row {
            name: "history-packed",
            title: "full history on a fresh device, compacted",
            run: |setting| Box::pin(packed::history(setting)),
        },
        Row {
            name: "bytes-packed",
            title: "bytes of that first sync, history included",
            run: |setting| Box::pin(packed::bytes(setting)),
        },
        Row {
            name: "change-bytes",
            title: "relay bytes a change after compaction, padding included",
            run: |setting| Box::pin(packed::change_bytes(setting)),
        },
    ]
}

fn others() -> Vec<Row> {
    vec![
        Row {
            name: "fresh",
            title: "fresh device to 10,000 records queryable, through the relay, nothing compacted, 43,807 entries",
            run: |setting| Box::pin(cold::fresh(setting)),
        },
        Row {
            name: "made",
            title: "10,000 records made on one device until the relay has made them durable",
            run: |setting| Box::pin(made::made(setting)),
        },
        Row {
            name: "rates",
            title: "durable edits a second and relay core, fsync before the acknowledgement",
            run: |setting| Box::pin(rates::rates(setting)),
        },
        Row {
            name: "echo",
            title: "edit on A to row changed on B",
            run: |setting| Box::pin(echo::echo(setting)),
        },
        Row {
            name: "fan-out",
            title: "200 subscribers, the last one served, same bare client",
            run: |setting| Box::pin(many::fan_out(setting)),
        },
        Row {
            name: "idle",
            title: "an idle socket, and the base memory of the relay",
            run: |setting| Box::pin(many::idle(setting)),
        },
        Row {
            name: "cycles",
            title: "the relay's memory while devices come and go",
            run: |setting| Box::pin(cycles::cycles(setting)),
        },
        Row {
            name: "reopen",
            title: "reopen of a local vault to the first screen",
            run: |setting| Box::pin(local::reopen(setting)),
        },
        Row {
            name: "edit",
            title: "one edit in the core, WASM, to bytes ready for the store",
            run: |setting| Box::pin(local::edit(setting)),
        },
        Row {
            name: "separate",
            title: "10,000 separately addressed records, cold, nothing compacted",
            run: |setting| Box::pin(cold::separate(setting)),
        },
    ]
}

/// What much of a life costs.
fn of_size() -> Vec<Row> {
    vec![
        Row {
            name: "growth",
            title: "open, sync and commit at 1x, 4x, 16x",
            run: |setting| Box::pin(growth::growth(setting)),
        },
        Row {
            name: "compaction",
            title: "compaction at 1x, 4x, 16x",
            run: |setting| Box::pin(compaction::compaction(setting)),
        },
        Row {
            name: "search",
            title: "search over 50,000 records, and at 1x, 4x, 16x",
            run: |setting| Box::pin(search::search(setting)),
        },
        Row {
            name: "tab",
            title: "memory of a browser's tab with ten years, search included",
            run: |setting| Box::pin(tab::tab(setting)),
        },
    ]
}
