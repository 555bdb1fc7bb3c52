//! What lies among the files of a schema and cannot be read as one: each file is told of with
//! its path, and hides nothing of what is wrong with the others.

use serde_json::Value;

use crate::support::Place;

const SERVICE: &str = "svcgen: 1\nname: shop\n";

/// A schema written by hand, with one file that is fine.
fn by_hand() -> Place {
    let place = Place::empty();
    place.put("svcgen.yaml", SERVICE);
    place.put(
        "entities/tag.yaml",
        "entity: Tag\nfields:\n  name: string\n",
    );
    place
}

/// What `check` reports: path, line, code and message of each.
fn reported(place: &Place) -> Vec<(Value, Value, String, String)> {
    let ended = place.svcgen(&["check", "--format", "json"]);
    let value: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    let text = |it: &Value| it.as_str().unwrap_or_default().to_owned();
    let all = value.as_array().expect("an array").iter();
    all.map(|it| {
        (
            it["path"].clone(),
            it["line"].clone(),
            text(&it["code"]),
            text(&it["message"]),
        )
    })
    .collect()
}

fn codes(place: &Place) -> Vec<String> {
    reported(place).into_iter().map(|it| it.2).collect()
}

#[test]
fn a_file_that_is_no_text_hides_nothing_of_the_others() {
    let place = by_hand();
    place.put("entities/bad.yaml", b"entity: Bad\ndoc: \xff\n");
    place.put("entities/odd.yaml", b"entity: Other\ndoc: \xff\n");
    place.put("entities/big.yaml", "#".repeat(1024 * 1024 + 1));
    place.put(
        "entities/note.yaml",
        "entity: Note\nfields:\n  bad: Bad\n  other: Other?\n  bigs: { many: Big }\n  tag: Tga\n  count: { type: int, min: 3, max: 1 }\n",
    );
    let expected = ["S0001", "S0002", "S0301", "S0304", "S0001"];
    let mut found = codes(&place);
    let mut sorted = expected.to_vec();
    sorted.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, sorted);
    for command in [&["generate"][..], &["add-field", "Note", "x:int"]] {
        place
            .svcgen(command)
            .is(1, &["S0001", "S0002", "S0301", "S0304", "5 errors"]);
    }
}

#[test]
fn a_file_that_is_no_text_is_told_of_with_its_place() {
    let place = by_hand();
    place.put("entities/bad.yaml", "\u{feff}entity: Bad\ndoc: gr");
    let mut latin = place.read("entities/bad.yaml").into_bytes();
    latin.extend(b"\xfcn\n");
    place.put("entities/bad.yaml", latin);
    let wide: Vec<u8> = "\u{feff}entity: Wide\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    place.put("entities/wide.yaml", wide);
    place.put("entities/big.yaml", "#".repeat(1024 * 1024 + 1));
    let ended = place.svcgen(&["check", "--format", "json"]);
    let found: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    let at = |index: usize| {
        let it = &found[index];
        serde_json::json!([it["code"], it["path"], it["line"], it["column"], it["end"]])
    };
    let bad = serde_json::json!(["S0001", "entities/bad.yaml", 2, 8, 9]);
    let big = serde_json::json!(["S0002", "entities/big.yaml", null, null, null]);
    let wide = serde_json::json!(["S0001", "entities/wide.yaml", 1, 1, 2]);
    assert_eq!([at(0), at(1), at(2)], [bad, big, wide]);
    place.svcgen(&["check"]).is(
        1,
        &[
            "--> entities/bad.yaml:2:8",
            "doc: gr\u{fffd}n",
            "--> entities/big.yaml\n",
            "UTF-16",
            "entity: Wide",
        ],
    );
}
