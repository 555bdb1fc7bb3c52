//! The hooks that run inside a command's transaction.
//!
//! Each is a plain function: what it needs comes as arguments, so that a command
//! without hooks stays one statement and pays nothing for those it could have.

use crate::db::Transaction;
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
