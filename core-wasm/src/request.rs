//! What the screens ask. It crosses as JSON text, each request under its own name, so that no reader of JavaScript's
//! objects has to be shipped.

use serde::Deserialize;
use serde_json::{Map, Value as Json};
use tsify::Tsify;

/// One request.
#[derive(Debug, Clone, PartialEq, Deserialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub enum Request {
    /// Everything on one day.
    Today {
        /// Today, unless given.
        #[serde(default)]
        #[tsify(optional)]
        date: Option<String>,
    },
    /// A page of records.
    List {
        /// Their type.
        record: String,
        /// `next` of the page before.
        #[serde(default)]
        #[tsify(optional)]
        after: Option<String>,
        /// Records wanted; with `only`, a page may hold up to 500 more.
        limit: u32,
        /// Those in the trash instead.
        trash: bool,
        /// Only those whose field reads so.
        #[serde(default)]
        #[tsify(optional)]
        only: Option<Only>,
    },
    /// Records and check-ins in which all words of a text stand, or such as begin so or are misspelt a little.
    Search {
        /// What was typed.
        text: String,
        /// Only of these types; of all if there are none.
        records: Vec<String>,
        /// Also those in the trash.
        trash: bool,
        /// Most wanted, up to 100.
        limit: u32,
    },
    /// One record.
    Get {
        /// Its id.
        id: String,
    },
    /// The one record of a type that has one.
    Single {
        /// The type.
        record: String,
    },
    /// A new record.
    Add {
        /// Its type.
        record: String,
        /// Its fields.
        #[tsify(type = "Record<string, unknown>")]
        fields: Map<String, Json>,
    },
    /// Changes fields; null clears.
    Set {
        /// The record.
        id: String,
        /// The fields.
        #[tsify(type = "Record<string, unknown>")]
        fields: Map<String, Json>,
    },
    /// What was logged for a habit.
    Logs {
        /// The habit.
        habit: String,
        /// First date.
        from: String,
        /// Last date.
        to: String,
    },
    /// Logs a day of a habit.
    Log {
        /// The habit.
        habit: String,
        /// The day.
        date: String,
        /// What happened.
        action: LogChange,
    },
    /// Into the trash.
    Trash {
        /// The record.
        id: String,
    },
    /// Out of it.
    Restore {
        /// The record.
        id: String,
    },
    /// All changes of a record.
    History {
        /// The record.
        id: String,
    },
    /// Takes the last change back.
    Undo,
    /// Where sync stands.
    Status,
    /// Who can read the vault.
    Devices,
    /// Adds the device whose six digits were shown last, on the word of the person who compared them.
    AddDevice,
    /// Cuts another device off.
    Revoke {
        /// Its id, hex.
        device: String,
    },
    /// Replaces the recovery phrase.
    SetPhrase {
        /// 24 words.
        phrase: String,
    },
    /// Where the relay's list of devices and the one here part, if they do.
    Fork,
    /// Goes on from the relay's list, and cuts off those on it that the person does not know.
    Resolve {
        /// Their ids, hex.
        revoke: Vec<String>,
    },
    /// What was noticed that a person should know.
    Alarms,
    /// Everything, as one JSON document.
    Export,
    /// Makes the vault say what an export says.
    Import {
        /// The export.
        text: String,
    },
    /// Writes lazily kept positions.
    Flush,
    /// Makes the read model anew.
    Rebuild,
    /// Checks everything.
    Verify,
}

/// A field, and what it reads; an empty text for records without it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Tsify)]
pub struct Only {
    /// Its name.
    pub field: String,
    /// What it reads.
    pub is: String,
}

/// What happened on a day.
#[derive(Debug, Clone, PartialEq, Deserialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub enum LogChange {
    /// It was done.
    Done,
    /// The day does not count.
    Skip,
    /// A bad habit was given in to.
    Slip,
    /// So much of it.
    Value {
        /// In the habit's unit; three decimal places count.
        value: f64,
    },
    /// The row goes.
    Undo,
}
