//! Which paths svcgen may write to: plain ones, inside the project.
//!
//! Paths come from the generator and, after a merge or an attack, from anybody
//! through `svcgen.lock`; both are held to the same rule. This module looks at
//! the text of a path only; what lies there on the disk is the business of
//! `project`.

/// Where copies of what was generated are kept for files that were edited.
pub const COPIES: &str = ".svcgen/base";
/// Where the state before the last run is kept.
pub const UNDO: &str = ".svcgen/undo";
/// Where conflicts are kept until they are resolved.
pub const CONFLICTS: &str = ".svcgen/conflicts";

/// What is wrong with a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathProblem {
    /// It is empty or has an empty part.
    #[error("it has an empty part")]
    Empty,
    /// It begins at a root or a drive.
    #[error("it is not relative to the project")]
    Absolute,
    /// It has a part `.` or `..`.
    #[error("it may lead out of the project")]
    Dots,
    /// It has a character that no file of a project should have.
    #[error("it has a backslash, a colon or a control character")]
    Character,
    /// It names what only people, git or a transaction write.
    #[error("it names a file that svcgen never generates")]
    Reserved,
}

/// Checks that a path with forward slashes stays inside the project and leaves
/// alone what is never generated: the schema, the lock, git's files and a
/// transaction's own.
pub fn check(path: &str) -> Result<(), PathProblem> {
    if path.starts_with('/') {
        return Err(PathProblem::Absolute);
    }
    if path
        .chars()
        .any(|it| it == '\\' || it == ':' || it.is_control())
    {
        return Err(PathProblem::Character);
    }
    for part in path.split('/') {
        match part {
            "" => return Err(PathProblem::Empty),
            "." | ".." => return Err(PathProblem::Dots),
            _ => {}
        }
    }
    if is_reserved(&path.to_lowercase()) {
        Err(PathProblem::Reserved)
    } else {
        Ok(())
    }
}

/// Compared in lower case, since some systems do not tell `.git` from `.GIT`.
fn is_reserved(path: &str) -> bool {
    let inside = |directory: &str| path == directory || path.starts_with(&format!("{directory}/"));
    inside(".git")
        || path.contains("/.git/")
        || path.ends_with("/.git")
        || inside(".svcgen/tx")
        || inside(".svcgen/busy")
        || inside(COPIES)
        || inside(UNDO)
        || inside(CONFLICTS)
        || inside("entities")
        || matches!(path, "svcgen.yaml" | "svcgen.lock" | ".svcgen")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_paths_are_fine() {
        for path in [
            "Cargo.toml",
            "src/order/http.rs",
            ".svcgen/tables.json",
            ".gitignore",
            "src/a b.rs",
            "x/..a",
        ] {
            assert_eq!(check(path), Ok(()), "{path}");
        }
    }

    #[test]
    fn paths_that_lead_elsewhere_are_refused() {
        for (path, problem) in [
            ("", PathProblem::Empty),
            ("src//a.rs", PathProblem::Empty),
            ("src/", PathProblem::Empty),
            ("/etc/passwd", PathProblem::Absolute),
            ("../a", PathProblem::Dots),
            ("src/../../a", PathProblem::Dots),
            ("./a", PathProblem::Dots),
            ("c:/a", PathProblem::Character),
            ("src\\a", PathProblem::Character),
            ("a\nb", PathProblem::Character),
            (".git/hooks/pre-commit", PathProblem::Reserved),
            (".GIT/config", PathProblem::Reserved),
            ("vendor/x/.git/config", PathProblem::Reserved),
            ("svcgen.yaml", PathProblem::Reserved),
            ("entities/order.yaml", PathProblem::Reserved),
            (".svcgen/tx/1/journal", PathProblem::Reserved),
        ] {
            assert_eq!(check(path), Err(problem), "{path:?}");
        }
    }
}
