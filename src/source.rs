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
        if bytes.len() > 1024 * 1024 {
            return Err(Diagnostic::error(
                "S0002",
                format!("`{path}` is larger than 1024 KiB"),
            ));
        }
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Self {
                path: path.to_owned(),
                text,
            }),
            Err(_) => Err(Diagnostic::error("S0001", format!("`{path}` is not UTF-8"))),
        }
    }
}
