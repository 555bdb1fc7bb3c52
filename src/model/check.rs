//! From the schema as written to the service as meant, with every problem at once.
//!
//! Each step reports what it finds and hands on what it could make out, so that
//! one mistake hides no other. Only a schema without errors becomes a [`Service`].

mod backfill;
mod clashes;
mod collections;
mod columns;
mod constraints;
mod defaults;
mod draft;
mod enums;
mod fields;
mod gone;
mod limits;
mod lists;
mod naming;
mod references;
pub mod reserved;
mod service;
mod unknown;
mod writes;

use super::Service;
use crate::diagnostic::{self, Diagnostic};
use crate::schema::Document;

/// Checks a document whole.
///
/// The service is there when neither loading nor checking found an error; warnings
/// do not count. Entities and clients are sorted by name.
pub fn check(document: &Document) -> (Option<Service>, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    let mut service = service::read(document, &mut problems);
    let mut drafts = draft::drafts(document, &mut problems);
    let names = draft::Names::of(&drafts, document);
    fields::read(&mut drafts, &names, &mut problems);
    references::check(&drafts, &mut problems);
    let collections = collections::resolve(&drafts, &names, &mut problems);
    clashes::check(&drafts, &collections, service.as_ref(), &mut problems);
    gone::archives(document, &drafts, &mut problems);
    let entities = columns::finish(drafts, collections, &mut problems);
    diagnostic::sort(&mut problems);
    let good = !document.incomplete && !problems.iter().any(Diagnostic::is_error);
    if let Some(service) = &mut service {
        service.entities = entities;
    }
    (service.filter(|_| good), problems)
}
