//! Talking to the person or the script: messages, data, colour.
//!
//! Nothing here fails because nobody listens: a closed standard error is ignored,
//! a closed standard output ends the program quietly.

use std::{
    ffi::OsString,
    io::{self, IsTerminal as _, Write as _},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anstream::ColorChoice;
use anstyle::{AnsiColor, Style};

use super::{
    arguments::{Color, Common},
    failure::Failure,
};
use crate::diagnostic;

const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const CARE: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();

/// How much is said, and how.
#[derive(Debug)]
pub struct Shell {
    verbose: bool,
    quiet: bool,
    warned: AtomicBool,
    working: Arc<Working>,
}

/// The line on what is going on, while it is shown.
#[derive(Debug, Default)]
struct Working(Mutex<Option<String>>);

impl Shell {
    /// As the command line asks.
    pub fn new(common: &Common) -> Self {
        Self {
            verbose: common.verbose,
            quiet: common.quiet,
            warned: AtomicBool::new(false),
            working: Arc::default(),
        }
    }

    /// Whether something deserved a look, told or not.
    pub fn has_warned(&self) -> bool {
        self.warned.load(Ordering::Relaxed)
    }

    /// Whether to say more.
    pub fn is_verbose(&self) -> bool {
        self.verbose
    }

    /// One line on what was done, its verb in a column.
    pub fn status(&self, verb: &str, what: &str) {
        if !self.quiet {
            self.working
                .say(&format!("{GOOD}{verb:>12}{GOOD:#} {what}"));
        }
    }

    /// One line on something that deserves a look.
    pub fn warn(&self, what: &str) {
        self.warned.store(true, Ordering::Relaxed);
        if !self.quiet {
            self.working.say(&format!("{CARE}warning{CARE:#}: {what}"));
        }
    }

    /// Text as it is.
    pub fn text(&self, text: &str) {
        self.warned.store(true, Ordering::Relaxed);
        if !self.quiet {
            self.working.say(text.trim_end());
        }
    }

    /// What went wrong, told even when quiet.
    pub fn error(&self, what: &str) {
        self.working.say(&format!("{BAD}error{BAD:#}: {what}"));
    }

    /// Lines that belong to an error.
    pub fn detail(&self, what: &str) {
        self.working.say(what.trim_end());
    }

    /// What to do about an error, after a blank line.
    pub fn hint(&self, what: &str) {
        self.working.say(&format!("\n{HINT}hint{HINT:#}: {what}"));
    }

    /// How long something took, when verbose.
    pub fn timing(&self, stages: &[(&str, Duration)]) {
        if self.verbose {
            let stages: Vec<_> = stages
                .iter()
                .map(|(name, took)| format!("{name} {:.1} ms", took.as_secs_f64() * 1000.0))
                .collect();
            self.working
                .say(&format!("{:>12} {}", "Timing", stages.join(", ")));
        }
    }

    /// Shows that something is going on, on a terminal only; gone when dropped.
    pub fn progress(&self, what: &str) -> Progress {
        if !self.quiet && io::stderr().is_terminal() {
            self.working
                .show(format!("{HINT}{:>12}{HINT:#} {what} …", "Working"));
        }
        Progress(Arc::clone(&self.working))
    }

    /// Data, to standard output.
    #[expect(clippy::unused_self, reason = "all that is said is said by the shell")]
    pub fn data(&self, data: &[u8]) -> Result<(), Failure> {
        let mut stdout = anstream::stdout();
        match stdout.write_all(data).and_then(|()| stdout.flush()) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Failure::NobodyReads),
            Err(error) => Err(Failure::internal("cannot write to standard output", error)),
        }
    }

    /// Data for programs, to standard output.
    pub fn json(&self, value: &serde_json::Value) -> Result<(), Failure> {
        self.data(format!("{value:#}\n").as_bytes())
    }

    /// How diagnostics are drawn on standard error.
    #[expect(clippy::unused_self, reason = "all that is said is said by the shell")]
    pub fn diagnostic_style(&self) -> diagnostic::Style {
        diagnostic::Style {
            color: !matches!(
                anstream::AutoStream::choice(&io::stderr()),
                ColorChoice::Never
            ),
        }
    }
}

/// A line that is wiped away in the end.
#[derive(Debug)]
pub struct Progress(Arc<Working>);

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.wipe();
    }
}

/// Goes to the terminal as it is: it is no colour, and nobody turns it off.
const WIPE: &str = "\r\x1b[K";

impl Working {
    fn show(&self, line: String) {
        let mut shown = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut stderr = anstream::stderr();
        let _ = write!(stderr, "{line}").and_then(|()| stderr.flush());
        *shown = Some(line);
    }

    fn wipe(&self) {
        let mut shown = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.take().is_some() {
            let _ = write!(io::stderr(), "{WIPE}");
        }
    }

    /// A line that stays, above the one that is wiped away.
    fn say(&self, line: &str) {
        let shown = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.is_some() {
            let _ = write!(io::stderr(), "{WIPE}");
        }
        let mut stderr = anstream::stderr();
        let _ = writeln!(stderr, "{line}");
        if let Some(working) = &*shown {
            let _ = write!(stderr, "{working}").and_then(|()| stderr.flush());
        }
    }
}

/// Looks for `--color` before clap does, so that help and clap's own errors obey it too.
pub fn color_asked_for(mut arguments: impl Iterator<Item = OsString>) -> ColorChoice {
    let mut choice = ColorChoice::Auto;
    while let Some(argument) = arguments.next() {
        let value = match argument.to_str() {
            Some("--") => break,
            Some("--color") => arguments.next(),
            Some(other) => other.strip_prefix("--color=").map(OsString::from),
            None => None,
        };
        choice = match value.as_deref().and_then(|it| it.to_str()) {
            Some("always") => ColorChoice::Always,
            Some("never") => ColorChoice::Never,
            Some("auto") => ColorChoice::Auto,
            _ => choice,
        };
    }
    choice
}

/// The same choice in clap's words.
pub fn for_clap(choice: ColorChoice) -> clap::ColorChoice {
    match choice {
        ColorChoice::Always | ColorChoice::AlwaysAnsi => clap::ColorChoice::Always,
        ColorChoice::Never => clap::ColorChoice::Never,
        ColorChoice::Auto => clap::ColorChoice::Auto,
    }
}

impl From<Color> for ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => Self::Auto,
            Color::Always => Self::Always,
            Color::Never => Self::Never,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_colour_is_found_in_every_spelling() {
        let asked = |line: &str| color_asked_for(line.split(' ').map(OsString::from));
        assert_eq!(asked("svcgen --color never check"), ColorChoice::Never);
        assert_eq!(asked("svcgen check --color=always"), ColorChoice::Always);
        assert_eq!(asked("svcgen check --color"), ColorChoice::Auto);
        assert_eq!(asked("svcgen check -- --color=always"), ColorChoice::Auto);
    }
}
