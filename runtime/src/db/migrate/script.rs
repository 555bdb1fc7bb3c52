//! A migration's SQL as steps, each begun by a line that says how it is run.
//!
//! ```text
//! -- svcgen:step transaction Rebuilds `users`.
//! -- svcgen:carry users
//! -- svcgen:keep users
//! -- svcgen:keep people -> users
//! create table svcgen_new_users (…);
//!
//! -- svcgen:step check No record of `users_archive` is on hold.
//! -- svcgen:lock users_archive
//! select …;
//!
//! -- svcgen:step transaction Drops `users_archive`.
//! drop table users_archive;
//! ```
//!
//! A check with a `lock` is asked inside the transaction of the step after it, once nobody else
//! can reach the table, so that what it finds still holds when that step is committed. What
//! stands before the first such line is a `transaction` step, and so is a whole file without any.
//! A line `-- nolint: CODE reason`, by which a reviewer accepts a finding, belongs to no step.
//! Nothing here knows a database.

/// What begins a line that means something here.
const MARK: &str = "-- svcgen:";

/// Whether a line accepts a finding, and changes nothing of what is run.
pub(super) fn is_acceptance(line: &str) -> bool {
    line.trim().starts_with("-- nolint:")
}

/// How a step is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// One query that must return no row.
    Check,
    /// All statements in one transaction.
    Transaction,
    /// Each statement by itself, outside any transaction; the whole can be run again.
    Autocommit,
    /// One statement, again and again, each time in a transaction of its own.
    Batches,
}

impl Mode {
    /// As files write it.
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

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// How it is run.
    pub mode: Mode,
    /// What it does, or what must hold.
    pub title: String,
    /// Tables that keep their number of rows.
    pub keeps: Vec<Keep>,
    /// Tables whose indexes, triggers and views outlive the step.
    pub carries: Vec<String>,
    /// Tables that a check keeps everybody out of until the step after it is committed.
    pub locks: Vec<String>,
    /// The statements.
    pub sql: String,
}

impl Step {
    /// Whether it is a check that belongs into the transaction of the step after it.
    pub(super) fn is_under_lock(&self) -> bool {
        !self.locks.is_empty()
    }

    /// The tables that it drops and makes anew under their names.
    #[cfg(feature = "sqlite")]
    pub(super) fn rebuilt(&self) -> impl Iterator<Item = &String> {
        let is_dropped = |table: &&String| {
            let names = [(*table).clone(), format!("\"{table}\"")];
            let mut lines = self
                .sql
                .lines()
                .filter_map(|it| it.strip_prefix("drop table "));
            lines.any(|it| names.iter().any(|name| it.strip_suffix(';') == Some(name)))
        };
        self.carries.iter().filter(is_dropped)
    }
}

/// The steps of a file, or what is wrong with it.
pub fn steps(text: &str) -> Result<Vec<Step>, String> {
    let mut steps: Vec<Step> = Vec::new();
    let lines = text.lines().enumerate();
    for (index, line) in lines.filter(|(_, line)| !is_acceptance(line)) {
        let wrong = |what: &str| format!("line {}: {what}", index + 1);
        if let Some(directive) = line.trim_end().strip_prefix(MARK) {
            let (word, rest) = directive.split_once(' ').unwrap_or((directive, ""));
            match (word, steps.last_mut()) {
                ("step", _) => steps.push(begun(rest).ok_or_else(|| wrong("no such step"))?),
                ("carry", Some(step)) => step.carries.push(rest.trim().to_owned()),
                ("keep", Some(step)) => step.keeps.push(keep(rest)),
                ("lock", Some(step)) if step.mode == Mode::Check => {
                    step.locks.push(rest.trim().to_owned());
                }
                _ => return Err(wrong("this mark has no meaning here")),
            }
            continue;
        }
        if steps.is_empty() {
            if line.trim().is_empty() {
                continue;
            }
            steps.extend(begun("transaction"));
        }
        if let Some(step) = steps.last_mut() {
            step.sql.push_str(line.trim_end_matches('\r'));
            step.sql.push('\n');
        }
    }
    let is_lost = |at: usize, step: &Step| {
        let next = steps.get(at + 1);
        step.is_under_lock()
            && !next.is_some_and(|it| it.mode == Mode::Transaction || it.is_under_lock())
    };
    if let Some((_, step)) = (steps.iter().enumerate()).find(|(at, step)| is_lost(*at, step)) {
        return Err(format!(
            "the check \"{}\" locks a table for the `transaction` step after it, and there is none",
            step.title
        ));
    }
    Ok(steps)
}

fn begun(rest: &str) -> Option<Step> {
    let (word, title) = rest.split_once(' ').unwrap_or((rest, ""));
    let modes = [
        Mode::Check,
        Mode::Transaction,
        Mode::Autocommit,
        Mode::Batches,
    ];
    Some(Step {
        mode: modes.into_iter().find(|mode| mode.name() == word)?,
        title: title.trim().to_owned(),
        keeps: Vec::new(),
        carries: Vec::new(),
        locks: Vec::new(),
        sql: String::new(),
    })
}

fn keep(rest: &str) -> Keep {
    let (before, after) = rest.split_once("->").unwrap_or((rest, rest));
    Keep {
        before: before.trim().to_owned(),
        after: after.trim().to_owned(),
    }
}

impl Step {
    /// What to call it in a message.
    pub(super) fn called(&self, number: usize) -> String {
        if self.title.is_empty() {
            format!("step {number}")
        } else {
            format!("step {number}, {}", self.title.trim_end_matches('.'))
        }
    }

