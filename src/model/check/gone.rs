//! What the schema says of fields and entities that it no longer has.

use super::draft::Draft;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::Name;
use crate::schema::Document;
use crate::schema::service::ServiceDoc;
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

/// Entities that a service no longer has, by the names they had.
pub fn entities(
    service: &ServiceDoc,
    document: &Document,
    problems: &mut Vec<Diagnostic>,
) -> (Vec<String>, Vec<String>) {
    let is_there = |name: &str| {
        let pascal = Name::new(name);
        let mut entities = document.entities.iter();
        entities.any(|entity| {
            let written = entity.doc.entity.as_ref();
            written.is_some_and(|it| Name::new(&it.value).pascal() == pascal.pascal())
        })
    };
    let dropped = names(service.dropped.as_ref(), is_there, "entity", problems);
    let kept = names(service.kept.as_ref(), is_there, "entity", problems);
    (dropped, kept)
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
