//! From a violated constraint of the database to a client's error with a pointer.
//!
//! PostgreSQL names the constraint. SQLite names the table and the columns of a unique
//! one, and the name of a check; for a foreign key the database layer finds the column.

use super::{Error, Kind};
use crate::db::DbError;
use crate::input::Violations;

/// One named constraint that a statement can violate, and what to tell the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Constraint {
    name: &'static str,
    rule: Rule,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    Unique {
        table: &'static str,
        columns: &'static [&'static str],
        pointer: &'static str,
    },
    Reference {
        pointer: &'static str,
    },
    Restrict {
        by: &'static str,
    },
    Check {
        pointer: &'static str,
    },
}

impl Constraint {
    /// No two rows have the same values in these columns: 409 `ALREADY_EXISTS`.
    pub const fn unique(
        name: &'static str,
        table: &'static str,
        columns: &'static [&'static str],
        pointer: &'static str,
    ) -> Self {
        Self {
            name,
            rule: Rule::Unique {
                table,
                columns,
                pointer,
            },
        }
    }

    /// What the field refers to exists: 422 otherwise.
    pub const fn reference(name: &'static str, pointer: &'static str) -> Self {
        Self {
            name,
            rule: Rule::Reference { pointer },
        }
    }

    /// What is removed is not referred to any more: 409 `FAILED_PRECONDITION`
    /// otherwise. `by` says who refers, in the plural, such as `order lines`.
    pub const fn restrict(name: &'static str, by: &'static str) -> Self {
        Self {
            name,
            rule: Rule::Restrict { by },
        }
    }

    /// The value is within its limits: 422 otherwise.
    pub const fn check(name: &'static str, pointer: &'static str) -> Self {
        Self {
            name,
            rule: Rule::Check { pointer },
        }
    }
}

/// The client's error for a database error, if one of the constraints explains it.
pub(super) fn explain(error: &DbError, constraints: &'static [Constraint]) -> Option<Error> {
    match error {
        DbError::Unique {
            constraint,
            table,
            columns,
        } => {
            let violated = |it: &&Constraint| match it.rule {
                Rule::Unique {
                    table: ours,
                    columns: our_columns,
                    ..
                } => {
                    constraint.as_deref() == Some(it.name)
                        || (table == ours && same(our_columns, columns))
                }
                _ => false,
            };
            constraints.iter().find(violated).map(taken)
        }
        DbError::ForeignKey { constraint, .. } => foreign(constraint.as_deref(), constraints),
        DbError::Check { constraint } => {
            let violated = constraints.iter().find(|it| it.name == constraint)?;
            // A value can be too long for the index of a unique field.
            let (Rule::Check { pointer } | Rule::Unique { pointer, .. }) = violated.rule else {
                return None;
            };
            let mut found = Violations::new();
            found.add(
                pointer,
                "OUT_OF_RANGE",
                "The value breaks a rule of this field.",
            );
            Some(Error::invalid(found))
        }
        _ => None,
    }
}

fn same(ours: &[&str], theirs: &[String]) -> bool {
    ours.len() == theirs.len() && ours.iter().all(|it| theirs.iter().any(|other| other == it))
}

fn taken(constraint: &Constraint) -> Error {
    let mut found = Violations::new();
    if let Rule::Unique {
        pointer, columns, ..
    } = constraint.rule
    {
        let detail = match columns {
            [_] => "This value is taken already.".to_owned(),
            several => format!(
                "This combination of {} is taken already.",
                several.join(", ")
            ),
        };
        found.add(pointer, "ALREADY_EXISTS", detail);
    }
    Error::new(
        Kind::AlreadyExists,
        "ALREADY_EXISTS",
        "Something with the same unique value exists already.",
    )
    .with_violations(found)
}

/// Where no constraint is named, every reference of the statement is a candidate, and all of
/// them are listed.
fn foreign(name: Option<&str>, constraints: &'static [Constraint]) -> Option<Error> {
    let candidates = || {
        constraints
            .iter()
            .filter(|it| name.is_none_or(|name| it.name == name))
    };
    let pointers: Vec<&str> = candidates()
        .filter_map(|it| match it.rule {
            Rule::Reference { pointer } => Some(pointer),
            _ => None,
        })
        .collect();
    if !pointers.is_empty() {
        let detail = match pointers.len() {
            1 => "What this refers to does not exist.",
            _ => "What this, or another of the fields listed here, refers to does not exist.",
        };
        let mut found = Violations::new();
        for pointer in pointers {
            found.add(pointer, "REFERENCE_NOT_FOUND", detail);
        }
        return Some(
            Error::invalid(found).with_detail("A field refers to something that does not exist."),
        );
    }
    let by: Vec<&str> = candidates()
        .filter_map(|it| match it.rule {
            Rule::Restrict { by } => Some(by),
            _ => None,
        })
        .collect();
    if by.is_empty() {
        return None;
    }
    let detail = format!("It is still referred to by {}.", by.join(" or "));
    Some(Error::failed_precondition("STILL_REFERENCED", detail))
}

impl Error {
    fn with_detail(mut self, detail: &'static str) -> Self {
        self.0.detail = detail.into();
        self
    }
}
