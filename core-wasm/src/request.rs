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
    /// A record as it was at a moment.
    AsOf {
        /// The record.
        id: String,
        /// The moment, in milliseconds since 1970.
        at: f64,
    },
    /// How the types of records are declared.
    Types,
    /// The streaks of all habits that are shown, by id. They follow from all that was ever logged, so a day shows without
    /// them first.
    Streaks,
    /// What is drawn of a habit.
    Chart {
        /// The habit.
        habit: String,
        /// First day.
        from: String,
        /// Last day.
        to: String,
    },
    /// What reminds in the next 30 days.
    Reminders,
    /// What a browser needs to subscribe to pushes. Needs the relay.
    PushKey,
    /// Reminders are pushed to this browser from now on. Needs the relay.
    Subscribe {
        /// What its device is called.
        name: String,
        /// The push service's address of it.
        endpoint: String,
        /// Its public key, base64url.
        p256dh: String,
        /// Its secret, base64url.
        auth: String,
    },
    /// Nothing is pushed to this browser any more. Where the relay is out of reach, it alone does not know that.
    Unsubscribe,
    /// From now on this is to be pushed to the browsers of active devices, and nothing else.
    Schedule {
        /// What.
        reminders: Vec<TimedReminder>,
    },
    /// The app is used today; a habit to avoid counts as kept up to the newest such day.
    Present,
    /// What stands on the calendar on some days, up to 62 of them.
    Calendar {
        /// First day.
        from: String,
        /// Last day.
        to: String,
    },
    /// Drags something on the calendar; how long it takes stays.
    Move {
        /// The record.
        id: String,
        /// Of something that comes again: the date of its rule.
        #[serde(default)]
        #[tsify(optional)]
        date: Option<String>,
        /// To this day.
        on: String,
        /// To this time.
        start: NewTime,
    },
    /// What a line of words means: a check-in or a task.
    Quick {
        /// The line.
        text: String,
        /// Carries it out.
        write: bool,
    },
    /// Puts a record of a type that a person orders behind another.
    Arrange {
        /// The record.
        id: String,
        /// Behind this one; before all, unless given.
        #[serde(default)]
        #[tsify(optional)]
        after: Option<String>,
        /// Under this heading from now on, under none if it is empty; under the one it had, unless given.
        #[serde(default)]
        #[tsify(optional)]
        group: Option<String>,
    },
    /// What became of a date of a task that comes again; of an event, that it is left out or taken in again.
    Occurrence {
        /// The task or event.
        task: String,
        /// The date that its rule gives.
        date: String,
        /// What happened.
        action: OccurrenceChange,
    },
    /// Makes a date of a task or event that comes again, or it and all later ones, a record of its own, to be changed. Gives that
    /// record: the series itself, where no date came before.
    Part {
        /// The task or event.
        id: String,
        /// The date that its rule gives.
        date: String,
        /// All later ones too.
        onward: bool,
    },
    /// Ends a task or event that comes again before a date of it.
    EndBefore {
        /// The task or event.
        id: String,
        /// The date that its rule gives.
        date: String,
    },
    /// Steps of a routine that were taken on a day.
    RoutineStep {
        /// The routine.
        routine: String,
        /// The day.
        date: String,
        /// What happened.
        action: RoutineChange,
    },
    /// How often a routine was finished on the days that asked for it.
    RoutineRate {
        /// The routine.
        routine: String,
        /// First day; the last is today.
        from: String,
    },
    /// All changes of a record.
    History {
        /// The record.
        id: String,
    },
    /// Takes the last change back.
    Undo,
    /// The last changes of the vault, by whomever.
    Recent {
        /// Most wanted, up to 200.
        limit: u32,
    },
    /// Takes changes back; what was changed again since stays.
    TakeBack {
        /// Those.
        changes: Vec<ChangeName>,
    },
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
    /// A file of everything, of one type, or of what a calendar shows; its text.
    Export(Portable),
    /// Makes the vault say what a file says; what the file does not name stays as it is.
    Import {
        /// What the file is.
        file: Portable,
        /// What it says.
        text: String,
        /// Says what would happen, and does nothing.
        dry: bool,
    },
    /// Stops what is under way, between two steps: an import says what it has written by then, an export fails.
    /// Whether there was any.
    Stop(LongWork),
    /// Writes lazily kept positions.
    Flush,
    /// Makes the read model anew.
    Rebuild,
    /// Checks everything.
    Verify,
}

/// What may take long, and can be stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub enum LongWork {
    /// A file is written.
    Export,
    /// A file is read.
    Import,
}

/// Which change.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Tsify)]
pub struct ChangeName {
    /// The document that it changed, as `Recent` names it.
    pub document: String,
    /// The change, hex.
    pub change: String,
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

/// A form in which records leave and come.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub enum Portable {
    /// Everything, as it is kept.
    Json,
    /// Events and tasks, as iCalendar.
    Ics,
    /// The records of one type, as a table.
    Csv {
        /// The type.
        record: String,
    },
}

/// What became of a date of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub enum OccurrenceChange {
    /// It was done today.
    Complete,
    /// It does not take place.
    Skip,
    /// As if nothing had happened.
    Reset,
}

/// What was done of a routine.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub enum RoutineChange {
    /// A step was taken, or was not.
    Step {
        /// Its id.
        step: String,
        /// Whether it was.
        done: bool,
    },
    /// All of it was done.
    Finish,
    /// The day does not count.
    Skip,
    /// As if nothing had happened.
    Reset,
}

/// To which time of day something is dragged.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub enum NewTime {
    /// That which it has.
    Stays,
    /// None: it is of the whole day.
    AllDay,
    /// This one.
    At {
        /// `HH:MM`.
        time: String,
    },
}

/// A reminder, and the moments that its times on the wall are.
#[derive(Debug, Clone, PartialEq, Deserialize, Tsify)]
pub struct TimedReminder {
    /// The record's type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The record.
    pub id: String,
    /// Of this date, or date and time.
    pub occurrence: String,
    /// What the record is called.
    pub title: String,
    /// When, in milliseconds since 1970.
    pub at: f64,
    /// From then on it helps nobody, likewise.
    pub expires: f64,
}
