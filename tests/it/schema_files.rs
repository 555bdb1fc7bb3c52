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

#[test]
fn an_extension_in_capitals_is_read() {
    let place = by_hand();
    place.put("entities/note.YAML", "entity: Note\nfields:\n  tag: Tag?\n");
    place.put(
        "entities/list.Yml",
        "entity: Mark\nfields:\n  note: Note?\n",
    );
    let found = reported(&place);
    let warned: Vec<_> = found.iter().map(|it| it.2.as_str()).collect();
    assert_eq!(warned, ["S0009"], "the file `list.Yml` is of `Mark`");
    place.svcgen(&["check"]).is(0, &["3 entities in 4 files"]);
}

#[test]
fn an_entity_in_a_directory_below_is_told_of() {
    let place = by_hand();
    place.put(
        "entities/sales/order.yaml",
        "entity: Order\nfields:\n  a: int\n",
    );
    place.put("entities/sales/deep/er.YML", "entity: Er\n");
    place.put("entities/sales/read.me", "nothing");
    place.put("entities/.hidden/x.yaml", "nothing");
    place.put(
        "entities/note.yaml",
        "entity: Note\nfields:\n  order: Order\n  no: Nope\n",
    );
    let found = reported(&place);
    let told: Vec<_> = found
        .iter()
        .map(|it| (it.0.as_str(), it.2.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (Some("entities/note.yaml"), "S0301"),
            (Some("entities/sales/deep/er.YML"), "S0012"),
            (Some("entities/sales/order.yaml"), "S0012"),
        ]
    );
    place.svcgen(&["generate"]).is(
        1,
        &[
            "no type or entity `Nope`",
            "move it to `entities/order.yaml`",
            "3 errors",
        ],
    );
}

#[test]
fn a_service_file_of_another_name_is_told_of() {
    let place = Place::empty();
    place.put("svcgen.yml", SERVICE);
    place.put(
        "entities/tag.yaml",
        "entity: Tag\nfields:\n  name: string\n",
    );
    for command in [&["check"][..], &["generate"], &["--project", ".", "check"]] {
        place.svcgen(command).is(
            2,
            &["svcgen.yml` is not read", "rename it to `svcgen.yaml`"],
        );
    }
    place
        .svcgen(&["new", "other", "--from", ".", "--no-git"])
        .is(2, &["svcgen.yml` is not read"]);
    place.put("svcgen.yaml", SERVICE);
    place.svcgen(&["check"]).is(
        1,
        &[
            "error[S0012]: `svcgen.yml` is not read",
            "keep one of the two",
        ],
    );
}

#[test]
fn what_is_no_ordinary_file_is_told_of_and_hides_nothing() {
    let place = by_hand();
    std::fs::create_dir(place.root().join("entities/folder.yaml")).expect("created");
    place.put(
        "entities/note.yaml",
        "entity: Note\nfields:\n  folder: Folder\n  no: Nope\n",
    );
    let ended = place.svcgen(&["generate"]);
    ended.is(
        1,
        &[
            "`entities/folder.yaml` is a directory",
            "`Nope`",
            "2 errors",
        ],
    );
    assert_eq!(codes(&place), ["S0013", "S0301"]);
}

#[test]
fn what_is_no_directory_of_entities_is_told_of_with_everything_else() {
    let place = Place::empty();
    place.put("svcgen.yaml", "svcgen: 1\nname: shop\ncolour: red\n");
    place.put("entities", "entity: Note\n");
    for command in [&["check"][..], &["generate"]] {
        place.svcgen(command).is(
            1,
            &[
                "error[S0101]: unknown key `colour`",
                "error[S0013]: `entities` is a file, and the directory of the entity files is to be there",
                "--> entities\n",
                "2 errors",
            ],
        );
    }
    place
        .svcgen(&["new", "other", "--from", ".", "--no-git"])
        .is(1, &["`entities` is a file"]);
}

#[cfg(unix)]
#[test]
fn a_directory_of_entities_that_is_a_link_to_nowhere_is_told_of() {
    let place = Place::empty();
    place.put("svcgen.yaml", SERVICE);
    let entities = place.root().join("entities");
    std::os::unix::fs::symlink("nowhere", entities).expect("linked");
    place
        .svcgen(&["check"])
        .is(1, &["error[S0013]: `entities` cannot be read", "1 error"]);
}

#[cfg(unix)]
#[test]
fn a_pipe_a_device_and_a_link_to_nowhere_do_not_stop_a_run() {
    let place = by_hand();
    let entities = place.root().join("entities");
    let pipe = entities.join("pipe.yaml");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.is_ok_and(|it| it.success()));
    let link = |to: &str, name: &str| std::os::unix::fs::symlink(to, entities.join(name));
    link("/dev/zero", "device.yaml").expect("linked");
    link("nowhere", "gone.yaml").expect("linked");
    place.put("entities/note.yaml", "entity: Note\nfields:\n  no: Nope\n");
    place.svcgen(&["check"]).is(
        1,
        &[
            "`entities/pipe.yaml` is a named pipe",
            "`entities/device.yaml` is a device",
            "`entities/gone.yaml` cannot be read",
            "`Nope`",
            "4 errors",
        ],
    );
    let from = pipe.to_str().expect("UTF-8");
    let new = ["new", "other", "--from", from, "--no-git"];
    place.svcgen(&new).is(2, &["is a named pipe"]);
    std::fs::rename(&pipe, place.root().join("svcgen.yaml")).expect("moved");
    place
        .svcgen(&["check"])
        .is(2, &["svcgen.yaml` is a named pipe"]);
}

#[test]
fn a_wrong_schema_leaves_nothing_in_a_directory_written_by_hand() {
    let place = by_hand();
    place.put("entities/note.yaml", "entity: Note\nfields:\n  no: Nope\n");
    let commands = [
        &["generate"][..],
        &["generate", "--dry-run"],
        &["generate", "--check"],
        &["check"],
        &["add-entity", "Mark", "name:string"],
        &["add-field", "Tag", "size:int"],
        &["rename-field", "Tag", "name", "title"],
        &["rename-entity", "Tag", "Label"],
        &["remove-entity", "Tag", "--yes"],
    ];
    for command in commands {
        place.svcgen(command).is(1, &["`Nope`"]);
        let left = std::fs::read_dir(place.root()).expect("read");
        let mut left: Vec<_> = left.map(|it| it.expect("read").file_name()).collect();
        left.sort();
        assert_eq!(left, ["entities", "svcgen.yaml"], "{command:?}");
    }
    place.put("entities/note.yaml", "entity: Note\nfields:\n  yes: int\n");
    place.ok(&["generate"]);
}
