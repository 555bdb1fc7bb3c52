//! The example services that svcgen carries, from `schemas/examples/`.

use include_dir::{Dir, include_dir};

use crate::{cli::pipeline::Extras, project::SchemaFile};

static EXAMPLES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/schemas/examples");

/// Their names, sorted.
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<_> = EXAMPLES
        .dirs()
        .filter_map(|it| it.path().file_name()?.to_str())
        .collect();
    names.sort_unstable();
    names
}

/// The schema of an example, and the other files that it brings.
pub fn load(name: &str) -> Option<(Vec<SchemaFile>, Extras)> {
    let mut files = Vec::new();
    collect(EXAMPLES.get_dir(name)?, &mut files);
    let prefix = format!("{name}/");
    let (mut schema, mut extras) = (Vec::new(), Extras::new());
    for (path, bytes) in files {
        let path = path.strip_prefix(&prefix)?.to_owned();
        if path == crate::project::SCHEMA_FILE || path.starts_with("entities/") {
            schema.push(SchemaFile::new(path, bytes));
        } else {
            extras.insert(path, bytes);
        }
    }
    schema.sort_by_key(|it| (it.path.starts_with("entities/"), it.path.clone()));
    Some((schema, extras))
}

fn collect(directory: &Dir<'_>, files: &mut Vec<(String, Vec<u8>)>) {
    for file in directory.files() {
        let path = file.path().to_string_lossy().replace('\\', "/");
        files.push((path, file.contents().to_vec()));
    }
    for inner in directory.dirs() {
        collect(inner, files);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_has_a_service_file_and_entities() {
        assert!(!names().is_empty());
        for name in names() {
            let (schema, _) = load(name).expect(name);
            assert_eq!(schema[0].path, "svcgen.yaml", "{name}");
            assert!(schema.len() > 1, "{name} has no entities");
        }
        assert!(load("no-such-example").is_none());
    }
}
