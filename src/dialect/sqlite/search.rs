//! The index of words on SQLite: an FTS5 table without content, and what keeps it up.
//!
//! FTS5 knows records by a number, and the number of a row that SQLite gives by itself may
//! change; a table of their own holds the numbers.

use crate::tables::{Search, Table};

use super::quoted;

/// The index, filled with what the table holds, and its triggers.
pub fn create(table: &Table, search: &Search, id_type: &str) -> String {
    let (name, on) = (&search.name, quoted(&table.name));
    let words: Vec<String> = search.columns.iter().map(|it| word(it)).collect();
    let (columns, words) = (list(search, ""), words.join(", "));
    let record = format!("(select record from {name}_rows where id = new.id)");
    let write = format!(
        "insert or replace into {name} (rowid, {words})\n    values ({record}, {});",
        list(search, "new.")
    );
    format!(
        "create table {name}_rows (record integer primary key, id {id_type} not null unique) strict;
create virtual table {name} using fts5 ({words}, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 0');
insert into {name}_rows (id) select id from {on};
insert into {name} (rowid, {words})
    select record, {texts} from {on} join {name}_rows on {name}_rows.id = {on}.id;
create trigger {name}_insert after insert on {on}
begin
    insert into {name}_rows (id) values (new.id);
    {write}
end;
create trigger {name}_update after update of {columns} on {on}
begin
    {write}
end;
create trigger {name}_delete after delete on {on}
begin
    delete from {name} where rowid = (select record from {name}_rows where id = old.id);
    delete from {name}_rows where id = old.id;
end;
",
        texts = list(search, &format!("{on}.")),
    )
}

/// What FTS5 calls a column: two names it keeps for itself.
fn word(column: &str) -> String {
    match column {
        "rank" | "rowid" => format!("{column}_"),
        _ => quoted(column),
    }
}

/// The end of it all.
pub fn remove(search: &Search) -> String {
    let name = &search.name;
    let mut text = String::new();
    for event in ["insert", "update", "delete"] {
        text.extend(["drop trigger ", name, "_", event, ";\n"]);
    }
    text.extend(["", "_rows"].map(|part| format!("drop table {name}{part};\n")));
    text
}

fn list(search: &Search, before: &str) -> String {
    let columns = search.columns.iter();
    let columns: Vec<String> = columns
        .map(|column| format!("{before}{}", quoted(column)))
        .collect();
    columns.join(", ")
}
