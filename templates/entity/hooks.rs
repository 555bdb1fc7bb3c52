//! What a service can add to the commands on {{ naming.plural_sentence }}; `rules.rs` says what it does add.

use std::future::{Future, ready};

//% for line in hook_imports
{{ line }}
//% endfor
use crate::app::App;

/// What a service adds to the commands; every method has a default that does nothing.
///
/// `check_…`, `before_…` and `after_…` are about the request, so they run for the record that it
/// names. `inside_…` is about the record: `inside_remove_along` runs for each that goes along with
/// what it belongs to, and `inside_restore` for each of a batch that comes back. Where it gives
/// `None`, the command stays one statement.
pub trait Rules {
    /// Refuses what a caller sends: note each problem in `found`.
    fn check_new(&self, new: &New{{ naming.entity }}, found: &mut Violations) {
        let _ = (new, found);
    }

    /// Runs before {{ naming.a_sentence }} is created, and may still change it.
    fn before_create(
        &self,
        app: &App,
        caller: &http::Caller,
        new: &mut New{{ naming.entity }},
    ) -> impl Future<Output = Result<(), Error>> + Send {
        let _ = (app, caller, new);
        ready(Ok(()))
    }

    /// Runs in the transaction that creates {{ naming.a_sentence }}; an error undoes all of it.
    fn inside_create(&self) -> Option<Inside<{{ naming.entity }}>> {
        None
    }

    /// Runs once {{ naming.a_sentence }} has been created.
    fn after_create(
        &self,
        app: &App,
        caller: &http::Caller,
        created: &{{ naming.entity }},
    ) -> impl Future<Output = ()> + Send {
        let _ = (app, caller, created);
        ready(())
    }

//% if changeable
    /// Refuses what a caller sends: note each problem in `found`.
    fn check_changes(&self, changes: &{{ naming.entity }}Changes, found: &mut Violations) {
        let _ = (changes, found);
    }

    /// Runs before {{ naming.a_sentence }} is changed, and may still change the changes.
    fn before_change(
        &self,
        app: &App,
        caller: &http::Caller,
        id: {{ id }},
        changes: &mut {{ naming.entity }}Changes,
    ) -> impl Future<Output = Result<(), Error>> + Send {
        let _ = (app, caller, id, changes);
        ready(Ok(()))
    }

    /// Runs in the transaction that changes {{ naming.a_sentence }}, with the record before
    /// and after; an error undoes all of it.
    fn inside_change(&self) -> Option<InsideChange<{{ naming.entity }}>> {
        None
    }

    /// Runs once {{ naming.a_sentence }} has been changed.
    fn after_change(
        &self,
        app: &App,
        caller: &http::Caller,
        changed: &{{ naming.entity }},
    ) -> impl Future<Output = ()> + Send {
        let _ = (app, caller, changed);
        ready(())
    }

//% endif
    /// Runs before {{ naming.a_sentence }} is removed by a request of its own.
    fn before_remove(
        &self,
        app: &App,
        caller: &http::Caller,
        id: {{ id }},
        removal: &http::Removal,
    ) -> impl Future<Output = Result<(), Error>> + Send {
        let _ = (app, caller, id, removal);
        ready(Ok(()))
    }

    /// Runs in the transaction that removes {{ naming.a_sentence }} by a request of its own, while it is
    /// still there; an error undoes all of it.
    fn inside_remove(&self) -> Option<Inside<{{ naming.entity }}>> {
        None
    }

    /// Runs in the transaction that removes {{ naming.a_sentence }} along with what it belongs to, while
    /// both are still there; an error undoes all of it. What the removed record itself needs is
    /// said by its own rules, which have run before.
    fn inside_remove_along(&self) -> Option<Inside<{{ naming.entity }}>> {
        None
    }

    /// Runs once {{ naming.a_sentence }} has been removed by a request of its own.
    fn after_remove(
        &self,
        app: &App,
        caller: &http::Caller,
        id: {{ id }},
    ) -> impl Future<Output = ()> + Send {
        let _ = (app, caller, id);
        ready(())
    }

//% if archived
    /// Runs in the transaction that restores {{ naming.a_sentence }}, alone or with its batch; an
    /// error undoes all of it.
    fn inside_restore(&self) -> Option<Inside<{{ naming.entity }}>> {
        None
    }

//% endif
    /// Routes of your own, beside the generated ones.
    fn routes(&self) -> axum::Router<App> {
        axum::Router::new()
    }
}
