//! Conflict markers as git writes them, with the last generated text in the middle.
//!
//! A file that has them is somebody's unfinished work: it is never formatted, parsed
//! or merged again before they are gone.

const YOURS: &str = "<<<<<<< yours";
const BASE: &str = "||||||| last generated";
const MIDDLE: &str = "=======";
const NEW: &str = ">>>>>>> new";

/// One conflict, on lines of its own.
pub fn conflict(yours: &str, base: &str, new: &str) -> String {
    let mut text = String::new();
    for (marker, side) in [(YOURS, yours), (BASE, base), (MIDDLE, new)] {
        text.push_str(marker);
        text.push('\n');
        text.push_str(side);
        if !side.is_empty() && !side.ends_with('\n') {
            text.push('\n');
        }
    }
    text.push_str(NEW);
    text.push('\n');
    text
}

/// Whether a text has conflict markers, svcgen's own or git's: a line that opens a
/// conflict, one that divides it and one that closes it, in this order.
pub fn are_in(text: &[u8]) -> bool {
    let mut expected = [b"<<<<<<<".as_slice(), b"=======", b">>>>>>>"]
        .into_iter()
        .peekable();
    for line in text.split(|&byte| byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let is_next = expected.peek().is_some_and(|marker| {
            line.strip_prefix(*marker)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(b" "))
        });
        if is_next {
            expected.next();
        }
    }
    expected.peek().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_are_recognised_and_headings_are_not() {
        assert!(are_in(conflict("a\n", "", "b").as_bytes()));
        assert!(are_in(
            b"x\r\n<<<<<<< HEAD\r\na\r\n=======\r\nb\r\n>>>>>>> theirs\r\n"
        ));
        assert!(!are_in(b"Title\n=======\ntext\n"));
        assert!(!are_in(b"// <<<<<<< yours\n// =======\n// >>>>>>> new\n"));
        assert!(!are_in(b">>>>>>> a\n=======\n<<<<<<< b\n"));
    }
}
