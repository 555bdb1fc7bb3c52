//! `svcgen add-entity` and `svcgen add-field`: more of a schema, from a few words.

use std::path::Path;

use super::{Draft, Failure, Shell, Telling, may_ask};
use crate::cli::{
    arguments::{AddEntity, AddField, Manner},
    check::counted,
    new::{
        ask,
        schema_text::{quoted, with_modeline},
        shorthand::{self, Entity, Field, Kind},
    },
    state_files,
};
use crate::project::SchemaFile;
use crate::schema::edit::{self, Tree};
use crate::tables::question::About;

/// What a field may look like.
const SUCH_AS: &str = "title:string note:text?";

/// Runs `svcgen add-entity`.
pub fn entity(project: Option<&Path>, options: &AddEntity, shell: &Shell) -> Result<(), Failure> {
    let mut draft = Draft::open(project)?;
    let entity = entity_of(&draft, options)?;
    let path = entity.path();
    if let Some(file) = draft.before.iter().find(|it| it.path == path) {
        return Err(Failure::usage(
            format!("`{}` is there already", file.path),
            format!(
                "add to it with `svcgen add-field {} FIELD:TYPE`",
                entity.name
            ),
        ));
    }
    let (_, schema) = state_files::schema_names()?;
    let mut yaml = entity.to_yaml();
    if let Some(doc) = &options.doc {
        yaml = yaml.replacen('\n', &format!("\ndoc: {}\n", quoted(doc)), 1);
    }
    draft.after.push(SchemaFile::new(
        path.clone(),
        with_modeline(&path, schema, &yaml).into_bytes(),
    ));
    let telling = Telling {
        verb: "Added",
        what: format!("{}, {path}", entity.name),
        next: next_of_entity(&draft, &entity),
    };
    draft.write(telling, options.manner, shell)
}

/// Given by the command line, or asked for.
fn entity_of(draft: &Draft, options: &AddEntity) -> Result<Entity, Failure> {
    let asks = may_ask(options.manner);
    let taken: Vec<&str> = draft.files.entities().map(|(_, name)| name).collect();
    let name = match &options.name {
        Some(name) => shorthand::entity_name(name).map_err(|error| wrong(&error))?,
        None if asks => {
            ask::prepare();
            ask::entity(&taken)?
        }
        None => {
            return Err(Failure::usage(
                "the entity has no name",
                format!("write `svcgen add-entity NAME {SUCH_AS}`"),
            ));
        }
    };
    if taken.contains(&name.as_str()) {
        return Err(Failure::usage(
            format!("the entity `{name}` is there already"),
            format!("add to it with `svcgen add-field {name} FIELD:TYPE`"),
        ));
    }
    let fields = fields_of(&name, &options.fields, options.manner)?;
    Ok(Entity { name, fields })
}

/// Given by the command line, or asked for.
fn fields_of(entity: &str, given: &[String], manner: Manner) -> Result<Vec<Field>, Failure> {
    let fields = shorthand::parse_fields(&given.join(" ")).map_err(|error| wrong(&error))?;
    if !fields.is_empty() {
        return Ok(fields);
    }
    if may_ask(manner) {
        ask::prepare();
        return ask::fields(entity, SUCH_AS);
    }
    Err(Failure::usage(
        format!("no field of `{entity}` was given"),
        format!("write them as NAME:TYPE, such as `{SUCH_AS}`"),
    ))
}

fn wrong(error: &shorthand::ShorthandError) -> Failure {
    Failure::usage(
        error.to_string(),
        "types with brackets stand in quotes: `total:'decimal(12,2)'`, `status:'enum(draft,paid)'`",
    )
}

