//! STUB, replaced when the front half is merged.
#![allow(missing_docs)]

use crate::source::Source;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    Error,
    Warning,
}

#[derive(Debug, Clone)]
pub struct Diagnostic {
    pub severity: Severity,
    pub code: &'static str,
    pub message: String,
}

impl Diagnostic {
    pub fn error(code: &'static str, message: String) -> Self {
        Self {
            severity: Severity::Error,
            code,
            message,
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Style {
    pub color: bool,
}

pub fn render(diagnostics: &[Diagnostic], _sources: &[Source], _style: Style) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for diagnostic in diagnostics {
        let _ = writeln!(text, "error[{}]: {}", diagnostic.code, diagnostic.message);
    }
    text
}

pub fn to_json(diagnostics: &[Diagnostic], _sources: &[Source]) -> String {
    let all: Vec<_> = diagnostics
        .iter()
        .map(
            |it| serde_json::json!({ "severity": "error", "code": it.code, "message": it.message }),
        )
        .collect();
    serde_json::Value::from(all).to_string()
}

pub fn explain(code: &str) -> Option<&'static str> {
    (code == "S0001").then_some("The file is not UTF-8.")
}

pub fn codes() -> impl Iterator<Item = &'static str> {
    ["S0001"].into_iter()
}
