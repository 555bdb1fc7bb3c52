//! `svcgen rename-entity` and `svcgen rename-field`: the schema remembers the old name in `was`,
//! so that tables keep their rows, and people's code goes along.

use std::path::Path;

use super::{Draft, Failure, Shell, Telling, carry::Along};
use crate::{
    cli::{
        arguments::{RenameEntity, RenameField},
        new::shorthand,
        pipeline,
    },
    generate,
    model::{Entity, Name, Service},
    project,
    tables::Schema,
};

/// Runs `svcgen rename-entity`.
pub fn entity(
    project: Option<&Path>,
    options: &RenameEntity,
    shell: &Shell,
) -> Result<(), Failure> {
    let mut draft = Draft::open(project)?;
    let (old, new) = (options.old.as_str(), options.new.as_str());
    let file = draft.files.file(old)?;
    shorthand::entity_name(new).map_err(|error| {
        Failure::usage(
            error.to_string(),
            "entities are named in the singular, such as `OrderLine`",
        )
    })?;
    let service = service(&draft)?;
    let entity = find(&service, old)?;
    let was = tables(&draft)?
        .table(entity.name.plural_snake())
        .is_some()
        .then_some(old);
    let edits = draft.files.rename_entity(old, new, was)?;
    draft.edit(edits)?;
    let new_name = Name::new(new);
    let (from, to) = (entity.name.snake(), new_name.snake());
    let path = draft.before[file].path.clone();
    if path == format!("entities/{from}.yaml") {
        draft.after[file].path = format!("entities/{to}.yaml");
    }
    let mut next = namesakes(&service, entity, &new_name);
    next.extend(migrate_and_test());
    let along = Along::of_entity(
        &service,
        &entity.name,
        &new_name,
        draft.project.rust_files()?,
    );
    let what = match was {
        Some(was) => format!("{old} to {new}; `was: {was}` keeps its rows"),
        None => format!("{old} to {new}"),
    };
    let telling = Telling {
        verb: "Renamed",
        what,
        next,
    };
    draft.carrying(along).write(telling, options.manner, shell)
}

/// Fields of others that are called after the entity, which nothing renames by itself.
fn namesakes(service: &Service, entity: &Entity, new: &Name) -> Vec<(String, String)> {
    let mut next = Vec::new();
    for other in &service.entities {
        let fields = other.fields.iter().map(|it| it.name.snake());
        let collections = other.collections.iter().map(|it| it.name.snake());
        for name in fields.chain(collections) {
            let renamed = if name == entity.name.snake() {
                new.snake()
            } else if name == entity.name.plural_snake() {
                new.plural_snake()
            } else {
                continue;
            };
            let holder = other.name.pascal();
            let holder = if holder == entity.name.pascal() {
                new.pascal()
            } else {
                holder
            };
            next.push((
                format!("svcgen rename-field {holder} {name} {renamed}"),
                "if the field is to be called after it".to_owned(),
            ));
        }
    }
    next
}

/// Runs `svcgen rename-field`.
pub fn field(project: Option<&Path>, options: &RenameField, shell: &Shell) -> Result<(), Failure> {
    let mut draft = Draft::open(project)?;
    let (old, new) = (options.old.as_str(), options.new.as_str());
    let file = draft.files.file(&options.entity)?;
    let is_collection = draft.files.is_collection(file, old);
    let service = service(&draft)?;
    let entity = find(&service, &options.entity)?;
    let field = entity.field(Name::new(old).snake());
    let table = tables(&draft)?;
    let table = table.table(entity.name.plural_snake()).cloned();
    let has_column = |column: String| table.is_some_and(|it| it.column(&column).is_some());
    let was = field.filter(|it| has_column(it.column())).map(|_| old);
    let edits = draft.files.rename_field(&options.entity, old, new, was)?;
    draft.edit(edits)?;
    let name = Name::new(new);
    let what = format!("{}.{old} to {new}", options.entity);
    let telling = Telling {
        verb: "Renamed",
        what: match was {
            Some(was) => format!("{what}; `was: {was}` keeps its values"),
            None => what,
        },
        next: migrate_and_test().into(),
    };
    match field {
        Some(field) if !is_collection => {
            let unrecorded = draft.project.rust_files()?;
            let along = Along::of_field(&entity.name, field, &name, unrecorded);
            draft.carrying(along).write(telling, options.manner, shell)
        }
        _ => draft.write(telling, options.manner, shell),
    }
}

fn migrate_and_test() -> [(String, String); 2] {
    [
        (
            "cargo test".to_owned(),
            "the compiler names what is left".to_owned(),
        ),
        ("svcgen undo".to_owned(), "takes all of it back".to_owned()),
    ]
}

/// What the schema means before it is changed; it has to be right before it can be renamed in.
fn service(draft: &Draft) -> Result<Service, Failure> {
    pipeline::refuse_wrong(&draft.before)
}

fn find<'s>(service: &'s Service, name: &str) -> Result<&'s Entity, Failure> {
    let found = service.entities.iter().find(|it| it.name.written() == name);
    found.ok_or_else(|| Failure::usage(format!("there is no entity `{name}`"), "see `entities/`"))
}

/// The tables that were generated last.
fn tables(draft: &Draft) -> Result<Schema, Failure> {
    let text = draft.project.text(project::TABLES_FILE)?;
    let tables = text.map(|it| generate::remembered_tables(&it)).transpose();
    Ok(tables
        .map_err(|error| Failure::internal("cannot read the tables of the last run", error))?
        .unwrap_or_default())
}
