//! Whole objects, with everything that can be wrong in them at once.

use serde_json::json;

use super::super::{boolean, bytes, int, json as any, list, one_of, text, uuid};
use super::*;

crate::text_enum! {
    /// How it goes.
    enum Mood { Good = "good", Bad = "bad" }
}

#[derive(Debug, PartialEq)]
struct Everything {
    name: String,
    mood: Mood,
    note: Option<String>,
    weights: Vec<i32>,
}

impl Read for Everything {
    fn read(body: &mut Object) -> Option<Self> {
        let name = body.required(
            "name",
            text().min(2).max(5).pattern(crate::pattern!("^[a-z]+$")),
        );
        let mood = body.or("mood", one_of::<Mood>(), Mood::Good);
        let note = body.optional("note", text());
        let weights = body.or("weights", list(int()).max_items(3).unique_items(), vec![]);
        body.ignore(&["id"]);
        body.immutable(&["number"]);
        Some(Self {
            name: name?,
            mood: mood?,
            note: note?,
            weights: weights?,
        })
    }
}

fn codes(value: Value) -> Vec<(String, String)> {
    let found = read::<Everything>(value).expect_err("it is not valid");
    let mut all: Vec<_> = found
        .iter()
        .map(|it| match &it.place {
            super::super::Place::Pointer(pointer) => (pointer.clone(), it.code.to_string()),
            super::super::Place::Parameter(name) => (name.clone(), it.code.to_string()),
        })
        .collect();
    all.sort();
    all
}

#[test]
fn defaults_and_ignored_members() {
    let read: Everything = read(json!({"name": "abc", "id": [], "note": null})).unwrap();
    let expected = Everything {
        name: "abc".into(),
        mood: Mood::Good,
        note: None,
        weights: vec![],
    };
    assert_eq!(read, expected);
}

#[derive(Debug, PartialEq)]
struct Renamed(Option<String>);

impl Read for Renamed {
    fn read(body: &mut Object) -> Option<Self> {
        let name = body.change("name", text());
        body.keep(&["id", "version"]);
        name.map(Self)
    }
}

#[test]
fn what_the_service_writes_is_sent_back_and_never_taken_away() {
    let name = || Some("a".to_owned());
    let read_with = |value, mask: Option<&str>| {
        read_masked::<Renamed>(value, mask.and_then(Mask::parse)).map_err(|found| {
            let places = found.iter().map(|it| format!("{:?}", it.place));
            places.collect::<Vec<_>>().join(" ")
        })
    };
    let back = json!({"name": "a", "id": "x", "version": [7]});
    assert_eq!(read_with(back.clone(), None), Ok(Renamed(name())));
    assert_eq!(read_with(back, Some("name,id")), Ok(Renamed(name())));
    let nulled = json!({"name": "a", "id": null, "version": 1});
    let refused = Err("Pointer(\"/id\")".to_owned());
    assert_eq!(read_with(nulled.clone(), None), refused);
    assert_eq!(read_with(nulled.clone(), Some("name,id")), refused);
    // The change is not about it.
    assert_eq!(read_with(nulled, Some("name")), Ok(Renamed(name())));
}

#[test]
fn all_violations_come_at_once() {
    let found = codes(json!({
        "name": "A\u{0}BCDEF", "mood": "god", "note": 5, "weights": [1, "x", 2.5], "number": 1, "wieghts": []
    }));
    let expected = [
        ("/mood", "UNKNOWN_VALUE"),
        ("/name", "NUL_CHARACTER"),
        ("/name", "PATTERN_MISMATCH"),
        ("/name", "TOO_LONG"),
        ("/note", "WRONG_TYPE"),
        ("/number", "IMMUTABLE"),
        ("/weights/1", "WRONG_TYPE"),
        ("/weights/2", "WRONG_TYPE"),
        ("/wieghts", "UNKNOWN_FIELD"),
    ];
    assert_eq!(
        found,
        expected.map(|(at, code)| (at.to_owned(), code.to_owned()))
    );
}

#[test]
fn missing_null_and_not_an_object() {
    assert_eq!(
        codes(json!({})),
        [("/name".to_owned(), "REQUIRED".to_owned())]
    );
    assert_eq!(codes(json!({"name": null, "mood": null})).len(), 2);
    assert_eq!(codes(json!([])), [(String::new(), "WRONG_TYPE".to_owned())]);
    let duplicates = codes(json!({"name": "abc", "weights": [1, 2, 1]}));
    assert_eq!(
        duplicates,
        [("/weights/2".to_owned(), "DUPLICATE_ITEM".to_owned())]
    );
    let many = codes(json!({"name": "abc", "weights": [1, 2, 3, 4]}));
    assert_eq!(many, [("/weights".to_owned(), "TOO_MANY_ITEMS".to_owned())]);
}

#[derive(Debug, PartialEq)]
#[expect(
    clippy::option_option,
    reason = "present and not null are two questions"
)]
struct Patch(Option<i32>, Option<Option<String>>);

impl Read for Patch {
    fn read(body: &mut Object) -> Option<Self> {
        let weight = body.change("weight", int());
        let note = body.change_nullable("note", text());
        Some(Self(weight?, note?))
    }
}

#[test]
fn a_patch_tells_missing_from_null() {
    assert_eq!(read::<Patch>(json!({})), Ok(Patch(None, None)));
    assert_eq!(
        read::<Patch>(json!({"note": null})),
        Ok(Patch(None, Some(None)))
    );
    let both = Patch(Some(1), Some(Some("x".into())));
    assert_eq!(read::<Patch>(json!({"weight": 1, "note": "x"})), Ok(both));
    assert!(read::<Patch>(json!({"weight": null})).is_err());
}

#[test]
fn plain_fields_are_strict() {
    #[expect(clippy::needless_pass_by_value, reason = "a field is made in place")]
    fn takes<A: Accepts>(field: A, value: Value) -> bool {
        field
            .accept(value, Pointer::ROOT, &mut Violations::new())
            .is_some()
    }
    assert!(takes(uuid(), json!("0190D6F0-7c3e-7a60-b5ab-0c8b7a8f3c11")));
    assert!(!takes(
        uuid(),
        json!("{0190d6f0-7c3e-7a60-b5ab-0c8b7a8f3c11}")
    ));
    assert!(!takes(uuid(), json!("0190d6f07c3e7a60b5ab0c8b7a8f3c11")));
    assert!(!takes(boolean(), json!("true")));
    assert!(takes(bytes().max(3), json!("AAEC")));
    assert!(!takes(bytes().max(2), json!("AAEC")));
    assert!(!takes(bytes(), json!("AAE")));
    assert!(!takes(bytes(), json!("AA-_")));
    assert!(!takes(any(), json!({"a": ["x\u{0}"]})));
    assert!(!takes(any(), json!({"a\u{0}": 1})));
    assert!(takes(any(), json!([{"a": [1, 2.5, null]}])));
    assert!(takes(text().max(1), json!("😀")));
}
