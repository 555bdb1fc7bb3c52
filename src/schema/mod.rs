//! STUB, replaced when the front half is merged.
#![allow(missing_docs, clippy::unnecessary_wraps)]

use crate::{diagnostic::Diagnostic, source::Source};

#[derive(Debug, Clone)]
pub struct Document {
    pub name: String,
    pub entities: Vec<String>,
}

pub fn load(sources: &[Source]) -> (Document, Vec<Diagnostic>) {
    let mut document = Document {
        name: "service".to_owned(),
        entities: Vec::new(),
    };
    let mut found = Vec::new();
    for source in sources {
        for line in source.text.lines() {
            if let Some(name) = line.strip_prefix("name:") {
                name.trim().clone_into(&mut document.name);
            }
            if let Some(name) = line.strip_prefix("entity:") {
                document.entities.push(name.trim().to_owned());
            }
            if line.contains("strnig") {
                found.push(Diagnostic::error(
                    "S0001",
                    format!("unknown type `strnig` in `{}`", source.path),
                ));
            }
        }
    }
    (document, found)
}

pub fn json_schemas() -> [(&'static str, String); 2] {
    [
        ("service.schema.json", "{}\n".to_owned()),
        ("entity.schema.json", "{}\n".to_owned()),
    ]
}
