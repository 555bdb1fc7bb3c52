//! Merges, each as three small texts and what comes of them.

use super::*;

fn rust(base: &str, yours: &str, new: &str) -> Merged {
    let versions = Versions { base, yours, new };
    merge(Language::Rust, versions, Resolution::Markers)
}

/// Merges cleanly into this, with the sides in either place.
fn clean(base: &str, yours: &str, new: &str, expected: &str) {
    let merged = rust(base, yours, new);
    assert_eq!(merged.conflicts, 0, "{}", merged.text);
    assert_eq!(printed(&merged.text), printed(expected), "{}", merged.text);
}

/// As prettyplease prints it, so that cases need not be laid out.
fn printed(text: &str) -> String {
    let comments: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|it| it.starts_with("//"))
        .collect();
    let file = syn::parse_file(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    format!("{}\n{}", comments.join("\n"), prettyplease::unparse(&file))
}

#[test]
fn two_items_added_in_one_place_both_stand() {
    clean(
        "fn a() {}\n",
        "fn a() {}\n\n// Mine.\nfn mine() {}\n",
        "fn a() {}\n\nfn theirs() {}\n",
        "fn a() {}\n\nfn theirs() {}\n\n// Mine.\nfn mine() {}\n",
    );
}

#[test]
fn fields_variants_and_derives_unite() {
    clean(
        "#[derive(Debug)]\npub struct A {\n    /// One.\n    pub one: u8,\n}\n",
        "#[derive(Debug, Hash)]\n#[must_use]\npub struct A {\n    /// One.\n    pub one: u8,\n    mine: u8, // why\n}\n",
        "#[derive(Clone, Debug)]\npub struct A {\n    /// One.\n    pub one: u8,\n    /// Two.\n    pub two: u8,\n}\n",
        "#[derive(Clone, Debug, Hash)]\n#[must_use]\npub struct A {\n    /// One.\n    pub one: u8,\n    /// Two.\n    pub two: u8,\n    mine: u8, // why\n}\n",
    );
    clean(
        "enum A {\n    One,\n}\n",
        "enum A {\n    One,\n    Mine(u8),\n}\n",
        "enum A {\n    One,\n    Two { a: u8 },\n}\n",
        "enum A {\n    One,\n    Two { a: u8 },\n    Mine(u8),\n}\n",
    );
}

#[test]
fn arms_methods_and_struct_literals_unite() {
    clean(
        "fn f(x: A) -> B {\n    match x {\n        A::One => 1,\n        _ => 0,\n    }\n}\n",
        "fn f(x: A) -> B {\n    match x {\n        A::One => 1,\n        A::Mine => mine(),\n        _ => 0,\n    }\n}\n",
        "fn f(x: A) -> B {\n    match x {\n        A::One => 1,\n        A::Two => 2,\n        _ => 0,\n    }\n}\n",
        "fn f(x: A) -> B {\n    match x {\n        A::One => 1,\n        A::Two => 2,\n        A::Mine => mine(),\n        _ => 0,\n    }\n}\n",
    );
    clean(
        "impl A {\n    fn a(&self) {}\n}\n",
        "impl A {\n    fn a(&self) {}\n\n    fn mine(&self) {}\n}\n",
        "impl A {\n    fn a(&self) {}\n\n    fn b(&self) {}\n}\n",
        "impl A {\n    fn a(&self) {}\n\n    fn b(&self) {}\n\n    fn mine(&self) {}\n}\n",
    );
    clean(
        "fn f() -> A {\n    A {\n        one: 1,\n    }\n}\n",
        "fn f() -> A {\n    A {\n        one: 1,\n        mine: 3,\n    }\n}\n",
        "fn f() -> A {\n    A {\n        one: 1,\n        two: 2,\n    }\n}\n",
        "fn f() -> A {\n    A {\n        one: 1,\n        two: 2,\n        mine: 3,\n    }\n}\n",
    );
}

