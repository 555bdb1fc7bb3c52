//! The journal of a transaction: what it changes, from which content to which.
//!
//! Text with a checksum, so that a journal that was cut short is none. Its paths
//! are held to the same rule as those of the lock: whoever can write into a
//! project must not thereby write outside of it.

use std::fmt::Write as _;

use crate::reconcile::{path, text::Fingerprint};

const TITLE: &str = "svcgen transaction 1";

/// One change of a transaction, in the order in which they are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The path, relative to the project.
    pub path: String,
    /// What lies there before, by its bytes; `None` when nothing does.
    pub old: Option<Fingerprint>,
    /// What lies there after; `None` when nothing does.
    pub new: Option<Fingerprint>,
}

/// The journal's text.
pub fn render(steps: &[Step]) -> String {
    let mut text = format!("{TITLE}\n");
    let print =
        |print: Option<Fingerprint>| print.map_or_else(|| "-".to_owned(), |it| it.to_string());
    for step in steps {
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{} {} {}",
            print(step.old),
            print(step.new),
            step.path
        );
    }
    let checksum = Fingerprint::of_bytes(text.as_bytes());
    let _ = writeln!(text, "end {checksum}");
    text
}

/// Reads a journal; `None` if it is not whole or names a path outside of the project.
pub fn parse(text: &str) -> Option<Vec<Step>> {
    let start = text.rfind("\nend ")? + 1;
    let checksum = Fingerprint::parse(text[start..].strip_prefix("end ")?.trim_end())?;
    if Fingerprint::of_bytes(&text.as_bytes()[..start]) != checksum {
        return None;
    }
    let mut lines = text[..start].lines();
    if lines.next() != Some(TITLE) {
        return None;
    }
    lines.map(parse_step).collect()
}

fn parse_step(line: &str) -> Option<Step> {
    let mut words = line.splitn(3, ' ');
    let mut print = || match words.next()? {
        "-" => Some(None),
        text => Fingerprint::parse(text).map(Some),
    };
    let (old, new) = (print()?, print()?);
    let path = words.next()?.to_owned();
    is_writable(&path).then_some(Step { path, old, new })
}

/// What a transaction may write: generated files, and what `new` writes for people.
pub fn is_writable(path: &str) -> bool {
    let inside = |directory: &str| {
        let inner = path.strip_prefix(directory)?.strip_prefix('/')?;
        path::check(inner).ok()
    };
    if inside(path::COPIES).is_some() || inside(path::CONFLICTS).is_some() {
        return true;
    }
    let by_people = path == "svcgen.lock"
        || path == "svcgen.yaml"
        || path
            .strip_prefix("entities/")
            .is_some_and(|name| path::check(name).is_ok());
    by_people || path::check(path).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_reads_what_it_wrote_and_no_part_of_it() {
        let print = Some(Fingerprint::of_bytes(b"a"));
        let steps = vec![
            Step {
                path: "src/a b.rs".to_owned(),
                old: None,
                new: print,
            },
            Step {
                path: "openapi.json".to_owned(),
                old: print,
                new: None,
            },
            Step {
                path: "svcgen.lock".to_owned(),
                old: print,
                new: print,
            },
        ];
        let text = render(&steps);
        assert_eq!(parse(&text), Some(steps));
        for end in 0..text.len() - 1 {
            assert_eq!(parse(&text[..end]), None, "cut at {end}");
        }
    }

    #[test]
    fn a_journal_that_leads_out_of_the_project_is_none() {
        for path in ["../a", "/a", ".git/config", "entities/../../a"] {
            let steps = [Step {
                path: path.to_owned(),
                old: None,
                new: None,
            }];
            assert_eq!(parse(&render(&steps)), None, "{path}");
        }
    }
}
