//! A SQLite file's own description of itself. The file is opened for reading only.

use std::collections::BTreeMap;

use rusqlite::{Connection, OpenFlags, Result};

use super::catalogue::{
    Catalogue, Check, Column, DeclaredType, Engine, ForeignKey, Index, LEDGER, OnDelete, Table,
    Term,
};
use super::sql_text;
use super::{Note, stem};

/// Reads a file.
pub fn read(path: &str) -> Result<Catalogue> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    // One snapshot, whatever happens meanwhile.
    connection.execute_batch("begin")?;
    catalogue(&connection, &stem(path))
}

/// Reads what a connection has open.
pub fn catalogue(connection: &Connection, name: &str) -> Result<Catalogue> {
    let mut omitted = Vec::new();
    let mut tables = Vec::new();
    for (table, kind) in table_list(connection)? {
        match kind.as_str() {
            "table" => tables.push(read_table(connection, &table, &mut omitted)?),
            "view" => omitted.push(Note::left_out(
                format!("view {table}"),
                "a schema has no views; query it through the database handle of the service",
            )),
            "virtual" => omitted.push(Note::left_out(
                format!("virtual table {table}"),
                "a schema has no virtual tables",
            )),
            // The tables behind a virtual one.
            _ => {}
        }
    }
    let triggers = "select name, tbl_name from sqlite_schema where type = 'trigger' order by name";
    for (trigger, table) in pairs(connection, triggers)? {
        omitted.push(Note::left_out(
            format!("trigger {trigger}"),
            format!("a schema has no triggers; put what it does to `{table}` into the rules of the entity"),
        ));
    }
    tables.sort_by(|a, b| a.name.cmp(&b.name));
    spell_alike(&mut tables);
    let mut is_ours = false;
    if tables.iter().any(|it| it.name == LEDGER) {
        let sql = format!("select exists (select 1 from {LEDGER})");
        is_ours = connection.query_row(&sql, [], |row| row.get(0))?;
    }
    Ok(Catalogue {
        engine: Engine::Sqlite,
        name: name.to_owned(),
        is_ours,
        tables,
        omitted,
    })
}

/// Lets references call what they are to, and what they are of, by the names that these have
/// where they are declared: SQLite takes `USERS (ID)` for `users (id)`.
fn spell_alike(tables: &mut [Table]) {
    let declared: Vec<(String, Vec<String>)> = tables
        .iter()
        .map(|it| {
            let columns = it.columns.iter().map(|it| it.name.clone());
            (it.name.clone(), columns.collect())
        })
        .collect();
    let table = |name: &str| {
        let mut all = declared.iter();
        all.find(|(declared, _)| declared.eq_ignore_ascii_case(name))
    };
    let spell = |name: &mut String, of: &str| {
        let mut columns = table(of).into_iter().flat_map(|(_, columns)| columns);
        let declared = columns.find(|it| it.eq_ignore_ascii_case(name));
        if let Some(declared) = declared {
            name.clone_from(declared);
        }
    };
    for referring in tables {
        for key in &mut referring.foreign_keys {
            if let Some((name, _)) = table(&key.table) {
                key.table.clone_from(name);
            }
            key.columns
                .iter_mut()
                .for_each(|it| spell(it, &referring.name));
            key.targets.iter_mut().for_each(|it| spell(it, &key.table));
        }
    }
}

fn table_list(connection: &Connection) -> Result<Vec<(String, String)>> {
    pairs(
        connection,
        "select name, type from pragma_table_list where schema = 'main' and name not like 'sqlite\\_%' escape '\\' order by name",
    )
}

