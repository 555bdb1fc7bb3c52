//! Ties that removals cut, and what ties them again: references that were detached, and links.
//!
//! A tie has two ends, and each may have been removed, in any order. It is tied when the last of
//! them comes back: what is remembered stays until then, whichever removal it was cut by.

use crate::dialect::{Dialect, quoted};
use crate::model::{Entity, FieldKind, OnArchive};
use crate::tables::build::{ARCHIVE_REFERENCES, archive_name, id_type, is_archived};
use crate::tables::{ForeignKey, Table, TableKind};

use super::super::super::Context;
use super::super::sql::{Statement, statement};

/// For each kind of tie, what ties it again and what forgets that it was cut.
pub fn of(context: &Context<'_>) -> Vec<[Statement; 2]> {
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
        let twin = archive_name(&table.name);
        if table.kind == TableKind::Link && context.schema.table(&twin).is_some() {
            ties.push(links(context, table, &twin));
        }
    }
    ties
}

fn detached(
    context: &Context<'_>,
    child: &Entity,
    column: &str,
    target: &Entity,
) -> [Statement; 2] {
    let table = child.name.plural_snake();
    let name = format!("{}_{}", table.to_uppercase(), column.to_uppercase());
    let (live, parents) = (quoted(table), quoted(target.name.plural_snake()));
    // The case comes before the conversion: other rows hold ids of other types.
    let part = |dialect: &dyn Dialect, of: &str, ty| {
        let named = format!("table_name = '{table}' and column_name = '{column}'");
        dialect.text_as(&format!("(case when {named} then {of} end)"), ty)
    };
    // Cut by the removal that is undone, or off a record that comes back.
    let cut = |dialect: &dyn Dialect| {
        let mut cut = "archive_batch = $1".to_owned();
        if is_archived(child) {
            cut = format!(
                "({cut}\n        or row_id in (select {} from {} where archive_batch = $1))",
                dialect.as_text("id", id_type(child.id)),
                quoted(&archive_name(table))
            );
        }
        format!("table_name = '{table}' and column_name = '{column}'\n    and {cut}")
    };
    let version = if child.automatic.version {
        ",\n    version = version + 1"
    } else {
        ""
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
        // Of several the last one counts; batches are named in the order of time.
        format!(
            "with remembered as (\n    {remembered}\n),\ntied as (\n    select remembered.*\n    from remembered join {parents} as parent on parent.id = remembered.target_id\n)\nupdate {live}\nset {0} = (\n    select tied.target_id from tied\n    where tied.row_id = {live}.id\n    order by tied.archive_batch desc\n    limit 1\n){version}\nwhere {0} is null and id in (select tied.row_id from tied)",
            quoted(column)
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
    [tie, forget]
}

fn links(context: &Context<'_>, table: &Table, twin: &str) -> [Statement; 2] {
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
    let tie = format!(
        "insert into {live} ({})\nselect distinct {}\nfrom {archive} as copy\nwhere ({})\n    and {}\n    and not exists (select 1 from {live} as live where {})",
        columns.join(", "),
        copied.join(", "),
        cut.join("\n        or "),
        sides.join("\n    and "),
        same("copy")
    );
    let forget = format!(
        "delete from {archive}\nwhere exists (\n    select 1 from {live} as live\n    where {}\n)\n    and archive_id in (\n        select copy.archive_id from {archive} as copy\n        where {}\n    )",
        same(&archive),
        cut.join("\n            or ")
    );
    let service = context.service;
    [
        statement(
            service,
            &format!("TIE_{name}"),
            &format!("The {words} whose both ends are back."),
            |_| tie.clone(),
        ),
        statement(
            service,
            &format!("FORGET_{name}"),
            &format!("The end in the archive of the {words} that are back."),
            |_| forget.clone(),
        ),
    ]
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
    let twin = archive_name(&key.table);
    context.schema.table(&twin)?;
    Some(format!(
        "copy.{} in (select id from {} where archive_batch = $1)",
        quoted(&key.column),
        quoted(&twin)
    ))
}
