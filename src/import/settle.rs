//! The checker has the last word: what it refuses is taken back, piece by piece, and told of.

use super::draft::{Draft, Field};
use super::yaml::{self, Element, Service, Written};
use super::{File, ImportError, Note};
use crate::diagnostic::{Code, Diagnostic};
use crate::generate::check_only;
use crate::source::{Source, SourceId};

/// More rounds than there are things to take back in any database that was seen.
const ROUNDS: usize = 500;

/// The files of drafts, with whatever the checker refuses taken back.
pub fn settle(
    service: &Service,
    mut drafts: Vec<Draft>,
    notes: &mut Vec<Note>,
) -> Result<Vec<File>, ImportError> {
    for _ in 0..ROUNDS {
        drafts.sort_by(|a, b| a.entity.cmp(&b.entity));
        let written: Vec<Written> = drafts.iter().map(|it| yaml::entity(it, service)).collect();
        let sources = sources(service, &drafts, &written);
        let (_, diagnostics) = check_only(&sources);
        let errors: Vec<&Diagnostic> = diagnostics.iter().filter(|it| it.is_error()).collect();
        if errors.is_empty() {
            return Ok(sources.into_iter().map(file).collect());
        }
        let before = drafts.clone();
        for error in &errors {
            take_back(error, &sources, &written, &mut drafts, notes);
            // Places are those of the text as it was; a draft that has changed is read anew.
            if drafts != before {
                break;
            }
        }
        if drafts == before {
            let messages: Vec<&str> = errors.iter().map(|it| it.message.as_str()).collect();
            return Err(ImportError::Unsettled(messages.join("\n")));
        }
    }
    Err(ImportError::Unsettled(
        "it takes too many changes".to_owned(),
    ))
}

fn sources(service: &Service, drafts: &[Draft], written: &[Written]) -> Vec<Source> {
    use heck::ToSnakeCase as _;
    let mut sources = vec![Source::new("svcgen.yaml", service.text())];
    sources.extend(drafts.iter().zip(written).map(|(draft, written)| {
        Source::new(
            format!("entities/{}.yaml", draft.entity.to_snake_case()),
            written.text.clone(),
        )
    }));
    sources
}

fn file(source: Source) -> File {
    File {
        path: source.path,
        text: source.text,
    }
}

/// Takes back the last thing that an error points at, which is the one that came on top.
fn take_back(
    error: &Diagnostic,
    sources: &[Source],
    written: &[Written],
    drafts: &mut [Draft],
    notes: &mut Vec<Note>,
) {
    let Some((span, _)) = error.labels.first() else {
        return;
    };
    let SourceId(source) = span.source;
    let Ok(source) = usize::try_from(source) else {
        return;
    };
    // The first source is the service's.
    let Some(place) = source.checked_sub(1) else {
        return;
    };
    let (number, _) = sources[source].position(span.start);
    let Some(element) = written[place].lines.get(number - 1) else {
        return;
    };
    let draft = &mut drafts[place];
    let why = error.message.as_str();
    match *element {
        Element::Head => rename_entity(draft, why, notes),
        Element::Field(index) => soften(draft, index, error, notes),
        Element::Link(index) => {
            let link = draft.links.remove(index);
            notes.push(Note::left_out(
                link.table,
                format!("the link between its records: {why}"),
            ));
        }
        Element::Unique(index) => {
            let set = draft.uniques.remove(index);
            notes.push(Note::left_out(
                draft.table.as_str(),
                format!("unique {}: {why}", set.join(", ")),
            ));
        }
        Element::Index(index) => {
            let set = draft.indexes.remove(index);
            notes.push(Note::left_out(
                draft.table.as_str(),
                format!("the index on {}: {why}", set.join(", ")),
            ));
        }
        Element::Order => draft.default_order = None,
    }
}

fn rename_entity(draft: &mut Draft, why: &str, notes: &mut Vec<Note>) {
    if draft.entity.len() > 200 {
        return;
    }
    let entity = format!("{}Record", draft.entity);
    notes.push(Note::changed(
        draft.table.as_str(),
        format!("the entity is called `{entity}`: {why}"),
    ));
    draft.entity = entity;
}

/// Takes an option of a field back, the least important first; in the end the field itself.
fn soften(draft: &mut Draft, index: usize, error: &Diagnostic, notes: &mut Vec<Note>) {
    let about = format!("{}.{}", draft.table, draft.fields[index].column);
    let field = &mut draft.fields[index];
    let why = error.message.as_str();
    let left_out = |what: &str| Note::left_out(about.as_str(), format!("{what}: {why}"));
    match error.code {
        Code::RequiredCycle if !field.nullable => {
            field.nullable = true;
            notes.push(Note::changed(
                about.as_str(),
                format!("it may be null: {why}"),
            ));
            return;
        }
        Code::NameClash | Code::DuplicateName | Code::NameTooLong | Code::ReservedName => {
            if let Some(name) = another_name(field, error.code) {
                let entry = Note::changed(
                    about.as_str(),
                    format!("the field is called `{name}`: {why}"),
                );
                rename(draft, index, &name);
                notes.push(entry);
                return;
            }
        }
        _ => {}
    }
    let has_limits = field.min.is_some() || field.max.is_some();
    if field.default.is_some() {
        field.default = None;
        notes.push(left_out("the default"));
    } else if field.pattern.is_some() || field.format.is_some() {
        field.pattern = None;
        field.format = None;
        notes.push(left_out("the pattern"));
    } else if has_limits {
        field.min = None;
        field.max = None;
        notes.push(left_out("the limits"));
    } else if field.unique {
        field.unique = false;
        notes.push(left_out("that it is unique"));
    } else if field.on_archive.is_some() {
        field.on_archive = None;
        notes.push(left_out("what a deletion does to the reference"));
    } else {
        notes.push(left_out("the column"));
        let name = draft.fields.remove(index).name;
        forget(draft, &name);
    }
}

/// A longer name where two are the same, a shorter one where it is too long.
fn another_name(field: &Field, code: Code) -> Option<String> {
    let name = match code {
        Code::NameTooLong => {
            let half: String = field.name.chars().take(field.name.len() * 2 / 3).collect();
            half.trim_end_matches('_').to_owned()
        }
        _ => format!("{}_value", field.name),
    };
    (name.len() >= 3 && name.len() <= 60).then_some(name)
}

fn rename(draft: &mut Draft, index: usize, name: &str) {
    let before = std::mem::replace(&mut draft.fields[index].name, name.to_owned());
    let sets = draft.uniques.iter_mut().chain(&mut draft.indexes);
    for term in sets.chain(&mut draft.default_order).flatten() {
        if term.trim_start_matches('-') == before {
            *term = term.replace(&before, name);
        }
    }
}

fn forget(draft: &mut Draft, name: &str) {
    let names = |set: &Vec<String>| !set.iter().any(|it| it.trim_start_matches('-') == name);
    draft.uniques.retain(names);
    draft.indexes.retain(names);
    draft.default_order = draft.default_order.take().filter(names);
}