#[test]
fn a_changed_body_and_a_new_signature_come_together() {
    clean(
        "fn f(a: u8) -> u8 {\n    a\n}\n",
        "fn f(a: u8) -> u8 {\n    a + 1\n}\n",
        "fn f(a: u8, b: u8) -> u16 {\n    a\n}\n",
        "fn f(a: u8, b: u8) -> u16 {\n    a + 1\n}\n",
    );
}

#[test]
fn imports_are_sets_and_no_name_comes_twice() {
    clean(
        "use a::B;\n",
        "use a::{B, C};\nuse z::{X, Y};\n",
        "use a::{B, D};\nuse z::q::R;\nuse z::Y;\n",
        "use a::{B, D, C};\nuse z::q::R;\nuse z::{Y, X};\n",
    );
    clean(
        "use a::{B, C};\n",
        "use a::{B, C};\nuse std::fmt::Write;\n",
        "use a::{B, C};\nuse std::{fmt::Write, io};\n",
        "use a::{B, C};\nuse std::{fmt::Write, io};\n",
    );
}

#[test]
fn calls_of_a_chain_unite() {
    clean(
        "fn f() -> R {\n    R::new()\n        .merge(a())\n        .with_state(s)\n}\n",
        "fn f() -> R {\n    R::new()\n        .merge(a())\n        .route(\"/mine\", get(mine))\n        .with_state(s)\n}\n",
        "fn f() -> R {\n    R::new()\n        .merge(a())\n        .merge(b())\n        .with_state(s)\n}\n",
        "fn f() -> R {\n    R::new()\n        .merge(a())\n        .merge(b())\n        .route(\"/mine\", get(mine))\n        .with_state(s)\n}\n",
    );
}

#[test]
fn values_of_a_list_come_together_however_it_is_laid_out() {
    clean(
        "const A: &[M] = &[M {\n    id: 1,\n    x: \"a\",\n}];\n",
        "const A: &[M] = &[M {\n    id: 1,\n    // mine\n    x: \"a\",\n}];\n",
        "const A: &[M] = &[\n    M {\n        id: 1,\n        x: \"a\",\n    },\n    M {\n        id: 2,\n        x: \"b\",\n    },\n];\n",
        "const A: &[M] = &[\n    M {\n        id: 1,\n        // mine\n        x: \"a\",\n    },\n    M {\n        id: 2,\n        x: \"b\",\n    },\n];\n",
    );
    clean(
        "fn f() {\n    g(params![a, b]);\n}\n",
        "fn f() {\n    g(params![\n        a, // mine\n        b,\n    ]);\n}\n",
        "fn f() {\n    g(params![a, b, c]);\n}\n",
        "fn f() {\n    g(params![\n        a, // mine\n        b,\n        c,\n    ]);\n}\n",
    );
}

#[test]
fn a_moved_item_takes_changes_with_it() {
    clean(
        "fn a() {\n    1;\n}\n\nfn b() {}\n\nfn c() {}\n",
        "fn b() {}\n\nfn c() {}\n\nfn a() {\n    1;\n}\n",
        "fn a() {\n    2;\n}\n\nfn b() {}\n\nfn n() {}\n\nfn c() {}\n",
        "fn b() {}\n\nfn n() {}\n\nfn c() {}\n\nfn a() {\n    2;\n}\n",
    );
}

#[test]
fn deletions_meet_deletions_and_clash_with_edits() {
    clean(
        "fn a() {}\nfn b() {}\nfn c() {}\n",
        "fn b() {}\nfn c() {}\n",
        "fn a() {}\nfn b() {}\n",
        "fn b() {}\n",
    );
    let merged = rust(
        "fn a() {}\n\nfn b() {\n    1;\n}\n",
        "fn a() {}\n",
        "fn a() {}\n\nfn b() {\n    2;\n}\n",
    );
    assert_eq!(merged.conflicts, 1, "{}", merged.text);
    assert!(merged.text.contains("fn a() {}\n") && merged.text.contains("    1;\n"));
}

