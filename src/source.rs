//! STUB, replaced when the front half is merged.
#![allow(missing_docs)]

use crate::diagnostic::Diagnostic;

#[derive(Debug, Clone)]
pub struct Source {
    pub path: String,
    pub text: String,
}

impl Source {
    pub fn from_bytes(path: &str, bytes: Vec<u8>) -> Result<Self, Diagnostic> {
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Self {
                path: path.to_owned(),
                text,
            }),
            Err(_) => Err(Diagnostic::error(
                "SVC0001",
                format!("`{path}` is not UTF-8"),
            )),
        }
    }
}
