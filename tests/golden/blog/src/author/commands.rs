//! What can be done to authors: rules first, then one statement or one transaction.

use jiff::Timestamp;
use svcgen_runtime::{Constraint, Error, Saved, Unit, Violations, db, http, params};
use uuid::Uuid;

use super::hooks::Rules as _;
use super::model::{Author, AuthorChanges, NewAuthor};
use super::queries;
use super::rules::AuthorRules;
use crate::app::App;

/// A new author.
pub const INSERT: db::Sql = db::Sql::new(db::text!(
    "insert into authors (",
    queries::COLUMNS,
    ")
     values ($1, $2, $3, $4, 1, $5, $5)
     returning ",
    queries::COLUMNS
))
.grouped();

/// A new author, unless its id is taken.
pub const INSERT_MISSING: db::Sql = db::Sql::new(db::text!(
    "insert into authors (",
    queries::COLUMNS,
    ")
     values ($1, $2, $3, $4, 1, $5, $5)
     on conflict (id) do nothing
     returning ",
    queries::COLUMNS
));

/// The changes of one author: what is not sent stays as it is.
pub const UPDATE: db::Sql = db::Sql::new(db::text!(
    "update authors
     set
         name = coalesce($4, name),
         email = coalesce($5, email),
         bio = case when $6 then $7 else bio end,
         version = version + 1,
         updated_at = $3
     where id = $1 and version = coalesce($2, version)
     returning ",
    queries::COLUMNS
));

/// One author by its id, held until the transaction ends.
pub const LOCK: db::Sql = db::held!(
    "select ",
    queries::COLUMNS,
    " from authors
     where id = $1 and version = coalesce($2, version)"
);

