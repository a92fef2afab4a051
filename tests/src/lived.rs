//! Homes in which a year was lived, once for all tests of a process. A test takes a copy; the relay at which it was
//! registered is gone, and every test has its own.

use crate::home::Home;
use crate::life_year::{Size, Year, live, tally_of};
use crate::programs;
use crate::stage::Stage;
use std::path::PathBuf;
use std::sync::OnceLock;

/// What all tests' years follow from.
const SEED: u64 = 20_261_121;

/// A home that has never synced, and its phrase.
struct Lived {
    path: PathBuf,
    phrase: String,
}

/// Two devices of a year on this stage's relay, which had never heard of it, and the phrase.
pub fn pair(stage: &Stage, size: Size) -> (Home, Home, String) {
    let lived = of(size);
    let desk = alone(stage, "desk", size);
    let first = desk.sync();
    assert_eq!((&first["pulled"], &first["pending"]), (&0.into(), &0.into()), "{first}");
    assert_eq!(first["notes"][0]["code"], "relay_was_empty", "{first}");
    let phone = stage.join("phone", &lived.phrase);
    (desk, phone, lived.phrase.clone())
}

/// One device of a year, which has not synced.
pub fn alone(stage: &Stage, name: &str, size: Size) -> Home {
    let home = Home::at(&of(size).path).copy_to(stage.folder().join(name));
    home.point_at(&stage.relay.url());
    home
}

fn of(size: Size) -> &'static Lived {
    static YEAR: OnceLock<Lived> = OnceLock::new();
    static SMALL: OnceLock<Lived> = OnceLock::new();
    let (kept, name) = if size == Size::YEAR { (&YEAR, "year") } else { (&SMALL, "small") };
    kept.get_or_init(|| {
        let home = Home::at(folder().join(name));
        let phrase = home.init(&Stage::sqlite().relay.url(), "desk");
        let year = Year::new(SEED, size);
        let lived = live(&home, &year);
        println!("a year of {} commands took {:.1} s", lived.commands, lived.took.as_secs_f64());
        assert_eq!(tally_of(&home.export()), year.tally);
        Lived { path: home.path().to_owned(), phrase }
    })
}

/// A folder of this process beside its programs. Nothing of a static is ever dropped, so it is left behind, and
/// removed by the next process.
fn folder() -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER
        .get_or_init(|| {
            let all = programs::folder().join("lived-years");
            std::fs::create_dir_all(&all).expect("a folder");
            for left in std::fs::read_dir(&all).expect("a folder").flatten() {
                let process = left.file_name();
                if !PathBuf::from("/proc").join(&process).exists() {
                    // Another process may be removing it, too.
                    let _gone = std::fs::remove_dir_all(left.path());
                }
            }
            let own = all.join(std::process::id().to_string());
            std::fs::create_dir_all(&own).expect("a folder");
            own
        })
        .clone()
}
