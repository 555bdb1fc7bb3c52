//! A removal on PostgreSQL: one statement, so that it costs one round trip and no transaction
//! is held open.
//!
//! Its parts see one snapshot. What goes further down is found by what really went further up,
//! and the copies are made of the rows that the deletions return: no copy is stale. A child that
//! somebody else adds in the meantime is seen by none of the parts, but by the foreign key, which
//! is checked at the end and refuses the whole: then the removal is run again under locks. Where
//! records take records of their own kind along, the locks come first: which rows those are
//! is decided before any of them is held.

use crate::dialect::{self, Dialect, quoted};
use crate::tables::build::{ARCHIVE_REFERENCES, archive_name, id_type, is_archived};
use crate::tables::{ColumnType, Table};

use super::super::linking::{in_order, raised};
use super::super::sql::{column_names, columns_of, only};
use super::Removal;
use super::going::{Cut, Going, Tie};
use super::levels::{Level, descendants};
use super::steps::{Copied, own_columns, purge_after};

/// The numbers of the parameters after the id and the version.
struct Numbers {
    batch: usize,
}

pub fn add(going: &Going<'_>, removal: &mut Removal) {
    let Some(dialect) = dialect::ALL.iter().find(|it| it.name() == "postgres") else {
        return;
    };
    let numbers = Numbers {
        batch: if going.root.automatic.version { 3 } else { 2 },
    };
    let parts = parts(*dialect, going, &numbers);
    let doc = format!(
        "The whole removal of {}: what goes, its copies, and what is cut.",
        super::super::naming::Naming::of(going.root).a_sentence
    );
    let text = format!(
        "with {}\nselect count(*)\nfrom gone_{}",
        parts.join(",\n"),
        going.root.name.plural_snake()
    );
    removal.postgres.push(only("REMOVE", &doc, &text));
}

fn parts(dialect: &dyn Dialect, going: &Going<'_>, numbers: &Numbers) -> Vec<String> {
    let mut parts = Vec::new();
    for (level, table) in going.levels.iter().zip(&going.tables) {
        let entity = going.entity(level);
        let returned = if is_archived(entity) {
            columns_of(entity)
        } else {
            key(table)
        };
        parts.push(gone(&level.table, &rows(going, level), &returned));
    }
    for link in &going.links {
        let ties: Vec<String> = link
            .ties
            .iter()
            .map(|(column, level)| refers(column, &going.levels[*level].table))
            .collect();
        let returned = if link.archived {
            column_names(link.table).join(", ")
        } else {
            key(link.table)
        };
        parts.push(gone(&link.table.name, &ties.join(" or "), &returned));
    }
    for cut in &going.cuts {
        for tie in cut.ties.iter().filter(|it| it.remembered) {
            let number = parts.len();
            parts.push(remembered(dialect, going, cut, tie, numbers, number));
        }
        parts.push(cut_loose(dialect, going, cut));
    }
    for (level, table) in going.levels.iter().zip(&going.tables) {
        let entity = going.entity(level);
        if is_archived(entity) {
            let copied = Copied::records(table, entity);
            parts.push(kept(dialect, going, &copied, numbers));
        }
    }
    for link in going.links.iter().filter(|it| it.archived) {
        let copied = Copied::links(link.table, link.keeper);
        parts.push(kept(dialect, going, &copied, numbers));
    }
    parts
}

fn refers(column: &str, gone: &str) -> String {
    format!("{} in (select id from gone_{gone})", quoted(column))
}

/// What holds for the rows of a level, told by the rows above that really went.
fn rows(going: &Going<'_>, level: &Level) -> String {
    let table = quoted(&level.table);
    let mut starts = Vec::new();
    let mut conditions = Vec::new();
    if level.entity == going.levels[0].entity {
        let mut root = "id = $1".to_owned();
        if going.root.automatic.version {
            root.push_str(" and version = coalesce($2, version)");
        }
        starts.push(format!("select id from {table} where {root}"));
        if going.tables[0].guarded || going.tables.iter().any(|it| it.guarded) {
            root.push_str(
                "\n        and (select set_config('svcgen.archiving', 'on', true)) = 'on'",
            );
        }
        conditions.push(root);
    }
    for (above, column) in &level.via {
        let condition = refers(column, above);
        starts.push(format!("select id from {table} where {condition}"));
        conditions.push(condition);
    }
    if level.own.is_empty() {
        return conditions.join(" or ");
    }
    let mut rows = format!(
        "id in ({})",
        descendants(&level.table, &level.own, &starts.join(" union "))
    );
    if level.entity == going.levels[0].entity && going.tables.iter().any(|it| it.guarded) {
        rows.push_str("\n        and (select set_config('svcgen.archiving', 'on', true)) = 'on'");
    }
    rows
}

