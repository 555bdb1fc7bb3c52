//! The statements of a restore.
//!
//! `candidate` is what would come back: the archived values as the schema of today has them
//! ([`super::past`]), or those that the caller overrides.

use crate::dialect::{self, Dialect, quoted};
use crate::model::Entity;
use crate::tables::build::{archive_columns, archive_name};
use crate::tables::{CheckRule, Column, Table, derived_name};

use super::super::super::Context;
use super::super::super::migrations::dialects;
use super::super::sql::{COLUMNS, Statement, statement};
use super::super::text::{Shared, constant, filled, listed};
use super::past::Past;

/// What the statements of a restore share.
pub struct Pieces {
    shared: Vec<Shared>,
    candidates: Vec<(&'static str, &'static str)>,
    /// The conflicts that are told in the same words on every database.
    common: Vec<String>,
}

impl Pieces {
    /// The values of a candidate in each dialect, and what it can lack.
    pub fn of(context: &Context<'_>, table: &Table, twin: &Table) -> Self {
        let mut pieces = Self {
            shared: Vec::new(),
            candidates: Vec::new(),
            common: Vec::new(),
        };
        let dialects = dialects(context.service);
        let texts: Vec<String> = dialects
            .iter()
            .map(|it| listed(&values(*it, table, twin), ""))
            .collect();
        let is_one = texts.windows(2).all(|pair| pair[0] == pair[1]);
        for (dialect, text) in dialects.iter().zip(&texts) {
            let name = match dialect.name() {
                _ if is_one => "CANDIDATE",
                "sqlite" => "SQLITE_CANDIDATE",
                _ => "POSTGRES_CANDIDATE",
            };
            let doc = "What would come back: archived values, or those that are overridden.";
            if pieces.shared.iter().all(|it| it.name != name) {
                pieces.shared.push(Shared::new(name, doc, text));
            }
            pieces.candidates.push((dialect.name(), name));
        }
        let mut each = dialects
            .iter()
            .map(|it| conflicts(context, *it, table, twin));
        let first = each.next().unwrap_or_default();
        if let Some(second) = each.next() {
            let is_common = |it: &String| second.contains(it);
            pieces.common = first.into_iter().filter(is_common).collect();
        }
        if !pieces.common.is_empty() {
            let doc = "What stands in the way of a restore, whatever the database.";
            let text = pieces.common.join("\nunion all ");
            pieces
                .shared
                .push(Shared::new(COMMON_CONFLICTS, doc, &text));
        }
        pieces
    }

    /// The constants.
    pub fn shared(self) -> Vec<Shared> {
        self.shared
    }

    fn candidate(&self, dialect: &dyn Dialect) -> String {
        let named = self.candidates.iter().find(|(of, _)| *of == dialect.name());
        constant(named.map_or("CANDIDATE", |(_, name)| *name))
    }
}

const COMMON_CONFLICTS: &str = "COMMON_CONFLICTS";

pub fn of(
    context: &Context<'_>,
    entity: &Entity,
    table: &Table,
    twin: &Table,
    late: &[(usize, String)],
    pieces: &Pieces,
) -> Vec<Statement> {
    let service = context.service;
    let archive = quoted(&archive_name(&table.name));
    let sentence = entity.name.sentence();
    let of_batch = "where archive_batch = $1 and archive_id = coalesce($2, archive_id)";
    let make = |name: &str, doc: String, text: &dyn Fn(&dyn Dialect) -> String| {
        statement(service, name, &doc, text)
    };
    let mut statements = vec![
        make(
            "FIND_ARCHIVED",
            format!("One archived {sentence}."),
            &|_| {
                format!(
                    "select {}\nfrom {archive}\nwhere archive_id = $1",
                    columns()
                )
            },
        ),
        make(
            "BATCH",
            format!("The batch of one archived {sentence}."),
            &|_| format!("select archive_batch\nfrom {archive}\nwhere archive_id = $1"),
        ),
        make(
            "HOLD",
            "What is restored, held until the transaction ends.".to_owned(),
            &|dialect| {
                format!(
                    "select archive_id\nfrom {archive}\n{of_batch}{}",
                    dialect.for_update()
                )
            },
        ),
        make(
            "CONFLICTS",
            "What stands in the way of a restore.".to_owned(),
            &|dialect| {
                let values = pieces.candidate(dialect);
                let candidate = candidate(dialect, &values, table, twin, of_batch);
                let mut conflicts = conflicts(context, dialect, table, twin);
                conflicts.retain(|it| !pieces.common.contains(it));
                if !pieces.common.is_empty() {
                    conflicts.push(constant(COMMON_CONFLICTS));
                }
                format!("{candidate}\n{}", conflicts.join("\nunion all "))
            },
        ),
        make(
            "AMEND",
            format!(
                "Other values for one archived {sentence}, which is then as if it were removed today."
            ),
            &|dialect| {
                let mut set = vec![format!(
                    "({}) = (\n    select {}{}\n)",
                    constant(COLUMNS),
                    pieces.candidate(dialect),
                    version_before(table)
                )];
                set.extend(unconverted(dialect, table, twin));
                // Younger than any migration, none of which is to give it other values again.
                set.push(format!("archive_schema = {}", i64::MAX));
                format!(
                    "update {archive}\nset {}\nwhere archive_batch = $1 and archive_id = $2",
                    set.join(",\n    ")
                )
            },
        ),
        make(
            "RESTORE",
            format!("The {sentence} as it comes back."),
            &|dialect| {
                format!(
                    "insert into {} ({}){}\nselect {}\nfrom {archive}\n{of_batch}\nreturning id",
                    quoted(&table.name),
                    constant(COLUMNS),
                    if table.identity {
                        dialect.overriding()
                    } else {
                        ""
                    },
                    pieces.candidate(dialect),
                )
            },
        ),
        make(
            "FORGET",
            "The end of what came back in the archive.".to_owned(),
            &|_| format!("delete from {archive}\n{of_batch}"),
        ),
    ];
    if !late.is_empty() {
        statements.push(refer(service, table, late));
    }
    statements
}

