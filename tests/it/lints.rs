//! `svcgen migrate lint` over scripts that somebody wrote: `tests/lint/FILE.yaml` has what is found
//! in each, and how it is mended, after which nothing is.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;
use svcgen::dialect;
use svcgen::migrate::lint::{self, Code};

use crate::migrate::{VARIANTS, cases};
use crate::support::Place;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    cases: Vec<Case>,
}

/// A script.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// What it shows.
    about: String,
    sql: String,
    /// The codes that are found, each once.
    finds: BTreeSet<String>,
    /// The same as it should be.
    #[serde(default)]
    mended: Option<String>,
}

/// What is found in a script of a project.
fn found(place: &Place, file: &str, sql: &str) -> (BTreeSet<String>, Value) {
    place.put(&format!("migrations/0001_initial/{file}"), sql);
    let told = place.svcgen(&["migrate", "lint", "--format", "json"]);
    let told: Value = serde_json::from_str(&told.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", told.stderr));
    let of_file = format!("`{file}`: ");
    let lines = told["findings"].as_array().into_iter().flatten();
    let lines = lines.filter(|it| {
        it["message"]
            .as_str()
            .is_some_and(|it| it.starts_with(&of_file))
    });
    let codes = lines
        .filter_map(|it| it["code"].as_str())
        .map(str::to_owned);
    (codes.collect(), told)
}

#[test]
fn scripts_of_people_are_judged_by_their_words() {
    let mut fired = BTreeSet::new();
    for (name, files) in [
        ("postgres", &["postgres.sql"][..]),
        ("sqlite", &["sqlite.sql"]),
        ("both", &["postgres.sql", "sqlite.sql"]),
    ] {
        let path =
            PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/lint/{name}.yaml"));
        let text = std::fs::read_to_string(&path).expect("the cases");
        let cases: File = serde_saphyr::from_str(&text).expect("YAML");
        for (case, file) in cases
            .cases
            .iter()
            .flat_map(|it| files.iter().map(move |file| (it, file)))
        {
            let about = format!("{} ({file})", case.about);
            let place = Place::notes();
            let (codes, told) = found(&place, file, &case.sql);
            assert!(codes.is_superset(&case.finds), "{about}: {told:#}");
            // What is of either database may be of interest to one of them besides.
            let more: Vec<&String> = codes.difference(&case.finds).collect();
            assert!(more.is_empty() || name == "both", "{about}: {told:#}");
            fired.extend(codes);
            if let Some(mended) = &case.mended {
                let (codes, told) = found(&place, file, mended);
                let left: Vec<&String> = codes.intersection(&case.finds).collect();
                assert!(left.is_empty(), "{about}, mended: {told:#}");
                assert!(
                    codes.is_empty() || name == "both",
                    "{about}, mended: {told:#}"
                );
            }
            accepts(&place, file, case);
        }
    }
    // Every rule that reads scripts is seen to fire.
    let reads = |code: &Code| {
        let name = code.name();
        let of_scripts = ["TX", "TO", "NM", "IX"]
            .iter()
            .any(|it| name.starts_with(it));
        of_scripts
            || (name.starts_with("PG1") && !["PG102", "PG103", "PG111"].contains(&name.as_str()))
            || ["SL05", "SL06", "SL08", "SL09", "SL10"].contains(&name.as_str())
    };
    let silent: Vec<String> = lint::ALL
        .into_iter()
        .filter(reads)
        .map(Code::name)
        .filter(|it| !fired.contains(it))
        .collect();
    assert!(silent.is_empty(), "{silent:?}");
}

/// A reviewer accepts what is found, in the script.
fn accepts(place: &Place, file: &str, case: &Case) {
    let lines = case
        .finds
        .iter()
        .chain([&"IN101".to_owned()])
        .fold(String::new(), |lines, code| {
            format!("{lines}-- nolint: {code} it was looked at\n")
        });
    let (_, told) = found(place, file, &format!("{lines}{}", case.sql));
    let accepted = told["findings"].as_array().into_iter().flatten();
    for it in accepted.filter(|it| case.finds.contains(it["code"].as_str().unwrap_or_default())) {
        assert_eq!(
            it["accepted"], "it was looked at",
            "{}: {told:#}",
            case.about
        );
    }
}

/// What svcgen writes itself is nothing that it warns of in a script.
#[test]
fn our_own_scripts_have_nothing_of_it() {
    let mut count = 0;
    for case in cases().into_iter().flat_map(|(_, cases)| cases) {
        for variant in VARIANTS {
            let Some(migration) = case.ready(variant).migration else {
                continue;
            };
            for plan in &migration.plans {
                let file = format!("{}.sql", plan.dialect);
                let found = lint::of_script(&file, &plan.up_text());
                // What goes and what is called otherwise is told of by the changes themselves, and a
                // type that keeps its form is known to the plan alone.
                let told = |code: Code| {
                    let name = code.name();
                    name.starts_with("DS") || name.starts_with("BC") || code == Code::Pg101
                };
                let found: Vec<_> = found.iter().filter(|it| !told(it.code)).collect();
                assert!(
                    found.is_empty(),
                    "{} {file}: {found:#?}\n{}",
                    case.about,
                    plan.up_text()
                );
                count += 1;
            }
        }
    }
    assert!(
        count > 100 && dialect::ALL.len() == 2,
        "only {count} scripts"
    );
}
