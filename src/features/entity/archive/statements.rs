//! The statements of a restore.
//!
//! `candidate` is what would come back: the archived values, or those that the caller overrides,
//! renamed where the schema renamed an enum's value, and filled where a column is younger than
//! the record.

use crate::dialect::{self, Dialect, quoted};
use crate::model::{Entity, FieldKind};
use crate::tables::build::{archive_columns, archive_name, id_type};
use crate::tables::{CheckRule, Table};

use super::super::super::Context;
use super::super::sql::{Statement, filled, listed, statement};

pub fn of(
    context: &Context<'_>,
    entity: &Entity,
    table: &Table,
    late: &[(usize, String)],
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
                    "select\n    {}\nfrom {archive}\nwhere archive_id = $1",
                    columns(table, "    ")
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
                let candidate = candidate(dialect, entity, table, of_batch);
                let conflicts = conflicts(context, dialect, table);
                format!("{candidate}\n{}", conflicts.join("\nunion all "))
            },
        ),
        make(
            "RESTORE",
            format!("The {sentence} as it comes back."),
            &|dialect| {
                let names: Vec<String> = table.columns.iter().map(|it| quoted(&it.name)).collect();
                format!(
                    "insert into {} (\n    {}\n){}\nselect\n    {}\nfrom {archive}\n{of_batch}\nreturning id",
                    quoted(&table.name),
                    listed(&names, "    "),
                    if table.identity {
                        dialect.overriding()
                    } else {
                        ""
                    },
                    listed(&values(dialect, entity, table), "    "),
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

/// The columns of an archive: its own, which never change, and those of its table.
pub fn columns(table: &Table, indent: &str) -> String {
    let own: Vec<String> = archive_columns().into_iter().map(|it| it.name).collect();
    let columns: Vec<String> = table.columns.iter().map(|it| quoted(&it.name)).collect();
    let (own, columns) = (filled(&own, indent), listed(&columns, indent));
    format!("{own},\n{indent}{columns}")
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

fn candidate(dialect: &dyn Dialect, entity: &Entity, table: &Table, of_batch: &str) -> String {
    format!(
        "with candidate as (\n    select\n        archive_id,\n        {}\n    from {}\n    {of_batch}\n)",
        listed(&values(dialect, entity, table), "        "),
        quoted(&archive_name(&table.name))
    )
}

/// What comes back, column by column.
fn values(dialect: &dyn Dialect, entity: &Entity, table: &Table) -> Vec<String> {
    let mut number = 3;
    let mut values = Vec::new();
    for column in &table.columns {
        let name = quoted(&column.name);
        let value = match column.name.as_str() {
            "version" => "coalesce(version, 0) + 1".to_owned(),
            "created_at" => format!("coalesce(created_at, {})", dialect.now()),
            "updated_at" => dialect.now().to_owned(),
            _ => {
                let archived = archived(dialect, entity, column);
                number += 2;
                format!(
                    "case when ${} then ${} else {archived} end",
                    number - 2,
                    number - 1
                )
            }
        };
        values.push(format!("{value} as {name}"));
    }
    values
}

/// The archived value as the schema of today has it.
fn archived(dialect: &dyn Dialect, entity: &Entity, column: &crate::tables::Column) -> String {
    let mut value = quoted(&column.name);
    let field = entity.fields.iter().find(|it| it.column() == column.name);
    if let Some(FieldKind::Enum(enumeration)) = field.map(|it| &it.kind) {
        let renamed: Vec<String> = enumeration
            .values
            .iter()
            .filter_map(|it| {
                let was = dialect::text_literal(it.was.as_ref()?);
                let now = dialect::text_literal(it.name.written());
                Some(format!("when {was} then {now}"))
            })
            .collect();
        if !renamed.is_empty() {
            value = format!("case {value} {} else {value} end", renamed.join(" "));
        }
    }
    match &column.default {
        Some(default) if !column.nullable => {
            format!("coalesce({value}, {})", dialect.literal(default, column.ty))
        }
        _ => value,
    }
}

/// One select for each thing that can stand in the way: the archived record, the code, the
/// column, what else it is about, and the batch of that.
fn conflicts(context: &Context<'_>, dialect: &dyn Dialect, table: &Table) -> Vec<String> {
    let live = quoted(&table.name);
    let mut all = vec![format!(
        "select candidate.archive_id, 'ID_TAKEN', 'id', {}, {}\nfrom candidate join {live} as live on live.id = candidate.id",
        dialect.shown("live.id"),
        dialect.null_uuid()
    )];
    for index in table.indexes.iter().filter(|it| it.unique) {
        let same: Vec<String> = index
            .terms
            .iter()
            .map(|it| format!("live.{0} = candidate.{0}", quoted(&it.column)))
            .collect();
        all.push(format!(
            "select candidate.archive_id, 'UNIQUE_TAKEN', '{}', {}, {}\nfrom candidate join {live} as live on {}",
            index.terms[0].column,
            dialect.shown("live.id"),
            dialect.null_uuid(),
            same.join(" and ")
        ));
    }
    for key in &table.foreign_keys {
        let column = quoted(&key.column);
        let twin = archive_name(&key.table);
        let batch = match context.schema.table(&twin) {
            Some(_) => format!(
                "(select gone.archive_batch from {} as gone where gone.id = candidate.{column} order by gone.archived_at desc limit 1)",
                quoted(&twin)
            ),
            None => dialect.null_uuid().to_owned(),
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
            "select archive_id, '{}', '{}', {}, {}\nfrom candidate where not ({})",
            if is_enum {
                "ENUM_VALUE_REMOVED"
            } else {
                "CHECK_FAILED"
            },
            check.column,
            if is_enum {
                dialect.shown(&quoted(&check.column))
            } else {
                dialect.null_text().to_owned()
            },
            dialect.null_uuid(),
            dialect::check_condition(dialect, check, column.ty)
        ));
    }
    for column in table.columns.iter().filter(|it| !it.nullable) {
        if matches!(
            column.name.as_str(),
            "version" | "created_at" | "updated_at"
        ) {
            continue;
        }
        all.push(format!(
            "select archive_id, 'REQUIRED_VALUE_MISSING', '{}', {}, {}\nfrom candidate where {} is null",
            column.name,
            dialect.null_text(),
            dialect.null_uuid(),
            quoted(&column.name)
        ));
    }
    all
}

/// Ties that a removal cuts: for each, what ties it again and what forgets that it was cut.
pub fn ties(context: &Context<'_>) -> Vec<[Statement; 2]> {
    let mut ties = Vec::new();
    for entity in &context.service.entities {
        for field in &entity.fields {
            if let FieldKind::Reference(reference) = &field.kind
                && reference.on_archive == crate::model::OnArchive::Detach
            {
                let target = context.service.entity(reference.target);
                ties.push(detached(context, entity, &field.column(), target));
            }
        }
    }
    for table in &context.schema.tables {
        let twin = archive_name(&table.name);
        if table.kind == crate::tables::TableKind::Link && context.schema.table(&twin).is_some() {
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
        dialect.text_as(
            &format!(
                "(case when table_name = '{table}' and column_name = '{column}' then {of} end)"
            ),
            ty,
        )
    };
    let remembered = |dialect: &dyn Dialect| {
        format!(
            "select {} as row_id, {} as target_id\n    from archive_references\n    where archive_batch = $1 and table_name = '{table}' and column_name = '{column}'",
            part(dialect, "row_id", id_type(child.id)),
            part(dialect, "target_id", id_type(target.id))
        )
    };
    let version = if child.automatic.version {
        ",\n    version = version + 1"
    } else {
        ""
    };
    let tie = statement(
        context.service,
        &format!("TIE_{name}"),
        &format!(
            "Ties {} to what they were detached from.",
            child.name.plural_sentence()
        ),
        |dialect| {
            format!(
                "with remembered as (\n    {0}\n)\nupdate {live}\nset {1} = (select target_id from remembered where row_id = {live}.id){version}\nwhere {1} is null and id in (\n    select row_id from remembered join {parents} as parent on parent.id = remembered.target_id\n)",
                remembered(dialect),
                quoted(column)
            )
        },
    );
    let forget = statement(
        context.service,
        &format!("FORGET_{name}"),
        "What is tied again need not be remembered.",
        |dialect| {
            format!(
                "delete from archive_references\nwhere archive_batch = $1 and table_name = '{table}' and column_name = '{column}'\n    and exists (select 1 from {parents} as parent where parent.id = {})",
                part(dialect, "target_id", id_type(target.id))
            )
        },
    );
    [tie, forget]
}

fn links(context: &Context<'_>, table: &Table, twin: &str) -> [Statement; 2] {
    let name = table.name.to_uppercase();
    let (live, archive) = (quoted(&table.name), quoted(twin));
    let columns: Vec<String> = table.columns.iter().map(|it| quoted(&it.name)).collect();
    let list = columns.join(", ");
    let same: Vec<String> = columns
        .iter()
        .map(|it| format!("live.{it} = copy.{it}"))
        .collect();
    let sides: Vec<String> = table
        .foreign_keys
        .iter()
        .map(|key| {
            format!(
                "exists (select 1 from {} as side where side.id = copy.{})",
                quoted(&key.table),
                quoted(&key.column)
            )
        })
        .collect();
    let words = table.name.replace('_', " ");
    let copied: Vec<String> = columns.iter().map(|it| format!("copy.{it}")).collect();
    let tie = format!(
        "insert into {live} ({list})\nselect distinct {}\nfrom {archive} as copy\nwhere copy.archive_batch = $1\n    and {}\n    and not exists (select 1 from {live} as live where {})",
        copied.join(", "),
        sides.join("\n    and "),
        same.join(" and ")
    );
    let forget = format!(
        "delete from {archive}\nwhere archive_batch = $1\n    and exists (select 1 from {live} as live where {})",
        same.join(" and ").replace("copy.", &format!("{archive}."))
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
