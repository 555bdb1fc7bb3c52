//! Where moved modules are looked for.

use super::*;
use crate::{
    plan::{Content, Ownership},
    reconcile::Found,
};

fn file(path: &str, text: &str) -> Rendered {
    Rendered {
        path: path.to_owned(),
        content: Content::Whole(text.as_bytes().to_vec()),
        ownership: Ownership::Managed,
        entity: None,
        digest: "d".to_owned(),
    }
}

fn service() -> Vec<Rendered> {
    vec![
        file("src/lib.rs", "pub mod app;\npub mod note;\n"),
        file("src/app.rs", ""),
        file(
            "src/note/mod.rs",
            "//! Notes.\n\nmod http;\nmod model;\nmod r#type;\n",
        ),
        file("src/note/http.rs", "mod batches;\n"),
        file("src/note/http/batches.rs", ""),
        file("src/note/model.rs", ""),
        file("src/note/type.rs", ""),
    ]
}

fn texts(moves: &[(&str, &str)], disk: &OnDisk) -> BTreeMap<String, String> {
    let mut all = Moves::default();
    for (planned, place) in moves {
        all.insert(planned, place);
    }
    let mut files = service();
    relocate(&mut files, &all, disk).expect("every place is free");
    let text = |it: Rendered| match it.content {
        Content::Whole(bytes) => (it.path, String::from_utf8(bytes).expect("text")),
        Content::AsBefore => unreachable!("all are whole"),
    };
    files.into_iter().map(text).collect()
}

#[test]
fn a_module_keeps_its_name_and_the_file_that_declares_it_tells_its_place() {
    let disk = OnDisk::new();
    let found = texts(&[("src/note/model.rs", "src/note/shapes.rs")], &disk);
    assert!(found.contains_key("src/note/shapes.rs") && !found.contains_key("src/note/model.rs"));
    let expected = "//! Notes.\n\nmod http;\n#[path = \"shapes.rs\"]\nmod model;\nmod r#type;\n";
    assert_eq!(found["src/note/mod.rs"], expected);
    let found = texts(&[("src/note/type.rs", "src/kinds.rs")], &disk);
    assert!(found["src/note/mod.rs"].ends_with("#[path = \"../kinds.rs\"]\nmod r#type;\n"));
}

#[test]
fn where_the_compiler_looks_anyway_nothing_is_said() {
    let found = texts(
        &[("src/note/model.rs", "src/note/model/mod.rs")],
        &OnDisk::new(),
    );
    assert!(!found["src/note/mod.rs"].contains("#["));
    let found = texts(&[("src/note/mod.rs", "src/note.rs")], &OnDisk::new());
    assert!(found.values().all(|it| !it.contains("#[")), "{found:?}");
}

#[test]
fn the_modules_of_a_moved_file_are_found_again() {
    let found = texts(&[("src/note/http.rs", "src/note/rest.rs")], &OnDisk::new());
    assert!(found["src/note/mod.rs"].contains("#[path = \"rest.rs\"]\nmod http;"));
    assert_eq!(
        found["src/note/rest.rs"],
        "#[path = \"http/batches.rs\"]\nmod batches;\n"
    );
    let whole = [
        ("src/note/mod.rs", "src/memo/mod.rs"),
        ("src/note/http.rs", "src/memo/http.rs"),
        ("src/note/http/batches.rs", "src/memo/http/batches.rs"),
        ("src/note/model.rs", "src/memo/model.rs"),
        ("src/note/type.rs", "src/memo/type.rs"),
    ];
    let found = texts(&whole, &OnDisk::new());
    assert_eq!(
        found["src/lib.rs"],
        "pub mod app;\n#[path = \"memo/mod.rs\"]\npub mod note;\n"
    );
    assert!(!found["src/memo/mod.rs"].contains("#["), "{found:?}");
}

#[test]
fn what_the_owner_says_of_it_stands() {
    for text in ["mod shapes;\n", "#[path = \"./shapes.rs\"]\nmod model;\n"] {
        let disk = [("src/note/mod.rs".to_owned(), Found::file(text.into()))].into();
        let found = texts(&[("src/note/model.rs", "src/note/shapes.rs")], &disk);
        assert!(!found["src/note/mod.rs"].contains("#["), "{text}");
    }
}

#[test]
fn a_place_where_something_else_is_generated_is_refused() {
    let mut moves = Moves::default();
    moves.insert("src/note/model.rs", "src/app.rs");
    let error = relocate(&mut service(), &moves, &OnDisk::new()).expect_err("taken");
    assert_eq!(
        (error.planned.as_str(), error.place.as_str()),
        ("src/note/model.rs", "src/app.rs")
    );
    // Two files may have changed places.
    moves.insert("src/app.rs", "src/note/model.rs");
    assert_eq!(relocate(&mut service(), &moves, &OnDisk::new()), Ok(()));
}
