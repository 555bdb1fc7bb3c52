//! STUB, replaced when the renderer is merged: a few files of each ownership.
#![allow(missing_docs)]

use std::{collections::BTreeMap, path::Path};

use crate::{
    diagnostic::Diagnostic,
    model::{self, Service},
    plan::{Content, Ownership, Rendered},
    schema,
    source::Source,
};

#[derive(Debug, Clone, Copy)]
pub struct Inputs<'a> {
    pub sources: &'a [Source],
    pub known: &'a BTreeMap<String, String>,
    pub previous_tables: Option<&'a str>,
    pub project: Option<&'a Path>,
}

#[derive(Debug)]
pub struct Generated {
    pub service: Service,
    pub files: Vec<Rendered>,
    pub warnings: Vec<Diagnostic>,
}

#[derive(Debug, thiserror::Error)]
#[error("stub")]
pub struct Error;

#[derive(Debug)]
pub enum Failure {
    Schema(Vec<Diagnostic>),
    Internal(Error),
}

pub fn generate(inputs: &Inputs<'_>) -> Result<Generated, Failure> {
    let (document, mut found) = schema::load(inputs.sources);
    let (service, more) = model::check::check(&document);
    found.extend(more);
    let Some(service) = service.filter(|_| found.is_empty()) else {
        return Err(Failure::Schema(found));
    };
    let mut files = vec![
        whole(
            "Cargo.toml",
            Ownership::Managed,
            format!("[package]\nname = \"{}\"\n", service.name.kebab()),
        ),
        whole(
            "src/main.rs",
            Ownership::Seeded,
            "fn main() {}\n".to_owned(),
        ),
        whole("openapi.json", Ownership::Sealed, "{}\n".to_owned()),
        whole(
            "migrations/0001_initial/sqlite.sql",
            Ownership::History,
            "select 1;\n".to_owned(),
        ),
        whole(".svcgen/tables.json", Ownership::Sealed, "{}\n".to_owned()),
        whole(
            "vendor/svcgen-runtime/src/lib.rs",
            Ownership::Sealed,
            "//! Runtime.\n".to_owned(),
        ),
    ];
    let mut app = String::from("//! The slices put together.\n\n");
    for entity in &service.entities {
        use std::fmt::Write as _;
        let snake = entity.name.snake();
        let fields: String = inputs
            .sources
            .iter()
            .filter(|it| {
                it.text
                    .contains(&format!("entity: {}\n", entity.name.written()))
            })
            .flat_map(|it| it.text.lines().filter(|line| line.starts_with("  ")))
            .fold(String::new(), |all, line| {
                format!("{all}// {}\n", line.trim())
            });
        files.push(whole(
            &format!("src/{snake}/model.rs"),
            Ownership::Managed,
            format!(
                "{fields}\n/// One.\npub struct {} {{\n    /// Its id.\n    pub id: u64,\n}}\n",
                entity.name.pascal()
            ),
        ));
        files.push(whole(
            &format!("src/{snake}/rules.rs"),
            Ownership::Seeded,
            "// Yours.\n".to_owned(),
        ));
        let _ = writeln!(app, "pub mod {snake};");
    }
    files.push(whole("src/app.rs", Ownership::Managed, app));
    for file in &mut files {
        if inputs.known.get(&file.path) == Some(&file.digest) {
            file.content = Content::AsBefore;
        }
    }
    Ok(Generated {
        service,
        files,
        warnings: Vec::new(),
    })
}

fn whole(path: &str, ownership: Ownership, text: String) -> Rendered {
    use sha2::Digest as _;
    let digest = sha2::Sha256::digest(text.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Rendered {
        path: path.to_owned(),
        content: Content::Whole(text.into_bytes()),
        ownership,
        entity: None,
        digest,
    }
}
