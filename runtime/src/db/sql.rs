//! A statement as text, for one engine or for both. It does not know what the
//! statement means, except whether it is plainly a read.

use std::borrow::Cow;
use std::hash::{BuildHasherDefault, Hasher};

use super::Engine;

/// A statement, usually a constant. Placeholders are `$1`, `$2`, … on both engines.
#[derive(Debug, Clone)]
pub struct Sql {
    sqlite: Text,
    /// Absent where both engines agree on the text.
    postgres: Option<Text>,
    grouped: bool,
}

impl Sql {
    /// One text that both engines understand.
    pub const fn new(text: &'static str) -> Self {
        Self {
            sqlite: Text::constant(text),
            postgres: None,
            grouped: false,
        }
    }

    /// A text for each engine.
    pub const fn each(sqlite: &'static str, postgres: &'static str) -> Self {
        Self {
            sqlite: Text::constant(sqlite),
            postgres: Some(Text::constant(postgres)),
            grouped: false,
        }
    }

    /// A text for each engine, put together at run time. Never put values into it; bind them.
    pub fn owned(sqlite: String, postgres: String) -> Self {
        Self {
            sqlite: Text::owned(sqlite),
            postgres: Some(Text::owned(postgres)),
            grouped: false,
        }
    }

    /// A text put together at run time for the engine at hand. Never put values into it; bind them.
    pub fn at_run_time(text: String) -> Self {
        Self {
            sqlite: Text::owned(text),
            postgres: None,
            grouped: false,
        }
    }

    /// Says of an insert of one row, or of a look at one row, that those under way at the same time may
    /// go as one statement on PostgreSQL. Each still succeeds or fails by itself; see
    /// `postgres/grouped.rs` for which inserts this is right. SQLite writes in groups anyway.
    #[must_use]
    pub const fn grouped(mut self) -> Self {
        self.grouped = true;
        self
    }

    /// The text for an engine.
    pub fn text(&self, engine: Engine) -> &str {
        self.variant(engine).as_str()
    }

    #[cfg(feature = "postgres")]
    pub(crate) const fn is_grouped(&self) -> bool {
        self.grouped
    }

    pub(crate) fn variant(&self, engine: Engine) -> &Text {
        match (engine, &self.postgres) {
            (Engine::Postgres, Some(text)) => text,
            _ => &self.sqlite,
        }
    }
}

impl From<&'static str> for Sql {
    fn from(text: &'static str) -> Self {
        Self::new(text)
    }
}

/// A statement's text with its hash, which the compiler computes for constants, so that
/// looking up a prepared statement does not read the whole text.
#[derive(Debug, Clone)]
pub(crate) struct Text {
    text: Cow<'static, str>,
    key: u64,
}

impl Text {
    pub(crate) const fn constant(text: &'static str) -> Self {
        Self {
            key: fingerprint(text),
            text: Cow::Borrowed(text),
        }
    }

    pub(crate) fn owned(text: String) -> Self {
        Self {
            key: fingerprint(&text),
            text: Cow::Owned(text),
        }
    }

    #[inline]
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it stands in the program, as one of so many.
    #[cfg(feature = "postgres")]
    pub(crate) const fn is_constant(&self) -> bool {
        matches!(self.text, Cow::Borrowed(_))
    }

    #[inline]
    pub(crate) fn key(&self) -> u64 {
        self.key
    }

    /// Whether the statement is known to write nothing; SQLite itself knows better. `select` may call a function that
    /// writes; nothing that svcgen generates does.
    #[cfg(feature = "postgres")]
    pub(crate) fn only_reads(&self) -> bool {
        let mut words = words(&self.text);
        match words.next() {
            Some(first) if first.eq_ignore_ascii_case("with") => {
                !words.any(|word| WRITES.iter().any(|it| word.eq_ignore_ascii_case(it)))
            }
            Some(first) => READS.iter().any(|it| first.eq_ignore_ascii_case(it)),
            None => false,
        }
    }
}

#[cfg(feature = "postgres")]
const READS: &[&str] = &["select", "values", "table", "show", "explain"];
#[cfg(feature = "postgres")]
const WRITES: &[&str] = &["insert", "update", "delete", "merge"];

/// The words of a statement outside of quotes and comments.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            let start = rest.chars().next()?;
            if start == '\'' || start == '"' || start == '`' {
                rest = after(&rest[1..], &rest[..1]);
            } else if rest.starts_with("--") {
                rest = after(rest, "\n");
            } else if rest.starts_with("/*") {
                rest = after(&rest[2..], "*/");
            } else if start.is_alphanumeric() || start == '_' {
                let end = rest
                    .find(|it: char| !(it.is_alphanumeric() || it == '_'))
                    .unwrap_or(rest.len());
                let (word, tail) = rest.split_at(end);
                rest = tail;
                return Some(word);
            } else {
                rest = &rest[start.len_utf8()..];
            }
        }
    })
}

fn after<'t>(text: &'t str, end: &str) -> &'t str {
    text.find(end).map_or("", |at| &text[at + end.len()..])
}

/// FNV-1a, because it can run in a constant and spreads well enough for a few hundred texts.
const fn fingerprint(text: &str) -> u64 {
    let bytes = text.as_bytes();
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0100_0000_01b3);
        at += 1;
    }
    hash
}

/// Takes a [`Text::key`] as the hash that it already is.
#[derive(Default)]
pub(crate) struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    #[inline]
    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

/// A map from [`Text::key`].
pub(crate) type ByText<T> = std::collections::HashMap<u64, T, BuildHasherDefault<KeyHasher>>;

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "postgres")]
    #[test]
    fn tells_reads_from_writes() {
        for read in [
            "select 1",
            " -- note\n SELECT x from y for update",
            "with a as (select 'delete') select * from a",
            "values (1)",
        ] {
            assert!(Text::owned(read.to_owned()).only_reads(), "{read}");
        }
        for write in [
            "insert into a values (1)",
            "with gone as (delete from a returning *) select * from gone",
            "",
            "/* x */ update a set b = 1",
            "'",
        ] {
            assert!(!Text::owned(write.to_owned()).only_reads(), "{write}");
        }
    }

    #[test]
    fn chooses_the_text_of_the_engine() {
        let both = Sql::new("select 1");
        assert_eq!(both.text(Engine::Sqlite), both.text(Engine::Postgres));
        let each = Sql::each("a", "b");
        assert_eq!(
            (each.text(Engine::Sqlite), each.text(Engine::Postgres)),
            ("a", "b")
        );
    }
}