/// Takes back that a candidate is one version ahead, where it is not restored yet.
fn version_before(table: &Table) -> &'static str {
    if table.column("version").is_some() {
        "\n    from (select coalesce(version, 0) - 1 as version) as before"
    } else {
        ""
    }
}

/// The columns of an archive: its own, which never change, and those of its table.
pub fn columns() -> String {
    let own: Vec<String> = archive_columns().into_iter().map(|it| it.name).collect();
    format!("{}, {}", filled(&own, "    "), constant(COLUMNS))
}

/// The references to records that came back later than what refers to them.
fn refer(service: &crate::model::Service, table: &Table, late: &[(usize, String)]) -> Statement {
    let (name, archive) = (quoted(&table.name), quoted(&archive_name(&table.name)));
    let set: Vec<String> = late
        .iter()
        .map(|(_, column)| {
            let column = quoted(column);
            format!(
                "{column} = (select copy.{column} from {archive} as copy where copy.id = {name}.id and copy.archive_batch = $1)"
            )
        })
        .collect();
    let text = format!(
        "update {name}\nset {}\nwhere id in (select id from {archive} where archive_batch = $1)",
        set.join(",\n    ")
    );
    let doc = "The references to what came back later in the same batch.";
    statement(service, "REFER", doc, |_| text.clone())
}

fn candidate(
    dialect: &dyn Dialect,
    values: &str,
    table: &Table,
    archive: &Table,
    of_batch: &str,
) -> String {
    let lost: Vec<String> = lost(dialect, table, archive)
        .iter()
        .map(|it| format!(",\n        {it}"))
        .collect();
    let lost = lost.concat();
    format!(
        "with candidate as (\n    select archive_id, {values}{lost}\n    from {}\n    {of_batch}\n)",
        quoted(&archive.name)
    )
}

/// What comes back, column by column.
fn values(dialect: &dyn Dialect, table: &Table, archive: &Table) -> Vec<String> {
    let past = Past::of(dialect, archive);
    let value = |(column, flag): (&Column, Option<usize>)| {
        let value = match (column.name.as_str(), flag) {
            (_, Some(flag)) => {
                let archived = past.value(column);
                format!("case when ${flag} then ${} else {archived} end", flag + 1)
            }
            ("version", None) => "coalesce(version, 0) + 1".to_owned(),
            ("created_at", None) => format!("coalesce(created_at, {})", dialect.now()),
            ("updated_at", None) => dialect.now().to_owned(),
            (_, None) => past.value(column),
        };
        format!("{value} as {}", quoted(&column.name))
    };
    flagged(table).map(value).collect()
}

/// The archived values that are none of the type of today and are not overridden.
fn lost(dialect: &dyn Dialect, table: &Table, archive: &Table) -> Vec<String> {
    let past = Past::of(dialect, archive);
    let lost = |(column, flag): (&Column, Option<usize>)| {
        let before = past.unconverted(column)?;
        Some(format!(
            "case when not ${} and {} is null then {before} end as {}",
            flag?,
            quoted(&column.name),
            lost_name(&column.name)
        ))
    };
    flagged(table).filter_map(lost).collect()
}

/// What values were before their types changed, without those that are overridden.
fn unconverted(dialect: &dyn Dialect, table: &Table, archive: &Table) -> Vec<String> {
    let past = Past::of(dialect, archive);
    let without = |(column, flag): (&Column, Option<usize>)| {
        let before = past.before(column).into_iter().map(|it| quoted(&it.name));
        let set = |flag| {
            before.map(move |it| format!("{it} = case when ${flag} then null else {it} end"))
        };
        flag.map(set)
    };
    flagged(table).filter_map(without).flatten().collect()
}

