//! `pattern!`: a regular expression that is compiled once.

use regex_lite::Regex;

/// A compiled pattern; `pattern!` makes one.
///
/// regex-lite needs time linear in the text, so no text can make it hang.
#[derive(Debug)]
pub struct Pattern {
    source: &'static str,
    compiled: Option<Regex>,
}

impl Pattern {
    /// Compiles it. One that cannot be compiled matches nothing, and says so in the log:
    /// the tool that writes patterns into code has checked them before.
    pub fn new(source: &'static str) -> Self {
        let compiled = Regex::new(source);
        if let Err(error) = &compiled {
            tracing::error!(pattern = source, %error, "the pattern is not valid and matches nothing");
        }
        Self {
            source,
            compiled: compiled.ok(),
        }
    }

    /// Whether it matches somewhere in the text, as JSON Schema's `pattern` does; anchor it with `^` and `$`.
    pub fn matches(&self, text: &str) -> bool {
        self.compiled.as_ref().is_some_and(|it| it.is_match(text))
    }

    /// As it was written.
    pub const fn source(&self) -> &'static str {
        self.source
    }
}

/// A regular expression for [`TextField::pattern`](crate::input::TextField::pattern), compiled once: `pattern!("^[a-z]+$")`.
#[macro_export]
macro_rules! pattern {
    ($source:literal) => {{
        static PATTERN: ::std::sync::LazyLock<$crate::input::Pattern> =
            ::std::sync::LazyLock::new(|| $crate::input::Pattern::new($source));
        &*PATTERN
    }};
}
