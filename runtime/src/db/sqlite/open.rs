//! Opening connections to the file, with the settings that both speed and
//! durability rest on.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::config::DbConfig as DbConfigFlag;
use rusqlite::{Connection, OpenFlags};

use crate::db::{DbConfig, DbError, Synchronous};

/// Where the database is.
#[derive(Debug, Clone)]
pub(crate) enum Location {
    /// A file, which is created when it is missing.
    File(PathBuf),
    /// Memory shared by the connections of one [`Db`](crate::db::Db), by a name of its own. There is
    /// no WAL in memory: readers wait for an open transaction.
    Memory(String),
}

static MEMORIES: AtomicU64 = AtomicU64::new(1);

impl Location {
    /// Reads `sqlite://data/shop.db`, `sqlite:///var/lib/shop.db`, `sqlite:shop.db` or `sqlite::memory:`.
    pub(crate) fn parse(url: &str) -> Result<Self, DbError> {
        let rest = url
            .strip_prefix("sqlite:")
            .ok_or_else(|| DbError::other("the URL does not begin with `sqlite:`"))?;
        let path = rest.strip_prefix("//").unwrap_or(rest);
        match path {
            ":memory:" => {
                let number = MEMORIES.fetch_add(1, Ordering::Relaxed);
                Ok(Self::Memory(format!("file:/svcgen-{number}?vfs=memdb")))
            }
            "" => Err(DbError::other("the URL names no file")),
            _ if path.contains(['?', '#']) => Err(DbError::other(
                "a SQLite URL takes no options; they are settings of the database",
            )),
            _ => Ok(Self::File(PathBuf::from(path))),
        }
    }

    pub(crate) fn create_directory(&self) -> Result<(), DbError> {
        let Self::File(path) = self else {
            return Ok(());
        };
        match path.parent().filter(|it| !it.as_os_str().is_empty()) {
            Some(directory) => std::fs::create_dir_all(directory).map_err(|error| {
                DbError::Unavailable(format!(
                    "the directory `{}` cannot be created: {error}",
                    directory.display()
                ))
            }),
            None => Ok(()),
        }
    }

    pub(super) fn open_writer(&self, config: &DbConfig) -> Result<Connection, DbError> {
        let connection = self.connect(config, OpenFlags::SQLITE_OPEN_CREATE)?;
        if matches!(self, Self::File(_)) {
            self.turn_on_wal(&connection)?;
        }
        let synchronous = match config.synchronous {
            Synchronous::Full => "full",
            Synchronous::Normal => "normal",
        };
        connection.pragma_update(None, "synchronous", synchronous)?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
        Ok(connection)
    }

    /// A connection that puts the log into the file, where there is a file. That of the writer
    /// does it no longer by itself then.
    pub(super) fn open_for_checkpoints(
        &self,
        config: &DbConfig,
        writer: &Connection,
    ) -> Result<Option<Connection>, DbError> {
        if matches!(self, Self::Memory(_)) {
            return Ok(None);
        }
        writer.pragma_update_and_check(None, "wal_autocheckpoint", 0, |_| Ok(()))?;
        let connection = self.open_writer(config)?;
        Ok(Some(connection))
    }

    pub(super) fn open_reader(&self, config: &DbConfig) -> Result<Connection, DbError> {
        let connection = self.connect(config, OpenFlags::empty())?;
        connection.pragma_update(None, "query_only", true)?;
        Ok(connection)
    }

    /// A connection of the migration runner's own, with foreign keys off.
    pub(crate) fn open_for_migration(&self, config: &DbConfig) -> Result<Connection, DbError> {
        let connection = self.open_writer(config)?;
        connection.pragma_update(None, "foreign_keys", false)?;
        Ok(connection)
    }

    fn connect(&self, config: &DbConfig, extra: OpenFlags) -> Result<Connection, DbError> {
        // One thread owns each connection, so SQLite's own locks are not needed.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_URI
            | extra;
        let connection = match self {
            Self::File(path) => {
                Connection::open_with_flags(path, flags - OpenFlags::SQLITE_OPEN_URI)?
            }
            Self::Memory(name) => Connection::open_with_flags(Path::new(name), flags)?,
        };
        super::functions::add(&connection)?;
        super::rank::add(&connection)?;
        connection.busy_timeout(config.busy_timeout.0)?;
        connection.pragma_update(None, "cache_size", -i64::from(config.cache_mib) * 1024)?;
        connection.pragma_update(None, "temp_store", "memory")?;
        // Else SQLite, once the table is analysed, plans a statement anew whenever other values are
        // bound to it, which costs a list more than to run it. A plan is chosen once, as in PostgreSQL.
        connection.set_db_config(DbConfigFlag::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        if matches!(self, Self::File(_)) {
            connection.pragma_update(
                None,
                "mmap_size",
                i64::from(config.mmap_mib) * 1024 * 1024,
            )?;
        }
        Ok(connection)
    }

    fn turn_on_wal(&self, connection: &Connection) -> Result<(), DbError> {
        if connection.is_readonly("main")? {
            return Ok(());
        }
        let mode: String =
            connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
        if mode == "wal" {
            Ok(())
        } else {
            Err(DbError::other(format!(
                "the file system of the database file does not support WAL: {self:?}"
            )))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::StatementStatus;

    #[test]
    fn other_values_do_not_make_another_plan() {
        let location = Location::parse("sqlite::memory:").unwrap();
        let connection = location.open_writer(&DbConfig::default()).unwrap();
        connection
            .execute_batch(
                "create table t (a integer primary key, b text) strict;
                 create index t_b on t (b);
                 insert into t (b) with recursive n(i) as (select 1 union all select i + 1 from n where i < 2000)
                     select printf('%05d', i) from n;
                 analyze;",
            )
            .unwrap();
        let mut statement = connection
            .prepare("select a from t where (b, a) > ($1, $2) order by b, a limit $3")
            .unwrap();
        for from in ["00010", "01900", "00500"] {
            let mut rows = statement.query((from, 0, 5)).unwrap();
            assert!(rows.next().unwrap().is_some());
        }
        assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
    }
}
