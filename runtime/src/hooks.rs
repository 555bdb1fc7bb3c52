//! The hooks that run inside a command's transaction.
//!
//! Each is a plain function: what it needs comes as arguments, so that a command
//! without hooks stays one statement and pays nothing for those it could have.

use crate::db::{FromRow, Sql, Transaction, Value};
use crate::http::Caller;
use crate::{BoxFuture, Error};

/// Runs in the transaction that creates or removes a record:
/// `|tx, caller, record| Box::pin(async move { … })`. An error undoes all of it.
pub type Inside<T> =
    for<'a> fn(&'a mut Transaction<'static>, &'a Caller, &'a T) -> BoxFuture<'a, Result<(), Error>>;

/// Runs in the transaction that changes a record, which is locked before it is read:
/// `|tx, caller, before, after| Box::pin(async move { … })`. An error undoes all of it.
pub type InsideChange<T> = for<'a> fn(
    &'a mut Transaction<'static>,
    &'a Caller,
    &'a T,
    &'a T,
) -> BoxFuture<'a, Result<(), Error>>;

/// Runs a hook for a record of which only the id is known: it goes along with another, or
/// comes back with its batch.
pub type InsideById =
    for<'a> fn(&'a mut Transaction<'static>, &'a Caller, Value) -> BoxFuture<'a, Result<(), Error>>;

/// Runs a hook, if it is written, for the record that `find` finds by its id.
///
/// # Errors
///
/// The hook's, or the database's.
pub async fn inside<T: FromRow + Send + Sync + 'static>(
    tx: &mut Transaction<'static>,
    caller: &Caller,
    inside: Option<Inside<T>>,
    find: Sql,
    id: Value,
) -> Result<(), Error> {
    if let Some(inside) = inside {
        let record = tx.fetch_one(&find, vec![id]).await?;
        inside(tx, caller, &record).await?;
    }
    Ok(())
}
