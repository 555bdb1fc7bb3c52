//! A migration's SQL for one database: steps, each begun by a line that says how it is run.
//!
//! ```text
//! -- svcgen:step check No two rows of `users` share an `email`.
//! select email, count(*) from users group by email having count(*) > 1 limit 5;
//!
//! -- svcgen:step transaction Rebuilds `users`.
//! -- svcgen:carry users
//! -- svcgen:keep users
//! -- svcgen:keep sessions
//! create table svcgen_new_users (…);
//! …
//!
//! -- svcgen:step autocommit Makes `users_email_key`.
//! drop index concurrently if exists users_email_key;
//! create unique index concurrently users_email_key on users (email);
//!
//! -- svcgen:step check No record of `users_archive` is on hold.
//! -- svcgen:lock users_archive
//! select count(*) from users_archive where archive_hold having count(*) > 0;
//!
//! -- svcgen:step transaction Drops `users_archive`.
//! drop table users_archive;
//!
//! -- svcgen:step batches Fills `phone` of `users`.
//! with batch as (…) …;
//! ```
//!
//! | mode | how the runner runs it |
//! |---|---|
//! | `check` | one query that must return no row; otherwise the title says what should have held, and its rows, five at most, are the sample. It changes nothing and may be run again |
//! | `transaction` | all statements in one transaction |
//! | `autocommit` | each statement by itself, outside any transaction; the step can be run again from its beginning wherever it was stopped |
//! | `batches` | one statement, again and again, each time in a transaction of its own. `$1` is where the last one ended, a text, null at first; the one row it returns is the next `$1`, and how many rows it went through. A null ends the step. It can be run again from its beginning |
//!
//! On SQLite the whole file is one transaction, with foreign keys off from before its `begin`,
//! and only `check` and `transaction` occur. On PostgreSQL every step is recorded when it is
//! done, a `transaction` step in its own transaction, so that a migration that was stopped goes
//! on where it stopped. A lock that is not granted soon is given up and tried again.
//!
//! `-- svcgen:keep T` demands that T has as many rows after the step as before; `keep T -> U`,
//! that U then has as many as T had. `-- svcgen:carry T` (SQLite) demands that indexes and
//! triggers of T, views, and triggers elsewhere that name T, which the step does not make
//! itself, are there afterwards as they were before: they are remembered from `sqlite_schema`,
//! the views and foreign triggers dropped before, and what is missing is made again after.
//!
//! `-- svcgen:lock T` makes a check the beginning of the transaction of the step after it: T is locked
//! against everybody, the check is asked, and what it found holds until the step is committed. On
//! SQLite nobody else gets in between anyway, and the mark changes nothing.
//!
//! What stands before the first `svcgen:step` is a `transaction` step without a title, and so
//! is a whole file without any. A line `-- nolint: CODE reason`, by which a reviewer accepts a
//! finding, belongs to no step and changes nothing. Lines end in `\n`; a reader takes `\r\n` too.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

/// What begins a line that means something to the runner.
const MARK: &str = "-- svcgen:";

/// What begins a line that accepts a finding.
const ACCEPTS: &str = "-- nolint:";

/// What follows the mark of a line that accepts a finding; `None` for every other line.
pub fn acceptance(line: &str) -> Option<&str> {
    line.trim().strip_prefix(ACCEPTS)
}

/// How a step is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// One query that must return no row.
    Check,
    /// All statements in one transaction.
    Transaction,
    /// Each statement by itself, outside any transaction.
    Autocommit,
    /// One statement again and again, until it returns null.
    Batches,
}

impl Mode {
    /// Every mode.
    pub const ALL: [Self; 4] = [
        Self::Check,
        Self::Transaction,
        Self::Autocommit,
        Self::Batches,
    ];

    /// As the marker writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Transaction => "transaction",
            Self::Autocommit => "autocommit",
            Self::Batches => "batches",
        }
    }
}

/// A table whose number of rows a step must not change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keep {
    /// Its name before the step.
    pub before: String,
    /// Its name after the step.
    pub after: String,
}

impl Keep {
    /// A table that keeps its name too.
    pub fn of(table: &str) -> Self {
        Self {
            before: table.to_owned(),
            after: table.to_owned(),
        }
    }
}

/// One step of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptStep {
    /// How it is run.
    pub mode: Mode,
    /// What it does, or, for a check, what must hold; one line.
    pub title: String,
    /// Tables that keep their number of rows.
    pub keeps: Vec<Keep>,
    /// Tables whose indexes, triggers and views outlive the step.
    pub carries: Vec<String>,
    /// Tables that a check keeps everybody out of until the step after it is committed.
    pub locks: Vec<String>,
    /// The statements, each ended by `;` and a line end.
    pub sql: String,
}

