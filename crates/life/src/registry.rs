//! The engine's schema, derived. The order of containers in a genesis is: `tags`, `custom`, `extra`, then the type's
//! own in the order of their declaration; a released order never changes, later containers are extensions.

use crate::field::Field;
use crate::record::{EXTRA, ROWS, RecordType, Shape};
use crate::{buckets, records, search};
use engine::{Container, Kind, Schema, Stream};
use std::sync::LazyLock;

type Named = (&'static str, Container);

struct Layout {
    name: &'static str,
    genesis: Vec<Named>,
    steps: Vec<Vec<Named>>,
    stream: Option<Stream>,
}

static LAYOUTS: LazyLock<Vec<Layout>> = LazyLock::new(|| records::all().map(layout).collect());
static STEPS: LazyLock<Vec<Vec<&'static [Named]>>> =
    LazyLock::new(|| LAYOUTS.iter().map(|l| l.steps.iter().map(Vec::as_slice).collect()).collect());
static KINDS: LazyLock<Vec<Kind>> = LazyLock::new(|| {
    let kinds = LAYOUTS.iter().zip(STEPS.iter()).map(|(layout, steps)| Kind {
        name: layout.name,
        containers: &layout.genesis,
        extensions: steps,
        stream: layout.stream,
    });
    kinds.collect()
});

/// The kinds of documents that the engine is to know, what is searched of them, and the buckets they stand in.
pub fn schema() -> Schema {
    Schema::new(KINDS.iter()).searched_by(search::texts).bucketed_by(buckets::buckets)
}

fn layout(record: &'static RecordType) -> Layout {
    if let Shape::Stream { period, shards, .. } = record.shape {
        let stream = Some(Stream { period, shards });
        return Layout {
            name: record.name,
            genesis: vec![(ROWS, Container::Map)],
            steps: Vec::new(),
            stream,
        };
    }
    let named = |field: &'static Field| field.container().map(|c| (field.name, c));
    let at = |step: usize| record.fields().filter(move |f| f.since == step).filter_map(named);
    let base = |name: &str| matches!(name, "tags" | "custom");
    let mut genesis: Vec<Named> = at(0).filter(|(name, _)| base(name)).collect();
    genesis.push((EXTRA, Container::Map));
    genesis.extend(at(0).filter(|(name, _)| !base(name)));
    let last = record.fields().map(|f| f.since).max().unwrap_or(0);
    let steps = (1..=last).map(|step| at(step).collect()).collect();
    Layout { name: record.name, genesis, steps, stream: None }
}
