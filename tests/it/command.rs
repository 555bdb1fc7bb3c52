//! Every command as called from a script: what it says, where, and its exit status.

use std::{
    io::Read as _,
    process::{Command, Stdio},
};

use crate::support::{Place, SVCGEN};

#[test]
fn wrong_calls_say_what_would_be_right() {
    let place = Place::empty();
    let cases: [(&[&str], &[&str]); 13] = [
        (&[], &["Usage:", "Examples:"]),
        (&["generat"], &["similar subcommand", "generate"]),
        (
            &["check", "--formt", "json"],
            &["similar argument", "--format"],
        ),
        (
            &["check", "--format", "xml"],
            &["possible values", "human, json"],
        ),
        (&["check", "--quiet", "--verbose"], &["cannot be used with"]),
        (
            &["generate"],
            &["there is no `svcgen.yaml`", "svcgen new NAME"],
        ),
        (
            &["check", "--project", "nowhere"],
            &["there is no `svcgen.yaml` in `nowhere`"],
        ),
        (&["new"], &["has no name", "svcgen new NAME"]),
        (
            &["new", "shop", "--project", "shop"],
            &["`--project` names", "--path DIR"],
        ),
        (
            &["new", "Web Shop"],
            &["`Web Shop` is no name", "`web-shop`"],
        ),
        (
            &["new", "shop", "--example", "shoop"],
            &["invalid value 'shoop'", "blog"],
        ),
        (
            &["new", "shop", "--entity", "order a:int"],
            &["write `Order`"],
        ),
        (
            &["explain", "S9999"],
            &["there is no code `S9999`", "svcgen explain"],
        ),
    ];
    for (arguments, words) in cases {
        let ended = place.svcgen(arguments);
        ended.is(2, words);
        assert_eq!(
            ended.stdout, "",
            "{arguments:?} writes messages to standard output"
        );
    }
    assert!(place.tree().is_empty());
}

#[test]
fn help_has_examples_and_goes_to_standard_output() {
    let place = Place::empty();
    for arguments in [
        &["--help"][..],
        &["new", "--help"],
        &["generate", "--help"],
        &["gen", "-h"],
        &["help", "check"],
    ] {
        let ended = place.ok(arguments);
        assert!(
            ended.stdout.contains("Example"),
            "{arguments:?}: {}",
            ended.stdout
        );
        assert_eq!(ended.stderr, "");
        assert!(
            ended.stdout.lines().all(|line| line.len() <= 120),
            "{arguments:?} has long lines"
        );
    }
    place
        .ok(&["--version"])
        .is(0, &[concat!("svcgen ", env!("CARGO_PKG_VERSION"))]);
}

#[test]
fn check_finds_nothing_in_a_good_schema_and_writes_nothing() {
    let place = Place::notes();
    let before = place.times();
    place
        .ok(&["check"])
        .is(0, &["Checked notes: 1 entity in 2 files"]);
    let json = place.ok(&["check", "--format", "json"]);
    let diagnostics: serde_json::Value = serde_json::from_str(&json.stdout).expect("JSON");
    assert_eq!(diagnostics, serde_json::json!([]));
    assert_eq!(place.times(), before);
}

#[test]
fn a_wrong_schema_is_told_of_and_nothing_is_written() {
    let place = Place::notes();
    place.put(
        "entities/note.yaml",
        "entity: Note\nfields:\n  title: strnig\n",
    );
    place.put(
        "entities/tag.yaml",
        "entity: Tag\nfields:\n  name: strnig\n",
    );
    let before = place.times();
    for arguments in [&["check"][..], &["generate"], &["generate", "--dry-run"]] {
        let ended = place.svcgen(arguments);
        ended.is(
            1,
            &[
                "strnig",
                "error[",
                "entities/note.yaml",
                "entities/tag.yaml",
                "nothing was generated",
            ],
        );
        assert_eq!(ended.stdout, "", "{arguments:?}");
    }
    let json = place.svcgen(&["check", "--format=json"]);
    assert_eq!(json.status, 1);
    let diagnostics: serde_json::Value = serde_json::from_str(&json.stdout).expect("JSON");
    assert_eq!(diagnostics.as_array().map(Vec::len), Some(2));
    assert_eq!(json.stderr, "");
    assert_eq!(place.times(), before);
}

#[test]
fn schema_files_that_are_no_text_or_no_files_are_told_of() {
    let place = Place::notes();
    place.put("entities/note.yaml", b"entity: \xff\xfe\n");
    place
        .svcgen(&["check"])
        .is(1, &["UTF-8", "entities/note.yaml"]);
    place.put("entities/note.yaml", vec![b'#'; 17 * 1024 * 1024]);
    place
        .svcgen(&["check"])
        .is(1, &["entities/note.yaml", "larger than"]);
}

#[test]
fn every_code_is_explained() {
    let place = Place::empty();
    let list = place.ok(&["explain"]).stdout;
    assert!(!list.is_empty());
    for line in list.lines() {
        let code = line.split_whitespace().next().expect("a code");
        assert!(place.ok(&["explain", code]).stdout.len() > 10, "{code}");
        place.ok(&["explain", &code.to_lowercase()]);
    }
}

#[test]
fn completions_and_manual_pages() {
    let place = Place::empty();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(
            place
                .ok(&["completions", shell])
                .stdout
                .contains("generate"),
            "{shell}"
        );
    }
    assert!(place.ok(&["man"]).stdout.contains(".TH svcgen 1"));
    place.ok(&["man", "--dir", "pages"]);
    for page in [
        "svcgen.1",
        "svcgen-new.1",
        "svcgen-generate.1",
        "svcgen-check.1",
    ] {
        assert!(place.has(&format!("pages/{page}")), "{page}");
    }
}

#[test]
fn colour_is_for_terminals_unless_asked_for() {
    let place = Place::notes();
    let coloured = |arguments: &[&str]| place.svcgen(arguments).stderr.contains('\u{1b}');
    assert!(!coloured(&["check"]));
    assert!(coloured(&["check", "--color", "always"]));
    assert!(coloured(&["--color=always", "generate"]));
    assert!(!coloured(&["--color", "never", "check"]));
    let help = |color| {
        place
            .svcgen(&["--color", color, "--help"])
            .stdout
            .contains('\u{1b}')
    };
    assert!(help("always") && !help("never"));
}

#[test]
fn quiet_is_quiet_but_for_errors() {
    let place = Place::notes();
    let ended = place.ok(&["generate", "-q"]);
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""));
    place.append("openapi.json", " ");
    place.svcgen(&["generate", "-q"]).is(3, &["openapi.json"]);
    place.svcgen(&["check", "-v"]).is(0, &["Checked"]);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    for arguments in [&["completions", "zsh"][..], &["man"], &["--help"]] {
        let mut child = Command::new(SVCGEN)
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("svcgen starts");
        drop(child.stdout.take());
        let mut said = String::new();
        child
            .stderr
            .take()
            .expect("a pipe")
            .read_to_string(&mut said)
            .expect("read");
        assert_eq!(
            (child.wait().expect("ended").code(), said.as_str()),
            (Some(0), ""),
            "{arguments:?}"
        );
    }
}
