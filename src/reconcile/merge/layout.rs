//! Formatting that its owner chose, put back after a merge.
//!
//! A merge happens on texts that rustfmt has printed. What the owner had laid out in
//! another way, and the merge has not touched, is laid out in his way again.

use super::{Language, Resolution, Versions, merge};

/// The merged text with the layout that `written` had before it was printed as `printed`.
///
/// Where the merge changed something, its text stands as it is. `None` where nothing is
/// to be put back.
pub fn restore(language: Language, written: &str, printed: &str, merged: &str) -> Option<String> {
    if written == printed {
        return None;
    }
    let versions = Versions {
        base: printed,
        yours: written,
        new: merged,
    };
    let text = merge(language, versions, Resolution::Generated).text;
    (text != merged).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_merge_did_not_touch_keeps_its_layout() {
        let written = "fn a() { 1 }\nfn b() { 2 }\n";
        let printed = "fn a() {\n    1\n}\nfn b() {\n    2\n}\n";
        let merged = "fn a() {\n    1\n}\nfn b() {\n    3\n}\nfn c() {}\n";
        let text =
            restore(Language::Rust, written, printed, merged).expect("something is put back");
        assert_eq!(text, "fn a() { 1 }\nfn b() {\n    3\n}\nfn c() {}\n");
        assert_eq!(restore(Language::Rust, printed, printed, merged), None);
    }
}
