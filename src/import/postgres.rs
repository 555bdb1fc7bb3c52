//! A PostgreSQL database's own description of itself, read in one transaction that cannot write.
//!
//! The blocking client is enough for a few queries; it is the one that the driver's own
//! authors keep, over the driver that generated services use.

use ::postgres::{Client, Error};

use super::catalogue::{
    Catalogue, Check, Column, DeclaredType, Engine, ForeignKey, Index, LEDGER, OnDelete, Table,
    Term,
};
use super::{ImportError, Note, connect};
use crate::dialect::quoted;

const TABLES: &str = "
select c.relname::text, obj_description(c.oid, 'pg_class'),
       c.relkind = 'r' and exists (select from pg_inherits h where h.inhparent = c.oid)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1 and c.relkind in ('r', 'p') and not c.relispartition
order by 1";

/// A domain's own type is found through as many domains as there are.
const COLUMNS: &str = r#"
with recursive base (attrelid, attnum, typid, typmod, domain, not_null, fallback) as (
    select a.attrelid, a.attnum, a.atttypid, a.atttypmod, null::text collate "C", false, null::text collate "C"
    from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = $1 and c.relname = $2 and a.attnum > 0 and not a.attisdropped
  union all
    select b.attrelid, b.attnum, t.typbasetype, t.typtypmod, coalesce(b.domain, t.typname::text),
           b.not_null or t.typnotnull, coalesce(b.fallback, t.typdefault)
    from base b join pg_type t on t.oid = b.typid where t.typtype = 'd'
)
select a.attname::text, format_type(b.typid, b.typmod), a.attnotnull or b.not_null,
       coalesce(pg_get_expr(d.adbin, d.adrelid), b.fallback), a.attgenerated::text, a.attidentity::text,
       col_description(a.attrelid, a.attnum), b.domain,
       array(select e.enumlabel::text from pg_enum e where e.enumtypid in (t.oid, t.typelem) order by e.enumsortorder)
from base b
join pg_type t on t.oid = b.typid and t.typtype <> 'd'
join pg_attribute a on a.attrelid = b.attrelid and a.attnum = b.attnum
left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
order by a.attnum"#;

const CONSTRAINTS: &str = "
select k.contype::text, k.conname::text,
       array(select a.attname::text from unnest(k.conkey) with ordinality u (num, place)
             join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.num order by place),
       case when fn.nspname is not null and fn.nspname <> $1 then fn.nspname || '.' else '' end || coalesce(f.relname::text, ''),
       array(select a.attname::text from unnest(k.confkey) with ordinality u (num, place)
             join pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.num order by place),
       k.confdeltype::text, coalesce(pg_get_expr(k.conbin, k.conrelid), ''), k.condeferrable
from pg_constraint k
join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
left join pg_class f on f.oid = k.confrelid left join pg_namespace fn on fn.oid = f.relnamespace
where n.nspname = $1 and c.relname = $2
order by k.contype, k.conname";

const DOMAIN_CHECKS: &str = "
select a.attname::text, k.conname::text, pg_get_expr(k.conbin, 0)
from pg_constraint k join pg_attribute a on a.atttypid = k.contypid
join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1 and c.relname = $2 and k.contypid <> 0 and k.contype = 'c' and not a.attisdropped
order by 1, 2";

const INDEXES: &str = "
select i.relname::text, x.indisunique, m.amname::text, pg_get_expr(x.indpred, x.indrelid),
       array(select pg_get_indexdef(x.indexrelid, k, true) from generate_series(1, x.indnkeyatts) k),
       array(select coalesce((select a.attname::text from pg_attribute a where a.attrelid = x.indrelid and a.attnum = x.indkey[k - 1] and x.indkey[k - 1] > 0), '')
             from generate_series(1, x.indnkeyatts) k),
       array(select x.indoption[k - 1] & 1 = 1 from generate_series(1, x.indnkeyatts) k)
