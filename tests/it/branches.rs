//! Migrations of two branches: a conflict on purpose, and one chain again.

use crate::support::Place;

const SUM: &str = "migrations/svcgen.sum";

/// The sum as git leaves it: the head and the last lines of both.
fn conflicted(ours: &str, theirs: &str) -> String {
    let (ours, theirs): (Vec<&str>, Vec<&str>) = (ours.lines().collect(), theirs.lines().collect());
    let both = |a: &str, b: &str| format!("<<<<<<< HEAD\n{a}\n=======\n{b}\n>>>>>>> theirs\n");
    let first = ours[1];
    [
        both(ours[0], theirs[0]),
        format!("{first}\n"),
        both(ours[2], theirs[2]),
    ]
    .concat()
}

#[test]
fn two_branches_become_one_chain() {
    let place = Place::notes();
    let base = place.tree();
    place.ok(&["add-field", "Note", "pages:int?"]);
    let theirs = place.tree();
    for path in theirs.keys().filter(|path| !base.contains_key(*path)) {
        std::fs::remove_file(place.root().join(path)).unwrap();
    }
    for (path, content) in &base {
        place.put(path, content);
    }
    place.ok(&["add-field", "Note", "stars:int?"]);
    place.ok(&["migrate", "lint"]);
    let entity = place.read("entities/note.yaml");
    place.put(
        "entities/note.yaml",
        entity.replace("  stars:", "  pages: int?\n  stars:"),
    );
    for (path, content) in theirs
        .iter()
        .filter(|(path, _)| path.starts_with("migrations/0002"))
    {
        place.put(path, content);
    }
    let sum = String::from_utf8(theirs[SUM].clone()).unwrap();
    place.put(SUM, conflicted(&place.read(SUM), &sum));
    place
        .svcgen(&["migrate", "lint"])
        .is(3, &["svcgen migrate merge"]);

    place.ok(&["migrate", "merge"]);
    let sum = place.read(SUM);
    let ids: Vec<&str> = sum
        .lines()
        .skip(1)
        .filter_map(|it| it.split(' ').next())
        .collect();
    assert_eq!(
        ids,
        [
            "0001_initial",
            "0002_add_pages_to_notes",
            "0003_add_stars_to_notes"
        ]
    );
    assert!(!place.has("migrations/0002_add_stars_to_notes/sqlite.sql"));
    place.ok(&["migrate", "lint"]);
    let before = place.tree();
    place.ok(&["generate"]);
    assert_eq!(place.tree(), before);
}

#[test]
fn what_is_lost_is_told_until_it_is_accepted() {
    let place = Place::notes();
    let entity = place.read("entities/note.yaml");
    let without: String = entity
        .lines()
        .filter(|it| !it.contains("body:"))
        .fold(String::new(), |text, line| text + line + "\n");
    place.put("entities/note.yaml", format!("{without}dropped: [body]\n"));
    place.ok(&["generate"]);
    let told = place.svcgen(&["migrate", "lint"]);
    assert_eq!(told.status, 1, "{}", told.stderr);
    assert!(told.stdout.contains("DS102"), "{}", told.stdout);
    let script = "migrations/0002_drop_body_of_notes/sqlite.sql";
    let accepted = "-- nolint: DS102 nobody reads it\n-- nolint: BC106 nobody reads it\n";
    place.put(script, accepted.to_owned() + &place.read(script));
    place.ok(&["migrate", "lint"]);
    place.put(script, place.read(script).replace("drop", "keep"));
    let told = place.svcgen(&["migrate", "lint"]);
    assert!(told.stdout.contains("IN101"), "{}", told.stdout);
}
