//! Commands about svcgen itself: explanations, completions, manual pages.

use std::path::Path;

use clap::CommandFactory as _;

use super::{Failure, arguments::Arguments, shell::Shell};
use crate::{diagnostic, migrate::lint, reconcile::pages};

/// `svcgen explain`: one code, or the list of them.
pub fn explain(code: Option<&str>, shell: &Shell) -> Result<(), Failure> {
    let Some(code) = code else {
        let rules = lint::ALL.iter();
        let rules = rules.map(|code| format!("{}  {}\n", code.name(), code.title()));
        let pages = pages::PAGES.iter().map(|(code, title, _)| (*code, *title));
        let lines: Vec<String> = pages
            .chain(diagnostic::codes())
            .map(|(code, title)| format!("{code}  {title}\n"))
            .chain(rules)
            .collect();
        return shell.data(lines.concat().as_bytes());
    };
    let page = diagnostic::explain(code).map(str::to_owned);
    let page = page.or_else(|| pages::explain(code));
    let page = page.or_else(|| lint::Code::named(code).map(lint::Code::page));
    let Some(text) = page else {
        return Err(Failure::usage(
            format!("there is no code `{code}`"),
            "run `svcgen explain` to list them all",
        ));
    };
    shell.data(format!("{}\n", text.trim_end()).as_bytes())
}

/// `svcgen completions`.
pub fn completions(kind: clap_complete::Shell, shell: &Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(kind, &mut Arguments::command(), "svcgen", &mut script);
    shell.data(&script)
}

/// `svcgen man`: the page of `svcgen`, or all pages into a directory.
pub fn man(directory: Option<&Path>, shell: &Shell) -> Result<(), Failure> {
    let command = Arguments::command();
    if let Some(directory) = directory {
        std::fs::create_dir_all(directory)
            .and_then(|()| clap_mangen::generate_to(command, directory))
            .map_err(|error| {
                Failure::internal(format!("cannot write to `{}`", directory.display()), error)
            })?;
        shell.status(
            "Created",
            &format!("manual pages in {}", directory.display()),
        );
        return Ok(());
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(command)
        .render(&mut page)
        .map_err(|error| Failure::internal("cannot draw the manual page", error))?;
    shell.data(&page)
}
