//! `tests/errors/*.yaml`: files of a schema and the whole report that they get.
//!
//! `SVCGEN_BLESS=1` writes what is reported now into the cases. Read the difference
//! before committing it.

use std::path::Path;

use svcgen::diagnostic::{Diagnostic, Style, render};
use svcgen::model::{Service, check};
use svcgen::schema;
use svcgen::source::Source;

/// Loads and checks sources as the commands do.
pub fn checked(sources: &[Source]) -> (Option<Service>, Vec<Diagnostic>) {
    let (document, mut diagnostics) = schema::load(sources);
    let (service, found) = check::check(&document);
    diagnostics.extend(found);
    svcgen::diagnostic::sort(&mut diagnostics);
    (service, diagnostics)
}

/// The files of an example, in the order of their paths.
pub fn example(name: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("schemas/examples")
        .join(name);
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
    Source::from_bytes(shown, std::fs::read(path).unwrap()).unwrap()
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
