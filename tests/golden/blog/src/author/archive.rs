//! The authors that were removed: read, listed and restored.

use jiff::Timestamp;
use serde::Serialize;
use svcgen_runtime::{Error, Unit, archive, db, hooks, http, input, list, params};
use uuid::Uuid;

use super::hooks::Rules as _;
use super::queries::{COLUMNS, FIND};
use super::rules::AuthorRules;
use crate::app::App;
use crate::archive::ARCHIVES;

/// What would come back: archived values, or those that are overridden.
const SQLITE_CANDIDATE: &str = "
    case when $3 then $4 else id end as id,
    case when $5 then $6 else name end as name,
    case when $7 then $8 else email end as email,
    case when $9 then $10 else bio end as bio,
    coalesce(version, 0) + 1 as version,
    coalesce(created_at, cast(unixepoch('subsec') * 1000000 as integer)) as created_at,
    cast(unixepoch('subsec') * 1000000 as integer) as updated_at";

/// What would come back: archived values, or those that are overridden.
const POSTGRES_CANDIDATE: &str = "
    case when $3 then $4 else id end as id,
    case when $5 then $6 else name end as name,
    case when $7 then $8 else email end as email,
    case when $9 then $10 else bio end as bio,
    coalesce(version, 0) + 1 as version,
    coalesce(created_at, now()) as created_at,
    now() as updated_at";

/// What stands in the way of a restore, whatever the database.
const COMMON_CONFLICTS: &str = "
    select archive_id, 'REQUIRED_VALUE_MISSING', 'id', null, null
    from candidate where id is null
    union all select archive_id, 'REQUIRED_VALUE_MISSING', 'name', null, null
    from candidate where name is null
    union all select archive_id, 'REQUIRED_VALUE_MISSING', 'email', null, null
    from candidate where email is null";

/// One archived author.
const FIND_ARCHIVED: db::Sql = db::Sql::new(db::text!(
    "select archive_id, archive_batch, archived_at, archived_by, archive_reason,
         archive_request, archive_root, archive_root_id, archive_schema,
         archive_purge_after, archive_hold, archive_hash, ",
    COLUMNS,
    " from authors_archive
     where archive_id = $1"
));

/// The batch of one archived author.
const BATCH: db::Sql = db::Sql::new(
    "select archive_batch
     from authors_archive
     where archive_id = $1",
);

/// What is restored, held until the transaction ends.
const HOLD: db::Sql = db::held!(
    "select archive_id
     from authors_archive
     where archive_batch = $1 and archive_id = coalesce($2, archive_id)"
);

/// What stands in the way of a restore.
const CONFLICTS: db::Sql = db::Sql::each(
    db::text!(
        "with candidate as (
         select archive_id, ",
        SQLITE_CANDIDATE,
        " from authors_archive
         where archive_batch = $1 and archive_id = coalesce($2, archive_id)
     )
     select candidate.archive_id, 'ID_TAKEN', 'id', live.id, null
     from candidate join authors as live on live.id = candidate.id
     union all select candidate.archive_id, 'UNIQUE_TAKEN', 'email', live.id, null
     from candidate join authors as live on live.email = candidate.email
     union all select candidate.archive_id, 'UNIQUE_TWICE', 'email', other.id, null
     from candidate join candidate as other
         on other.archive_id <> candidate.archive_id and other.email = candidate.email
     union all select archive_id, 'CHECK_FAILED', 'name', null, null
     from candidate where not (length(name) >= 1 and length(name) <= 120)
     union all select archive_id, 'CHECK_FAILED', 'email', null, null
     from candidate where not (length(email) <= 254)
     union all ",
        COMMON_CONFLICTS
    ),
    db::text!(
        "with candidate as (
         select archive_id, ",
        POSTGRES_CANDIDATE,
        " from authors_archive
         where archive_batch = $1 and archive_id = coalesce($2, archive_id)
     )
     select candidate.archive_id, 'ID_TAKEN', 'id', live.id::text, null::uuid
     from candidate join authors as live on live.id = candidate.id
     union all select candidate.archive_id, 'UNIQUE_TAKEN', 'email', live.id::text, null
     from candidate join authors as live on live.email = candidate.email
     union all select candidate.archive_id, 'UNIQUE_TWICE', 'email', other.id::text, null
     from candidate join candidate as other
         on other.archive_id <> candidate.archive_id and other.email = candidate.email
     union all select archive_id, 'CHECK_FAILED', 'name', null, null
     from candidate where not (char_length(name) >= 1 and char_length(name) <= 120)
     union all select archive_id, 'CHECK_FAILED', 'email', null, null
     from candidate where not (char_length(email) <= 254)
     union all ",
        COMMON_CONFLICTS
    ),
);

