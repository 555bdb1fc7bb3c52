//! Rows that REPLACE deletes leave past no trigger.
//!
//! SQLite runs the triggers of such rows, the guard of an archive among them, only where triggers
//! may set off themselves (`recursive_triggers`). No trigger that svcgen writes does. One of
//! people's own may: what changes its own row after each change is common, ends in SQLite because
//! it does not set off itself, and would fail otherwise. A database with such a trigger stays as it is.

use crate::db::sql::words;
use crate::db::{Db, DbError, Engine, Sql};

/// Every trigger: its table, and what it is made by.
const TRIGGERS: Sql =
    Sql::new("select tbl_name, sql from sqlite_schema where type = 'trigger' and sql is not null");

/// For the connection that writes, until it closes.
const ON: Sql = Sql::new("pragma recursive_triggers = on");

/// The words that write to a table.
const WRITES: [&str; 4] = ["insert", "update", "delete", "replace"];

impl Db {
    /// Guards rows against REPLACE as against any other deletion, where the triggers allow it.
    /// A service is not kept from starting by what is only a second line of defence.
    pub(crate) async fn guard_replaced(&self) {
        match self.is_replaced_guarded().await {
            Ok(true) => {}
            Ok(false) => tracing::info!(
                "REPLACE deletes rows without their triggers: there is one that may set off itself"
            ),
            Err(error) => tracing::warn!(%error, "REPLACE deletes rows without their triggers"),
        }
    }

    async fn is_replaced_guarded(&self) -> Result<bool, DbError> {
        if self.engine() != Engine::Sqlite {
            return Ok(true);
        }
        let triggers: Vec<(String, String)> = self.fetch_all(&TRIGGERS, Vec::new()).await?;
        if may_recur(&triggers) {
            return Ok(false);
        }
        self.execute(&ON, Vec::new()).await?;
        Ok(true)
    }
}

/// Whether a trigger may set off itself or another one; a doubt counts as yes.
fn may_recur(triggers: &[(String, String)]) -> bool {
    let is_set_off = |body: &str| triggers.iter().any(|(table, _)| names(body, table));
    triggers.iter().any(|(_, sql)| {
        let sql = sql.to_lowercase();
        let body = sql.find("begin").map_or(&*sql, |at| &sql[at..]);
        words(body).any(|it| WRITES.contains(&it)) && is_set_off(body)
    })
}

/// Whether a text has the table's name, in quotes or not; the text is in lower case.
fn names(text: &str, table: &str) -> bool {
    let table = table.to_lowercase();
    let is_of_a_name = |it: char| it.is_alphanumeric() || it == '_';
    text.match_indices(&table).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + table.len()..].chars().next();
        !before.is_some_and(is_of_a_name) && !after.is_some_and(is_of_a_name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::DbConfig;

    const GUARD: &str = "create trigger orders_guard before delete on orders
        when not exists (select 1 from orders_archive as copy where copy.id is old.id)
        begin select raise(abort, 'rows of orders leave only through their archive'); end";
    const SEARCH: &str = "create trigger orders_search_insert after insert on orders begin
        insert into orders_search_rows (id) values (new.id);
        insert or replace into orders_search (rowid, text) values (1, new.text); end";

    #[test]
    fn what_writes_to_a_table_with_triggers_may_recur() {
        let recurs = |own: &str| {
            let all = [GUARD, SEARCH, own].map(|sql| ("orders".to_owned(), sql.to_owned()));
            may_recur(&all)
        };
        assert!(!recurs(GUARD));
        let audit = "create trigger t after update on orders begin insert into log (id) values (new.id); end";
        assert!(!recurs(audit));
        for body in [
            "update orders set n = 1 where id = new.id;",
            "UPDATE Orders SET n = 1;",
            "delete from \"orders\";",
            "replace into [orders] (id) values (1);",
        ] {
            let own = format!("CREATE TRIGGER t AFTER UPDATE ON orders BEGIN {body} END");
            assert!(recurs(&own), "{body}");
        }
    }

    async fn database(trigger: &str) -> Db {
        let db = Db::connect(&DbConfig::new("sqlite::memory:")).await;
        let db = db.expect("a database");
        for sql in [
            "create table orders (id integer primary key, text text, n integer not null default 0) strict",
            "create table orders_archive (id integer) strict",
            "create table orders_search_rows (record integer primary key, id integer) strict",
            "create table orders_search (text text) strict",
            GUARD,
            SEARCH,
            trigger,
            "insert into orders (id, text) values (1, 'a')",
        ] {
            let sql = Sql::at_run_time(sql.to_owned());
            db.execute(&sql, Vec::new()).await.expect("done");
        }
        db.guard_replaced().await;
        db
    }

    #[tokio::test]
    async fn a_replaced_row_is_guarded() {
        let db = database(GUARD.replace("orders_guard", "again").as_str()).await;
        let replace = Sql::new("replace into orders (id, text) values (1, 'b')");
        assert!(db.execute(&replace, Vec::new()).await.is_err());
        let upsert = Sql::new(
            "insert into orders (id, text) values (1, 'b') on conflict (id) do update set text = 'c'",
        );
        assert_eq!(db.execute(&upsert, Vec::new()).await.ok(), Some(1));
    }

    #[tokio::test]
    async fn a_trigger_that_writes_to_its_own_table_still_ends() {
        let own = "create trigger own after update on orders begin update orders set n = n + 1 where id = new.id; end";
        let db = database(own).await;
        let update = Sql::new("update orders set text = 'b'");
        assert_eq!(db.execute(&update, Vec::new()).await.ok(), Some(1));
        let (n,): (i64,) = db
            .fetch_one(&Sql::new("select n from orders"), Vec::new())
            .await
            .expect("a row");
        assert_eq!(n, 1);
    }
}
