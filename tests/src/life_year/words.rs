//! Words to write with. None of them holds `<`, which names ids.

use crate::dice::Dice;

const VERBS: [&str; 16] = [
    "Call", "Write to", "Mend", "Plan", "Finish", "Clean", "Book", "Buy", "Sort", "Return", "Draft", "Read",
    "Visit", "Water", "Renew", "Practise",
];
const THINGS: [&str; 20] = [
    "the garden",
    "Åsa's parcel",
    "the tax form",
    "Grandmother",
    "the bicycle",
    "chapter three",
    "the roof",
    "a dentist",
    "the piano",
    "winter tyres",
    "the passport",
    "Müller & Söhne",
    "the café table",
    "the library books",
    "spare keys",
    "the \"good\" scissors",
    "бабушку",
    "東京の切符",
    "the cellar",
    "Tuesday's talk",
];
const CLAUSES: [&str; 12] = [
    "It took longer than thought",
    "the weather turned",
    "nobody minded",
    "half of it is done",
    "ask Imre first",
    "the invoice is in the blue folder",
    "not before noon",
    "it went well 🌱",
    "call back on Friday",
    "there is time until spring",
    "two screws are missing",
    "see the notes of last year",
];

/// A few words.
pub fn title(dice: &mut Dice) -> String {
    format!("{} {}", dice.pick(&VERBS), dice.pick(&THINGS))
}

/// So many sentences, some on lines of their own.
pub fn sentences(dice: &mut Dice, count: usize) -> String {
    let mut text = String::new();
    for n in 0..count {
        if n > 0 {
            text.push(if dice.percent(25) { '\n' } else { ' ' });
        }
        text.push_str(&format!("{}; {}.", dice.pick(&CLAUSES), dice.pick(&CLAUSES)));
    }
    text
}

/// One short remark.
pub fn remark(dice: &mut Dice) -> String {
    (*dice.pick(&CLAUSES)).to_owned()
}