/// Other values for one archived author, which is then as if it were removed today.
const AMEND: db::Sql = db::Sql::each(
    db::text!(
        "update authors_archive
     set (",
        COLUMNS,
        ") = (
         select ",
        SQLITE_CANDIDATE,
        " from (select coalesce(version, 0) - 1 as version) as before
     ),
         archive_schema = 9223372036854775807
     where archive_batch = $1 and archive_id = $2"
    ),
    db::text!(
        "update authors_archive
     set (",
        COLUMNS,
        ") = (
         select ",
        POSTGRES_CANDIDATE,
        " from (select coalesce(version, 0) - 1 as version) as before
     ),
         archive_schema = 9223372036854775807
     where archive_batch = $1 and archive_id = $2"
    ),
);

/// The author as it comes back.
const RESTORE: db::Sql = db::Sql::each(
    db::text!(
        "insert into authors (",
        COLUMNS,
        ")
     select ",
        SQLITE_CANDIDATE,
        " from authors_archive
     where archive_batch = $1 and archive_id = coalesce($2, archive_id)
     returning id"
    ),
    db::text!(
        "insert into authors (",
        COLUMNS,
        ")
     select ",
        POSTGRES_CANDIDATE,
        " from authors_archive
     where archive_batch = $1 and archive_id = coalesce($2, archive_id)
     returning id"
    ),
);

/// The end of what came back in the archive.
const FORGET: db::Sql = db::Sql::new(
    "delete from authors_archive
     where archive_batch = $1 and archive_id = coalesce($2, archive_id)",
);

/// How authors are restored.
pub const ARCHIVE: archive::Archive = archive::Archive {
    table: "authors",
    sentence: "author",
    find: &FIND_ARCHIVED,
    batch: &BATCH,
    hold: &HOLD,
    conflicts: &CONFLICTS,
    restore: &RESTORE,
    forget: &FORGET,
    amend: &AMEND,
    read: |sent| Ok(input::read::<AuthorOverrides>(sent)?.parameters()),
    overrides: 4,
    late: &[],
    refer: None,
    sequence: None,
    inside: |tx, caller, id| {
        let inside = AuthorRules.inside_restore();
        Box::pin(hooks::inside(tx, caller, inside, FIND, id))
    },
};

/// What a list of archived authors may be asked about.
pub static TABLE: list::Table = archive::table(
    "authors_archive",
    db::Sql::new(db::text!(
        "archive_id, archive_batch, archived_at, archived_by, archive_reason,
         archive_request, archive_root, archive_root_id, archive_schema,
         archive_purge_after, archive_hold, archive_hash, ",
        COLUMNS
    )),
    &[
        "archive_id",
        "archive_batch",
        "archived_at",
        "archived_by",
        "archive_reason",
        "archive_root",
        "archive_root_id",
        "archive_schema",
        "archive_purge_after",
        "archive_hold",
        "archive_restorability",
        "id",
        "name",
        "email",
        "bio",
        "version",
        "created_at",
        "updated_at",
    ],
    &LISTED,
);

const LISTED: [list::Column; 9] = archive::columns(list::Kind::Uuid);

/// An author in the archive: what it was, and how it came there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ArchivedAuthor {
    /// How it came there.
    #[serde(flatten)]
    pub archive_entry: archive::Entry,
    /// Identified the author.
    pub id: Option<Uuid>,
    /// Name.
    pub name: Option<String>,
    /// Email.
    pub email: Option<String>,
    /// Bio.
    pub bio: Option<String>,
    /// The version it had.
    pub version: Option<i64>,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// When it was last changed.
    pub updated_at: Option<Timestamp>,
}

impl db::FromRow for ArchivedAuthor {
    fn from_row(row: &db::Row<'_>) -> Result<Self, db::DbError> {
        Ok(Self {
            archive_entry: db::FromRow::from_row(row)?,
            id: row.next()?,
            name: row.next()?,
            email: row.next()?,
            bio: row.next()?,
            version: row.next()?,
            created_at: row.next()?,
            updated_at: row.next()?,
        })
    }
}

