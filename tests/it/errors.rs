//! `tests/errors/*.yaml`: files of a schema and the whole report that they get.
//!
//! `SVCGEN_BLESS=1` writes what is reported now into the cases. Read the difference
//! before committing it.

use std::path::Path;

use svcgen::diagnostic::{Diagnostic, Style, render};
use svcgen::model::{Service, check};
use svcgen::schema;
use svcgen::source::Source;
use svcgen::tables::{self, advice::advice};

/// Loads and checks sources as the commands do.
pub fn checked(sources: &[Source]) -> (Option<Service>, Vec<Diagnostic>) {
    let (document, mut diagnostics) = schema::load(sources);
    let (service, found) = check::check(&document);
    diagnostics.extend(found);
    svcgen::diagnostic::sort(&mut diagnostics);
    (service, diagnostics)
}

/// What `svcgen check` says of a schema: what is wrong, or else what could be better.
fn reported(sources: &[Source]) -> (Option<Service>, Vec<Diagnostic>) {
    let (document, _) = schema::load(sources);
    let (service, mut diagnostics) = checked(sources);
    if let Some(service) = &service {
        diagnostics.extend(advice(&document, service, &tables::of(service)));
        svcgen::diagnostic::sort(&mut diagnostics);
    }
    (service, diagnostics)
}

/// The files of an example, in the order of their paths.
pub fn example(name: &str) -> Vec<Source> {
    folder(&format!("schemas/examples/{name}"))
}

/// The schema in a folder of the repository, in the order of its paths.
pub fn folder(path: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let mut paths = vec![root.join("svcgen.yaml")];
    let entities = std::fs::read_dir(root.join("entities")).unwrap();
    paths.extend(entities.map(|entry| entry.unwrap().path()));
    paths.sort();
    paths.iter().map(|path| read(&root, path)).collect()
}

fn read(root: &Path, path: &Path) -> Source {
    let shown = path
        .strip_prefix(root)
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned();
    Source::from_bytes(shown, std::fs::read(path).unwrap())
}

#[test]
fn the_examples_have_nothing_to_complain_about() {
    for name in ["blog", "shop", "clinic"] {
        let sources = example(name);
        let (service, diagnostics) = checked(&sources);
        assert_eq!(
            render(&diagnostics, &sources, Style { color: false }),
            "",
            "{name}"
        );
        assert!(service.is_some_and(|service| !service.entities.is_empty()));
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    files: std::collections::BTreeMap<String, String>,
    report: String,
}

impl Case {
    /// The files of the case in the order of their paths.
    pub fn sources(&self) -> Vec<Source> {
        let read = |(path, text): (&String, &String)| Source::new(path.clone(), text.clone());
        self.files.iter().map(read).collect()
    }
}

/// All cases: the path, the text and the case itself.
pub fn cases() -> Vec<(std::path::PathBuf, String, Case)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/errors");
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let read = |path: std::path::PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        let case = serde_saphyr::from_str(&text)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        (path, text, case)
    };
    paths.into_iter().map(read).collect()
}

fn blessed(text: &str, report: &str) -> String {
    let files = text.split("\nreport:").next().unwrap();
    let indented = |line: &str| {
        if line.is_empty() {
            "\n".to_owned()
        } else {
            format!("  {line}\n")
        }
    };
    let report: String = report.lines().map(indented).collect();
    let report = if report.is_empty() {
        " \"\"\n".to_owned()
    } else {
        format!(" |\n{report}")
    };
    format!("{files}\nreport:{report}")
}

#[test]
fn every_report_is_as_it_was_read_and_approved() {
    let bless = std::env::var_os("SVCGEN_BLESS").is_some();
    let mut wrong = Vec::new();
    let cases = cases();
    assert!(cases.len() >= 70, "{} cases", cases.len());
    for (path, text, case) in cases {
        let sources = case.sources();
        let (service, diagnostics) = reported(&sources);
        let report = render(&diagnostics, &sources, Style { color: false });
        let failed = diagnostics.iter().any(Diagnostic::is_error);
        assert_eq!(
            service.is_none(),
            failed,
            "{}: a service and errors exclude each other",
            path.display()
        );
        if bless {
            std::fs::write(&path, blessed(&text, &report)).unwrap();
        } else if report != case.report {
            wrong.push(format!(
                "{}\n--- expected\n{}\n--- found\n{report}",
                path.display(),
                case.report
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} reports differ\n\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn every_code_is_shown_by_a_case() {
    use svcgen::diagnostic::Code;
    // These are about files that are no texts, or lie elsewhere; `schema_files.rs` tests them.
    let elsewhere = [
        Code::NotUtf8,
        Code::FileTooLarge,
        Code::MisplacedFile,
        Code::UnreadableFile,
    ];
    let mut missing: Vec<Code> = Code::ALL
        .iter()
        .copied()
        .filter(|code| !elsewhere.contains(code))
        .collect();
    for (_, _, case) in cases() {
        missing.retain(|code| !case.report.contains(&format!("[{}]", code.as_str())));
    }
    assert!(missing.is_empty(), "no case shows {missing:?}");
}
