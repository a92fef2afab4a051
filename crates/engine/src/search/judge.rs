//! How well a row answers a search.
//!
//! Ranks: a word that stands there as it was typed goes before one that begins so, that before a misspelt one; among
//! those a title goes before labels, labels before notes; among equals the newest change comes first.

use super::near;
use super::words::words;
use super::{Hit, Text};
use crate::record::Row;
use core::ops::Range;

/// A word looked for.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub word: String,
    letters: Vec<char>,
}

impl Wanted {
    pub fn new(word: String) -> Self {
        let letters = word.chars().collect();
        Self { word, letters }
    }

    /// How many letters it has.
    pub fn letters(&self) -> usize {
        self.letters.len()
    }

    /// How well `found` answers it: 4 is the same, 3 begins so, 2 has one slip, 1 has two; 0 not at all.
    pub fn class(&self, found: &str, near: bool) -> u32 {
        if found == self.word {
            return 4;
        }
        if found.starts_with(&self.word) {
            return 3;
        }
        let most = near::slips(self.letters.len());
        if !near || most == 0 {
            return 0;
        }
        let letters: Vec<char> = found.chars().collect();
        match near::distance(&self.letters, &letters, most) {
            Some(slips @ (1 | 2)) => 3 - u32::try_from(slips).unwrap_or(2),
            _ => 0,
        }
    }
}

/// What a word's class and the weight of its text come to.
pub(crate) fn worth(class: u32, weight: u32) -> u32 {
    class * 4 + weight
}

/// One text, looked at.
struct Look<'a> {
    text: &'a Text,
    /// For each word wanted, its best class here.
    classes: Vec<u32>,
    ranges: Vec<Range<usize>>,
    /// It says what was looked for and nothing else.
    whole: bool,
}

fn look<'a>(text: &'a Text, wanted: &[Wanted], near: bool) -> Look<'a> {
    let found = words(&text.text);
    let classes_of = |word: &str| wanted.iter().map(|w| w.class(word, near)).collect::<Vec<u32>>();
    let each: Vec<Vec<u32>> = found.iter().map(|word| classes_of(&word.folded)).collect();
    let best = |at: usize| each.iter().filter_map(|c| c.get(at).copied()).max().unwrap_or(0);
    let classes: Vec<u32> = (0..wanted.len()).map(best).collect();
    // Where a word stands as it was typed, its misspellings are not shown.
    let shown = |found: &Vec<u32>| {
        found.iter().zip(&classes).any(|(class, best)| *class > 0 && (*class >= 3 || *best < 3))
    };
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for (word, _) in found.iter().zip(&each).filter(|(_, found)| shown(found)) {
        match ranges.last_mut() {
            Some(last) if word.start <= last.end => last.end = last.end.max(word.end),
            _ => ranges.push(word.start..word.end),
        }
    }
    let whole = !found.is_empty() && each.iter().all(|found| found.contains(&4));
    Look { text, classes, ranges, whole }
}

/// What `row` comes to, of which `texts` are all texts; none if not every word is in the place.
pub(crate) fn judge(
    row: &Row,
    texts: &[Text],
    place: Option<&str>,
    wanted: &[Wanted],
    near: bool,
) -> Option<Hit> {
    let looks: Vec<Look<'_>> =
        texts.iter().filter(|t| t.place.as_deref() == place).map(|t| look(t, wanted, near)).collect();
    let mut score = 0;
    for at in 0..wanted.len() {
        let worths = looks.iter().filter_map(|look| {
            let class = look.classes.get(at).copied().filter(|class| *class > 0)?;
            Some(worth(class, look.text.weight as u32 + 1))
        });
        score += worths.max()?;
    }
    // The first of the best: texts come with the title first.
    let rank = |look: &Look<'_>| (look.classes.iter().sum::<u32>(), look.text.weight);
    let best = looks.into_iter().rev().max_by_key(rank)?;
    let title = texts.iter().find(|t| t.weight == super::Weight::Title);
    Some(Hit {
        key: row.key.clone(),
        place: place.map(str::to_owned),
        title: title.map(|t| t.text.clone()),
        deleted: row.deleted,
        updated: row.updated,
        score: score * 2 + u32::from(best.whole),
        field: best.text.field.clone(),
        text: best.text.text.clone(),
        ranges: best.ranges,
    })
}
