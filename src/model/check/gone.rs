//! What the schema says of fields and entities that it no longer has.

use super::draft::Draft;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{LetGo, Name};
use crate::schema::Document;
use crate::source::Spanned;

type Written<'a> = Option<&'a Spanned<Vec<Spanned<String>>>>;

/// Fields that an entity no longer has, by the names they had.
pub fn fields(
    written: Written<'_>,
    draft: &Draft<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Vec<String> {
    let is_there = |name: &str| {
        let snake = Name::new(name);
        let mut members = draft.members.iter();
        members.any(|member| member.name.snake() == snake.snake())
    };
    names(written, is_there, "field", problems)
}

/// What an entity's archive lets go of: neither what the entity has, nor what every archive has.
pub fn of_archive(draft: &Draft<'_>, problems: &mut Vec<Diagnostic>) -> LetGo {
    let Some(doc) = draft.doc.archive.as_ref().map(|it| &it.value) else {
        return LetGo::default();
    };
    let automatic = [
        ("id", true),
        ("created_at", draft.automatic.created_at),
        ("updated_at", draft.automatic.updated_at),
        ("version", draft.automatic.version),
    ];
    let mut read = |written: Written<'_>| {
        for name in written.iter().flat_map(|it| &it.value) {
            let is_it = |(it, is_on): &(&str, bool)| *is_on && *it == name.value;
            let is_own = name.value.starts_with("archive_")
                || matches!(name.value.as_str(), "archived_at" | "archived_by");
            if is_own || automatic.iter().any(is_it) {
                let message = format!("`{}` cannot go from an archive", name.value);
                problems.push(
                    Diagnostic::new(Code::Contradiction, message)
                        .label(name.span, "every record that is archived has it")
                        .help("only fields that are no longer here can go"),
                );
            }
        }
        fields(written, draft, problems)
    };
    LetGo {
        dropped: read(doc.dropped.as_ref()),
        stashed: read(doc.stashed.as_ref()),
    }
}

/// Archives that are said to be gone, and are in use.
pub fn archives(document: &Document, drafts: &[Draft<'_>], problems: &mut Vec<Diagnostic>) {
    let Some(service) = document.service.as_ref().map(|it| &it.value) else {
        return;
    };
    let written = [&service.dropped, &service.stashed].into_iter().flatten();
    for name in written.flat_map(|it| &it.value) {
        let mut archived = drafts.iter().filter(|it| it.is_archived());
        let Some(draft) = archived.find(|it| name.value == format!("{}_archive", it.table()))
        else {
            continue;
        };
        let entity = draft.name.written();
        let message = format!("the archive `{}` is gone, and is not", name.value);
        problems.push(
            Diagnostic::new(Code::Contradiction, message)
                .label(
                    name.span,
                    format!("removed records of `{entity}` are kept there"),
                )
                .help(format!(
                    "write `delete: hard` into `{entity}`, or remove this"
                )),
        );
    }
}

/// Names that are said to be gone by `was:`, and are another's.
///
/// Whether two names change places or have done so already cannot be told from the tables, which
/// have both; so a name that is in use is nobody's old one.
pub fn renames(draft: &Draft<'_>, problems: &mut Vec<Diagnostic>) {
    for (member, options, _) in draft.columns() {
        let Some(was) = &options.was else { continue };
        let old = Name::new(&was.value);
        let mut others = draft.members.iter();
        let twin = others
            .find(|it| it.name.snake() == old.snake() && it.name.snake() != member.name.snake());
        if let Some(twin) = twin {
            problems.push(in_use("field", &member.name, was, &twin.name));
        }
    }
}

/// The same of entities.
pub fn renamed_entities(drafts: &[Draft<'_>], problems: &mut Vec<Diagnostic>) {
    for draft in drafts {
        let Some(was) = &draft.doc.was else { continue };
        let old = Name::new(&was.value);
        let mut others = drafts.iter();
        let twin = others
            .find(|it| it.name.pascal() == old.pascal() && it.name.pascal() != draft.name.pascal());
        if let Some(twin) = twin {
            problems.push(in_use("entity", &draft.name, was, &twin.name));
        }
    }
}

/// What is said of an old name that is in use.
pub fn in_use(what: &str, name: &Name, was: &Spanned<String>, twin: &Name) -> Diagnostic {
    let (name, old) = (name.written(), twin.written());
    let message = format!("the {what} `{name}` says that it was `{old}`, which is still there");
    Diagnostic::new(Code::Contradiction, message)
        .label(was.span, format!("the schema has `{old}` too"))
        .help(format!("if `{name}` has its new name in the databases by now, take `was:` away"))
        .help("two names change places, and an old name is used again, in steps: rename one, run `svcgen generate`, then the next")
}

/// Entities that a service no longer has, by the names they had.
pub fn entities(
    written: Written<'_>,
    document: &Document,
    problems: &mut Vec<Diagnostic>,
) -> Vec<String> {
    let is_there = |name: &str| {
        let pascal = Name::new(name);
        let mut entities = document.entities.iter();
        entities.any(|entity| {
            let written = entity.doc.entity.as_ref();
            written.is_some_and(|it| Name::new(&it.value).pascal() == pascal.pascal())
        })
    };
    names(written, is_there, "entity", problems)
}

fn names(
    written: Written<'_>,
    is_there: impl Fn(&str) -> bool,
    what: &str,
    problems: &mut Vec<Diagnostic>,
) -> Vec<String> {
    let written = written.map_or(&[][..], |it| &it.value);
    for name in written.iter().filter(|it| is_there(&it.value)) {
        problems.push(
            Diagnostic::new(
                Code::Contradiction,
                format!("the {what} `{}` is gone, and is not", name.value),
            )
            .label(name.span, format!("the schema still has this {what}"))
            .help("remove one of the two"),
        );
    }
    written.iter().map(|it| it.value.clone()).collect()
}