fn gone(name: &str, rows: &str, returned: &str) -> String {
    format!(
        "gone_{name} as (\n    delete from {}\n    where {rows}\n    returning {returned}\n)",
        quoted(name)
    )
}

fn key(table: &Table) -> String {
    let key: Vec<String> = table.primary_key.iter().map(|it| quoted(it)).collect();
    key.join(", ")
}

fn kept(
    dialect: &dyn Dialect,
    going: &Going<'_>,
    copied: &Copied<'_>,
    numbers: &Numbers,
) -> String {
    let columns = &copied.columns;
    let first = numbers.batch;
    let text = |offset: usize| dialect.parameter(first + offset, ColumnType::Text);
    format!(
        "kept_{0} as (\n    insert into {1} (\n        {2}, {columns}\n    )\n    select {3}, {4}, {5}, {6}, {7}, {8}, '{9}', {10}, {11}, {12}, {columns}\n    from gone_{0}\n)",
        copied.table.name,
        quoted(&archive_name(&copied.table.name)),
        own_columns().replace("\n    ", "\n        "),
        dialect.new_ordered_uuid(),
        dialect.parameter(first, ColumnType::Uuid),
        dialect.now(),
        text(1),
        text(2),
        text(3),
        going.root.name.plural_snake(),
        text(5),
        dialect.parameter(first + 4, ColumnType::Bigint),
        purge_after(dialect, copied.keeper, dialect.now()),
    )
}

fn cut_loose(dialect: &dyn Dialect, going: &Going<'_>, cut: &Cut<'_>) -> String {
    let table = cut.child.name.plural_snake();
    let refers = |tie: &Tie| refers(&tie.column, &going.levels[tie.level].table);
    let mut assignments: Vec<String> = match cut.ties.as_slice() {
        [only] if cut.links.is_empty() => vec![format!("{} = null", quoted(&only.column))],
        several => several
            .iter()
            .map(|tie| {
                let column = quoted(&tie.column);
                format!(
                    "{column} = case when {} then null else {column} end",
                    refers(tie)
                )
            })
            .collect(),
    };
    assignments.extend(raised(cut.child, dialect.now()));
    let shown = cut.links.iter().map(|it| {
        format!(
            "id in (select {} from gone_{} where {})",
            quoted(&it.own_column),
            it.table,
            self::refers(&it.column, &going.levels[it.level].table)
        )
    });
    let conditions: Vec<String> = cut.ties.iter().map(refers).chain(shown).collect();
    let rows = format!("({}){}", conditions.join(" or "), stays(going, cut));
    format!(
        "cut_{table} as (\n    update {}\n    set {}\n    where {}\n)",
        quoted(table),
        assignments.join(",\n        "),
        in_order(dialect, &quoted(table), &rows).replace('\n', "\n    ")
    )
}

/// That a row does not go itself: PostgreSQL changes a row once in a statement.
fn stays(going: &Going<'_>, cut: &Cut<'_>) -> String {
    match cut.own_level {
        None => String::new(),
        Some(own) => format!(
            " and id not in (select id from gone_{})",
            going.levels[own].table
        ),
    }
}

fn remembered(
    dialect: &dyn Dialect,
    going: &Going<'_>,
    cut: &Cut<'_>,
    tie: &Tie,
    numbers: &Numbers,
    number: usize,
) -> String {
    let table = cut.child.name.plural_snake();
    let target = going.entity(&going.levels[tie.level]);
    format!(
        "remembered_{number} as (\n    insert into {ARCHIVE_REFERENCES}\n        (archive_id, archive_batch, table_name, column_name, row_id, target_id)\n    select {}, {}, '{table}', '{}', {}, {}\n    from {}\n    where {}{}\n)",
        dialect.new_ordered_uuid(),
        dialect.parameter(numbers.batch, ColumnType::Uuid),
        tie.column,
        dialect.as_text("id", id_type(cut.child.id)),
        dialect.as_text(&quoted(&tie.column), id_type(target.id)),
        quoted(table),
        refers(&tie.column, &going.levels[tie.level].table),
        stays(going, cut)
    )
}