fn pairs(connection: &Connection, sql: &str) -> Result<Vec<(String, String)>> {
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

fn read_table(connection: &Connection, name: &str, omitted: &mut Vec<Note>) -> Result<Table> {
    let (columns, primary_key) = columns(connection, name)?;
    let sql: Option<String> = connection.query_row(
        "select sql from sqlite_schema where type = 'table' and name = ?1",
        [name],
        |row| row.get(0),
    )?;
    let sql = sql.unwrap_or_default();
    let checks = sql_text::checks(&sql)
        .into_iter()
        .map(|(name, tokens)| Check {
            name,
            expression: sql_text::spelled(&tokens),
            domain_of: None,
        })
        .collect();
    let has_collation = sql_text::tokens(&sql).windows(2).any(|pair| {
        pair[0].is_word("collate") && !pair[1].is_word("binary") && !pair[1].is_word("rtrim")
    });
    if has_collation {
        omitted.push(Note::left_out(
            name,
            "a schema has no collations; texts are compared by their characters, case included",
        ));
    }
    Ok(Table {
        name: name.to_owned(),
        comment: None,
        columns,
        primary_key,
        foreign_keys: foreign_keys(connection, name)?,
        indexes: indexes(connection, name)?,
        checks,
        has_heirs: false,
    })
}

fn columns(connection: &Connection, table: &str) -> Result<(Vec<Column>, Vec<String>)> {
    let mut statement = connection.prepare(
        "select name, type, \"notnull\", dflt_value, pk, hidden from pragma_table_xinfo(?1) order by cid",
    )?;
    let mut rows = statement.query([table])?;
    let mut columns = Vec::new();
    let mut key: Vec<(i64, String)> = Vec::new();
    while let Some(row) = rows.next()? {
        let name: String = row.get(0)?;
        let (place, hidden): (i64, i64) = (row.get(4)?, row.get(5)?);
        if place > 0 {
            key.push((place, name.clone()));
        }
        columns.push(Column {
            ty: DeclaredType::parse(&row.get::<_, String>(1)?),
            // A part of a primary key may be null here for history's sake only.
            nullable: !row.get::<_, bool>(2)? && place == 0,
            default: row.get(3)?,
            generated: hidden >= 2,
            comment: None,
            name,
        });
    }
    key.sort();
    Ok((columns, key.into_iter().map(|(_, name)| name).collect()))
}

fn foreign_keys(connection: &Connection, table: &str) -> Result<Vec<ForeignKey>> {
    let mut statement = connection.prepare(
        "select id, \"table\", \"from\", \"to\", on_delete from pragma_foreign_key_list(?1) order by id, seq",
    )?;
    let mut rows = statement.query([table])?;
    let mut keys: BTreeMap<i64, ForeignKey> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let key = keys.entry(row.get(0)?).or_default();
        key.table = row.get(1)?;
        key.columns.push(row.get(2)?);
        key.targets.extend(row.get::<_, Option<String>>(3)?);
        key.on_delete = match row.get::<_, String>(4)?.to_ascii_uppercase().as_str() {
            "CASCADE" => OnDelete::Cascade,
            "SET NULL" => OnDelete::SetNull,
            "SET DEFAULT" => OnDelete::SetDefault,
            _ => OnDelete::Refuse,
        };
    }
    // SQLite counts them from the last to the first.
    Ok(keys.into_values().rev().collect())
}

fn indexes(connection: &Connection, table: &str) -> Result<Vec<Index>> {
    let mut statement = connection
        .prepare("select name, \"unique\", origin from pragma_index_list(?1) order by name")?;
    let mut rows = statement.query([table])?;
    let mut indexes = Vec::new();
    while let Some(row) = rows.next()? {
        let (name, unique, origin): (String, bool, String) =
            (row.get(0)?, row.get(1)?, row.get(2)?);
        if origin == "pk" {
            continue;
        }
        let sql: Option<String> = connection.query_row(
            "select sql from sqlite_schema where type = 'index' and name = ?1",
            [&name],
            |row| row.get(0),
        )?;
        indexes.push(Index {
            terms: terms(connection, &name)?,
            condition: sql.as_deref().and_then(condition),
            method: None,
            unique,
            name,
        });
    }
    Ok(indexes)
}

fn terms(connection: &Connection, index: &str) -> Result<Vec<Term>> {
    let mut statement = connection.prepare(
        "select cid, name, \"desc\" from pragma_index_xinfo(?1) where key = 1 order by seqno",
    )?;
    let rows = statement.query_map([index], |row| {
        let (cid, name): (i64, Option<String>) = (row.get(0)?, row.get(1)?);
        Ok(match name {
            Some(name) if cid >= 0 => Term::Column {
                name,
                descending: row.get(2)?,
            },
            _ => Term::Expression("an expression".to_owned()),
        })
    })?;
    rows.collect()
}

/// What follows `where` in a `create index`.
fn condition(sql: &str) -> Option<String> {
    let tokens = sql_text::tokens(sql);
    let at = tokens.iter().position(|it| it.is_word("where"))?;
    Some(sql_text::spelled(&tokens[at + 1..]))
}
