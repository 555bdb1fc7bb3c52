//! What a change of the schema did, for people and for programs.

use std::{fmt::Write as _, time::Duration};

use serde_json::json;

use super::{Telling, counts};
use crate::cli::{
    Failure, arguments::Format, carrying::Carried, check::counted, prepared::Prepared,
    report::Summary, shell::Shell,
};
use crate::project::transaction::Change;

/// What was done, or would be.
pub struct Outcome {
    service: String,
    verb: String,
    what: String,
    /// The schema's files, each with what happens to it.
    schema: Vec<(&'static str, String)>,
    summary: Summary,
    carried: Vec<Carried>,
    left: Vec<(String, usize, String)>,
    next: Vec<(String, String)>,
}

impl Outcome {
    /// Of changes of the schema and what came of them.
    pub fn of(
        schema: Vec<Change>,
        prepared: &Prepared,
        left: Vec<(String, usize, String)>,
        telling: Telling<'_>,
    ) -> Self {
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
            carried: prepared.carried().to_vec(),
            left,
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
        self.tell_carried(shell);
        self.summary.tell_files(shell);
        let seconds = took.as_secs_f64();
        let files = counts(&self.summary);
        shell.status(
            &self.verb,
            &format!("{}: {files} ({seconds:.2} s)", self.what),
        );
        shell.text(&by_hand(&self.left));
        shell.text(&next(&self.next));
        Ok(())
    }

    fn tell_carried(&self, shell: &Shell) {
        for file in &self.carried {
            let names = match file.names.len() {
                0 => String::new(),
                many => format!(" ({})", counted(many, "name renamed", "names renamed")),
            };
            if file.from == file.to {
                shell.status("Adapted", &format!("{}{names}", file.to));
            } else {
                shell.status("Moved", &format!("{} to {}{names}", file.from, file.to));
            }
            if shell.is_verbose() {
                for (old, new) in &file.names {
                    shell.status("", &format!("  {old} to {new}"));
                }
            }
        }
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
        for file in &self.carried {
            let _ = if file.from == file.to {
                writeln!(list, "adapt {}", file.to)
            } else {
                writeln!(list, "move {} {}", file.from, file.to)
            };
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
            "carried": self.carried.iter().map(carried).collect::<Vec<_>>(),
            "by_hand": self.left.iter().map(|(path, line, what)| json!({
                "path": path, "line": line, "what": what,
            })).collect::<Vec<_>>(),
            "next": next.collect::<Vec<_>>(),
        }))
    }
}

fn carried(file: &Carried) -> serde_json::Value {
    let names = file
        .names
        .iter()
        .map(|(old, new)| json!({ "from": old, "to": new }));
    json!({ "from": file.from, "to": file.to, "names": names.collect::<Vec<_>>() })
}

/// Places that nothing but a person can judge.
fn by_hand(left: &[(String, usize, String)]) -> String {
    if left.is_empty() {
        return String::new();
    }
    let mut text = String::from("\nLook at these yourself, they may mean what was renamed:\n");
    for (path, line, what) in left {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {path}:{line}: {what}");
    }
    text
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
