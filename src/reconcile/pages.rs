//! What `svcgen explain` says of what stands in the way of a run: a code for each, which is for
//! ever, like those of the schema.

use super::conflict::ConflictKind;
use super::lock::LockError;

/// A code, its title, and its page.
pub type Page = (&'static str, &'static str, &'static str);

/// The code of conflicts that an earlier run left and nobody resolved.
pub const UNRESOLVED: &str = "R0009";
/// The code of questions about the tables.
pub const QUESTION: &str = "R0014";

/// Every page, in order.
pub const PAGES: [Page; 14] = [
    (
        "R0001",
        "a sealed file was edited",
        "`proto/`, `openapi.json`, the vendored runtime and svcgen's own files are derived: an edit there\n\
         would be lost with the next run, so the run stops instead. Make the change where it comes from\n\
         (the schema, or the runtime's source with `runtime: { path: … }`), and let\n\
         `svcgen generate --on-conflict generated` write the file anew; `svcgen undo` brings your text back.\n\
         `svcgen own FILE` takes the file over for good.",
    ),
    (
        "R0002",
        "you and svcgen changed the same place",
        "A file that is kept up to date was edited, and what is generated now differs in the very lines that\n\
         you changed. In a terminal both versions are written between conflict markers, and git's index\n\
         has the three stages, so that an editor or `git mergetool` shows them. Without a terminal nothing\n\
         is written; `.svcgen/conflicts/` has the list and a patch. Choose with `--on-conflict`:\n\
         `markers`, `yours`, `generated`, or `beside`, which leaves your file and writes FILE.new.",
    ),
    (
        "R0003",
        "nobody knows what a file said when it was generated",
        "A merge needs what svcgen wrote last. It is looked for in `.svcgen/base/`, in a fresh rendering of\n\
         the last schema (of this version of svcgen, with rustfmt), and in git, and none has it. Nothing is\n\
         guessed: `--on-conflict yours` keeps your text, `generated` writes the file anew, and `markers` writes\n\
         both where they differ.",
    ),
    (
        "R0004",
        "a file has conflict markers",
        "A merge, svcgen's or git's, has left both versions between `<<<<<<<` and `>>>>>>>`. Choose between\n\
         them, delete the markers, and run svcgen again. Files with markers are never formatted or\n\
         merged.",
    ),
    (
        "R0005",
        "an edited file cannot be read",
        "The file was edited and is no longer Rust, TOML or whatever it should be, so that it cannot be\n\
         merged. Mend it and run svcgen again, or write it anew with `--on-conflict generated`.",
    ),
    (
        "R0006",
        "an edited file is no text any more",
        "Something else stands where a text was generated. Move it away and run svcgen again.",
    ),
    (
        "R0007",
        "a file is in the way that svcgen did not write",
        "A new file is to be written where one lies that is not on record in `svcgen.lock`. It is not\n\
         overwritten: give it another name, or delete it. A file that already says what svcgen would write\n\
         is taken over without a question.",
    ),
    (
        "R0008",
        "no ordinary file stands where one is to be written",
        "A directory, a symbolic link or a device stands there. Svcgen writes ordinary files only, and never\n\
         through a link. Move it out of the way.",
    ),
    (
        "R0009",
        "conflicts of the last run are not resolved",
        "A run on top of unresolved conflicts would mix two runs. `svcgen resolve --list` shows the files;\n\
         choose between the sides, delete the markers and run `svcgen resolve --continue`, or take the whole\n\
         run back with `svcgen resolve --abort`.",
    ),
    (
        "R0010",
        "the lock is damaged",
        "`svcgen.lock` was cut short, edited, or merged by hand: its count or its checksum does not fit, so\n\
         nothing it says is believed. Restore it with `git checkout -- svcgen.lock`. Where that is not possible\n\
         delete it: files that say what svcgen would write are taken over, edited ones are merged as far as\n\
         a base is found, and seeded ones stay.",
    ),
    (
        "R0011",
        "a newer svcgen wrote the lock",
        "An older svcgen would take back what the newer one generated. Install the version that is named, or\n\
         a newer one.",
    ),
    (
        "R0012",
        "the lock has an older form",
        "The form of `svcgen.lock` has changed since, and its number with it. Delete the lock and run\n\
         `svcgen generate`: see R0010 for what happens then.",
    ),
    (
        "R0013",
        "the lock names a path that svcgen will not touch",
        "Paths in the lock are relative, stay inside the project, and are no file of yours or git's. This one\n\
         is not, so somebody else has written the lock. Restore it from version control.",
    ),
    (
        "R0014",
        "the schema does not say how the tables change",
        "Something went and something like it came, a rule became stricter, or a column became required:\n\
         rows would be lost or refused on a guess. In a terminal svcgen asks, and writes the answer into the\n\
         YAML; otherwise paste one of the answers: `was:` renames and keeps what is there, `dropped:` lets\n\
         it go, `kept:` leaves it in the database.",
    ),
];

impl ConflictKind {
    /// The code of its page.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Edited => "R0001",
            Self::Places(_) => "R0002",
            Self::NoBase => "R0003",
            Self::Markers => "R0004",
            Self::Unreadable(_) => "R0005",
            Self::NoText => "R0006",
            Self::Unknown => "R0007",
            Self::NoFile(_) => "R0008",
        }
    }
}

impl LockError {
    /// The code of its page.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Damaged(_) => "R0010",
            Self::Newer { .. } => "R0011",
            Self::Older { .. } => "R0012",
            Self::Path { .. } => "R0013",
        }
    }
}

/// The page on one code, if it is one of these. Case does not matter.
pub fn explain(code: &str) -> Option<String> {
    let page = PAGES
        .iter()
        .find(|it| it.0.eq_ignore_ascii_case(code.trim()));
    page.map(|(code, title, text)| format!("{code}: {title}\n\n{text}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_ascend_and_each_kind_has_a_page() {
        let codes: Vec<&str> = PAGES.iter().map(|it| it.0).collect();
        assert!(codes.is_sorted() && codes.windows(2).all(|pair| pair[0] != pair[1]));
        let kinds = [
            ConflictKind::Edited,
            ConflictKind::Places(2),
            ConflictKind::NoBase,
            ConflictKind::Markers,
            ConflictKind::Unreadable(String::new()),
            ConflictKind::NoText,
            ConflictKind::Unknown,
            ConflictKind::NoFile("a directory"),
        ];
        for code in kinds
            .iter()
            .map(ConflictKind::code)
            .chain([UNRESOLVED, QUESTION])
        {
            let page = explain(&code.to_lowercase()).expect("a page");
            assert!(page.starts_with(code), "{page}");
        }
        assert_eq!(explain("R9999"), None);
    }
}
