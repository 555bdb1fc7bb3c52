//! `cargo fmt` under any configuration is no edit: nothing is written, and nothing is called edited.
//!
//! `SVCGEN_TRIALS=200` makes a long run of it, `SVCGEN_SEED` another one.

use std::{collections::BTreeMap, path::Path, process::Command};

use crate::{merging::edits::Random, support::Place};

/// A configuration of stable rustfmt that a person may have.
fn configuration(random: &mut Random) -> String {
    let options: [(&str, &[&str]); 22] = [
        (
            "max_width",
            &[
                "40", "45", "50", "55", "60", "65", "70", "80", "100", "120", "160",
            ],
        ),
        ("chain_width", &["0", "20", "40"]),
        ("fn_call_width", &["0", "20", "40"]),
        ("attr_fn_like_width", &["0", "20"]),
        ("struct_lit_width", &["0", "18", "40"]),
        ("array_width", &["0", "20", "40"]),
        ("short_array_element_width_threshold", &["0", "5"]),
        ("single_line_if_else_max_width", &["0", "40"]),
        ("single_line_let_else_max_width", &["0", "40"]),
        ("style_edition", &["\"2015\"", "\"2021\"", "\"2024\""]),
        (
            "match_arm_leading_pipes",
            &["\"Always\"", "\"Never\"", "\"Preserve\""],
        ),
        ("use_field_init_shorthand", &["true", "false"]),
        ("use_try_shorthand", &["true", "false"]),
        ("merge_derives", &["true", "false"]),
        (
            "use_small_heuristics",
            &["\"Off\"", "\"Default\"", "\"Max\""],
        ),
        ("hard_tabs", &["true", "false"]),
        ("tab_spaces", &["2", "3", "4", "8"]),
        ("reorder_imports", &["true", "false"]),
        ("reorder_modules", &["true", "false"]),
        (
            "fn_params_layout",
            &["\"Tall\"", "\"Compressed\"", "\"Vertical\""],
        ),
        ("match_block_trailing_comma", &["true", "false"]),
        (
            "newline_style",
            &["\"Windows\"", "\"Unix\"", "\"Auto\"", "\"Native\""],
        ),
    ];
    let mut text = String::new();
    for (name, values) in options {
        if random.below(2) == 0 {
            let value = values[random.below(values.len())];
            text.push_str(&[name, " = ", value, "\n"].concat());
        }
    }
    text
}

fn format(place: &Place, configuration: &str) {
    place.put("rustfmt.toml", configuration);
    let files = sources(place).into_keys();
    let mut rustfmt = Command::new("rustfmt");
    rustfmt.args(["--edition", "2024", "--config", "skip_children=true"]);
    let done = rustfmt.args(files).current_dir(place.root()).output();
    // It tells what it cannot lay out; everything else is done.
    assert!(done.expect("rustfmt starts").status.code().is_some());
}

/// The Rust files of the project.
fn sources(place: &Place) -> BTreeMap<String, Vec<u8>> {
    let mut tree = place.tree();
    tree.retain(|path, _| {
        let is_rust = Path::new(path).extension().is_some_and(|it| it == "rs");
        is_rust && !path.starts_with("vendor/")
    });
    tree
}

/// What a run changed of a file, with the ends of its lines.
fn difference(before: &[u8], after: &[u8]) -> String {
    let (before, after) = (
        String::from_utf8_lossy(before),
        String::from_utf8_lossy(after),
    );
    let changes = similar::TextDiff::from_lines(before.as_ref(), after.as_ref());
    let changes = changes.iter_all_changes();
    let changes = changes.filter(|it| it.tag() != similar::ChangeTag::Equal);
    let lines: Vec<String> = changes
        .take(20)
        .map(|it| format!("{}{:?}", it.tag(), it.value()))
        .collect();
    lines.join("\n")
}

fn number(name: &str, usual: u64) -> u64 {
    let set = std::env::var(name).ok();
    set.map_or(usual, |it| it.parse().expect("a number"))
}

#[test]
fn formatting_is_no_edit_whatever_the_configuration() {
    let place = Place::notes();
    let mut random = Random::new(number("SVCGEN_SEED", 1));
    let count = number("SVCGEN_TRIALS", 6).min(500);
    for _ in 0..count {
        let configuration = configuration(&mut random);
        format(&place, &configuration);
        let before = sources(&place);
        place.ok(&["generate", "-q"]);
        let after = sources(&place);
        let changed: Vec<&String> = after
            .keys()
            .filter(|it| before.get(*it) != after.get(*it))
            .collect();
        let differences: Vec<String> = changed
            .iter()
            .map(|it| difference(&before[*it], &after[*it]))
            .collect();
        assert!(
            changed.is_empty(),
            "{changed:?} under\n{configuration}\n{}",
            differences.join("\n")
        );
        let told = place.ok(&["generate", "--check"]);
        assert!(
            told.stderr.contains("up to date"),
            "{}\n{configuration}",
            told.stderr
        );
        // Nothing is kept for a merge, because nothing was edited.
        let kept: Vec<String> = place
            .tree()
            .into_keys()
            .filter(|it| it.starts_with(".svcgen/base/"))
            .collect();
        assert!(kept.is_empty(), "{kept:?} under\n{configuration}");
    }
    println!("{count} configurations in a chain");
}

/// A comment more is an edit under any layout.
#[test]
fn an_edit_below_another_layout_is_seen() {
    let place = Place::notes();
    let mut random = Random::new(3);
    format(&place, &configuration(&mut random));
    let model = place.read("src/note/model.rs");
    place.put(
        "src/note/model.rs",
        model.replacen("/// Title.", "/// A title.", 1),
    );
    place.ok(&["generate", "-q"]);
    assert!(place.has(".svcgen/base/src/note/model.rs"));
    let status = place.ok(&["status"]);
    assert!(
        status.stdout.contains("edited  managed  src/note/model.rs"),
        "{}",
        status.stdout
    );
}
