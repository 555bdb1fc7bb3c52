//! A removal on SQLite: one statement after the other, on the only connection that writes.
//!
//! All copies are made before anything changes, so that each is of what goes; references
//! are cut before their rows end, so that records which refer to each other can go together.

use crate::dialect::{self, Dialect, quoted};
use crate::model::Entity;
use crate::tables::build::{
    ARCHIVE_REFERENCES, archive_columns, archive_name, archive_options, id_type, is_archived,
};
use crate::tables::{ColumnType, Table};

use super::super::linking::raised;
use super::super::sql::{Statement, column_names, columns_of, only};
use super::super::text::filled;
use super::going::{Cut, Going, Tie};
use super::levels::member;
use super::preview::staying;
use super::{End, Removal, constant, named};

pub fn add(going: &Going<'_>, removal: &mut Removal) {
    let Some(dialect) = dialect::ALL.iter().find(|it| it.name() == "sqlite") else {
        return;
    };
    if removal.restricted {
        removal.sqlite.push(restricted(going));
    }
    let mut copied: Vec<&str> = Vec::new();
    for (level, table) in going.levels.iter().zip(&going.tables) {
        let entity = going.entity(level);
        if is_archived(entity) {
            let rows = Copied::records(table, entity);
            let copy = copy(*dialect, &rows, going.root, &level.rows);
            removal.copies.push(named(&mut removal.sqlite, copy));
            copied.push(&table.name);
        }
    }
    for link in going.links.iter().filter(|it| it.archived) {
        let rows = link_rows(going, &link.ties);
        let links = Copied::links(link.table, link.keeper);
        let copy = copy(*dialect, &links, going.root, &rows);
        removal.copies.push(named(&mut removal.sqlite, copy));
        copied.push(&link.table.name);
    }
    for cut in &going.cuts {
        for tie in cut.ties.iter().filter(|it| it.remembered) {
            let remember = remember(*dialect, going, cut, tie);
            removal
                .remembered
                .push(named(&mut removal.sqlite, remember));
        }
        removal
            .cuts
            .push(named(&mut removal.sqlite, cut_loose(*dialect, going, cut)));
    }
    let links = going
        .links
        .iter()
        .map(|link| (&link.table.name, link_rows(going, &link.ties)));
    let levels = going.levels.iter().rev();
    for (table, rows) in links.chain(levels.map(|level| (&level.table, level.rows.clone()))) {
        let delete = named(&mut removal.sqlite, end(table, &rows));
        let copy = match copied.iter().position(|it| it == table) {
            Some(at) => format!("Some({at})"),
            None => "None".to_owned(),
        };
        removal.ends.push(End { delete, copy });
    }
}

fn link_rows(going: &Going<'_>, ties: &[(String, usize)]) -> String {
    let ties: Vec<String> = ties
        .iter()
        .map(|(column, level)| format!("{} {}", quoted(column), member(&going.levels[*level].ids)))
        .collect();
    ties.join(" or ")
}

fn restricted(going: &Going<'_>) -> Statement {
    let kept: Vec<String> = going
        .restricts
        .iter()
        .map(|it| {
            format!(
                "exists (select 1 from {} where {})",
                quoted(&it.table),
                staying(going, &it.column, it.level, it.own_level)
            )
        })
        .collect();
    let doc = format!("Whether anything keeps the {}.", going.root.name.sentence());
    only(
        "RESTRICTED",
        &doc,
        &format!("select true\nwhere {}", kept.join("\n    or ")),
    )
}

/// The copy of rows into their archive: `$2` the batch, `$3` who, `$4` why, `$5` the request,
/// `$6` the schema's number, `$7` the record as text, `$8` when. The keeper's retention says how
/// long the rows must stay.
fn copy(dialect: &dyn Dialect, copied: &Copied<'_>, root: &Entity, rows: &str) -> Statement {
    let name = &copied.table.name;
    let columns = &copied.columns;
    let text = format!(
        "insert into {} (\n    {}, {columns}\n)\nselect {}, $2, $8, $3, $4, $5, '{}', $7, $6, {}, {columns}\nfrom {}\nwhere {rows}",
        quoted(&archive_name(name)),
        own_columns(),
        dialect.new_ordered_uuid(),
        root.name.plural_snake(),
        purge_after(dialect, copied.keeper, "$8"),
        quoted(name)
    );
    let doc = format!(
        "The copy of the {} that go, in their archive.",
        name.replace('_', " ")
    );
    only(&constant("ARCHIVE", name), &doc, &text)
}

