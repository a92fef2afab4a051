use super::*;

fn header() -> Header {
    Header::new("http://relay".into(), "desk".into(), AccountId::new([7; 16]), b"wrapped", b"sealed")
}

fn made(at: &Path) -> Place {
    let place = Place::choose(Some(at.to_path_buf())).expect("a place");
    let draft = place.draft().expect("a draft");
    fs::write(draft.store(), b"store").expect("writes");
    draft.finish(&header()).expect("finishes");
    place
}

#[test]
fn a_finished_home_opens_with_the_header_it_was_given() {
    let dir = tempfile::tempdir().expect("a folder");
    let home = made(&dir.path().join("deep/er/home")).open().expect("opens");
    assert_eq!(home.header(), &header());
    assert_eq!(fs::read(home.store()).expect("reads"), b"store");
}

#[cfg(unix)]
#[test]
fn only_the_person_can_look_into_a_home() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().expect("a folder");
    let home = made(&dir.path().join("home")).open().expect("opens");
    let mode = |path: &Path| fs::metadata(path).expect("is there").permissions().mode() & 0o777;
    assert_eq!(mode(home.path()), 0o700);
    assert_eq!(mode(&home.path().join("vault.json")), 0o600);
    assert_eq!(mode(&home.path().join("lock")), 0o600);
    assert_eq!(mode(&home.store()), 0o600);
}

#[test]
fn a_home_that_was_not_finished_leaves_nothing() {
    let dir = tempfile::tempdir().expect("a folder");
    let place = Place::choose(Some(dir.path().join("home"))).expect("a place");
    let draft = place.draft().expect("a draft");
    fs::write(draft.store(), b"store").expect("writes");
    drop(draft);
    assert_eq!(fs::read_dir(dir.path()).expect("reads").count(), 0);
    assert_eq!(place.open().expect_err("nothing is there").code, "no_vault");
}

#[test]
fn what_a_killed_process_left_is_removed_and_what_another_is_making_is_not() {
    let dir = tempfile::tempdir().expect("a folder");
    let (dead, living) = (dir.path().join(".home.new-1"), dir.path().join(".home.new-2"));
    for draft in [&dead, &living] {
        fs::create_dir(draft).expect("makes");
        fs::write(draft.join("lock"), b"").expect("writes");
    }
    let lock = File::open(living.join("lock")).expect("opens");
    lock.lock().expect("locks");
    made(&dir.path().join("home"));
    assert!(!dead.exists());
    assert!(living.exists());
}

#[test]
fn an_empty_folder_may_become_a_home_and_a_full_one_may_not() {
    let dir = tempfile::tempdir().expect("a folder");
    let empty = dir.path().join("empty");
    fs::create_dir(&empty).expect("makes");
    made(&empty).open().expect("opens");

    let full = dir.path().join("full");
    fs::create_dir(&full).expect("makes");
    fs::write(full.join("letter.txt"), b"dear").expect("writes");
    let error = Place::choose(Some(full.clone())).expect("a place").draft().expect_err("it is not empty");
    assert_eq!(error.code, "home_not_empty");
    assert!(full.join("letter.txt").exists());
}

#[test]
fn a_second_vault_is_not_made_over_the_first() {
    let dir = tempfile::tempdir().expect("a folder");
    let place = made(&dir.path().join("home"));
    assert_eq!(place.draft().expect_err("there is one").code, "home_exists");
}

#[test]
fn a_home_that_is_open_is_refused_and_the_holder_named() {
    let dir = tempfile::tempdir().expect("a folder");
    let place = made(&dir.path().join("home"));
    let first = place.open().expect("opens");
    let error = place.open().expect_err("it is open");
    assert_eq!((error.kind, error.code), (Kind::InUse, "store_in_use"));
    assert!(error.message.contains(&std::process::id().to_string()), "{}", error.message);
    drop(first);
    place.open().expect("opens when the first is gone");
}

#[test]
fn a_header_of_a_newer_version_is_refused_by_that_name() {
    let dir = tempfile::tempdir().expect("a folder");
    let place = made(&dir.path().join("home"));
    fs::write(place.header(), br#"{"format":2,"shape":"other"}"#).expect("writes");
    assert_eq!(place.open().expect_err("it is newer").code, "newer_version");
}

#[test]
fn a_header_that_cannot_be_read_is_called_damaged() {
    let dir = tempfile::tempdir().expect("a folder");
    let place = made(&dir.path().join("home"));
    fs::write(place.header(), b"{").expect("writes");
    assert_eq!(place.open().expect_err("it is cut off").kind, Kind::Integrity);
}
