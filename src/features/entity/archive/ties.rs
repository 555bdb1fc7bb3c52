//! Ties that removals cut, and what ties them again: references that were detached, and links.
//!
//! A tie has two ends, and each may have been removed, in any order. It is tied when the last of
//! them comes back: what is remembered stays until then, whichever removal it was cut by.

use crate::dialect::{Dialect, quoted};
use crate::model::{Entity, FieldKind, OnArchive};
use crate::tables::build::{ARCHIVE_REFERENCES, archive_name, id_type, is_archived};
use crate::tables::{ForeignKey, Table, TableKind};

use super::super::super::Context;
use super::super::linking::{in_order, raised, shows};
use super::super::sql::{Statement, statement};

/// The statements of one kind of tie.
pub struct Tied {
    /// What it changes of the records that show it and did not go themselves.
    pub touches: Vec<Statement>,
    /// What ties it again.
    pub tie: Statement,
    /// What forgets that it was cut.
    pub forget: Statement,
}

impl Tied {
    /// All of them, in the order in which they run.
    pub fn statements(self) -> Vec<Statement> {
        let mut statements = self.touches;
        statements.extend([self.tie, self.forget]);
        statements
    }
}

/// For each kind of tie, what ties it again and what forgets that it was cut.
pub fn of(context: &Context<'_>) -> Vec<Tied> {
    let mut ties = Vec::new();
    for entity in &context.service.entities {
        for field in &entity.fields {
            if let FieldKind::Reference(reference) = &field.kind
                && reference.on_archive == OnArchive::Detach
            {
                let target = context.service.entity(reference.target);
                ties.push(detached(context, entity, &field.column(), target));
            }
        }
    }
    for table in &context.schema.tables {
        let twin = context.schema.archive_of(&table.name);
        if let Some(twin) = twin.filter(|_| table.kind == TableKind::Link) {
            ties.push(links(context, table, &twin.name));
        }
    }
    ties
}

fn detached(context: &Context<'_>, child: &Entity, column: &str, target: &Entity) -> Tied {
    let table = child.name.plural_snake();
    let name = format!("{}_{}", table.to_uppercase(), column.to_uppercase());
    let (live, parents) = (quoted(table), quoted(target.name.plural_snake()));
    // The case comes before the conversion: other rows hold ids of other types.
    let part = |dialect: &dyn Dialect, of: &str, ty| {
        let named = format!("table_name = '{table}' and column_name = '{column}'");
        dialect.text_as(&format!("(case when {named} then {of} end)"), ty)
    };
    // Cut by the removal that is undone, or at a record that comes back: either end may have been
    // removed again since.
    let cut = |dialect: &dyn Dialect| {
        let mut cut = vec!["archive_batch = $1".to_owned()];
        for (end, entity) in [("row_id", child), ("target_id", target)] {
            if is_archived(entity) {
                cut.push(format!(
                    "{end} in (select {} from {} where archive_batch = $1)",
                    dialect.as_text("id", id_type(entity.id)),
                    quoted(&archive_name(entity.name.plural_snake()))
                ));
            }
        }
        format!(
            "table_name = '{table}' and column_name = '{column}'\n    and ({})",
            cut.join("\n        or ")
        )
    };
    let doc = format!(
        "Ties {} to what they were detached from.",
        child.name.plural_sentence()
    );
    let service = context.service;
    let tie = statement(service, &format!("TIE_{name}"), &doc, |dialect| {
        let remembered = format!(
            "select archive_batch, {} as row_id, {} as target_id\n    from {ARCHIVE_REFERENCES}\n    where {}",
            part(dialect, "row_id", id_type(child.id)),
            part(dialect, "target_id", id_type(target.id)),
            cut(dialect).replace('\n', "\n    ")
        );
        let raised: Vec<String> = raised(child, dialect.now())
            .into_iter()
            .map(|set| format!(",\n    {set}"))
            .collect();
        // Of several the last one counts; batches are named in the order of time.
        format!(
            "with remembered as (\n    {remembered}\n),\ntied as (\n    select remembered.*\n    from remembered join {parents} as parent on parent.id = remembered.target_id\n)\nupdate {live}\nset {0} = (\n    select tied.target_id from tied\n    where tied.row_id = {live}.id\n    order by tied.archive_batch desc\n    limit 1\n){1}\nwhere {0} is null and id in (select tied.row_id from tied)",
            quoted(column),
            raised.concat()
        )
    });
    let doc = "What is tied again need not be remembered.";
    let forget = statement(service, &format!("FORGET_{name}"), doc, |dialect| {
        format!(
            "delete from {ARCHIVE_REFERENCES}\nwhere {}\n    and exists (select 1 from {parents} as parent where parent.id = {})\n    and exists (select 1 from {live} as child where child.id = {})",
            cut(dialect),
            part(dialect, "target_id", id_type(target.id)),
            part(dialect, "row_id", id_type(child.id))
        )
    });
    Tied {
        touches: Vec::new(),
        tie,
        forget,
    }
}

