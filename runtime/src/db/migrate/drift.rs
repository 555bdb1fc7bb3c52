//! Two catalogues compared, line by line.
//!
//! A catalogue is a text that each engine makes of its own description of the tables, a line
//! for each thing, sorted. svcgen's own tables are not in it.

use std::collections::BTreeSet;
use std::fmt;

/// How a database differs from what its last migration left.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Drift {
    /// What was there and is not any more, or not as it was.
    pub missing: Vec<String>,
    /// What is there and was not, or not as it is.
    pub unexpected: Vec<String>,
}

impl Drift {
    /// Compares two catalogues.
    pub(super) fn between(left: &str, live: &str) -> Self {
        let (was, is): (BTreeSet<&str>, BTreeSet<&str>) =
            (left.lines().collect(), live.lines().collect());
        let lines = |of: &BTreeSet<&str>, but: &BTreeSet<&str>| {
            of.difference(but).map(|it| (*it).to_owned()).collect()
        };
        Self {
            missing: lines(&was, &is),
            unexpected: lines(&is, &was),
        }
    }

    /// What a SQLite table defines that is not there in place of something else.
    #[cfg(feature = "sqlite")]
    pub(super) fn added_to(&self, table: &str) -> Vec<String> {
        let mark = format!("table {table}: ");
        let name = |line: &str| line.split(' ').next().unwrap_or_default().to_owned();
        let of_table = |lines: &[String]| -> Vec<String> {
            let lines = lines.iter().filter_map(|it| it.strip_prefix(&mark));
            lines.map(str::to_owned).collect()
        };
        let replaced: Vec<String> = of_table(&self.missing).iter().map(|it| name(it)).collect();
        let mut added = of_table(&self.unexpected);
        added.retain(|it| !replaced.contains(&name(it)));
        added
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.unexpected.is_empty()
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let missing = self.missing.iter().map(|line| ('-', line));
        let unexpected = self.unexpected.iter().map(|line| ('+', line));
        let mut lines: Vec<(char, &String)> = missing.chain(unexpected).collect();
        // What changed stands together: the name of the thing comes first in its line.
        lines.sort_by(|a, b| (a.1, a.0).cmp(&(b.1, b.0)));
        for (place, (mark, line)) in lines.into_iter().enumerate() {
            let end = if place == 0 { "" } else { "\n" };
            write!(formatter, "{end}  {mark} {line}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_told_by_lines() {
        let drift = Drift::between(
            "column a.x text\ntable a\n",
            "column a.x int\nindex i\ntable a\n",
        );
        assert_eq!(
            drift.to_string(),
            "  + column a.x int\n  - column a.x text\n  + index i"
        );
        assert!(Drift::between("a", "a").is_empty());
    }
}
