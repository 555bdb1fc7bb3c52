//! The runtime crate: which of its features the service turns on, and its vendored copy.

use include_dir::{Dir, include_dir};

use crate::model::{Database, RuntimeSource, Service};
use crate::plan::{Body, Ownership, PlannedFile};

use super::{Context, Contribution, Feature};

/// The runtime as this svcgen was built with it.
static RUNTIME: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/runtime");

/// Where a project keeps its copy.
const VENDORED: &str = "vendor/svcgen-runtime";

/// What a service links.
pub struct Runtime;

impl Feature for Runtime {
    fn name(&self) -> &'static str {
        "runtime"
    }

    fn is_on(&self, _service: &Service) -> bool {
        true
    }

    fn contribute(&self, context: &Context<'_>, out: &mut Contribution) {
        let service = context.service;
        for database in &service.databases {
            out.runtime_features.push(match database {
                Database::Sqlite => "sqlite",
                Database::Postgres => "postgres",
            });
        }
        if service.features.tls && service.databases.contains(&Database::Postgres) {
            out.runtime_features.push("tls");
        }
        if service.runtime == RuntimeSource::Vendored {
            vendor(&RUNTIME, out);
        }
    }
}

/// The manifest without what names the tests and examples that stay behind.
fn library_manifest(manifest: &str) -> String {
    match manifest.parse::<toml_edit::DocumentMut>() {
        Ok(mut document) => {
            for table in ["test", "example", "bench", "dev-dependencies"] {
                document.remove(table);
            }
            document.to_string()
        }
        // It is svcgen's own manifest, which cargo has read to build this program.
        Err(_) => manifest.to_owned(),
    }
}

/// Copies what the crate needs to build; its own tests and examples stay behind.
fn vendor(folder: &Dir<'static>, out: &mut Contribution) {
    for file in folder.files() {
        if let Some(path) = file.path().to_str() {
            let body = match (path, file.contents_utf8()) {
                ("Cargo.toml", Some(manifest)) => Body::Text(library_manifest(manifest)),
                _ => Body::Bytes(file.contents()),
            };
            out.files.push(PlannedFile {
                path: format!("{VENDORED}/{path}"),
                body,
                ownership: Ownership::Sealed,
                entity: None,
            });
        }
    }
    for inner in folder.dirs() {
        let kept = ["src", "assets"]
            .iter()
            .any(|name| inner.path().starts_with(name));
        if kept {
            vendor(inner, out);
        }
    }
}
