//! What a comparison of tables cannot know: asked in a terminal, and the answer written into the
//! schema. Without a terminal the answers are told, ready to be pasted.

use super::{
    Failure,
    evolve::{refuse, text},
    new::ask,
    shell::Shell,
};
use crate::{
    project::{SchemaFile, transaction::Change},
    reconcile::text::Fingerprint,
    schema::edit::{self, Tree, refactor::Files},
    tables::question::{Answer, Edit, Question},
};

/// The last thing that can be chosen.
const STOP: &str = "stop, and write nothing";

/// Asks the first question, where there is somebody to ask and the answers are choices, and
/// makes the edit that says the answer.
pub fn answer(
    questions: &[Question],
    files: &mut [SchemaFile],
    shell: &Shell,
) -> Result<(), Failure> {
    let unanswered = || Failure::Questions(questions.to_vec());
    let first = questions.first().ok_or_else(unanswered)?;
    if !ask::is_possible() || first.answers.is_empty() || !first.answers.iter().all(is_choice) {
        return Err(unanswered());
    }
    ask::prepare();
    let mut choices: Vec<String> = first.answers.iter().map(choice).collect();
    choices.push(STOP.to_owned());
    let choices: Vec<&str> = choices.iter().map(String::as_str).collect();
    let chosen = ask::one_of(&first.message, &choices)?;
    let Some(answer) = first.answers.get(chosen) else {
        return Err(unanswered());
    };
    let value = match &answer.edit {
        Edit::Backfill { .. } => Some(ask::value("What they get")?),
        _ => None,
    };
    let said = value.as_ref().map(|(typed, _)| typed.as_str());
    let said = answer.edit.to_string().replace('…', said.unwrap_or("…"));
    write(&answer.edit, value.map(|(_, value)| value), files)?;
    shell.status("Answered", &said);
    Ok(())
}

fn choice(answer: &Answer) -> String {
    format!("{}: {}", answer.means, answer.edit)
}

/// Whether an answer can be chosen, and typed where only a person knows it.
fn is_choice(answer: &Answer) -> bool {
    match answer.edit {
        Edit::EntityWas { .. }
        | Edit::FieldWas { .. }
        | Edit::Drop { .. }
        | Edit::Stash { .. }
        | Edit::Keep { .. }
        | Edit::Narrow { .. }
        | Edit::Backfill { .. } => true,
        Edit::Through { .. } => false,
    }
}

fn write(edit: &Edit, value: Option<Tree>, files: &mut [SchemaFile]) -> Result<(), Failure> {
    let texts = files.iter().map(text).collect::<Result<Vec<_>, _>>()?;
    let schema = Files::of(texts.into_iter()).map_err(|error| refuse("the schema", &error))?;
    let list =
        |entity: &Option<String>, key, name: &str| schema.list_says(entity.as_deref(), key, name);
    let edits = match edit {
        Edit::EntityWas { entity, was } => schema.entity_was(entity, was)?,
        Edit::FieldWas { entity, field, was } => {
            schema.field_says(entity, field, "was", Tree::text(was))?
        }
        Edit::Narrow { entity, field } => {
            schema.field_says(entity, field, "narrow", Tree::Bool(true))?
        }
        Edit::Drop { entity, name } => list(entity, "dropped", name)?,
        Edit::Keep { entity, name } => list(entity, "kept", name)?,
        Edit::Stash { entity, name } => list(entity, "stashed", name)?,
        Edit::Backfill { entity, field } => match value {
            Some(value) => schema.field_says(entity, field, "backfill", value)?,
            None => Vec::new(),
        },
        Edit::Through { .. } => Vec::new(),
    };
    for (file, edit) in edits {
        let file = &mut files[file];
        let edited = edit::apply(text(file)?, &[edit]).map_err(|it| refuse(&file.path, &it))?;
        file.bytes = edited.into_bytes();
    }
    Ok(())
}

/// What happens to the files of the schema that answers were written into.
pub fn changes(before: &[SchemaFile], after: &[SchemaFile]) -> Vec<Change> {
    let both = before.iter().zip(after);
    let changed = both.filter(|(before, after)| before.bytes != after.bytes);
    changed
        .map(|(before, after)| Change {
            before: Some(Fingerprint::of(&before.bytes)),
            path: after.path.clone(),
            content: Some(after.bytes.clone()),
        })
        .collect()
}
