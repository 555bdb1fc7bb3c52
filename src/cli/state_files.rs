//! The files around the service that are about svcgen and git.

use super::Failure;
use crate::{
    plan::{Content, Ownership, Rendered},
    reconcile::{OnDisk, lock::Lock, text::Fingerprint},
    schema,
    source::Source,
};

/// Where the JSON Schemas of the YAML files are, relative to the project.
pub const SCHEMA_DIRECTORY: &str = ".svcgen/schema";

/// The schema of the last run, to make once more what it made.
pub const LAST_SCHEMA: &str = ".svcgen/schema.json";
/// What git is not to see of svcgen's own files.
const STATE_IGNORE: &str = ".svcgen/.gitignore";

const IGNORED: &str = "\
/target
# The embedded database of a service that is run from here.
/data
";

/// What a run of svcgen needs while it lasts, its note of what is up to date, and what
/// `undo` and `resolve` go by.
const IGNORED_STATE: &str = "\
/busy
/conflicts/
/settled*
/tx/
/undo/
";

/// `-merge`: where two branches have both regenerated, git must not mix their
/// files line by line into something that no schema says; it reports a conflict,
/// and `svcgen generate` on the merged schema settles it.
const ATTRIBUTES: &str = "\
*.rs text eol=lf
*.sql text eol=lf
svcgen.lock text eol=lf linguist-generated=true -merge
.svcgen/** text eol=lf linguist-generated=true -merge
openapi.json text eol=lf linguist-generated=true -merge
proto/** linguist-generated=true -merge
vendor/svcgen-runtime/** linguist-generated=true -merge
";

/// Adds svcgen's own files to what is generated.
///
/// `.gitignore` and `.gitattributes` are seeded, and left to their owner where
/// they are there already.
pub fn add(files: &mut Vec<Rendered>, sources: &[Source], disk: &OnDisk, lock: &Lock) {
    for (name, text) in schema::json_schemas() {
        files.push(file(
            &format!("{SCHEMA_DIRECTORY}/{name}"),
            Ownership::Sealed,
            text,
        ));
    }
    let state = IGNORED_STATE.to_owned();
    files.push(file(STATE_IGNORE, Ownership::Sealed, state));
    if let Some(text) = schema::normalised(sources) {
        files.push(file(LAST_SCHEMA, Ownership::Sealed, text));
    }
    for (path, text) in [(".gitignore", IGNORED), (".gitattributes", ATTRIBUTES)] {
        let is_theirs = disk.contains_key(path) && !lock.files.contains_key(path);
        if !is_theirs && !files.iter().any(|it| it.path == path) {
            files.push(file(path, Ownership::Seeded, text.to_owned()));
        }
    }
}

/// The paths that [`add`] wants to know about.
pub const LOOKED_AT: [&str; 2] = [".gitignore", ".gitattributes"];

fn file(path: &str, ownership: Ownership, text: String) -> Rendered {
    let digest = Fingerprint::of(text.as_bytes()).to_string();
    Rendered {
        path: path.to_owned(),
        content: Content::Whole(text.into_bytes()),
        ownership,
        entity: None,
        digest,
    }
}

/// The name of the JSON Schema of service files, and of that of entity files.
pub fn schema_names() -> Result<(&'static str, &'static str), Failure> {
    let names = schema::json_schemas().map(|(name, _)| name);
    let find = |word: &str| names.into_iter().find(|it| it.contains(word));
    find("service")
        .zip(find("entity"))
        .ok_or_else(|| Failure::Internal {
            message: "the JSON Schemas are not called what they should be".to_owned(),
            hint: None,
            source: None,
        })
}
