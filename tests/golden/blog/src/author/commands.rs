//! What can be done to authors: rules first, then one statement or one transaction.

use jiff::Timestamp;
use svcgen_runtime::{Constraint, Error, Violations, db, http, params, removal};
use uuid::Uuid;

use super::hooks::Rules as _;
use super::model::{Author, AuthorChanges, NewAuthor};
use super::queries;
use super::rules::AuthorRules;
use crate::app::App;

/// A new author.
pub const INSERT: db::Sql = db::Sql::new(
    "insert into authors (id, name, email, bio, version, created_at, updated_at)
     values ($1, $2, $3, $4, 1, $5, $5)
     returning id, name, email, bio, version, created_at, updated_at",
);

/// The changes of one author: what is not sent stays as it is.
pub const UPDATE: db::Sql = db::Sql::new(
    "update authors
     set version = version + 1,
         updated_at = $3,
         name = coalesce($4, name),
         email = coalesce($5, email),
         bio = case when $6 then $7 else bio end
     where id = $1 and version = coalesce($2, version)
     returning id, name, email, bio, version, created_at, updated_at",
);

/// One author by its id, held until the transaction ends.
pub const LOCK: db::Sql = db::Sql::each(
    "select id, name, email, bio, version, created_at, updated_at
     from authors
     where id = $1 and version = coalesce($2, version)",
    "select id, name, email, bio, version, created_at, updated_at
     from authors
     where id = $1 and version = coalesce($2, version)
     for update",
);

/// The copy of the authors that go, in their archive.
const ARCHIVE_AUTHORS: db::Sql = db::Sql::each(
    "insert into authors_archive
         (archive_id, archive_batch, archived_at, archived_by, archive_reason,
          archive_request, archive_root, archive_purge_after,
          id, name, email, bio, version, created_at, updated_at)
     select randomblob(16), $2, cast(unixepoch('subsec') * 1000000 as integer), $3, $4,
         $5, 'authors',
         null,
         id, name, email, bio, version, created_at, updated_at
     from authors
     where id = $1",
    "insert into authors_archive
         (archive_id, archive_batch, archived_at, archived_by, archive_reason,
          archive_request, archive_root, archive_purge_after,
          id, name, email, bio, version, created_at, updated_at)
     select gen_random_uuid(), $2::uuid, now(), $3::text, $4::text, $5::text, 'authors',
         null,
         id, name, email, bio, version, created_at, updated_at
     from authors
     where id = $1",
);

/// The end of the authors that go.
const DELETE_AUTHORS: db::Sql = db::Sql::new(
    "delete from authors
     where id = $1",
);

/// What the removal of an author takes along.
pub const REMOVAL: removal::Removal = removal::Removal {
    locks: &[],
    remembered: &[],
    cut: &[],
    moves: &[removal::Move {
        table: "authors",
        archive: Some(&ARCHIVE_AUTHORS),
        delete: &DELETE_AUTHORS,
    }],
};

/// The named constraints, each with the member of a request that it is about.
const CONSTRAINTS: &[Constraint] = &[
    Constraint::unique("authors_pkey", "authors", &["id"], "/id"),
    Constraint::unique("authors_email_key", "authors", &["email"], "/email"),
    Constraint::check("authors_name_check", "/name"),
    Constraint::check("authors_email_check", "/email"),
];

/// The references that keep an author from being removed.
const REFERRERS: &[Constraint] = &[Constraint::restrict("posts_author_id_fkey", "posts")];

/// Creates an author.
///
/// # Errors
///
/// Refuses what breaks a rule, clashes with a unique value, or refers to nothing.
pub async fn create(app: &App, caller: &http::Caller, mut new: NewAuthor) -> Result<Author, Error> {
    let rules = AuthorRules;
    let mut found = Violations::new();
    rules.check_new(&new, &mut found);
    found.into_result()?;
    rules.before_create(app, caller, &mut new).await?;

    let now = Timestamp::now();
    let parameters = params![
        new.id.unwrap_or_else(Uuid::now_v7),
        &new.name,
        &new.email,
        &new.bio,
        now,
    ];
    let author = match rules.inside_create() {
        None => app
            .db
            .write_one(&INSERT, parameters)
            .await
            .map_err(constrained)?,
        Some(inside) => {
            let mut tx = app.db.begin().await?;
            let author = tx
                .write_one(&INSERT, parameters)
                .await
                .map_err(constrained)?;
            inside(&mut tx, caller, &author).await?;
            tx.commit().await?;
            author
        }
    };

    rules.after_create(app, caller, &author).await;
    Ok(author)
}

