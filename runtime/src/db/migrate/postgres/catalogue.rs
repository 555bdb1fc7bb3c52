//! The ledger on PostgreSQL, and the database's description of itself.

use tokio_postgres::Client;

use crate::db::DbError;
use crate::db::migrate::{Entry, Ledger, Unfinished, Way};

/// A line for each thing. Servers of different versions spell things differently, so the
/// version is among the lines, and nothing is compared across it.
const CATALOGUE: &str = r#"
with tables as (
    select c.oid, c.relname::text as name from pg_class c
    where c.relnamespace = to_regnamespace(quote_ident(current_schema()))
      and c.relkind in ('r', 'p', 'v', 'm') and c.relname not like 'svcgen\_%'
)
select coalesce(string_agg(line, E'\n' order by line collate "C"), '') from (
    select 'server ' || split_part(current_setting('server_version'), '.', 1) as line
  union all
    select 'table ' || t.name from tables t
  union all
    select 'table ' || t.name || ': column ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
           || case when a.attnotnull then ' not null' else '' end
           || case when a.attidentity <> '' then ' identity' else '' end
           || coalesce(case when a.attgenerated <> '' then ' generated ' else ' default ' end || pg_get_expr(d.adbin, d.adrelid), '')
    from tables t join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef d on d.adrelid = t.oid and d.adnum = a.attnum
  union all
    select 'table ' || t.name || ': constraint ' || k.conname || ' ' || pg_get_constraintdef(k.oid)
    from tables t join pg_constraint k on k.conrelid = t.oid where k.contype <> 't'
  union all
    select 'index ' || i.relname || ': ' || pg_get_indexdef(x.indexrelid) || case when x.indisvalid then '' else ' (invalid)' end
    from tables t join pg_index x on x.indrelid = t.oid join pg_class i on i.oid = x.indexrelid
  union all
    select 'trigger ' || g.tgname || ': ' || pg_get_triggerdef(g.oid)
    from tables t join pg_trigger g on g.tgrelid = t.oid where not g.tgisinternal
) as lines"#;

/// The tables of the schema but those of svcgen itself, and of extensions.
const TABLES: &str = "
select c.relname::text from pg_class c
where c.relnamespace = to_regnamespace(quote_ident(current_schema()))
  and c.relkind in ('r', 'p') and not c.relispartition and c.relname not like 'svcgen\\_%'
  and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
order by c.relname collate \"C\"";

/// The tables that are there, sorted.
pub(super) async fn tables(client: &Client) -> Result<Vec<String>, DbError> {
    let rows = client.query(TABLES, &[]).await?;
    let names: Result<_, _> = rows.iter().map(|row| row.try_get(0)).collect();
    Ok(names?)
}

/// The database's description of itself.
pub(in crate::db::migrate) async fn catalogue(client: &Client) -> Result<String, DbError> {
    Ok(client.query_one(CATALOGUE, &[]).await?.try_get(0)?)
}

/// The ledger as it stands; empty when there is none.
pub(in crate::db::migrate) async fn ledger(client: &Client) -> Result<Ledger, DbError> {
    let found = client
        .query_one(
            "select to_regclass('svcgen_migrations') is not null, to_regclass('svcgen_migration_steps') is not null,
                exists (select from pg_attribute where attrelid = to_regclass('svcgen_migrations') and attname = 'catalogue')",
            &[],
        )
        .await?;
    let (has_ledger, has_steps, has_catalogue): (bool, bool, bool) =
        (found.try_get(0)?, found.try_get(1)?, found.try_get(2)?);
    if !has_ledger {
        return Ok(Ledger::default());
    }
    let catalogue = if has_catalogue {
        "catalogue"
    } else {
        "null::text"
    };
    let rows = client
        .query(
            &format!("select id, checksum, applied_at, {catalogue} from svcgen_migrations order by id collate \"C\""),
            &[],
        )
        .await?;
    let entries = rows.iter().map(|row| {
        Ok(Entry {
            id: row.try_get(0)?,
            checksum: row.try_get(1)?,
            applied_at: row.try_get(2)?,
            catalogue: row.try_get(3)?,
        })
    });
    Ok(Ledger {
        entries: entries.collect::<Result<_, DbError>>()?,
        unfinished: if has_steps {
            unfinished(client).await?
        } else {
            None
        },
    })
}

async fn unfinished(client: &Client) -> Result<Option<Unfinished>, DbError> {
    let row = client
        .query_opt(
            "select migration, way, checksum, coalesce(max(step) filter (where done), 0)
             from svcgen_migration_steps group by migration, way, checksum order by migration limit 1",
            &[],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Unfinished {
        id: row.try_get(0)?,
        way: match row.try_get::<_, &str>(1)? {
            "down" => Way::Down,
            _ => Way::Up,
        },
        checksum: row.try_get(2)?,
        done: usize::try_from(row.try_get::<_, i32>(3)?).unwrap_or(0),
    }))
}
