//! The one thing that rustfmt lays out and cannot bring back: how far the lines of a macro
//! call are indented that it does not understand, such as those of `json!({ … })`.
//!
//! It moves them as a block and writes them in tabs and blanks of the width that is
//! configured, and under another width they are as far apart as those made them. No such
//! indentation means anything, except within a literal.

use std::{borrow::Cow, collections::BTreeSet, str::FromStr};

use proc_macro2::{TokenStream, TokenTree};

/// The text with the lines within macro calls moved to the left margin; text that is no Rust
/// as it is.
pub(super) fn set_aside(text: &str) -> Cow<'_, str> {
    if !text.lines().any(may_open_a_call) {
        return Cow::Borrowed(text);
    }
    let Ok(tokens) = TokenStream::from_str(text) else {
        return Cow::Borrowed(text);
    };
    let mut lines = Lines::default();
    lines.look(tokens, false);
    if lines.within_calls.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut moved = String::with_capacity(text.len());
    for (at, line) in text.split_inclusive('\n').enumerate() {
        let number = at + 1;
        let is_free =
            lines.within_calls.contains(&number) && !lines.within_literals.contains(&number);
        moved.push_str(if is_free {
            line.trim_start_matches([' ', '\t'])
        } else {
            line
        });
    }
    Cow::Owned(moved)
}

/// Whether a macro call may begin on a line and end on another; most files have none, and
/// need not be read as Rust.
fn may_open_a_call(line: &str) -> bool {
    let count = |brackets: [char; 3]| line.matches(brackets).count();
    line.contains('!') && count(['(', '[', '{']) > count([')', ']', '}'])
}

/// The lines, counted from one, that begin within something.
#[derive(Default)]
struct Lines {
    within_calls: BTreeSet<usize>,
    within_literals: BTreeSet<usize>,
}

impl Lines {
    fn look(&mut self, tokens: TokenStream, is_within_call: bool) {
        let mut before = [None, None];
        for token in tokens {
            let is_call = is_within_call || opens_a_call(&before);
            match &token {
                TokenTree::Group(group) => {
                    if is_call {
                        let first = group.span_open().start().line + 1;
                        self.within_calls
                            .extend(first..=group.span_close().start().line);
                    }
                    self.look(group.stream(), is_call);
                }
                TokenTree::Literal(literal) => {
                    let span = literal.span();
                    self.within_literals
                        .extend(span.start().line + 1..=span.end().line);
                }
                TokenTree::Ident(_) | TokenTree::Punct(_) => {}
            }
            before = [before[1].take(), Some(token)];
        }
    }
}

/// Whether what comes after these two is what a macro is called with. A condition in brackets
/// after `if !` passes for one, which does no harm: its indentation means nothing either.
fn opens_a_call(before: &[Option<TokenTree>; 2]) -> bool {
    matches!(
        before,
        [Some(TokenTree::Ident(_)), Some(TokenTree::Punct(mark))] if mark.as_char() == '!'
    )
}

#[cfg(test)]
mod tests {
    use super::set_aside;

    #[test]
    fn lines_of_a_call_are_moved_and_no_others() {
        let text = "fn f() {\n    json!({\n         \"a\": 1,\n    });\n    g();\n}\n";
        let moved = "fn f() {\n    json!({\n\"a\": 1,\n});\n    g();\n}\n";
        assert_eq!(set_aside(text), moved);
        let tabs = text.replace("         \"a\"", "\t\t \"a\"");
        assert_eq!(set_aside(&tabs), moved);
    }

    #[test]
    fn what_stands_in_a_literal_stays() {
        let text = "text! {\n    A = \"x\n      y\",\n    B = r#\"\n  z\"#,\n}\n";
        let moved = "text! {\nA = \"x\n      y\",\nB = r#\"\n  z\"#,\n}\n";
        assert_eq!(set_aside(text), moved);
    }

    #[test]
    fn what_has_no_call_or_is_no_rust_stays() {
        for text in [
            "fn f() {\n    if !g(\n        1,\n    ) {\n    }\n}\n",
            "#![allow(\n    dead_code\n)]\n",
            "json!({\n    'unended\n",
            "",
        ] {
            assert_eq!(set_aside(text), text);
        }
    }
}
