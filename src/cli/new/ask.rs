//! Asking a person, in a terminal, for what the command line did not say.

use std::io::{self, IsTerminal as _};

use dialoguer::{Confirm, Input, MultiSelect, Select, console::Term, theme::ColorfulTheme};

use super::{
    schema_text::Service,
    shorthand::{self, Entity, Field},
};
use crate::{
    cli::{
        Failure,
        arguments::{DatabaseName, FeatureName, New},
    },
    schema::edit::{self, Tree},
};

/// Whether there is somebody to ask.
pub fn is_possible() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Makes Ctrl-C leave the terminal as it was. The prompts hide the cursor, and the
/// signal would end the process before it is shown again.
pub fn prepare() {
    // Without a handler a prompt can still be used; only the cursor may stay hidden.
    let _ = ctrlc::set_handler(|| {
        let term = Term::stderr();
        let _ = term.show_cursor().and_then(|()| term.write_line(""));
        std::process::exit(130);
    });
}

/// Asks for the service's name.
pub fn name(check: impl Fn(&str) -> Result<(), String>) -> Result<String, Failure> {
    line("Name of the service", |it| {
        check(it).map(|()| it.to_owned())
    })
}

/// Asks for everything else that was not given.
pub fn rest(name: String, given: &New) -> Result<(Service, Vec<Entity>), Failure> {
    let doc = match &given.doc {
        Some(doc) => Some(doc.clone()),
        None => line("What is it for? (may stay empty)", |it| Ok(it.to_owned()))?.into(),
    };
    let doc = doc.filter(|it: &String| !it.is_empty());
    let databases = if given.database.is_empty() {
        let choices = [
            (DatabaseName::Sqlite, "SQLite"),
            (DatabaseName::Postgres, "PostgreSQL"),
        ];
        several("Databases it can run on", &choices)?
    } else {
        given.database.clone()
    };
    let features = if given.feature.is_empty() {
        let choices = [
            (FeatureName::Http, "REST"),
            (FeatureName::Openapi, "OpenAPI with a page at /docs"),
        ];
        several("Features", &choices)?
    } else {
        given.feature.clone()
    };
    Ok((
        Service {
            name,
            doc,
            databases,
            features,
        },
        entities()?,
    ))
}

fn entities() -> Result<Vec<Entity>, Failure> {
    let mut entities: Vec<Entity> = Vec::new();
    loop {
        let is_first = entities.is_empty();
        let prompt = if is_first {
            "First entity, such as Order"
        } else {
            "Next entity (empty: that is all)"
        };
        let name = line(prompt, |it| match it {
            "" if !is_first => Ok(String::new()),
            it if entities.iter().any(|entity| entity.name == it) => {
                Err(format!("`{it}` is there already"))
            }
            it => shorthand::entity_name(it).map_err(|error| error.to_string()),
        })?;
        if name.is_empty() {
            return Ok(entities);
        }
        let fields = fields(&name, "title:string note:text?")?;
        entities.push(Entity { name, fields });
    }
}

/// Asks for the name of a new entity.
pub fn entity(taken: &[&str]) -> Result<String, Failure> {
    line("Entity, such as Order", |it| {
        if taken.contains(&it) {
            return Err(format!("`{it}` is there already"));
        }
        shorthand::entity_name(it).map_err(|error| error.to_string())
    })
}

/// Asks for fields of an entity, on one line.
pub fn fields(entity: &str, such_as: &str) -> Result<Vec<Field>, Failure> {
    let prompt = format!("Fields of {entity}, such as {such_as}");
    line(&prompt, |it| match shorthand::parse_fields(it) {
        Ok(fields) if fields.is_empty() => Err(format!("`{entity}` needs a field")),
        Ok(fields) => Ok(fields),
        Err(error) => Err(error.to_string()),
    })
}

/// Asks for a value as a schema writes it; returns what was typed, too.
pub fn value(prompt: &str) -> Result<(String, Tree), Failure> {
    let prompt = format!("{prompt}, such as 0, draft, {{ copy: FIELD }} or {{ sql: \"…\" }}");
    line(&prompt, |it| {
        match edit::value(it).map_err(|error| error.to_string())? {
            Tree::Null => Err("a value is needed".to_owned()),
            value => Ok((it.to_owned(), value)),
        }
    })
}

/// Asks which of a few is meant.
pub fn one_of(prompt: &str, choices: &[&str]) -> Result<usize, Failure> {
    Select::with_theme(&ColorfulTheme::default())
        .with_prompt(prompt)
        .items(choices)
        .default(0)
        .interact()
        .map_err(stopped)
}

/// Asks for a yes or a no; Enter alone is a no.
pub fn confirm(prompt: &str) -> Result<bool, Failure> {
    Confirm::with_theme(&ColorfulTheme::default())
        .with_prompt(prompt)
        .default(false)
        .interact()
        .map_err(stopped)
}

/// One line, asked for again until it can be read; what was typed stays to be mended.
fn line<T>(prompt: &str, read: impl Fn(&str) -> Result<T, String>) -> Result<T, Failure> {
    let mut typed = String::new();
    loop {
        typed = Input::with_theme(&ColorfulTheme::default())
            .with_prompt(prompt)
            .with_initial_text(typed)
            .allow_empty(true)
            .interact_text()
            .map_err(stopped)?;
        match read(typed.trim()) {
            Ok(value) => return Ok(value),
            Err(message) => {
                let term = Term::stderr();
                // The answer that would not do makes room for the reason; a terminal that
                // cannot do that shows both.
                let _ = term.clear_last_lines(1);
                let _ = term.write_line(&format!("  {message}"));
            }
        }
    }
}

/// One or more of a few, all of them marked to begin with.
fn several<T: Copy>(prompt: &str, choices: &[(T, &str)]) -> Result<Vec<T>, Failure> {
    loop {
        let chosen = MultiSelect::with_theme(&ColorfulTheme::default())
            .with_prompt(format!("{prompt} (space marks)"))
            .items_checked(choices.iter().map(|(_, text)| (*text, true)))
            .interact()
            .map_err(stopped)?;
        if !chosen.is_empty() {
            return Ok(chosen
                .into_iter()
                .filter_map(|index| choices.get(index))
                .map(|(it, _)| *it)
                .collect());
        }
    }
}

fn stopped(error: dialoguer::Error) -> Failure {
    let dialoguer::Error::IO(error) = error;
    let _ = Term::stderr().show_cursor();
    match error.kind() {
        io::ErrorKind::Interrupted | io::ErrorKind::UnexpectedEof => Failure::Interrupted,
        _ => Failure::internal(
            "cannot ask in this terminal; give everything as options and `--no-input`",
            error,
        ),
    }
}