from pg_index x
join pg_class i on i.oid = x.indexrelid join pg_am m on m.oid = i.relam
join pg_class c on c.oid = x.indrelid join pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1 and c.relname = $2 and not x.indisprimary and not x.indisexclusion
order by 1";

const OTHERS: &str = "
select case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'f' then 'foreign table' end || ' ' || c.relname,
       case c.relkind when 'f' then 'a schema has no tables of other servers; write a client for the service that owns it'
            else 'a schema has no views; query it through the database handle of the service' end
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1 and c.relkind in ('v', 'm', 'f')
union all
select 'partitions of ' || p.relname, count(*) || ' of them; svcgen makes the table whole'
from pg_inherits h join pg_class p on p.oid = h.inhparent join pg_class c on c.oid = h.inhrelid
join pg_namespace n on n.oid = p.relnamespace
where n.nspname = $1 and c.relispartition and p.relkind = 'p' group by p.relname
union all
select c.relname || ' inherits ' || p.relname, 'a schema has no inheritance of tables; both become entities of their own'
from pg_inherits h join pg_class p on p.oid = h.inhparent join pg_class c on c.oid = h.inhrelid
join pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1 and not c.relispartition and c.relkind = 'r'
union all
select 'trigger ' || t.tgname, 'a schema has no triggers; put what it does to `' || c.relname || '` into the rules of the entity'
from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1 and not t.tgisinternal
union all
select 'policy ' || p.polname, 'a schema has no row security; put what it says of `' || c.relname || '` into the rules of the entity'
from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1
union all
select 'rule ' || r.rulename, 'a schema has no rewrite rules'
from pg_rewrite r join pg_class c on c.oid = r.ev_class join pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1 and r.rulename <> '_RETURN'
union all
select 'function ' || p.proname, 'a schema has no functions; write it in Rust, beside the rules of an entity'
from pg_proc p join pg_namespace n on n.oid = p.pronamespace
where n.nspname = $1 and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
union all
select 'schema ' || n.nspname, count(*) || ' tables; read them with `--schema ' || n.nspname || '`'
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname <> $1 and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg\\_%'
  and c.relkind in ('r', 'p') group by n.nspname
order by 1";

/// Reads the tables of one namespace.
pub fn read(url: &str, schema: &str) -> Result<Catalogue, ImportError> {
    let mut client = connect(url, "svcgen import")?;
    client.batch_execute(
        "begin isolation level repeatable read, read only; set local search_path = pg_catalog",
    )?;
    // With this path every name outside it is spelled with its namespace; types lose it below.
    let name: String = client
        .query_one("select current_database()::text", &[])?
        .try_get(0)?;
    let mut omitted = others(&mut client, schema)?;
    let mut tables = Vec::new();
    for row in client.query(TABLES, &[&schema])? {
        let table = Table {
            name: row.try_get(0)?,
            comment: row.try_get(1)?,
            has_heirs: row.try_get(2)?,
            ..Table::default()
        };
        tables.push(read_table(&mut client, schema, table, &mut omitted)?);
    }
    let is_ours = tables.iter().any(|it| it.name == LEDGER) && has_run(&mut client, schema)?;
    client.batch_execute("rollback")?;
    Ok(Catalogue {
        engine: Engine::Postgres,
        name,
        is_ours,
        tables,
        omitted,
    })
}

/// Whether the ledger has rows; one that may not be read is taken to have some.
fn has_run(client: &mut Client, schema: &str) -> Result<bool, Error> {
    let ledger = format!("{}.{LEDGER}", quoted(schema));
    let may_read = "select has_table_privilege($1::text, 'select')";
    if !client
        .query_one(may_read, &[&ledger])?
        .try_get::<_, bool>(0)?
    {
        return Ok(true);
    }
    let sql = format!("select exists (select from {ledger})");
    client.query_one(&sql, &[])?.try_get(0)
}

fn others(client: &mut Client, schema: &str) -> Result<Vec<Note>, Error> {
    let rows = client.query(OTHERS, &[&schema])?;
    rows.iter()
        .map(|row| {
            Ok(Note::left_out(
                row.try_get::<_, String>(0)?,
                row.try_get::<_, String>(1)?,
            ))
        })
        .collect()
}

