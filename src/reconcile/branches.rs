//! Two branches that both regenerated: a file that git could not merge is merged anew,
//! from what each branch made of it.
//!
//! Each branch's text is merged with what the schema of both says; what comes of the two
//! differs from that only in what people wrote, and is merged once more.

use super::{
    Formatter,
    bases::{self, Bases},
    merge::{self, Language, Resolution, Versions},
    text::plain,
};

/// What is generated now with the edits of each branch.
pub(super) struct Sides {
    /// Of the branch that is checked out.
    pub(super) ours: String,
    /// Of the other one.
    pub(super) theirs: String,
}

/// The two sides of a file that git left in conflict; nothing where git knows of none, or
/// where a side does not come together with what is generated now.
pub(super) fn sides(
    path: &str,
    base: &str,
    new: &str,
    bases: &dyn Bases,
    formatter: &dyn Formatter,
) -> Option<Sides> {
    let branches = bases.branches(path)?;
    let of = |content: &Vec<u8>| bases::verified(content, &branches.written, formatter);
    let their_base = branches.candidates.iter().find_map(of)?;
    let text = |bytes: &[u8]| String::from_utf8(plain(bytes).into_owned()).ok();
    let texts = [
        base.to_owned(),
        text(&branches.ours)?,
        their_base,
        text(&branches.theirs)?,
    ];
    let language = Language::of(path);
    let [base, ours, their_base, theirs] = print(texts, language, formatter);
    let side = |base: &str, yours: &str| {
        let versions = Versions { base, yours, new };
        let merged = merge::merge(language, versions, Resolution::Markers);
        (merged.conflicts == 0).then_some(merged.text)
    };
    Some(Sides {
        ours: side(&base, &ours)?,
        theirs: side(&their_base, &theirs)?,
    })
}

fn print(texts: [String; 4], language: Language, formatter: &dyn Formatter) -> [String; 4] {
    if language != Language::Rust {
        return texts;
    }
    let borrowed: Vec<&str> = texts.iter().map(String::as_str).collect();
    let printed: Option<Vec<String>> = formatter.print(&borrowed).into_iter().collect();
    printed.and_then(|it| it.try_into().ok()).unwrap_or(texts)
}
