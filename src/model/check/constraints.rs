//! Constraints and indexes: their names, which databases keep in one space and cut
//! when they are long, and what declares one of them twice.

use super::clashes::Taken;
use super::columns::MAX_COLUMNS;
use super::draft::Draft;
use super::naming::{LONGEST, too_long};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Field, FieldKind};
use crate::schema::values::OneOrMany;
use crate::source::{Span, Spanned};

/// Checks the names that one entity gives rise to. Tables are taken already: an index
/// shares their space on both engines.
pub fn check(draft: &Draft<'_>, taken: &mut Taken, problems: &mut Vec<Diagnostic>) {
    let table = draft.table();
    // The table's own name is reported then, and is what has to change.
    if table.len() + "_archive".len() > LONGEST {
        return;
    }
    for (member, _, field) in draft.columns() {
        let Some(field) = field else { continue };
        let column = field.column();
        // `_check` stands for every constraint that a limit or an enum may need, also a later one.
        let suffix = if matches!(field.kind, FieldKind::Reference(_)) {
            "fkey"
        } else {
            "check"
        };
        let name = format!("{table}_{column}_{suffix}");
        if name.len() > LONGEST {
            problems.push(too_long(
                member.at,
                &format!("a constraint of `{}`", member.name),
                &name,
            ));
        }
        if field.unique {
            let what = format!("`{}.{}` is unique by itself", draft.name, member.name);
            take(
                taken,
                &format!("{table}_{column}_key"),
                member.at,
                what,
                problems,
            );
        }
    }
    sets(
        draft,
        draft.doc.unique.as_ref(),
        "key",
        "this unique constraint",
        taken,
        problems,
    );
    sets(
        draft,
        draft.doc.indexes.as_ref(),
        "idx",
        "this index",
        taken,
        problems,
    );
}

fn sets(
    draft: &Draft<'_>,
    sets: Option<&Spanned<Vec<Spanned<OneOrMany>>>>,
    suffix: &str,
    what: &str,
    taken: &mut Taken,
    problems: &mut Vec<Diagnostic>,
) {
    for set in sets.map_or(&[][..], |sets| &sets.value) {
        let columns: Vec<String> = set
            .value
            .0
            .iter()
            .map(|name| column(draft, &name.value))
            .collect();
        if columns.is_empty() {
            problems.push(
                Diagnostic::new(Code::UnsuitableColumn, format!("{what} has no columns"))
                    .label(set.span, "at least one belongs here"),
            );
            continue;
        }
        let name = format!("{}_{}_{suffix}", draft.table(), columns.join("_"));
        if name.len() > LONGEST && columns.len() <= MAX_COLUMNS {
            problems.push(too_long(set.span, &format!("the name of {what}"), &name));
        }
        take(
            taken,
            &name,
            set.span,
            format!("{what} of `{}`", draft.name),
            problems,
        );
    }
}

fn take(taken: &mut Taken, name: &str, at: Span, what: String, problems: &mut Vec<Diagnostic>) {
    if let Some((first, other)) = taken.take(name.to_owned(), at, what.clone()) {
        problems.push(
            Diagnostic::new(
                Code::NameClash,
                format!("two things need the name `{name}` in the database"),
            )
            .label(at, what)
            .label(first, other)
            .help("remove one of them when they mean the same, or rename a field"),
        );
    }
}

/// A column as constraints are named after it; what is unknown is reported elsewhere.
fn column(draft: &Draft<'_>, written: &str) -> String {
    let name = written.trim().trim_start_matches('-');
    let found = draft
        .columns()
        .find(|(member, _, _)| member.name.snake() == name);
    found
        .and_then(|(_, _, field)| field)
        .map_or_else(|| name.to_owned(), Field::column)
}
