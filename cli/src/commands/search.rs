//! Finding records by their words.

use crate::args;
use crate::driver::unexpected;
use crate::error::Result;
use crate::output::{Answer, table};
use crate::vault::Vault;
use engine::{Found, Query, Reply};
use life::RecordType;
use life::search::{Match, Piece, owner};
use serde_json::{Value as Json, json};

/// Records in which all words stand, the best first.
pub async fn search(vault: &mut Vault, args: &args::Search) -> Result<Answer> {
    let kinds = args.kinds.iter().map(|kind| RecordType::find(kind).map(|record| record.name.to_owned()));
    let query = Query::Search {
        text: args.words.join(" "),
        kinds: kinds.collect::<std::result::Result<_, _>>()?,
        trash: args.trash,
        limit: usize::try_from(args.limit).unwrap_or(usize::MAX),
    };
    let found = match vault.driver.ask(query).await? {
        Reply::Found(found) => found,
        other => return Err(unexpected(&other)),
    };
    let mut matches = Vec::new();
    for hit in &found.hits {
        let owner = match owner(hit) {
            Some(key) => vault.document(&key).await?,
            None => None,
        };
        matches.extend(Match::of(hit, owner.as_ref()));
    }
    Ok(listed(&matches, &found))
}

fn listed(matches: &[Match], found: &Found) -> Answer {
    let views: Vec<Json> = matches.iter().map(Match::to_json).collect();
    let mut text = table(&matches.iter().map(line).collect::<Vec<_>>());
    let mut note = |note: &str| {
        text.push_str(if text.is_empty() { "" } else { "\n" });
        text.push_str(note);
    };
    if found.more {
        note("there is more: more letters, --kind or --limit narrow or widen it");
    }
    if !found.ready {
        note("the index is still being made; records may be missing");
    }
    Answer::new(json!({ "hits": views, "more": found.more, "ready": found.ready }), text)
}

/// Id, type, date of a check-in, title, and the words found if they stand elsewhere than in the title.
fn line(found: &Match) -> Vec<String> {
    let show = |piece: &Piece| if piece.found { format!("[{}]", piece.text) } else { piece.text.clone() };
    let snippet: String = found.snippet.iter().map(show).collect();
    let kind = match &found.date {
        Some(date) => format!("{} {date}", found.kind),
        None if found.deleted => format!("{} (trash)", found.kind),
        None => found.kind.to_owned(),
    };
    let plain: String = found.snippet.iter().map(|piece| piece.text.as_str()).collect();
    let called = if plain == found.title { snippet } else { format!("{}: {snippet}", found.title) };
    vec![found.key.id.to_string(), kind, called]
}
