//! What can be done to several authors at once: all of it happens, or nothing.

use svcgen_runtime::{Error, Saved, Unit, Violations, db, http, list, params, removal};
use uuid::Uuid;

use super::commands::{self, CONSTRAINTS, INSERT, LOCK, insert_parameters};
use super::hooks::Rules as _;
use super::model::{Author, AuthorChanges, NewAuthor};
use super::queries;
use super::removal::{missed, remove_held};
use super::rules::AuthorRules;
use crate::app::App;

/// How many authors one request can be about.
pub const MOST: usize = 1000;

/// Authors by their ids, in that order.
///
/// # Errors
///
/// Names every id of which there is none.
pub async fn find(app: &App, ids: &[Uuid]) -> Result<Vec<Author>, Error> {
    queries::TABLE.several(&app.db, "author", ids).await
}

/// Creates authors, in this order.
///
/// # Errors
///
/// Those of [`commands::create`], each with the element that it is about.
pub async fn create(
    app: &App,
    caller: &http::Caller,
    unit: &mut Unit<'_, Vec<Saved<Author>>>,
    mut all: Vec<NewAuthor>,
) -> Result<Vec<Saved<Author>>, Error> {
    let rules = AuthorRules;
    let mut found = Violations::new();
    for (index, new) in all.iter().enumerate() {
        let mut of_element = Violations::new();
        rules.check_new(new, &mut of_element);
        found.add_within(&format!("/requests/{index}"), of_element);
    }
    found.into_result()?;
    for (index, new) in all.iter_mut().enumerate() {
        let ready = rules.before_create(app, caller, new).await;
        ready.map_err(|error| error.of_element(index, http::Element::Record))?;
    }

    let tx = unit.hold().await?;
    let rows = all.iter().map(insert_parameters).collect();
    let mut created: Vec<Author> = tx
        .one_each(&INSERT, rows)
        .await
        .map_err(|failed| Error::at_element(failed, CONSTRAINTS))?;
    if let Some(inside) = rules.inside_create() {
        for (index, record) in created.iter().enumerate() {
            let done = inside(tx, caller, record).await;
            done.map_err(|error| error.of_element(index, http::Element::Record))?;
        }
        created = again(tx, &created).await?;
    }
    finish(
        app,
        caller,
        unit,
        created.into_iter().map(Saved::Created).collect(),
    )
    .await
}

/// The records as they are now, which is not as they were inserted.
async fn again(
    tx: &mut db::Transaction<'static>,
    records: &[Author],
) -> Result<Vec<Author>, Error> {
    let rows = records.iter().map(|it| params![it.id]).collect();
    tx.one_each(&queries::FIND, rows)
        .await
        .map_err(|failed| Error::at_element(failed, &[]))
}

/// Changes authors, in this order, if the conditions of each hold.
///
/// # Errors
///
/// Those of [`commands::change`], each with the element that it is about.
pub async fn change(
    app: &App,
    caller: &http::Caller,
    unit: &mut Unit<'_, Vec<Saved<Author>>>,
    mut all: Vec<http::Change<Uuid, AuthorChanges>>,
) -> Result<Vec<Saved<Author>>, Error> {
    for (index, change) in all.iter_mut().enumerate() {
        let ready = commands::prepare(app, caller, change.id, &mut change.changes).await;
        ready.map_err(|error| error.of_element(index, http::Element::Changes))?;
    }

    hold(app, unit.hold().await?, &all, |_, missed| Err(missed)).await?;
    let mut changed = Vec::with_capacity(all.len());
    for (index, change) in all.into_iter().enumerate() {
        let http::Change {
            id,
            conditions,
            changes,
        } = change;
        let saved = commands::write(app, caller, unit, id, &conditions, changes).await;
        let saved = saved.and_then(|saved| saved.ok_or_else(|| Error::not_found("author", id)));
        changed.push(saved.map_err(|error| error.of_element(index, http::Element::Changes))?);
    }
    finish(app, caller, unit, changed).await
}