/// Changes an author, if it still has the `expected` version.
///
/// # Errors
///
/// Says so when there is none or another change came first, and refuses
/// what breaks a rule, clashes with a unique value, or refers to nothing.
pub async fn change(
    app: &App,
    caller: &http::Caller,
    id: Uuid,
    expected: Option<i64>,
    mut changes: AuthorChanges,
) -> Result<Author, Error> {
    let rules = AuthorRules;
    let mut found = Violations::new();
    rules.check_changes(&changes, &mut found);
    found.into_result()?;
    rules.before_change(app, caller, id, &mut changes).await?;
    if changes == AuthorChanges::default() {
        return unchanged(app, id, expected).await;
    }

    let parameters = params![
        id,
        expected,
        Timestamp::now(),
        &changes.name,
        &changes.email,
        changes.bio.is_some(),
        changes.bio.as_ref().and_then(Option::as_ref),
    ];
    let changed = match rules.inside_change() {
        None => app
            .db
            .write_optional(&UPDATE, parameters)
            .await
            .map_err(constrained)?,
        Some(inside) => {
            let mut tx = app.db.begin().await?;
            let before: Option<Author> = tx.fetch_optional(&LOCK, params![id, expected]).await?;
            let changed = tx
                .write_optional(&UPDATE, parameters)
                .await
                .map_err(constrained)?;
            if let (Some(before), Some(after)) = (&before, &changed) {
                inside(&mut tx, caller, before, after).await?;
            }
            tx.commit().await?;
            changed
        }
    };
    let Some(author) = changed else {
        return Err(missed(app, id).await);
    };

    rules.after_change(app, caller, &author).await;
    Ok(author)
}

/// The answer to a change that changes nothing.
async fn unchanged(app: &App, id: Uuid, expected: Option<i64>) -> Result<Author, Error> {
    let current = queries::find(app, id).await?;
    if expected.is_some_and(|version| version != current.version) {
        return Err(missed(app, id).await);
    }
    Ok(current)
}

/// Removes an author, if it still has the `expected` version.
///
/// # Errors
///
/// Says so when there is none, when another change came first, or when other records refer to it.
pub async fn remove(
    app: &App,
    caller: &http::Caller,
    id: Uuid,
    expected: Option<i64>,
    removal: &http::Removal,
) -> Result<(), Error> {
    let rules = AuthorRules;
    rules.before_remove(app, caller, id, removal).await?;

    let mut tx = app.db.begin().await?;
    let current: Option<Author> = tx.fetch_optional(&LOCK, params![id, expected]).await?;
    let Some(current) = current else {
        return Err(missed(app, id).await);
    };
    if let Some(inside) = rules.inside_remove() {
        inside(&mut tx, caller, &current).await?;
    }
    REMOVAL
        .run(&mut tx, &current.id, caller, removal)
        .await
        .map_err(referred)?;
    tx.commit().await?;

    rules.after_remove(app, caller, id).await;
    Ok(())
}

/// Why a statement found nothing to write: no such record, or another version of it.
async fn missed(app: &App, id: Uuid) -> Error {
    match app
        .db
        .fetch_optional::<(i64,)>(&queries::VERSION, params![id])
        .await
    {
        Ok(Some((version,))) => {
            Error::precondition_failed(format!("The author `{id}` is at version {version} by now."))
        }
        Ok(None) => Error::not_found("author", id),
        Err(error) => error.into(),
    }
}

/// A database error, with what a broken constraint means to the caller.
fn constrained(error: db::DbError) -> Error {
    Error::from(error).constrained(CONSTRAINTS)
}

/// A database error, with what a reference to the record means to the caller.
fn referred(error: db::DbError) -> Error {
    Error::from(error).constrained(REFERRERS)
}

/// Every statement, for the test that prepares them.
pub const STATEMENTS: &[(&str, &db::Sql)] =
    &[("INSERT", &INSERT), ("UPDATE", &UPDATE), ("LOCK", &LOCK)];