/// The columns, each with the number of the parameter that says whether it is overridden; what
/// comes by itself, or is no longer in the schema, nobody overrides.
fn flagged(table: &Table) -> impl Iterator<Item = (&Column, Option<usize>)> {
    let mut number = 1;
    table.columns.iter().map(move |column| {
        let is_automatic = matches!(
            column.name.as_str(),
            "version" | "created_at" | "updated_at"
        );
        if is_automatic || column.past.retired {
            return (column, None);
        }
        number += 2;
        (column, Some(number))
    })
}

/// What a candidate has of a value that could not be converted.
fn lost_name(column: &str) -> String {
    quoted(&derived_name(&[column], "lost"))
}

/// One select for each thing that can stand in the way: the archived record, the code, the
/// column, what else it is about, and the batch of that. The first says of which type they are, so
/// that the others can have plain nulls.
fn conflicts(
    context: &Context<'_>,
    dialect: &dyn Dialect,
    table: &Table,
    archive: &Table,
) -> Vec<String> {
    let live = quoted(&table.name);
    let mut all = vec![format!(
        "select candidate.archive_id, 'ID_TAKEN', 'id', {}, {}\nfrom candidate join {live} as live on live.id = candidate.id",
        dialect.shown("live.id"),
        dialect.null_uuid()
    )];
    for index in table.indexes.iter().filter(|it| it.unique) {
        let same = |other: &str| {
            let columns = index.terms.iter().map(|it| quoted(&it.column));
            let same = columns.map(|column| format!("{other}.{column} = candidate.{column}"));
            same.collect::<Vec<_>>().join(" and ")
        };
        all.push(format!(
            "select candidate.archive_id, 'UNIQUE_TAKEN', '{}', {}, null\nfrom candidate join {live} as live on {}",
            index.terms[0].column,
            dialect.shown("live.id"),
            same("live")
        ));
        // Once removed, records may have become equal: by a key that was not unique then, or by
        // values that are others now.
        all.push(format!(
            "select candidate.archive_id, 'UNIQUE_TWICE', '{}', {}, null\nfrom candidate join candidate as other\n    on other.archive_id <> candidate.archive_id and {}",
            index.terms[0].column,
            dialect.shown("other.id"),
            same("other")
        ));
    }
    for key in &table.foreign_keys {
        let column = quoted(&key.column);
        // A record may be in the archive several times: what comes back together with this one
        // is not missing.
        let batch = match context.schema.archive_of(&key.table) {
            Some(twin) => format!(
                "(select gone.archive_batch from {} as gone where gone.id = candidate.{column} order by gone.archive_batch = $1 desc, gone.archived_at desc limit 1)",
                quoted(&twin.name)
            ),
            None => "null".to_owned(),
        };
        let itself = if key.table == table.name {
            format!(" and candidate.{column} <> candidate.id")
        } else {
            String::new()
        };
        all.push(format!(
            "select candidate.archive_id, 'PARENT_MISSING', '{}', {}, {batch}\nfrom candidate\nwhere candidate.{column} is not null{itself}\n    and not exists (select 1 from {} as live where live.id = candidate.{column})",
            key.column,
            dialect.shown(&format!("candidate.{column}")),
            quoted(&key.table)
        ));
    }
    for check in &table.checks {
        let Some(column) = table.column(&check.column) else {
            continue;
        };
        let is_enum = check
            .rules
            .iter()
            .any(|it| matches!(it, CheckRule::OneOf(_)));
        all.push(format!(
            "select archive_id, '{}', '{}', {}, null\nfrom candidate where not ({})",
            if is_enum {
                "ENUM_VALUE_REMOVED"
            } else {
                "CHECK_FAILED"
            },
            check.column,
            if is_enum {
                dialect.shown(&quoted(&check.column))
            } else {
                "null".to_owned()
            },
            dialect::check_condition(dialect, check, column.ty)
        ));
    }
    for column in &archive.columns {
        let is_live = |it: &Column| !it.past.retired;
        if column.past.converted_from.is_some() && table.column(&column.name).is_some_and(is_live) {
            let lost = lost_name(&column.name);
            all.push(format!(
                "select archive_id, 'VALUE_NOT_CONVERTED', '{}', {lost}, null\nfrom candidate\nwhere {lost} is not null",
                column.name,
            ));
        }
    }
    let required = table.columns.iter().filter(|it| !it.nullable);
    for column in
        required.filter(|it| !matches!(it.name.as_str(), "version" | "created_at" | "updated_at"))
    {
        all.push(format!(
            "select archive_id, 'REQUIRED_VALUE_MISSING', '{}', null, null\nfrom candidate where {} is null",
            column.name,
            quoted(&column.name)
        ));
    }
    all
}