#[test]
fn a_conflict_is_marked_as_deep_as_lines_go() {
    let merged = rust(
        "struct A {\n    a: u8,\n    b: u8,\n}\n\nfn f() {}\n",
        "struct A {\n    a: u16,\n    b: u8,\n}\n\nfn f() {}\n",
        "struct A {\n    a: u32,\n    b: u8,\n    c: u8,\n}\n\nfn f() {}\n",
    );
    assert_eq!(merged.conflicts, 1);
    assert_eq!(
        merged.text,
        "struct A {\n<<<<<<< yours\n    a: u16,\n||||||| last generated\n    a: u8,\n=======\n    a: u32,\n>>>>>>> new\n    b: u8,\n    c: u8,\n}\n\nfn f() {}\n"
    );
    assert!(markers::are_in(merged.text.as_bytes()));
}

#[test]
fn a_conflict_can_be_settled_beforehand() {
    let (base, yours, new) = (
        "fn f() {\n    1;\n}\n",
        "fn f() {\n    2;\n}\n\nfn mine() {}\n",
        "fn f() {\n    3;\n}\n\nfn new() {}\n",
    );
    let versions = Versions { base, yours, new };
    let yours = merge(Language::Rust, versions, Resolution::Yours);
    assert_eq!(
        (yours.text.as_str(), yours.conflicts),
        ("fn f() {\n    2;\n}\n\nfn new() {}\n\nfn mine() {}\n", 1)
    );
    let new = merge(Language::Rust, versions, Resolution::Generated);
    assert_eq!(
        new.text,
        "fn f() {\n    3;\n}\n\nfn new() {}\n\nfn mine() {}\n"
    );
}

#[test]
fn the_same_name_added_twice_is_a_conflict() {
    let merged = rust(
        "fn a() {}\n",
        "fn a() {}\n\nfn b() {\n    1;\n}\n",
        "fn b() {\n    2;\n}\n\nfn a() {}\n",
    );
    assert_eq!(merged.conflicts, 1, "{}", merged.text);
}

#[test]
fn keys_of_toml_unite_and_a_version_stays_with_whom_raised_it() {
    let versions = Versions {
        base: "[package]\nname = \"a\"\n\n[dependencies]\naxum = { version = \"0.8\", features = [\"json\"] }\nserde = \"1\"\nuuid = \"1\"\n",
        yours: "# Mine.\n[package]\nname = \"a\"\n\n[dependencies]\n# Pinned.\naxum = { version = \"0.9\", features = [\"json\", \"ws\"] }\nserde = \"1.5\" # newer\nuuid = \"1\"\nmine = \"3\"\n\n[lints]\nworkspace = true\n",
        new: "[package]\nname = \"a\"\n\n[dependencies]\naxum = { version = \"0.8.1\", features = [\"json\", \"query\"] }\njiff = \"0.2\"\nserde = { version = \"1\", features = [\"derive\"] }\n",
    };
    let merged = merge(Language::Toml, versions, Resolution::Markers);
    assert_eq!(
        merged.text,
        "# Mine.\n[package]\nname = \"a\"\n\n[dependencies]\n# Pinned.\naxum = { version = \"0.9\", features = [\"json\", \"query\", \"ws\"] }\njiff = \"0.2\"\nserde = { version = \"1.5\", features = [\"derive\"] } # newer\nmine = \"3\"\n\n[lints]\nworkspace = true\n"
    );
    assert_eq!(merged.conflicts, 0);
}

#[test]
fn a_tree_is_its_text() {
    fn check(node: &Node) {
        match &node.shape {
            Shape::Frame(parts) => {
                let whole: String = parts.iter().map(|it| it.text.as_str()).collect();
                assert_eq!(whole, node.text);
                parts.iter().for_each(check);
            }
            Shape::List(list) => list.elements.iter().for_each(|it| check(&it.node)),
            Shape::Leaf | Shape::Setting | Shape::Use(_) => {}
        }
    }
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");
    let mut count = 0;
    for entry in walkdir::WalkDir::new(root) {
        let entry = entry.expect("readable");
        if entry.path().extension().is_some_and(|it| it == "rs") {
            let text = std::fs::read_to_string(entry.path()).expect("text");
            check(&rust::parse(&text).expect("Rust"));
            count += 1;
        }
    }
    assert!(count > 20, "{count}");
}