    /// Whether it drops or renames anything, and so could lose rows without saying so.
    #[cfg(any(feature = "sqlite", test))]
    pub(super) fn rebuilds(&self) -> bool {
        let is_it = |word: &str| {
            ["drop", "rename"]
                .iter()
                .any(|it| word.eq_ignore_ascii_case(it))
        };
        crate::db::sql::words(&self.sql).any(is_it)
    }

    /// Whether it changes a table itself, and not only its rows.
    #[cfg(feature = "postgres")]
    pub(super) fn alters(&self) -> bool {
        let is_it = |word: &str| {
            ["alter", "drop", "truncate"]
                .iter()
                .any(|it| word.eq_ignore_ascii_case(it))
        };
        crate::db::sql::words(&self.sql).any(is_it)
    }

    /// The statement of a check without its limit, so that what it finds can be counted.
    pub(super) fn unlimited(&self) -> String {
        let sql = self.sql.trim().trim_end_matches(';').trim_end();
        let limited = sql.rfind("limit ").filter(|at| {
            let count = sql[at + "limit ".len()..].trim();
            !count.is_empty() && count.bytes().all(|it| it.is_ascii_digit())
        });
        limited.map_or(sql, |at| &sql[..at]).trim_end().to_owned()
    }

    /// Its statements. Quotes, comments and dollar quotes are minded.
    #[cfg(any(feature = "postgres", test))]
    pub(super) fn statements(&self) -> Vec<&str> {
        let mut statements = Vec::new();
        let (mut start, mut at) = (0, 0);
        while at < self.sql.len() {
            let rest = &self.sql[at..];
            if rest.starts_with(';') {
                statements.push(&self.sql[start..=at]);
                start = at + 1;
            }
            at += skipped(rest);
        }
        statements.push(&self.sql[start..]);
        statements.retain(|it| crate::db::sql::words(it).next().is_some());
        statements
    }
}

/// How many bytes the thing takes that a text begins with: a quoted one is one thing.
#[cfg(any(feature = "postgres", test))]
fn skipped(rest: &str) -> usize {
    let until = |from: usize, end: &str| rest[from..].find(end).map(|at| from + at + end.len());
    let first = rest.chars().next().map_or(1, char::len_utf8);
    let whole = match rest.as_bytes() {
        [b'\'', ..] => until(1, "'"),
        [b'"', ..] => until(1, "\""),
        [b'-', b'-', ..] => until(2, "\n"),
        [b'/', b'*', ..] => until(2, "*/"),
        [b'$', ..] => {
            let tag = rest[1..].find('$').map(|at| &rest[..at + 2]);
            let is_tag = |tag: &&str| {
                let name = &tag[1..tag.len() - 1];
                !name.starts_with(|c: char| c.is_ascii_digit())
                    && name.chars().all(|c| c.is_alphanumeric() || c == '_')
            };
            return match tag.filter(is_tag) {
                Some(tag) => until(tag.len(), tag).unwrap_or(rest.len()),
                None => first,
            };
        }
        _ => return first,
    };
    whole.unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_its_steps() {
        let text = "-- svcgen:step check No two agree.\r\nselect 1\r\nlimit 5;\r\n\r\n-- svcgen:step transaction Rebuilds.\n-- svcgen:carry a\n-- svcgen:keep b -> a\ncreate table a (x text);\n";
        let steps = steps(text).unwrap();
        assert_eq!(steps.len(), 2);
        assert_eq!(
            (steps[0].mode, steps[0].title.as_str()),
            (Mode::Check, "No two agree.")
        );
        assert_eq!(steps[0].unlimited(), "select 1");
        assert_eq!(steps[1].carries, ["a"]);
        assert_eq!(
            (
                steps[1].keeps[0].before.as_str(),
                steps[1].keeps[0].after.as_str()
            ),
            ("b", "a")
        );
        let plain = super::steps("create table a (x text);\n-- svcgen:step check x\n").unwrap();
        assert_eq!(plain[0].mode, Mode::Transaction);
        assert!(super::steps("-- svcgen:keep a\n").is_err());
        assert!(super::steps("-- svcgen:step sometimes x\n").is_err());
        let locked = "-- svcgen:step check No hold.\n-- svcgen:lock a\nselect 1;\n";
        let drop = "-- svcgen:step transaction Drops.\ndrop table a;\n";
        let read = super::steps(&format!("{locked}{locked}{drop}")).unwrap();
        assert!(read[1].is_under_lock() && !read[2].is_under_lock());
        assert_eq!(read[0].locks, ["a"]);
        assert!(super::steps(locked).is_err() && super::steps(&format!("{drop}{locked}")).is_err());
        assert!(super::steps(&drop.replace("drop", "-- svcgen:lock a\ndrop")).is_err());
        assert!(super::steps("").unwrap().is_empty());
        let accepted = format!(
            "-- nolint: DS102 gone\n{}",
            text.replace("create", "-- nolint: BC106 gone\ncreate")
        );
        assert_eq!(super::steps(&accepted).unwrap(), steps);
    }

    #[test]
    fn statements_end_at_semicolons_that_mean_it() {
        let step = |sql: &str| Step {
            sql: sql.to_owned(),
            ..begun("transaction").unwrap()
        };
        let text = "select ';', \"a;b\" -- no; \n; /* ; */ select $$a;b$$, $x$;$$;$x$;\n-- end;\n";
        assert_eq!(step(text).statements().len(), 2);
        assert_eq!(step("select $1; select 'it''s; ok'").statements().len(), 2);
        assert_eq!(step("select 'open; ").statements().len(), 1);
        assert_eq!(step("ünï; ").statements(), ["ünï;"]);
    }
}
