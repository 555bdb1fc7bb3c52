//! How authors are removed, and what goes with them.

use svcgen_runtime::{Error, Unit, db, http, params, removal};
use uuid::Uuid;

use super::commands::{LOCK, outdated};
use super::hooks::Rules as _;
use super::model::Author;
use super::rules::AuthorRules;
use crate::app::App;
use crate::migrations;

/// Whether the author is there, held until the transaction ends.
const ROOT: db::Sql = db::held!(
    "select true
     from authors
     where id = $1 and version = coalesce($2, version)"
);

/// What goes with the author, what is cut from it, and what keeps it.
const PREVIEW: db::Sql = db::Sql::new(
    "select 'authors' as name, 'archived' as effect, count(*) as records
     from authors
     where id = $1
     union all select 'posts' as name, 'restricts' as effect, count(*) as records
     from posts
     where author_id = $1",
);

/// Whether anything keeps the author.
const RESTRICTED: db::Sql = db::Sql::new(
    "select true
     where exists (select 1 from posts where author_id = $1)",
);

/// The copy of the authors that go, in their archive.
const ARCHIVE_AUTHORS: db::Sql = db::Sql::new(db::text!(
    "insert into authors_archive (
         archive_id, archive_batch, archived_at, archived_by, archive_reason,
         archive_request, archive_root, archive_root_id, archive_schema,
         archive_purge_after, ",
    crate::author::queries::COLUMNS,
    ")
     select uuid7(), $2, $8, $3, $4, $5, 'authors', $7, $6, null, ",
    crate::author::queries::COLUMNS,
    " from authors
     where id = $1"
));

/// The end of the authors that go.
const DELETE_AUTHORS: db::Sql = db::Sql::new(
    "delete from authors
     where id = $1",
);

/// The whole removal of an author: what goes, its copies, and what is cut.
const REMOVE: db::Sql = db::Sql::new(db::text!(
    "with gone_authors as (
         delete from authors
         where id = $1 and version = coalesce($2, version)
             and (select set_config('svcgen.archiving', 'on', true)) = 'on'
         returning ",
    crate::author::queries::COLUMNS,
    "),
     kept_authors as (
         insert into authors_archive (
             archive_id, archive_batch, archived_at, archived_by, archive_reason,
             archive_request, archive_root, archive_root_id, archive_schema,
             archive_purge_after, ",
    crate::author::queries::COLUMNS,
    ")
         select gen_random_uuid(), $3::uuid, now(), $4::text, $5::text, $6::text,
             'authors', $8::text, $7::bigint, null, ",
    crate::author::queries::COLUMNS,
    " from gone_authors
     )
     select count(*)
     from gone_authors"
));

/// How an author is removed, and what goes with it.
pub const REMOVAL: removal::Removal = removal::Removal {
    table: "authors",
    versioned: true,
    archives: true,
    is_tree: false,
    reaches: false,
    schema: removal::schema_number(migrations::ALL),
    root: &ROOT,
    preview: &PREVIEW,
    along: &[],
    sqlite: Some(removal::Steps {
        restricted: Some(&RESTRICTED),
        copies: &[&ARCHIVE_AUTHORS],
        remembered: &[],
        cuts: &[],
        ends: &[removal::End {
            delete: &DELETE_AUTHORS,
            copy: Some(0),
        }],
    }),
    postgres: Some(removal::Whole {
        statement: &REMOVE,
        takes: 6,
    }),
};

/// Removes an author, if the `conditions` hold of it.
///
/// # Errors
///
/// Says so when there is none and that is not allowed, when another change came first, or when other
/// records refer to it.
pub async fn remove(
    app: &App,
    caller: &http::Caller,
    unit: &mut Unit<'_, ()>,
    id: Uuid,
    conditions: &http::Conditions,
    removal: &http::Removal,
) -> Result<(), Error> {
    let rules = AuthorRules;
    rules.before_remove(app, caller, id, removal).await?;

    let expected = conditions.expected()?;
    let inside = rules.inside_remove();
    let removed = if inside.is_none() && !conditions.exclude() && unit.may_stand_alone() {
        REMOVAL
            .remove(&app.db, id, expected, caller, removal)
            .await?
    } else {
        let tx = unit.hold().await?;
        let current: Option<Author> = tx.fetch_optional(&LOCK, params![id, expected]).await?;
        if let Some(author) = &current {
            conditions.admit(Some(author.version))?;
            let batch = removal::Batch::new(caller, removal);
            remove_held(app, tx, caller, &batch, author).await?;
        }
        current.is_some()
    };
    if !removed {
        removal.pass_over(conditions, missed(app, id).await)?;
    }

    if unit.commit(&()).await? && removed {
        rules.after_remove(app, caller, id).await;
    }
    Ok(())
}

/// Removes a record that a transaction holds, as part of a batch.
pub(super) async fn remove_held(
    app: &App,
    tx: &mut db::Transaction<'static>,
    caller: &http::Caller,
    batch: &removal::Batch,
    author: &Author,
) -> Result<(), Error> {
    if let Some(inside) = AuthorRules.inside_remove() {
        inside(tx, caller, author).await?;
    }
    match REMOVAL.run(tx, batch, author.id, None).await {
        Ok(_) => Ok(()),
        Err(error) => Err(REMOVAL.explain(&app.db, author.id, error).await),
    }
}

/// Why there was nothing to remove: no such record, or another version of it.
pub(super) async fn missed(app: &App, id: Uuid) -> Error {
    match outdated(app, id).await {
        Ok(()) => Error::not_found("author", id),
        Err(error) => error,
    }
}

/// What removing an author would do.
///
/// # Errors
///
/// Says so when there is none.
pub async fn preview(app: &App, id: Uuid) -> Result<removal::Preview, Error> {
    REMOVAL
        .preview(&app.db, id)
        .await?
        .ok_or_else(|| Error::not_found("author", id))
}