/// Runs `svcgen add-field`.
pub fn field(project: Option<&Path>, options: &AddField, shell: &Shell) -> Result<(), Failure> {
    let mut draft = Draft::open(project)?;
    let known: Vec<&str> = draft.files.entities().map(|(_, name)| name).collect();
    let entity = match &options.entity {
        Some(entity) => entity.clone(),
        None if may_ask(options.manner) && !known.is_empty() => {
            ask::prepare();
            known[ask::one_of("Entity", &known)?].to_owned()
        }
        None => {
            return Err(Failure::usage(
                "no entity was named",
                format!("write `svcgen add-field ENTITY {SUCH_AS}`"),
            ));
        }
    };
    draft.files.file(&entity)?;
    let fields = fields_of(&entity, &options.fields, options.manner)?;
    let mut values: Vec<(String, Tree)> = fields
        .iter()
        .map(|it| (it.name.clone(), it.kind.to_tree()))
        .collect();
    for given in &options.backfill {
        backfill(&mut values, given)?;
    }
    let edits = draft.files.add_fields(&entity, &values)?;
    draft.edit(edits)?;
    let names: Vec<String> = fields.iter().map(|it| format!("`{}`", it.name)).collect();
    let word = counted(fields.len(), "field", "fields");
    let mut next = other_sides(&draft, &entity, &fields);
    next.extend(start());
    let telling = Telling {
        verb: "Added",
        what: format!("{word} to {entity} ({})", names.join(", ")),
        next,
    };
    let written = draft.write(telling, options.manner, shell);
    written.map_err(|failure| match failure {
        Failure::Questions(asked) if asked.iter().all(|it| it.about == About::Required) => {
            Failure::InTheWay {
                message: (asked.iter())
                    .map(|it| it.message.as_str())
                    .collect::<Vec<_>>()
                    .join("\n"),
                hint: "say it with `--backfill FIELD=VALUE`, or let the field be optional, as in \
                       `pages:int?`; nothing was written"
                    .to_owned(),
            }
        }
        other => other,
    })
}

/// Says of one of the new fields what records that are there get.
fn backfill(fields: &mut [(String, Tree)], given: &str) -> Result<(), Failure> {
    let example = "write it as FIELD=VALUE, such as `pages=0` or `code={ sql: \"upper(title)\" }`";
    let wrong = |message: String| Failure::usage(message, example);
    let (name, value) = given
        .split_once('=')
        .ok_or_else(|| wrong(format!("`--backfill {given}` has no value")))?;
    let value = edit::value(value).map_err(|error| wrong(format!("`{given}`: {error}")))?;
    let (_, field) = fields
        .iter_mut()
        .find(|(field, _)| field == name)
        .ok_or_else(|| wrong(format!("`{name}` is none of the new fields")))?;
    let backfill = ("backfill".to_owned(), value);
    match field {
        Tree::Map(entries) => entries.push(backfill),
        plain => {
            let ty = ("type".to_owned(), plain.clone());
            *plain = Tree::Map(vec![ty, backfill]);
        }
    }
    Ok(())
}

fn next_of_entity(draft: &Draft, entity: &Entity) -> Vec<(String, String)> {
    use heck::ToSnakeCase as _;
    let slice = entity.name.to_snake_case();
    let mut next = vec![(
        format!("edit src/{slice}/rules.rs"),
        "yours: what holds beyond the schema".to_owned(),
    )];
    next.extend(other_sides(draft, &entity.name, &entity.fields));
    next.extend(start());
    next
}

fn start() -> [(String, String); 1] {
    [(
        "cargo run".to_owned(),
        "builds it, runs the migrations and starts".to_owned(),
    )]
}

/// For a reference to an entity that has no list of what refers to it yet: how to add one.
fn other_sides(draft: &Draft, entity: &str, fields: &[Field]) -> Vec<(String, String)> {
    use crate::schema::type_expression::TypeExpression;
    let mut next = Vec::new();
    for field in fields {
        let Kind::Plain(kind) = &field.kind else {
            continue;
        };
        let target = TypeExpression::parse(kind)
            .map(|it| it.name)
            .unwrap_or_default();
        let Ok(file) = draft.files.file(&target) else {
            continue;
        };
        let plural = crate::model::Name::new(entity).plural_snake().to_owned();
        if !draft.files.holds(file, entity) {
            next.push((
                format!("svcgen add-field {target} '{plural}:many({entity})'"),
                format!("if {target} is to list them"),
            ));
        }
    }
    next
}
