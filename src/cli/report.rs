//! What was done, for people: a plan as a few lines.

use std::{collections::BTreeMap, fmt::Write as _, time::Duration};

use super::{Failure, check::counted, shell::Shell};
use crate::reconcile::{Action, Because, Write, WritePlan};

/// More paths than these are told by directory.
const MANY: usize = 12;

/// Says that there was nothing to do.
pub fn tell_unchanged(name: &str, files: usize, took: Duration, shell: &Shell) {
    let files = counted(files, "file is", "files are");
    let seconds = took.as_secs_f64();
    shell.status(
        "Unchanged",
        &format!("{name}: all {files} up to date ({seconds:.2} s)"),
    );
}

/// What a plan does, without the contents.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    created: Vec<Told>,
    updated: Vec<Told>,
    merged: Vec<Told>,
    removed: Vec<Told>,
    kept: Vec<Told>,
    same: usize,
}

#[derive(Debug, Clone)]
struct Told {
    path: String,
    because: Because,
}

impl Summary {
    /// Of a plan.
    pub fn of(plan: &WritePlan) -> Self {
        let mut summary = Self::default();
        for Write {
            path,
            action,
            because,
            ..
        } in &plan.writes
        {
            let told = Told {
                path: path.clone(),
                because: *because,
            };
            match action {
                Action::Create(_) => summary.created.push(told),
                Action::Replace(_) if because.is_merge() => summary.merged.push(told),
                Action::Replace(_) => summary.updated.push(told),
                Action::Remove => summary.removed.push(told),
                Action::Keep if because.is_notable() => summary.kept.push(told),
                Action::Keep => summary.same += 1,
            }
        }
        summary
    }

    /// How many files the plan writes.
    pub fn written(&self) -> usize {
        self.created.len() + self.updated.len() + self.merged.len()
    }

    /// Says what was done to the files.
    pub fn tell_files(&self, shell: &Shell) {
        for (verb, files) in [
            ("Created", &self.created),
            ("Updated", &self.updated),
            ("Merged", &self.merged),
            ("Removed", &self.removed),
        ] {
            for line in lines(files, shell.is_verbose()) {
                shell.status(verb, &line);
            }
        }
        for Told { path, because } in &self.kept {
            shell.warn(&match because {
                Because::DeletedAndNeeded => format!(
                    "`{path}` was deleted, and the project does not build without it; `svcgen restore {path}` brings it back"
                ),
                _ => format!("kept `{path}`: {because}"),
            });
        }
    }

    /// Says what was done.
    pub fn tell_done(&self, name: &str, took: Duration, shell: &Shell) {
        self.tell_files(shell);
        let seconds = took.as_secs_f64();
        if self.is_noop() {
            tell_unchanged(name, self.same, took, shell);
        } else {
            shell.status(
                "Finished",
                &format!("{name}: {} ({seconds:.2} s)", self.counts()),
            );
        }
    }

    /// How many files the plan takes away.
    pub fn gone(&self) -> usize {
        self.removed.len()
    }

    /// How many files there are once it is done.
    pub fn files(&self) -> usize {
        self.written() + self.same
    }

    /// What is done to each file, with the verb first.
    fn actions(&self) -> impl Iterator<Item = (&'static str, &Told)> {
        let groups = [
            ("create", &self.created),
            ("update", &self.updated),
            ("merge", &self.merged),
            ("remove", &self.removed),
            ("keep", &self.kept),
        ];
        groups
            .into_iter()
            .flat_map(|(verb, files)| files.iter().map(move |file| (verb, file)))
    }

    /// A line for each file that is worth one.
    pub fn list(&self) -> String {
        let mut list = String::new();
        for (verb, file) in self.actions() {
            // Writing to a string cannot fail.
            let _ = writeln!(list, "{verb} {}", file.path);
        }
        list
    }

    /// The same for programs.
    pub fn to_json(&self) -> serde_json::Value {
        let files = self.actions().map(|(action, file)| {
            serde_json::json!({
                "path": file.path,
                "action": action,
                "because": file.because.to_string(),
            })
        });
        files.collect()
    }

    /// Lists what would be done, on standard output.
    pub fn tell_rehearsed(&self, shell: &Shell) -> Result<(), Failure> {
        shell.data(self.list().as_bytes())?;
        self.tell_counts(shell);
        Ok(())
    }

    /// Says how much would be done.
    pub fn tell_counts(&self, shell: &Shell) {
        let what = if self.is_noop() {
            "everything is up to date".to_owned()
        } else {
            self.counts()
        };
        shell.status("Rehearsed", &format!("{what}; nothing was written"));
    }

    /// Whether nothing is written.
    pub fn is_noop(&self) -> bool {
        self.written() == 0 && self.removed.is_empty()
    }

    /// How many files were created, updated, removed and left alone.
    pub fn counts(&self) -> String {
        let parts = [
            (self.created.len(), "created"),
            (self.updated.len(), "updated"),
            (self.merged.len(), "merged"),
            (self.removed.len(), "removed"),
            (self.same + self.kept.len(), "unchanged"),
        ];
        let parts: Vec<_> = parts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        parts.join(", ")
    }
}

/// One line a file with its reason, or one a directory when there are many.
fn lines(files: &[Told], all: bool) -> Vec<String> {
    if all || files.len() <= MANY {
        return files.iter().map(with_reason).collect();
    }
    let mut groups: BTreeMap<String, Vec<&Told>> = BTreeMap::new();
    for file in files {
        groups.entry(group(&file.path)).or_default().push(file);
    }
    let line = |(directory, files): (String, Vec<&Told>)| match files.as_slice() {
        [one] => with_reason(one),
        many => format!("{directory}/ ({} files)", many.len()),
    };
    groups.into_iter().map(line).collect()
}

/// The directory under which a file is counted: two levels at most, and the file
/// itself where it lies at the top.
fn group(path: &str) -> String {
    let mut parts: Vec<_> = path.split('/').collect();
    if parts.len() > 1 {
        parts.pop();
    }
    parts.truncate(2);
    parts.join("/")
}

fn with_reason(file: &Told) -> String {
    match file.because {
        Because::Missing
        | Because::Orphaned
        | Because::Overwritten
        | Because::Joined
        | Because::Marked
        | Because::MergedForYou
        | Because::MergedForGenerator => format!("{} ({})", file.path, file.because),
        _ => file.path.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(path: &str) -> Told {
        Told {
            path: path.to_owned(),
            because: Because::New,
        }
    }

    #[test]
    fn many_files_are_told_by_directory() {
        let mut files: Vec<_> = (0..12)
            .map(|it| told(&format!("src/order/f{it}.rs")))
            .collect();
        assert_eq!(lines(&files, false).len(), 12);
        files.push(told("Cargo.toml"));
        files.push(told("vendor/svcgen-runtime/src/db/a.rs"));
        files.push(told("vendor/svcgen-runtime/b.rs"));
        let lines = lines(&files, false);
        assert_eq!(
            lines,
            [
                "Cargo.toml",
                "src/order/ (12 files)",
                "vendor/svcgen-runtime/ (2 files)"
            ]
        );
    }
}
