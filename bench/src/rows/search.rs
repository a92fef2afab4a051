//! Search over everything, as somebody types it.

use super::Setting;
use super::growth::STRAIGHT;
use super::local::lived;
use crate::lived::Lived;
use crate::report::{Cell, Line, Target, Unit};
use crate::rounds;
use crate::vault::{Device, Place};
use anyhow::{Context as _, Result, bail, ensure};
use engine::{Query, Reply};
use std::time::Instant;

/// Records at 1x; at 16x they are 50,000.
const ONE: usize = 3_125;
/// Searches of each kind, a round.
const SEARCHES: usize = 40;
/// As many as a screen shows.
const HITS: usize = 20;

/// What is typed.
#[derive(Debug, Clone, Copy)]
enum Typed {
    /// The first letters of a word.
    Beginning,
    /// All words of a title.
    Title,
    /// A word with two letters exchanged.
    Slip,
}

const KINDS: [(Typed, &str); 3] = [
    (Typed::Beginning, "the first three letters of a word"),
    (Typed::Title, "all words of a title"),
    (Typed::Slip, "a word with two letters exchanged"),
];

/// Row: the middle of some searches of a kind.
pub async fn search(setting: &Setting) -> Result<Vec<Line>> {
    let folder = tempfile::tempdir()?;
    let mut cells = KINDS.map(|_| Vec::new());
    let mut places = Vec::new();
    for times in [1, 4, 16] {
        let records = ONE * times;
        setting.pace.say(&format!("making {records} records"));
        let life = Lived::records(setting.seed, records)?;
        places.push((lived(&life, &folder.path().join(format!("{times}.db"))).await?, titles(&life)));
        let who = format!("life-os, {records} records");
        cells.iter_mut().for_each(|cells| cells.push(Cell::new(&who, "")));
    }
    for _ in setting.pace.rounds() {
        for (n, (place, titles)) in places.iter().enumerate() {
            let mut device = indexed(place).await?;
            for ((typed, _), cells) in KINDS.iter().zip(&mut cells) {
                let cell = cells.get_mut(n).context("a cell")?;
                rounds::ours(cell, searches(&mut device, *typed, titles)).await?;
            }
            device.driver.close().await?;
        }
    }
    let lines = KINDS.iter().zip(cells).map(|((_, what), cells)| line(what, cells));
    lines.collect()
}

fn line(what: &str, cells: Vec<Cell>) -> Result<Line> {
    let mut cells = cells.into_iter();
    let (one, four, sixteen) = (cells.next(), cells.next(), cells.next());
    let mut line = Line::new(format!("{what}, p50 of a round"), Unit::Millis, sixteen.context("16x")?);
    line.peers = vec![one.context("1x")?, four.context("4x")?];
    line.targets = vec![Target::Beside(0, STRAIGHT)];
    line.notes =
        vec![format!("{SEARCHES} searches a round, {HITS} hits wanted; no peer has a search of its own")];
    Ok(line)
}

/// Opens it, and waits until what is left of the index is made.
async fn indexed(place: &Place) -> Result<Device> {
    let mut device = place.open(place.key()?).await?;
    device.work().await?;
    Ok(device)
}

/// Some titles, from all over the life.
pub fn titles(life: &Lived) -> Vec<String> {
    let title = |change: &crate::lived::Change| change.fields.get("title")?.as_str().map(str::to_owned);
    let all: Vec<String> = life.changes.iter().filter_map(title).collect();
    all.iter().step_by((all.len() / SEARCHES).max(1)).take(SEARCHES).cloned().collect()
}

impl Typed {
    fn of(self, title: &str) -> String {
        let words = title.split(|c: char| !c.is_alphanumeric());
        let longest = words.max_by_key(|word| word.chars().count()).unwrap_or_default();
        match self {
            Self::Beginning => longest.chars().take(3).collect(),
            Self::Title => title.to_owned(),
            Self::Slip => {
                let mut letters: Vec<char> = longest.chars().collect();
                let middle = letters.len() / 2;
                if middle > 0 {
                    letters.swap(middle - 1, middle);
                }
                letters.into_iter().collect()
            }
        }
    }
}

async fn searches(device: &mut Device, typed: Typed, titles: &[String]) -> Result<f64> {
    let mut times = Vec::new();
    let mut found = 0;
    for title in titles {
        let text = typed.of(title);
        let began = Instant::now();
        let query = Query::Search { text: text.clone(), kinds: Vec::new(), trash: true, limit: HITS };
        let Reply::Found(answer) = device.driver.ask(query).await? else { bail!("not found") };
        times.push(began.elapsed().as_secs_f64() * 1_000.0);
        ensure!(answer.ready, "the index is not whole");
        found += usize::from(!answer.hits.is_empty());
    }
    // A word with a slip may be another word's neighbour, and rarely nobody's.
    ensure!(found * 10 >= titles.len() * 9, "{found} of {} searches found something", titles.len());
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().context("searches")
}