fn links(context: &Context<'_>, table: &Table, twin: &str) -> Tied {
    let name = table.name.to_uppercase();
    let (live, archive) = (quoted(&table.name), quoted(twin));
    let columns: Vec<String> = table.columns.iter().map(|it| quoted(&it.name)).collect();
    let same = |copy: &str| {
        let same = columns.iter().map(|it| format!("live.{it} = {copy}.{it}"));
        same.collect::<Vec<_>>().join(" and ")
    };
    let sides: Vec<String> = table.foreign_keys.iter().map(is_live).collect();
    let ends = table.foreign_keys.iter();
    let cut: Vec<String> = std::iter::once("copy.archive_batch = $1".to_owned())
        .chain(ends.filter_map(|key| comes_back(context, key)))
        .collect();
    let words = table.name.replace('_', " ");
    let copied: Vec<String> = columns.iter().map(|it| format!("copy.{it}")).collect();
    let back = format!(
        "from {archive} as copy\nwhere ({})\n    and {}\n    and not exists (select 1 from {live} as live where {})",
        cut.join("\n        or "),
        sides.join("\n    and "),
        same("copy")
    );
    let tie = format!(
        "insert into {live} ({})\nselect distinct {}\n{back}",
        columns.join(", "),
        copied.join(", "),
    );
    let forget = format!(
        "delete from {archive}\nwhere exists (\n    select 1 from {live} as live\n    where {}\n)\n    and archive_id in (\n        select copy.archive_id from {archive} as copy\n        where {}\n    )",
        same(&archive),
        cut.join("\n            or ")
    );
    let service = context.service;
    let ends = table.foreign_keys.iter();
    Tied {
        touches: ends
            .filter_map(|key| touch(context, table, key, &back))
            .collect(),
        tie: statement(
            service,
            &format!("TIE_{name}"),
            &format!("The {words} whose both ends are back."),
            |_| tie.clone(),
        ),
        forget: statement(
            service,
            &format!("FORGET_{name}"),
            &format!("The end in the archive of the {words} that are back."),
            |_| forget.clone(),
        ),
    }
}

/// What links that are back change of the records at one of their ends, if those show them and
/// were there all the time.
fn touch(context: &Context<'_>, table: &Table, key: &ForeignKey, back: &str) -> Option<Statement> {
    let service = context.service;
    let mut entities = service.entities.iter();
    let entity = entities.find(|it| it.name.plural_snake() == key.table)?;
    if !shows(entity, &table.name, &key.column) || raised(entity, "").is_empty() {
        return None;
    }
    let name = format!("TOUCH_{}_{}", table.name, key.column).to_uppercase();
    let doc = format!(
        "What the {} that are back change of the {}, which show them.",
        table.name.replace('_', " "),
        entity.name.plural_sentence()
    );
    let live = quoted(&key.table);
    let mut rows = format!(
        "id in (\n    select copy.{}\n    {}\n)",
        quoted(&key.column),
        back.replace('\n', "\n    ")
    );
    if is_archived(entity) {
        let archive = quoted(&archive_name(&key.table));
        rows = format!("{rows}\nand id not in (select id from {archive} where archive_batch = $1)");
    }
    Some(statement(service, &name, &doc, |dialect| {
        format!(
            "update {live}\nset {}\nwhere {}",
            raised(entity, dialect.now()).join(", "),
            in_order(dialect, &live, &rows)
        )
    }))
}

/// Whether one end of a link is there.
fn is_live(key: &ForeignKey) -> String {
    format!(
        "exists (select 1 from {} as side where side.id = copy.{})",
        quoted(&key.table),
        quoted(&key.column)
    )
}

/// Whether one end of a link is part of what comes back.
fn comes_back(context: &Context<'_>, key: &ForeignKey) -> Option<String> {
    let twin = context.schema.archive_of(&key.table)?;
    Some(format!(
        "copy.{} in (select id from {} where archive_batch = $1)",
        quoted(&key.column),
        quoted(&twin.name)
    ))
}