/// The named constraints, each with the member of a request that it is about.
pub(super) const CONSTRAINTS: &[Constraint] = &[
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
pub async fn create(
    app: &App,
    caller: &http::Caller,
    unit: &mut Unit<'_, Saved<Author>>,
    new: NewAuthor,
) -> Result<Saved<Author>, Error> {
    let created = insert(app, caller, unit, new, &INSERT).await?;
    let saved = Saved::Created(created.ok_or(db::DbError::NoRow)?);
    finish(app, caller, unit, saved).await
}

/// Changes an author, if the `conditions` hold of it.
///
/// # Errors
///
/// Says so when there is none or another change came first, and refuses
/// what breaks a rule, clashes with a unique value, or refers to nothing.
pub async fn change(
    app: &App,
    caller: &http::Caller,
    unit: &mut Unit<'_, Saved<Author>>,
    id: Uuid,
    conditions: &http::Conditions,
    mut changes: AuthorChanges,
) -> Result<Saved<Author>, Error> {
    prepare(app, caller, id, &mut changes).await?;
    let changed = write(app, caller, unit, id, conditions, changes).await?;
    let saved = changed.ok_or_else(|| Error::not_found("author", id))?;
    finish(app, caller, unit, saved).await
}

/// Writes over an author, in part or as a whole; makes it where it is missing and `edit` says so.
///
/// # Errors
///
/// Those of [`change`] and of [`create`], and refuses another value of what cannot change.
pub async fn edit(
    app: &App,
    caller: &http::Caller,
    unit: &mut Unit<'_, Saved<Author>>,
    id: Uuid,
    conditions: &http::Conditions,
    edit: http::Edit<AuthorChanges, NewAuthor>,
) -> Result<Saved<Author>, Error> {
    if let http::Edit::Part(changes) = edit {
        return change(app, caller, unit, id, conditions, changes).await;
    }
    let current: Option<Author> = app.db.fetch_optional(&queries::FIND, params![id]).await?;
    let mut is_there = current.is_some();
    for _ in 0..db::ATTEMPTS {
        let saved = if is_there {
            let mut changes = edit.changes()?;
            prepare(app, caller, id, &mut changes).await?;
            write(app, caller, unit, id, conditions, changes).await?
        } else {
            let new = edit.new_record()?;
            let new = new.ok_or_else(|| Error::not_found("author", id))?;
            conditions.admit_new()?;
            let created = insert(app, caller, unit, new, &INSERT_MISSING).await?;
            created.map(Saved::Created)
        };
        if let Some(saved) = saved {
            return finish(app, caller, unit, saved).await;
        }
        // Somebody has made it, or removed it, in the meantime.
        is_there = !is_there;
    }
    Err(db::DbError::Serialization.into())
}

/// A new record, once the rules agree; `None` where `statement` finds its id taken.
async fn insert(
    app: &App,
    caller: &http::Caller,
    work: &mut db::Work<'_>,
    mut new: NewAuthor,
    statement: &db::Sql,
) -> Result<Option<Author>, Error> {
    let rules = AuthorRules;
    let mut found = Violations::new();
    rules.check_new(&new, &mut found);
    found.into_result()?;
    rules.before_create(app, caller, &mut new).await?;

    let inside = rules.inside_create();
    if inside.is_some() {
        work.hold().await?;
    }
    let parameters = insert_parameters(&new);
    let created: Option<Author> = work
        .write_optional(statement, parameters)
        .await
        .map_err(constrained)?;
    let Some(author) = created else {
        return Ok(None);
    };
    let Some(inside) = inside else {
        return Ok(Some(author));
    };
    inside(work.hold().await?, caller, &author).await?;
    Ok(Some(
        work.fetch_one(&queries::FIND, params![&author.id]).await?,
    ))
}

/// What the statements that insert take.
pub(super) fn insert_parameters(new: &NewAuthor) -> Vec<db::Value> {
    params![
        new.id.unwrap_or_else(Uuid::now_v7),
        &new.name,
        &new.email,
        &new.bio,
        Timestamp::now(),
    ]
}

/// What comes before a change: the rules agree to it, and may still alter it.
pub(super) async fn prepare(
    app: &App,
    caller: &http::Caller,
    id: Uuid,
    changes: &mut AuthorChanges,
) -> Result<(), Error> {
    let rules = AuthorRules;
    let mut found = Violations::new();
    rules.check_changes(changes, &mut found);
    found.into_result()?;
    rules.before_change(app, caller, id, changes).await
}

/// Changes that the rules have agreed to; `None` where there is no such record.
pub(super) async fn write(
    app: &App,
    caller: &http::Caller,
    work: &mut db::Work<'_>,
    id: Uuid,
    conditions: &http::Conditions,
    changes: AuthorChanges,
) -> Result<Option<Saved<Author>>, Error> {
    let expected = conditions.expected()?;
    let inside = AuthorRules.inside_change();
    let mut before: Option<Author> = None;
    if inside.is_some() || conditions.exclude() {
        let tx = work.hold().await?;
        before = tx.fetch_optional(&LOCK, params![id, expected]).await?;
        if let Some(current) = &before {
            conditions.admit(Some(current.version))?;
        }
    }
    if changes == AuthorChanges::default() {
        return unchanged(app, work, id, expected).await;
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
    let changed: Option<Author> = work
        .write_optional(&UPDATE, parameters)
        .await
        .map_err(constrained)?;
    let Some(author) = changed else {
        if expected.is_some() {
            outdated(app, id).await?;
        }
        return Ok(None);
    };
    let (Some(inside), Some(before)) = (inside, before) else {
        return Ok(Some(Saved::Changed(author)));
    };
    inside(work.hold().await?, caller, &before, &author).await?;
    let author = work.fetch_one(&queries::FIND, params![&author.id]).await?;
    Ok(Some(Saved::Changed(author)))
}

/// The answer to a change that changes nothing.
async fn unchanged(
    app: &App,
    work: &mut db::Work<'_>,
    id: Uuid,
    expected: Option<i64>,
) -> Result<Option<Saved<Author>>, Error> {
    let current: Option<Author> = work.fetch_optional(&queries::FIND, params![id]).await?;
    if let (Some(current), Some(expected)) = (&current, expected)
        && current.version != expected
    {
        outdated(app, id).await?;
    }
    Ok(current.map(Saved::Unchanged))
}

/// Ends a command: what it wrote lasts from here on, and the rules hear of it.
async fn finish(
    app: &App,
    caller: &http::Caller,
    unit: &mut Unit<'_, Saved<Author>>,
    saved: Saved<Author>,
) -> Result<Saved<Author>, Error> {
    if unit.commit(&saved).await? {
        tell(app, caller, &saved).await;
    }
    Ok(saved)
}

/// Tells the rules what has happened.
pub(super) async fn tell(app: &App, caller: &http::Caller, saved: &Saved<Author>) {
    match saved {
        Saved::Created(author) => AuthorRules.after_create(app, caller, author).await,
        Saved::Changed(author) => AuthorRules.after_change(app, caller, author).await,
        Saved::Unchanged(_) => {}
    }
}

/// Refuses what was to be done to a record of an older version, if the record is there at all.
pub(super) async fn outdated(app: &App, id: Uuid) -> Result<(), Error> {
    let found: Option<(i64,)> = app
        .db
        .fetch_optional(&queries::VERSION, params![id])
        .await?;
    match found {
        None => Ok(()),
        Some((version,)) => Err(Error::precondition_failed(format!(
            "The author `{id}` is at version {version} by now."
        ))),
    }
}

/// A database error, with what a broken constraint means to the caller.
fn constrained(error: db::DbError) -> Error {
    Error::from(error).constrained(CONSTRAINTS)
}

/// Every statement, for the test that prepares them.
pub const STATEMENTS: &[(&str, &db::Sql)] = &[
    ("INSERT", &INSERT),
    ("INSERT_MISSING", &INSERT_MISSING),
    ("UPDATE", &UPDATE),
    ("LOCK", &LOCK),
];