impl list::Record for ArchivedAuthor {
    fn value(&self, column: &str) -> db::Value {
        self.archive_entry.value(column)
    }
}

impl ArchivedAuthor {
    /// Without what says something about a person.
    fn masked(mut self) -> Self {
        self.email = None;
        self
    }
}

/// One page of archived authors.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ArchivedAuthorPage {
    /// The authors of this page, without what says something about a person.
    pub authors: Vec<ArchivedAuthor>,
    /// Asks for the next page; absent on the last one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub next_page_token: String,
    /// Asks for the page before; absent on the first one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub previous_page_token: String,
    /// How many there are on all pages, where the caller asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_size: Option<i64>,
}

/// What a restored author shall have instead of what is archived.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AuthorOverrides {
    /// Another id.
    pub id: Option<Uuid>,
    /// Name.
    pub name: Option<String>,
    /// Email.
    pub email: Option<String>,
    /// Bio.
    pub bio: Option<Option<String>>,
}

impl input::Read for AuthorOverrides {
    fn read(body: &mut input::Object) -> Option<Self> {
        let id = body.change("id", input::uuid());
        let name = body.change("name", input::text().min(1).max(120));
        let email = body.change("email", input::text().max(254).email());
        let bio = body.change_nullable("bio", input::text());
        body.ignore(&["version", "created_at", "updated_at"]);
        Some(Self {
            id: id?,
            name: name?,
            email: email?,
            bio: bio?,
        })
    }
}

impl AuthorOverrides {
    /// The same for a statement, in pairs: whether a value is overridden, and by what.
    fn parameters(&self) -> Vec<db::Value> {
        params![
            self.id.is_some(),
            self.id,
            self.name.is_some(),
            &self.name,
            self.email.is_some(),
            &self.email,
            self.bio.is_some(),
            self.bio.as_ref().and_then(Option::as_ref),
        ]
    }
}

/// An author in the archive. What says something about a person is left out
/// unless it is asked for. Who reads it, and whether in full, is logged.
///
/// # Errors
///
/// Says so when there is none.
pub async fn find(
    app: &App,
    caller: &http::Caller,
    archive_id: Uuid,
    reading: archive::Reading,
) -> Result<ArchivedAuthor, Error> {
    let mut archived: ArchivedAuthor = app
        .db
        .fetch_optional(&FIND_ARCHIVED, params![archive_id])
        .await?
        .ok_or_else(|| Error::not_found("archived author", archive_id))?;
    archive::note_reading(caller, ARCHIVE.table, archive_id, reading);
    ARCHIVE.judge(&app.db, &mut archived.archive_entry).await?;
    if !reading.show_pii {
        return Ok(archived.masked());
    }
    Ok(archived)
}

/// The page of archived authors that a caller asks for; that it was read is logged.
///
/// # Errors
///
/// Names every parameter that cannot be understood.
pub async fn list(
    app: &App,
    caller: &http::Caller,
    listing: &http::Listing,
) -> Result<ArchivedAuthorPage, Error> {
    let mut page: list::Page<ArchivedAuthor> =
        TABLE.page(&app.db, &app.pages, None, listing).await?;
    archive::note_listing(caller, ARCHIVE.table, page.records.len());
    let entries = page.records.iter_mut().map(|it| &mut it.archive_entry);
    ARCHIVE
        .judge_page(&app.db, listing.mask(&TABLE), entries)
        .await?;
    Ok(ArchivedAuthorPage {
        authors: page
            .records
            .into_iter()
            .map(ArchivedAuthor::masked)
            .collect(),
        next_page_token: page.next_page_token,
        previous_page_token: page.previous_page_token,
        total_size: page.total_size,
    })
}

/// Brings an author back, with the values that are overridden.
///
/// # Errors
///
/// Says so when there is none, and everything that stands in the way; nothing has changed then.
pub async fn restore(
    caller: &http::Caller,
    unit: &mut Unit<'_, archive::Restored>,
    archive_id: Uuid,
    overrides: &AuthorOverrides,
) -> Result<archive::Restored, Error> {
    ARCHIVES
        .restore(unit, caller, &ARCHIVE, archive_id, overrides.parameters())
        .await
}
