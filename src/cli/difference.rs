//! Differences between texts, as `git diff` shows them.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use similar::{ChangeTag, TextDiff};

const HEAD: Style = Style::new().bold();
const PLACE: Style = AnsiColor::Cyan.on_default();
const GONE: Style = AnsiColor::Red.on_default();
const NEW: Style = AnsiColor::Green.on_default();

/// How many lines are shown around a change.
const CONTEXT: usize = 3;

/// One side of a difference.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// What it is called, such as `generated`.
    pub label: &'a str,
    /// Its content; `None` where there is no file.
    pub content: Option<&'a [u8]>,
}

/// A unified difference with colours, which whoever prints it may take out; empty where the
/// contents are the same.
pub fn unified(path: &str, old: Side<'_>, new: Side<'_>) -> String {
    let name = |side: &Side<'_>| match side.content {
        Some(_) => format!("{}/{path}", side.label),
        None => "/dev/null".to_owned(),
    };
    let bytes = |side: &Side<'_>| side.content.unwrap_or_default().to_vec();
    if bytes(&old) == bytes(&new) && old.content.is_some() == new.content.is_some() {
        return String::new();
    }
    let mut text = format!(
        "{HEAD}--- {}{HEAD:#}\n{HEAD}+++ {}{HEAD:#}\n",
        name(&old),
        name(&new)
    );
    let (Ok(before), Ok(after)) = (
        String::from_utf8(bytes(&old)),
        String::from_utf8(bytes(&new)),
    ) else {
        text.push_str("Binary files differ\n");
        return text;
    };
    let difference = TextDiff::from_lines(&before, &after);
    for hunk in difference
        .unified_diff()
        .context_radius(CONTEXT)
        .iter_hunks()
    {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{PLACE}{}{PLACE:#}", hunk.header());
        for change in hunk.iter_changes() {
            let (sign, style) = match change.tag() {
                ChangeTag::Delete => ('-', GONE),
                ChangeTag::Insert => ('+', NEW),
                ChangeTag::Equal => (' ', Style::new()),
            };
            let line = change.value();
            let bare = line.strip_suffix('\n').unwrap_or(line);
            let _ = writeln!(text, "{style}{sign}{bare}{style:#}");
            if bare.len() == line.len() {
                text.push_str("\\ No newline at end of file\n");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(old: Option<&str>, new: Option<&str>) -> String {
        let side = |label, text: Option<&'static str>| Side {
            label,
            content: text.map(str::as_bytes),
        };
        // The tests' texts live as long as the program.
        let leak = |text: Option<&str>| text.map(|it| &*Box::leak(it.to_owned().into_boxed_str()));
        let text = unified("x", side("a", leak(old)), side("b", leak(new)));
        anstream::adapter::strip_str(&text).to_string()
    }

    #[test]
    fn it_looks_like_that_of_git() {
        assert_eq!(plain(Some("a\n"), Some("a\n")), "");
        assert_eq!(
            plain(Some("a\nb\n"), Some("a\nc")),
            "--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n\\ No newline at end of file\n"
        );
        assert_eq!(
            plain(None, Some("a\n")),
            "--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+a\n"
        );
    }
}
