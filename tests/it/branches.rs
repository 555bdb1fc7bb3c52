//! Migrations of two branches: a conflict on purpose, and one chain again.

use std::collections::BTreeMap;

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

const THEIRS: &str = "migrations/0002_add_pages_to_notes/sqlite.sql";
const OURS: &str = "migrations/0002_add_stars_to_notes/sqlite.sql";

/// A project as it was before another branch added a field, and what that branch has.
fn beside_another() -> (Place, BTreeMap<String, Vec<u8>>) {
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
    (place, theirs)
}

/// Two branches that have each added a field of the same name, and of another type; git left the
/// folder of the branch that is checked out. With it, the files of the other one.
fn namesakes() -> (Place, Vec<(String, Vec<u8>)>) {
    let (place, theirs) = beside_another();
    place.ok(&["add-field", "Note", "pages:text?"]);
    let sum = String::from_utf8(theirs[SUM].clone()).unwrap();
    place.put(SUM, conflicted(&place.read(SUM), &sum));
    let is_migration = |it: &(String, Vec<u8>)| it.0.starts_with("migrations/0002");
    (place, theirs.into_iter().filter(is_migration).collect())
}

/// Two branches that have each added a field, merged by git: the schema is resolved, the sum is not.
fn merged() -> Place {
    let (place, theirs) = beside_another();
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
}

/// The migrations in the chain, which are all that are there.
fn chain(place: &Place) -> Vec<String> {
    let sum = place.read(SUM);
    let lines = sum.lines().skip(1);
    let ids: Vec<String> = lines
        .filter_map(|it| Some(it.split_once(' ')?.0.to_owned()))
        .collect();
    let tree = place.tree();
    let folders = tree.keys().filter_map(|it| {
        let (folder, _) = it.strip_prefix("migrations/")?.split_once('/')?;
        Some(folder.to_owned())
    });
    let folders: std::collections::BTreeSet<String> = folders.collect();
    assert_eq!(folders.into_iter().collect::<Vec<_>>(), ids);
    ids
}

const ONE_CHAIN: [&str; 3] = [
    "0001_initial",
    "0002_add_pages_to_notes",
    "0003_add_stars_to_notes",
];

#[test]
fn two_branches_become_one_chain() {
    let place = merged();
    place
        .svcgen(&["migrate", "lint"])
        .is(3, &["svcgen migrate merge"]);

    place.ok(&["migrate", "merge"]);
    assert_eq!(chain(&place), ONE_CHAIN);
    place.ok(&["migrate", "lint"]);
    let before = place.tree();
    place.ok(&["generate"]);
    assert_eq!(place.tree(), before);
}

#[test]
fn generate_alone_makes_one_chain_of_two_branches() {
    let place = merged();
    let before = place.tree();
    for rehearsal in ["--check", "--dry-run", "--diff"] {
        place
            .svcgen(&["generate", rehearsal])
            .is(3, &["0002_add_stars_to_notes", "svcgen migrate merge"]);
    }
    assert_eq!(place.tree(), before);
    place.ok(&["generate"]).is(0, &["0002_add_stars_to_notes"]);
    assert_eq!(chain(&place), ONE_CHAIN);
    place.ok(&["generate", "--check"]);
    let merged = place.tree();
    place.ok(&["undo"]);
    assert_eq!(place.tree(), before);
    place.ok(&["migrate", "merge"]);
    assert_eq!(place.tree(), merged);
}

#[test]
fn a_migration_with_edits_goes_only_where_that_is_asked_for() {
    let place = merged();
    place.append(OURS, "-- by hand");
    let before = place.tree();
    place
        .svcgen(&["generate"])
        .is(3, &["0002_add_stars_to_notes", "svcgen migrate merge"]);
    assert_eq!(place.tree(), before);
    place.ok(&["migrate", "merge"]);
    assert_eq!(chain(&place), ONE_CHAIN);
}

#[test]
fn a_migration_outside_of_the_chain_is_not_left_there() {
    let place = merged();
    // As `git checkout --ours` resolves it.
    let sum = place.read(SUM);
    let ours = sum.replace("<<<<<<< HEAD\n", "");
    let ours: Vec<&str> = ours.split("=======\n").collect();
    let after = |it: &str| it.split_once(">>>>>>> theirs\n").unwrap().1.to_owned();
    place.put(SUM, [ours[0].to_owned(), after(ours[1])].concat());
    let before = place.tree();
    for command in [
        &["generate"][..],
        &["generate", "--check"],
        &["add-field", "Note", "more:int?"],
    ] {
        let words = ["0002_add_pages_to_notes", "svcgen migrate merge"];
        place.svcgen(command).is(3, &words);
    }
    assert_eq!(place.tree(), before);
    place.ok(&["migrate", "merge"]);
    let ids = [
        "0001_initial",
        "0002_add_stars_to_notes",
        "0003_add_pages_to_notes",
    ];
    assert_eq!(chain(&place), ids);
    assert!(!place.has(THEIRS));
    place.ok(&["generate", "--check"]);
    place.ok(&["migrate", "lint"]);
}

#[test]
fn of_two_migrations_of_one_name_one_is_chosen_and_the_other_planned_anew() {
    const ID: &str = "0002_add_pages_to_notes";
    let (place, theirs) = namesakes();
    // The field became one of another type, so there is something left to plan.
    let entity = place.read("entities/note.yaml");
    let entity = entity.replace("pages: text?", "pages: int?\n  leaves: text?");
    place.put("entities/note.yaml", entity);
    let before = place.tree();
    let words = [
        ID,
        "and they differ",
        "git checkout --theirs",
        "--keep-ours",
    ];
    for command in [&["generate"][..], &["migrate", "merge"]] {
        place.svcgen(command).is(3, &words);
    }
    assert_eq!(place.tree(), before);
    for (path, content) in &theirs {
        place.put(path, content);
    }
    place.ok(&["migrate", "merge"]);
    assert_eq!(chain(&place)[..2], ["0001_initial", ID]);
    let (path, content) = theirs
        .iter()
        .find(|it| it.0.ends_with("/sqlite.sql"))
        .unwrap();
    assert_eq!(place.read(path).as_bytes(), content);
    place.ok(&["migrate", "lint"]);
    place.ok(&["generate", "--check"]);
}

#[test]
fn of_two_migrations_of_one_name_ours_can_be_kept() {
    let (place, _) = namesakes();
    place.ok(&["migrate", "merge", "--keep-ours"]);
    assert_eq!(chain(&place), ["0001_initial", "0002_add_pages_to_notes"]);
    place.ok(&["generate", "--check"]);
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
    let told = place.svcgen(&["generate"]);
    assert!(
        !told.stderr.contains("a migration must not change"),
        "{}",
        told.stderr
    );
    place.put(script, place.read(script).replace("drop", "keep"));
    let told = place.svcgen(&["migrate", "lint"]);
    assert!(told.stdout.contains("IN101"), "{}", told.stdout);
}
