//! What a service can add to the commands on authors; `rules.rs` says what it does add.

use std::future::{Future, ready};

use svcgen_runtime::hooks::{Inside, InsideChange};
use svcgen_runtime::{Error, Violations, http};
use uuid::Uuid;

use super::model::{Author, AuthorChanges, NewAuthor};
use crate::app::App;

/// What a service adds to the commands; every method has a default that does nothing.
///
/// `check_…`, `before_…` and `after_…` are about the request, so they run for the record that it
/// names. `inside_…` is about the record: `inside_remove_along` runs for each that goes along with
/// what it belongs to, and `inside_restore` for each of a batch that comes back. Where it gives
/// `None`, the command stays one statement.
pub trait Rules {
    /// Refuses what a caller sends: note each problem in `found`.
    fn check_new(&self, new: &NewAuthor, found: &mut Violations) {
        let _ = (new, found);
    }

    /// Runs before an author is created, and may still change it.
    fn before_create(
        &self,
        app: &App,
        caller: &http::Caller,
        new: &mut NewAuthor,
    ) -> impl Future<Output = Result<(), Error>> + Send {
        let _ = (app, caller, new);
        ready(Ok(()))
    }

    /// Runs in the transaction that creates an author; an error undoes all of it.
    fn inside_create(&self) -> Option<Inside<Author>> {
        None
    }

    /// Runs once an author has been created.
    fn after_create(
        &self,
        app: &App,
        caller: &http::Caller,
        created: &Author,
    ) -> impl Future<Output = ()> + Send {
        let _ = (app, caller, created);
        ready(())
    }

    /// Refuses what a caller sends: note each problem in `found`.
    fn check_changes(&self, changes: &AuthorChanges, found: &mut Violations) {
        let _ = (changes, found);
    }

    /// Runs before an author is changed, and may still change the changes.
    fn before_change(
        &self,
        app: &App,
        caller: &http::Caller,
        id: Uuid,
        changes: &mut AuthorChanges,
    ) -> impl Future<Output = Result<(), Error>> + Send {
        let _ = (app, caller, id, changes);
        ready(Ok(()))
    }

    /// Runs in the transaction that changes an author, with the record before
    /// and after; an error undoes all of it.
    fn inside_change(&self) -> Option<InsideChange<Author>> {
        None
    }

    /// Runs once an author has been changed.
    fn after_change(
        &self,
        app: &App,
        caller: &http::Caller,
        changed: &Author,
    ) -> impl Future<Output = ()> + Send {
        let _ = (app, caller, changed);
        ready(())
    }

    /// Runs before an author is removed by a request of its own.
    fn before_remove(
        &self,
        app: &App,
        caller: &http::Caller,
        id: Uuid,
        removal: &http::Removal,
    ) -> impl Future<Output = Result<(), Error>> + Send {
        let _ = (app, caller, id, removal);
        ready(Ok(()))
    }

    /// Runs in the transaction that removes an author by a request of its own, while it is
    /// still there; an error undoes all of it.
    fn inside_remove(&self) -> Option<Inside<Author>> {
        None
    }

    /// Runs in the transaction that removes an author along with what it belongs to, while
    /// both are still there; an error undoes all of it. What the removed record itself needs is
    /// said by its own rules, which have run before.
    fn inside_remove_along(&self) -> Option<Inside<Author>> {
        None
    }

    /// Runs once an author has been removed by a request of its own.
    fn after_remove(
        &self,
        app: &App,
        caller: &http::Caller,
        id: Uuid,
    ) -> impl Future<Output = ()> + Send {
        let _ = (app, caller, id);
        ready(())
    }

    /// Runs in the transaction that restores an author, alone or with its batch; an
    /// error undoes all of it.
    fn inside_restore(&self) -> Option<Inside<Author>> {
        None
    }

    /// Routes of your own, beside the generated ones.
    fn routes(&self) -> axum::Router<App> {
        axum::Router::new()
    }
}
