//! What a change of the schema did, for people and for programs.

use std::{fmt::Write as _, time::Duration};

use serde_json::json;

use super::{Telling, counts};
use crate::cli::{Failure, arguments::Format, pipeline::Prepared, report::Summary, shell::Shell};
use crate::project::transaction::Change;

/// What was done, or would be.
pub struct Outcome {
    service: String,
    verb: String,
    what: String,
    /// The schema's files, each with what happens to it.
    schema: Vec<(&'static str, String)>,
    summary: Summary,
    next: Vec<(String, String)>,
}

impl Outcome {
    /// Of changes of the schema and what came of them.
    pub fn of(schema: Vec<Change>, prepared: &Prepared, telling: Telling<'_>) -> Self {
        let action = |change: &Change| match (&change.content, change.before) {
            (None, _) => "remove",
            (Some(_), None) => "create",
            (Some(_), Some(_)) => "update",
        };
        let files = schema.into_iter().map(|it| (action(&it), it.path));
        Self {
            service: prepared.service.name.kebab().to_owned(),
            verb: telling.verb.to_owned(),
            what: telling.what,
            schema: files.collect(),
            summary: Summary::of(&prepared.plan),
            next: telling.next,
        }
    }

    /// Says what was done and what comes next.
    pub fn done(&self, format: Format, took: Duration, shell: &Shell) -> Result<(), Failure> {
        if format == Format::Json {
            return self.json(true, shell);
        }
        for (action, path) in &self.schema {
            let verb = match *action {
                "create" => "Created",
                "remove" => "Removed",
                _ => "Updated",
            };
            shell.status(verb, path);
        }
        self.summary.tell_files(shell);
        let seconds = took.as_secs_f64();
        let files = counts(&self.summary);
        shell.status(
            &self.verb,
            &format!("{}: {files} ({seconds:.2} s)", self.what),
        );
        shell.text(&next(&self.next));
        Ok(())
    }

    /// Lists what would be done.
    pub fn rehearsed(&self, format: Format, shell: &Shell) -> Result<(), Failure> {
        if format == Format::Json {
            return self.json(false, shell);
        }
        let mut list = String::new();
        for (action, path) in &self.schema {
            // Writing to a string cannot fail.
            let _ = writeln!(list, "{action} {path}");
        }
        list.push_str(&self.summary.list());
        shell.data(list.as_bytes())?;
        shell.status(
            "Rehearsed",
            &format!("{}; nothing was written", counts(&self.summary)),
        );
        Ok(())
    }

    fn json(&self, is_written: bool, shell: &Shell) -> Result<(), Failure> {
        let schema = self
            .schema
            .iter()
            .map(|(action, path)| json!({ "path": path, "action": action }));
        let next = self
            .next
            .iter()
            .map(|(command, why)| json!({ "run": command, "why": why }));
        shell.json(&json!({
            "service": self.service,
            "written": is_written,
            "schema": schema.collect::<Vec<_>>(),
            "files": self.summary.to_json(),
            "next": next.collect::<Vec<_>>(),
        }))
    }
}

/// Commands below each other, with their reasons aligned.
pub fn next(lines: &[(String, String)]) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let with_reason = lines.iter().filter(|(_, why)| !why.is_empty());
    let width = with_reason
        .map(|(it, _)| it.chars().count())
        .max()
        .unwrap_or(0);
    let mut text = String::from("\nNext:\n");
    for (command, why) in lines {
        // Writing to a string cannot fail.
        let _ = if why.is_empty() {
            writeln!(text, "  {command}")
        } else {
            writeln!(text, "  {command:width$}   # {why}")
        };
    }
    text
}