/// Removes authors, in this order, if the conditions of each hold; one that another
/// has taken along is removed already, and one that is not there is passed over where that is allowed.
///
/// # Errors
///
/// Those of removing one, each with the element that it is about.
pub async fn remove(
    app: &App,
    caller: &http::Caller,
    unit: &mut Unit<'_, ()>,
    all: &[http::Target<Uuid>],
    removal: &http::Removal,
) -> Result<(), Error> {
    let rules = AuthorRules;
    for (index, target) in all.iter().enumerate() {
        let ready = rules.before_remove(app, caller, target.id, removal).await;
        ready.map_err(|error| error.of_element(index, http::Element::Record))?;
    }

    let tx = unit.hold().await?;
    let records = hold(app, tx, all, |target, missed| {
        removal.pass_over(&target.conditions, missed)
    })
    .await?;
    let batch = removal::Batch::new(caller, removal);
    for (index, record) in &records {
        let removed = remove_held(app, tx, caller, &batch, record).await;
        removed.map_err(|error| error.of_element(*index, http::Element::Record))?;
    }
    if unit.commit(&()).await? {
        for (_, record) in &records {
            rules.after_remove(app, caller, record.id).await;
        }
    }
    Ok(())
}

/// Removes the authors that a filter matches, if they are at most [`MOST`], as one batch:
/// the last one first, so that what refers to others of them goes before these.
///
/// # Errors
///
/// Those of removing one, with its id; says so where too many match.
pub async fn remove_matching(
    app: &App,
    caller: &http::Caller,
    unit: &mut Unit<'_, http::Removed<Uuid>>,
    matching: &list::Matching,
    removal: &http::Removal,
) -> Result<http::Removed<Uuid>, Error> {
    let rules = AuthorRules;
    let asked: Vec<Uuid> = matching.ids(&app.db, MOST).await?;
    for id in &asked {
        let ready = rules.before_remove(app, caller, *id, removal).await;
        ready.map_err(|error| error.with_metadata("id", id.to_string()))?;
    }

    let tx = unit.hold().await?;
    let ids = matching.held(tx, asked).await?;
    let rows = ids.iter().map(|id| params![id, db::Value::Null]).collect();
    let records: Vec<Author> = tx
        .one_each(&LOCK, rows)
        .await
        .map_err(|failed| failed.error)?;
    let batch = removal::Batch::new(caller, removal);
    for record in &records {
        let removed = remove_held(app, tx, caller, &batch, record).await;
        removed.map_err(|error| error.with_metadata("id", record.id.to_string()))?;
    }
    let removed = http::Removed {
        batch: (!ids.is_empty()).then(|| batch.id()),
        ids,
    };
    if unit.commit(&removed).await? {
        for id in &removed.ids {
            rules.after_remove(app, caller, *id).await;
        }
    }
    Ok(removed)
}

/// The records of a batch, held until the transaction ends, each with the place of its element.
/// `pass_over` says whether one may be missing.
async fn hold<T: http::Targeted<Id = Uuid>>(
    app: &App,
    tx: &mut db::Transaction<'static>,
    targets: &[T],
    pass_over: impl Fn(&T, Error) -> Result<(), Error>,
) -> Result<Vec<(usize, Author)>, Error> {
    let lock = |target: &T| Ok(params![*target.id(), target.conditions().expected()?]);
    let held = http::hold(tx, &LOCK, targets, lock).await?;
    let mut records = Vec::with_capacity(targets.len());
    for (index, (record, target)) in held.into_iter().zip(targets).enumerate() {
        match record {
            Some(record) => records.push((index, record)),
            None => {
                let missed = missed(app, *target.id()).await;
                pass_over(target, missed)
                    .map_err(|error| error.of_element(index, http::Element::Record))?;
            }
        }
    }
    Ok(records)
}

/// Ends a command: what it wrote lasts from here on, and the rules hear of it.
async fn finish(
    app: &App,
    caller: &http::Caller,
    unit: &mut Unit<'_, Vec<Saved<Author>>>,
    all: Vec<Saved<Author>>,
) -> Result<Vec<Saved<Author>>, Error> {
    if unit.commit(&all).await? {
        for saved in &all {
            commands::tell(app, caller, saved).await;
        }
    }
    Ok(all)
}
