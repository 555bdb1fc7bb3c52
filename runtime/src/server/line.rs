//! The first line of a request that is too long to come at once: kept so that a refusal can say
//! what makes it long. A line that comes at once, as nearly all do, is looked at and not kept.

use std::borrow::Cow;

use percent_encoding::percent_decode;

/// A line that ends within so many bytes makes no head too long.
const SHORT: usize = 4096;

/// The longest name of a parameter that is repeated to its caller, in characters.
const LONGEST_NAME: usize = 64;

/// What a connection has read since its last answer.
#[derive(Debug, Default)]
pub(super) struct Line {
    read: usize,
    text: Vec<u8>,
    state: State,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    /// What comes next begins a request.
    #[default]
    Due,
    /// The line has begun.
    Begun,
    /// It has ended.
    Ended,
    /// These are frames of HTTP/2.
    Framed,
}

impl Line {
    /// Bytes have come; of a line that goes on, at most so many are kept.
    pub(super) fn take(&mut self, bytes: &[u8], most: usize) {
        if self.state == State::Due && !bytes.is_empty() {
            self.read = 0;
            self.text.clear();
            self.state = if bytes.starts_with(b"PRI ") {
                State::Framed
            } else {
                State::Begun
            };
        }
        self.read += bytes.len();
        if self.state != State::Begun {
            return;
        }
        let end = bytes.iter().position(|byte| *byte == b'\n');
        if end.is_some() {
            self.state = State::Ended;
        }
        let part = &bytes[..end.unwrap_or(bytes.len())];
        if end.is_none() || self.text.len() + part.len() > SHORT {
            let room = most.saturating_sub(self.text.len());
            self.text.extend_from_slice(&part[..part.len().min(room)]);
        }
    }

    /// Something was answered.
    pub(super) fn answered(&mut self) {
        if self.state != State::Framed {
            self.state = State::Due;
        }
    }

    /// How many bytes have come.
    pub(super) const fn read(&self) -> usize {
        self.read
    }

    /// The parameter that most of the line is about, and how many of its bytes have come.
    pub(super) fn longest_parameter(&self) -> Option<(Cow<'_, str>, usize)> {
        let mut words = self.text.split(|byte| *byte == b' ');
        let target = words.nth(1)?;
        let question = target.iter().position(|byte| *byte == b'?')?;
        let pairs = target[question + 1..].split(|byte| *byte == b'&');
        let longest = pairs.max_by_key(|pair| pair.len())?;
        let name = longest.split(|byte| *byte == b'=').next()?;
        let name = percent_decode(name).decode_utf8().ok()?;
        let is_told = !name.is_empty() && name.chars().count() <= LONGEST_NAME;
        (is_told && longest.len() * 2 > self.text.len()).then_some((name, longest.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(chunks: &[&str], most: usize) -> Line {
        let mut line = Line::default();
        for chunk in chunks {
            line.take(chunk.as_bytes(), most);
        }
        line
    }

    #[test]
    fn the_parameter_that_takes_most_is_named() {
        let long = "x".repeat(SHORT);
        let begun = ["GET /v1/notes?page_size=1&fil", "ter=", &long];
        let named = |line: &Line| line.longest_parameter().map(|it| (it.0.into_owned(), it.1));
        let filter = Some(("filter".to_owned(), SHORT + 7));
        assert_eq!(named(&line(&begun, 1 << 16)), filter);
        let ended = [&begun[..], &["&skip=1 HTTP/1.1\r\nx: 1\r\n\r\n"]].concat();
        assert_eq!(named(&line(&ended, 1 << 16)), filter);
        // No more is kept than may be, and what is kept tells it.
        let cut = line(&begun, 1000);
        assert_eq!(cut.text.len(), 1000);
        assert_eq!(cut.read(), 33 + SHORT);
        assert_eq!(named(&cut).map(|it| it.0).as_deref(), Some("filter"));
    }

    #[test]
    fn nothing_is_named_where_no_parameter_takes_most() {
        let long = "x".repeat(SHORT);
        for line in [
            line(&["GET /", &long, "?a=1"], 1 << 16),
            line(&["GET /v1/notes?", &long, "=1"], 1 << 16),
            line(&["GET /?=", &long], 1 << 16),
            line(&["GET /?%ff=", &long], 1 << 16),
            line(&[&long], 1 << 16),
            line(&[], 1 << 16),
        ] {
            assert_eq!(line.longest_parameter(), None, "{line:?}");
        }
    }

    #[test]
    fn what_comes_at_once_is_not_kept() {
        let head = "GET /v1/notes?filter=title HTTP/1.1\r\nhost: x\r\n\r\n";
        let mut line = line(&[head], 1 << 16);
        assert_eq!((line.text.capacity(), line.read()), (0, head.len()));
        // What follows in the same request is none of the line, and what follows its answer is.
        line.take(b"body", 1 << 16);
        assert_eq!(line.text.capacity(), 0);
        line.answered();
        line.take(b"GET /", 1 << 16);
        assert_eq!((line.text.as_slice(), line.read()), (&b"GET /"[..], 5));
        let mut framed = super::tests::line(&["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"], 1 << 16);
        framed.answered();
        framed.take(b"no line at all", 1 << 16);
        assert_eq!(framed.text.capacity(), 0);
    }
}
