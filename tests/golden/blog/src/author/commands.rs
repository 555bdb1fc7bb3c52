//! What can be done to authors: rules first, then one statement or one transaction.

use jiff::Timestamp;
use svcgen_runtime::{Constraint, Error, Violations, db, http, params};
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

/// The named constraints, each with the member of a request that it is about.
const CONSTRAINTS: &[Constraint] = &[
    Constraint::unique("authors_pkey", "authors", &["id"], "/id"),
    Constraint::unique("authors_email_key", "authors", &["email"], "/email"),
    Constraint::check("authors_name_check", "/name"),
    Constraint::check("authors_email_check", "/email"),
];

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

/// Why a statement found nothing to write: no such record, or another version of it.
pub(super) async fn missed(app: &App, id: Uuid) -> Error {
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

/// Every statement, for the test that prepares them.
pub const STATEMENTS: &[(&str, &db::Sql)] =
    &[("INSERT", &INSERT), ("UPDATE", &UPDATE), ("LOCK", &LOCK)];