/// The text of a script.
pub fn write(steps: &[ScriptStep]) -> String {
    let mut text = String::new();
    for step in steps {
        if !text.is_empty() {
            text.push('\n');
        }
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{MARK}step {} {}", step.mode.name(), step.title);
        for table in &step.carries {
            let _ = writeln!(text, "{MARK}carry {table}");
        }
        for table in &step.locks {
            let _ = writeln!(text, "{MARK}lock {table}");
        }
        for Keep { before, after } in &step.keeps {
            let _ = if before == after {
                writeln!(text, "{MARK}keep {before}")
            } else {
                writeln!(text, "{MARK}keep {before} -> {after}")
            };
        }
        text.push_str(&step.sql);
    }
    text
}

/// Why a text is no script.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct ScriptError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub what: String,
}

/// The steps of a script.
pub fn read(text: &str) -> Result<Vec<ScriptStep>, ScriptError> {
    let mut steps: Vec<ScriptStep> = Vec::new();
    let lines = text.lines().enumerate();
    for (index, line) in lines.filter(|(_, line)| acceptance(line).is_none()) {
        let wrong = |what: String| ScriptError {
            line: index + 1,
            what,
        };
        if let Some(directive) = line.strip_prefix(MARK) {
            let (word, rest) = directive.split_once(' ').unwrap_or((directive, ""));
            match (word, steps.last_mut()) {
                ("step", _) => steps.push(begin(rest).map_err(wrong)?),
                ("carry", Some(step)) => step.carries.push(rest.trim().to_owned()),
                ("keep", Some(step)) => step.keeps.push(keep(rest)),
                ("lock", Some(step)) if step.mode == Mode::Check => {
                    step.locks.push(rest.trim().to_owned());
                }
                _ => return Err(wrong(format!("`{line}` is no directive here"))),
            }
            continue;
        }
        if steps.is_empty() {
            if line.trim().is_empty() {
                continue;
            }
            steps.push(begin("transaction").map_err(wrong)?);
        }
        if let Some(step) = steps.last_mut() {
            step.sql.push_str(line.trim_end());
            step.sql.push('\n');
        }
    }
    for step in &mut steps {
        // The empty line between two steps belongs to neither.
        let kept = step.sql.trim_end().len();
        step.sql.truncate(kept);
        step.sql.push('\n');
    }
    Ok(steps)
}

fn begin(rest: &str) -> Result<ScriptStep, String> {
    let (word, title) = rest.split_once(' ').unwrap_or((rest, ""));
    let mode = Mode::ALL
        .into_iter()
        .find(|mode| mode.name() == word)
        .ok_or_else(|| format!("`{word}` is no way to run a step"))?;
    Ok(ScriptStep {
        mode,
        title: title.trim().to_owned(),
        keeps: Vec::new(),
        carries: Vec::new(),
        locks: Vec::new(),
        sql: String::new(),
    })
}

fn keep(rest: &str) -> Keep {
    match rest.split_once("->") {
        None => Keep::of(rest.trim()),
        Some((before, after)) => Keep {
            before: before.trim().to_owned(),
            after: after.trim().to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps() -> Vec<ScriptStep> {
        vec![
            ScriptStep {
                mode: Mode::Check,
                title: "No two rows share an `email`.".to_owned(),
                keeps: Vec::new(),
                carries: Vec::new(),
                locks: vec!["users".to_owned()],
                sql: "select 1;\n".to_owned(),
            },
            ScriptStep {
                mode: Mode::Transaction,
                title: "Rebuilds `users`.".to_owned(),
                keeps: vec![
                    Keep::of("sessions"),
                    Keep {
                        before: "people".to_owned(),
                        after: "users".to_owned(),
                    },
                ],
                carries: vec!["users".to_owned()],
                locks: Vec::new(),
                sql: "create table a (\n    b text\n);\n".to_owned(),
            },
        ]
    }

    #[test]
    fn a_script_is_read_as_it_was_written() {
        let text = write(&steps());
        assert_eq!(read(&text).unwrap(), steps());
        let dos = text.replace('\n', "\r\n");
        assert_eq!(read(&dos).unwrap(), steps());
    }

    #[test]
    fn a_file_without_marks_is_one_transaction() {
        let read = read("\ncreate table a (b text);\n-- a comment\n").unwrap();
        assert_eq!(read.len(), 1);
        assert_eq!(read[0].mode, Mode::Transaction);
        assert_eq!(read[0].sql, "create table a (b text);\n-- a comment\n");
    }

    #[test]
    fn what_a_reviewer_accepts_belongs_to_no_step() {
        let text = write(&steps()).replace("create", "-- nolint: BC106 nobody reads it\ncreate");
        assert_eq!(
            read(&format!("-- nolint: DS102 gone\n{text}")).unwrap(),
            steps()
        );
    }

    #[test]
    fn a_wrong_mark_is_named() {
        let error = read("select 1;\n-- svcgen:step slowly Waits.\n").unwrap_err();
        assert_eq!(
            error.to_string(),
            "line 2: `slowly` is no way to run a step"
        );
        assert!(read("-- svcgen:keep users\n").is_err());
    }
}