fn read_table(
    client: &mut Client,
    schema: &str,
    mut table: Table,
    omitted: &mut Vec<Note>,
) -> Result<Table, Error> {
    table.columns = columns(client, schema, &table.name)?;
    constraints(client, schema, &mut table, omitted)?;
    for row in client.query(DOMAIN_CHECKS, &[&schema, &table.name])? {
        table.checks.push(Check {
            domain_of: Some(row.try_get(0)?),
            name: Some(row.try_get(1)?),
            expression: row.try_get(2)?,
        });
    }
    table.indexes = indexes(client, schema, &table.name)?;
    Ok(table)
}

fn columns(client: &mut Client, schema: &str, table: &str) -> Result<Vec<Column>, Error> {
    let rows = client.query(COLUMNS, &[&schema, &table])?;
    rows.iter()
        .map(|row| {
            let declared: String = row.try_get(1)?;
            let labels: Vec<String> = row.try_get(8)?;
            let mut ty = DeclaredType::parse(&unqualified(&declared));
            ty.domain = row.try_get(7)?;
            ty.labels = labels;
            Ok(Column {
                name: row.try_get(0)?,
                ty,
                nullable: !row.try_get::<_, bool>(2)?,
                default: row.try_get(3)?,
                generated: !row.try_get::<_, &str>(4)?.is_empty(),
                comment: row.try_get(6)?,
            })
        })
        .collect()
}

/// A type without the namespace before it.
fn unqualified(declared: &str) -> String {
    let head = declared.split('(').next().unwrap_or(declared);
    match head.rfind('.') {
        Some(dot) => declared[dot + 1..].replace('"', ""),
        None => declared.replace('"', ""),
    }
}

fn constraints(
    client: &mut Client,
    schema: &str,
    table: &mut Table,
    omitted: &mut Vec<Note>,
) -> Result<(), Error> {
    for row in client.query(CONSTRAINTS, &[&schema, &table.name])? {
        let (kind, name): (&str, String) = (row.try_get(0)?, row.try_get(1)?);
        let columns: Vec<String> = row.try_get(2)?;
        match kind {
            "p" => table.primary_key = columns,
            "f" => table.foreign_keys.push(ForeignKey {
                columns,
                table: row.try_get(3)?,
                targets: row.try_get(4)?,
                on_delete: match row.try_get::<_, &str>(5)? {
                    "c" => OnDelete::Cascade,
                    "n" => OnDelete::SetNull,
                    "d" => OnDelete::SetDefault,
                    _ => OnDelete::Refuse,
                },
            }),
            "c" => table.checks.push(Check {
                name: Some(name),
                expression: row.try_get(6)?,
                domain_of: None,
            }),
            "x" => omitted.push(Note::left_out(
                format!("{}, constraint {name}", table.name),
                "a schema has no exclusion constraints; check it in the rules of the entity",
            )),
            // Unique constraints have their index; constraint triggers are among the triggers.
            _ => {}
        }
    }
    Ok(())
}

fn indexes(client: &mut Client, schema: &str, table: &str) -> Result<Vec<Index>, Error> {
    let rows = client.query(INDEXES, &[&schema, &table])?;
    rows.iter()
        .map(|row| {
            let (definitions, names, descending): (Vec<String>, Vec<String>, Vec<bool>) =
                (row.try_get(4)?, row.try_get(5)?, row.try_get(6)?);
            let terms = names
                .into_iter()
                .zip(definitions)
                .zip(descending)
                .map(|((name, definition), descending)| {
                    if name.is_empty() {
                        Term::Expression(definition)
                    } else {
                        Term::Column { name, descending }
                    }
                })
                .collect();
            let method: String = row.try_get(2)?;
            Ok(Index {
                name: row.try_get(0)?,
                unique: row.try_get(1)?,
                condition: row.try_get(3)?,
                method: Some(method).filter(|it| it != "btree"),
                terms,
            })
        })
        .collect()
}
