//! Asking a person, in a terminal, for what the command line did not say.

use std::io::{self, IsTerminal as _};

use dialoguer::{Input, MultiSelect, theme::ColorfulTheme};

use super::{
    schema_text::Service,
    shorthand::{self, Entity},
};
use crate::cli::{
    Failure,
    arguments::{DatabaseName, FeatureName, New},
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
        let _ = dialoguer::console::Term::stderr().show_cursor();
        std::process::exit(130);
    });
}

/// Asks for the service's name.
pub fn name(check: impl Fn(&str) -> Result<(), String>) -> Result<String, Failure> {
    Input::<String>::with_theme(&ColorfulTheme::default())
        .with_prompt("Name of the service")
        .validate_with(|it: &String| check(it.trim()))
        .interact_text()
        .map(|it| it.trim().to_owned())
        .map_err(stopped)
}

/// Asks for everything else that was not given.
pub fn rest(name: String, given: &New) -> Result<(Service, Vec<Entity>), Failure> {
    let doc = match &given.doc {
        Some(doc) => Some(doc.clone()),
        None => doc()?,
    };
    let databases = if given.database.is_empty() { databases()? } else { given.database.clone() };
    let features = if given.feature.is_empty() { features()? } else { given.feature.clone() };
    let entities = entities()?;
    Ok((Service { name, doc, databases, features }, entities))
}

fn doc() -> Result<Option<String>, Failure> {
    let text: String = Input::with_theme(&ColorfulTheme::default())
        .with_prompt("What is it for? (may stay empty)")
        .allow_empty(true)
        .interact_text()
        .map_err(stopped)?;
    Ok(Some(text.trim().to_owned()).filter(|it| !it.is_empty()))
}

fn databases() -> Result<Vec<DatabaseName>, Failure> {
    let choices = [
        (DatabaseName::Sqlite, "SQLite: embedded, no server; the default at run time"),
        (DatabaseName::Postgres, "PostgreSQL: chosen by URL at run time"),
    ];
    several("Databases it can run on", &choices)
}

fn features() -> Result<Vec<FeatureName>, Failure> {
    let choices = [
        (FeatureName::Http, "REST, under /v1"),
        (FeatureName::Openapi, "OpenAPI, with a page at /docs"),
    ];
    several("Features", &choices)
}

/// One or more of a few, all of them marked to begin with.
fn several<T: Copy>(prompt: &str, choices: &[(T, &str)]) -> Result<Vec<T>, Failure> {
    loop {
        let chosen = MultiSelect::with_theme(&ColorfulTheme::default())
            .with_prompt(format!("{prompt} (space marks, enter goes on)"))
            .items_checked(choices.iter().map(|(_, text)| (*text, true)))
            .interact()
            .map_err(stopped)?;
        if !chosen.is_empty() {
            return Ok(chosen.into_iter().filter_map(|index| choices.get(index)).map(|(it, _)| *it).collect());
        }
    }
}

fn entities() -> Result<Vec<Entity>, Failure> {
    let mut entities: Vec<Entity> = Vec::new();
    loop {
        let prompt = if entities.is_empty() { "First entity, such as Order" } else { "Next entity (empty: that is all)" };
        let taken = |name: &str| entities.iter().any(|it| it.name == name);
        let name: String = Input::with_theme(&ColorfulTheme::default())
            .with_prompt(prompt)
            .allow_empty(!entities.is_empty())
            .validate_with(|it: &String| match it.trim() {
                "" => Ok(()),
                it if taken(it) => Err(format!("`{it}` is there already")),
                it => shorthand::entity_name(it).map(|_| ()).map_err(|error| error.to_string()),
            })
            .interact_text()
            .map_err(stopped)?;
        let name = name.trim().to_owned();
        if name.is_empty() {
            return Ok(entities);
        }
        let fields: String = Input::with_theme(&ColorfulTheme::default())
            .with_prompt(format!("Fields of {name}, such as title:string note:text? total:decimal(12,2)"))
            .allow_empty(true)
            .validate_with(|it: &String| shorthand::parse_fields(it).map(|_| ()).map_err(|error| error.to_string()))
            .interact_text()
            .map_err(stopped)?;
        let fields = shorthand::parse_fields(&fields)
            .map_err(|error| Failure::Usage { message: error.to_string(), hint: None })?;
        entities.push(Entity { name, fields });
    }
}

fn stopped(error: dialoguer::Error) -> Failure {
    let dialoguer::Error::IO(error) = error;
    let _ = dialoguer::console::Term::stderr().show_cursor();
    match error.kind() {
        io::ErrorKind::Interrupted | io::ErrorKind::UnexpectedEof => Failure::Interrupted,
        _ => Failure::internal("cannot ask in this terminal; give everything as options and `--no-input`", error),
    }
}