/// A table whose rows are copied into their archive.
pub struct Copied<'a> {
    /// The table.
    pub table: &'a Table,
    /// Its columns, as statements name them.
    pub columns: String,
    /// Whose retention the copies have.
    pub keeper: &'a Entity,
}

impl<'a> Copied<'a> {
    /// The table of an entity.
    pub fn records(table: &'a Table, entity: &'a Entity) -> Self {
        Self {
            table,
            columns: columns_of(entity),
            keeper: entity,
        }
    }

    /// A link table.
    pub fn links(table: &'a Table, keeper: &'a Entity) -> Self {
        Self {
            table,
            columns: column_names(table).join(", "),
            keeper,
        }
    }
}

/// An archive's own columns that a copy fills.
pub fn own_columns() -> String {
    let own: Vec<String> = archive_columns()
        .into_iter()
        .map(|column| column.name)
        .filter(|name| !matches!(name.as_str(), "archive_hold" | "archive_hash"))
        .collect();
    filled(&own, "    ")
}

/// Until when a copy must stay.
pub fn purge_after(dialect: &dyn Dialect, keeper: &Entity, at: &str) -> String {
    match archive_options(keeper).and_then(|archive| archive.retain) {
        Some(span) => dialect.plus(at, span.years, span.months, span.days),
        None => "null".to_owned(),
    }
}

fn end(table: &str, rows: &str) -> Statement {
    let doc = format!("The end of the {} that go.", table.replace('_', " "));
    only(
        &constant("DELETE", table),
        &doc,
        &format!("delete from {}\nwhere {rows}", quoted(table)),
    )
}

fn cut_loose(dialect: &dyn Dialect, going: &Going<'_>, cut: &Cut<'_>) -> Statement {
    let table = cut.child.name.plural_snake();
    let refers = |tie: &Tie| {
        format!(
            "{} {}",
            quoted(&tie.column),
            member(&going.levels[tie.level].ids)
        )
    };
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
    // What goes itself leaves as it was archived: the guard compares.
    let now = match cut.own_level {
        None => dialect.now().to_owned(),
        Some(own) => format!(
            "case when id {} then updated_at else {} end",
            member(&going.levels[own].ids),
            dialect.now()
        ),
    };
    assignments.extend(raised(cut.child, &now));
    let shown = cut.links.iter().map(|it| {
        format!(
            "id in (select {} from {} where {} {})",
            quoted(&it.own_column),
            quoted(&it.table),
            quoted(&it.column),
            member(&going.levels[it.level].ids)
        )
    });
    let conditions: Vec<String> = cut.ties.iter().map(refers).chain(shown).collect();
    let doc = format!(
        "Cuts {} loose from what goes.",
        cut.child.name.plural_sentence()
    );
    let text = format!(
        "update {}\nset {}\nwhere {}",
        quoted(table),
        assignments.join(",\n    "),
        conditions.join("\n    or ")
    );
    only(&constant("CUT", table), &doc, &text)
}

fn remember(dialect: &dyn Dialect, going: &Going<'_>, cut: &Cut<'_>, tie: &Tie) -> Statement {
    let table = cut.child.name.plural_snake();
    let target = going.entity(&going.levels[tie.level]);
    let doc = format!(
        "Remembers which {} refer to what goes, so that a restore can tie them again.",
        cut.child.name.plural_sentence()
    );
    let text = format!(
        "insert into {ARCHIVE_REFERENCES}\n    (archive_id, archive_batch, table_name, column_name, row_id, target_id)\nselect {}, {}, '{table}', '{}', {}, {}\nfrom {}\nwhere {}",
        dialect.new_ordered_uuid(),
        dialect.parameter(2, ColumnType::Uuid),
        tie.column,
        dialect.as_text("id", id_type(cut.child.id)),
        dialect.as_text(&quoted(&tie.column), id_type(target.id)),
        quoted(table),
        staying(going, &tie.column, tie.level, cut.own_level)
    );
    only(
        &constant("REMEMBER", &format!("{table}_{}", tie.column)),
        &doc,
        &text,
    )
}
