//! The posts that were removed: read, listed and restored.

use jiff::Timestamp;
use serde::Serialize;
use svcgen_runtime::{Error, Unit, archive, db, hooks, http, input, list, params};
use uuid::Uuid;

use super::hooks::Rules as _;
use super::queries::{COLUMNS, FIND};
use super::rules::PostRules;
use crate::app::App;
use crate::archive::ARCHIVES;

/// What would come back: archived values, or those that are overridden.
const SQLITE_CANDIDATE: &str = "
    case when $3 then $4 else id end as id,
    case when $5 then $6 else author_id end as author_id,
    case when $7 then $8 else title end as title,
    case when $9 then $10 else slug end as slug,
    case when $11 then $12 else body end as body,
    case when $13 then $14 else published_at end as published_at,
    coalesce(version, 0) + 1 as version,
    coalesce(created_at, cast(unixepoch('subsec') * 1000000 as integer)) as created_at,
    cast(unixepoch('subsec') * 1000000 as integer) as updated_at";

/// What would come back: archived values, or those that are overridden.
const POSTGRES_CANDIDATE: &str = "
    case when $3 then $4 else id end as id,
    case when $5 then $6 else author_id end as author_id,
    case when $7 then $8 else title end as title,
    case when $9 then $10 else slug end as slug,
    case when $11 then $12 else body end as body,
    case when $13 then $14 else published_at end as published_at,
    coalesce(version, 0) + 1 as version,
    coalesce(created_at, now()) as created_at,
    now() as updated_at";

/// What stands in the way of a restore, whatever the database.
const COMMON_CONFLICTS: &str = "
    select archive_id, 'REQUIRED_VALUE_MISSING', 'id', null, null
    from candidate where id is null
    union all select archive_id, 'REQUIRED_VALUE_MISSING', 'author_id', null, null
    from candidate where author_id is null
    union all select archive_id, 'REQUIRED_VALUE_MISSING', 'title', null, null
    from candidate where title is null
    union all select archive_id, 'REQUIRED_VALUE_MISSING', 'slug', null, null
    from candidate where slug is null
    union all select archive_id, 'REQUIRED_VALUE_MISSING', 'body', null, null
    from candidate where body is null";

/// One archived post.
const FIND_ARCHIVED: db::Sql = db::Sql::new(db::text!(
    "select archive_id, archive_batch, archived_at, archived_by, archive_reason,
         archive_request, archive_root, archive_root_id, archive_schema,
         archive_purge_after, archive_hold, archive_hash, ",
    COLUMNS,
    " from posts_archive
     where archive_id = $1"
));

/// The batch of one archived post.
const BATCH: db::Sql = db::Sql::new(
    "select archive_batch
     from posts_archive
     where archive_id = $1",
);

/// What is restored, held until the transaction ends.
const HOLD: db::Sql = db::held!(
    "select archive_id
     from posts_archive
     where archive_batch = $1 and archive_id = coalesce($2, archive_id)"
);

/// What stands in the way of a restore.
const CONFLICTS: db::Sql = db::Sql::each(
    db::text!(
        "with candidate as (
         select archive_id, ",
        SQLITE_CANDIDATE,
        " from posts_archive
         where archive_batch = $1 and archive_id = coalesce($2, archive_id)
     )
     select candidate.archive_id, 'ID_TAKEN', 'id', live.id, null
     from candidate join posts as live on live.id = candidate.id
     union all select candidate.archive_id, 'UNIQUE_TAKEN', 'slug', live.id, null
     from candidate join posts as live on live.slug = candidate.slug
     union all select candidate.archive_id, 'UNIQUE_TWICE', 'slug', other.id, null
     from candidate join candidate as other
         on other.archive_id <> candidate.archive_id and other.slug = candidate.slug
     union all select candidate.archive_id, 'PARENT_MISSING', 'author_id',
         candidate.author_id, (select gone.archive_batch from authors_archive as gone
         where gone.id = candidate.author_id order by gone.archive_batch = $1 desc,
         gone.archived_at desc limit 1)
     from candidate
     where candidate.author_id is not null
         and not exists (select 1 from authors as live where live.id =
             candidate.author_id)
     union all select archive_id, 'CHECK_FAILED', 'title', null, null
     from candidate where not (length(title) >= 1 and length(title) <= 200)
     union all select archive_id, 'CHECK_FAILED', 'slug', null, null
     from candidate where not (length(slug) <= 200)
     union all ",
        COMMON_CONFLICTS
    ),
    db::text!(
        "with candidate as (
         select archive_id, ",
        POSTGRES_CANDIDATE,
        " from posts_archive
         where archive_batch = $1 and archive_id = coalesce($2, archive_id)
     )
     select candidate.archive_id, 'ID_TAKEN', 'id', live.id::text, null::uuid
     from candidate join posts as live on live.id = candidate.id
     union all select candidate.archive_id, 'UNIQUE_TAKEN', 'slug', live.id::text, null
     from candidate join posts as live on live.slug = candidate.slug
     union all select candidate.archive_id, 'UNIQUE_TWICE', 'slug', other.id::text, null
     from candidate join candidate as other
         on other.archive_id <> candidate.archive_id and other.slug = candidate.slug
     union all select candidate.archive_id, 'PARENT_MISSING', 'author_id',
         candidate.author_id::text, (select gone.archive_batch from authors_archive as
         gone where gone.id = candidate.author_id order by gone.archive_batch = $1 desc,
         gone.archived_at desc limit 1)
     from candidate
     where candidate.author_id is not null
         and not exists (select 1 from authors as live where live.id =
             candidate.author_id)
     union all select archive_id, 'CHECK_FAILED', 'title', null, null
     from candidate where not (char_length(title) >= 1 and char_length(title) <= 200)
     union all select archive_id, 'CHECK_FAILED', 'slug', null, null
     from candidate where not (char_length(slug) <= 200)
     union all ",
        COMMON_CONFLICTS
    ),
);

/// Other values for one archived post, which is then as if it were removed today.
const AMEND: db::Sql = db::Sql::each(
    db::text!(
        "update posts_archive
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
        "update posts_archive
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

/// The post as it comes back.
const RESTORE: db::Sql = db::Sql::each(
    db::text!(
        "insert into posts (",
        COLUMNS,
        ")
     select ",
        SQLITE_CANDIDATE,
        " from posts_archive
     where archive_batch = $1 and archive_id = coalesce($2, archive_id)
     returning id"
    ),
    db::text!(
        "insert into posts (",
        COLUMNS,
        ")
     select ",
        POSTGRES_CANDIDATE,
        " from posts_archive
     where archive_batch = $1 and archive_id = coalesce($2, archive_id)
     returning id"
    ),
);

/// The end of what came back in the archive.
const FORGET: db::Sql = db::Sql::new(
    "delete from posts_archive
     where archive_batch = $1 and archive_id = coalesce($2, archive_id)",
);

/// How posts are restored.
pub const ARCHIVE: archive::Archive = archive::Archive {
    table: "posts",
    sentence: "post",
    find: &FIND_ARCHIVED,
    batch: &BATCH,
    hold: &HOLD,
    conflicts: &CONFLICTS,
    restore: &RESTORE,
    forget: &FORGET,
    amend: &AMEND,
    read: |sent| Ok(input::read::<PostOverrides>(sent)?.parameters()),
    overrides: 6,
    late: &[],
    refer: None,
    sequence: None,
    inside: |tx, caller, id| {
        let inside = PostRules.inside_restore();
        Box::pin(hooks::inside(tx, caller, inside, FIND, id))
    },
};

/// What a list of archived posts may be asked about.
pub static TABLE: list::Table = archive::table(
    "posts_archive",
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
        "author_id",
        "title",
        "slug",
        "body",
        "published_at",
        "version",
        "created_at",
        "updated_at",
    ],
    &LISTED,
);

const LISTED: [list::Column; 9] = archive::columns(list::Kind::Uuid);

/// A post in the archive: what it was, and how it came there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ArchivedPost {
    /// How it came there.
    #[serde(flatten)]
    pub archive_entry: archive::Entry,
    /// Identified the post.
    pub id: Option<Uuid>,
    /// The author it belongs to.
    pub author_id: Option<Uuid>,
    /// Title.
    pub title: Option<String>,
    /// Slug.
    pub slug: Option<String>,
    /// Body.
    pub body: Option<String>,
    /// Published at.
    pub published_at: Option<Timestamp>,
    /// The version it had.
    pub version: Option<i64>,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// When it was last changed.
    pub updated_at: Option<Timestamp>,
}

impl db::FromRow for ArchivedPost {
    fn from_row(row: &db::Row<'_>) -> Result<Self, db::DbError> {
        Ok(Self {
            archive_entry: db::FromRow::from_row(row)?,
            id: row.next()?,
            author_id: row.next()?,
            title: row.next()?,
            slug: row.next()?,
            body: row.next()?,
            published_at: row.next()?,
            version: row.next()?,
            created_at: row.next()?,
            updated_at: row.next()?,
        })
    }
}

impl list::Record for ArchivedPost {
    fn value(&self, column: &str) -> db::Value {
        self.archive_entry.value(column)
    }
}

/// One page of archived posts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ArchivedPostPage {
    /// The posts of this page, without what says something about a person.
    pub posts: Vec<ArchivedPost>,
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

/// What a restored post shall have instead of what is archived.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PostOverrides {
    /// Another id.
    pub id: Option<Uuid>,
    /// The author it belongs to.
    pub author_id: Option<Uuid>,
    /// Title.
    pub title: Option<String>,
    /// Slug.
    pub slug: Option<String>,
    /// Body.
    pub body: Option<String>,
    /// Published at.
    pub published_at: Option<Option<Timestamp>>,
}

impl input::Read for PostOverrides {
    fn read(request: &mut input::Object) -> Option<Self> {
        let id = request.change("id", input::uuid());
        let author_id = request.change("author_id", input::uuid());
        let title = request.change("title", input::text().min(1).max(200));
        let slug = request.change("slug", input::text().max(200).slug());
        let body = request.change("body", input::text());
        let published_at = request.change_nullable("published_at", input::timestamp());
        request.ignore(&["version", "created_at", "updated_at"]);
        Some(Self {
            id: id?,
            author_id: author_id?,
            title: title?,
            slug: slug?,
            body: body?,
            published_at: published_at?,
        })
    }
}

impl PostOverrides {
    /// The same for a statement, in pairs: whether a value is overridden, and by what.
    fn parameters(&self) -> Vec<db::Value> {
        params![
            self.id.is_some(),
            self.id,
            self.author_id.is_some(),
            self.author_id,
            self.title.is_some(),
            &self.title,
            self.slug.is_some(),
            &self.slug,
            self.body.is_some(),
            &self.body,
            self.published_at.is_some(),
            self.published_at.flatten(),
        ]
    }
}

/// A post in the archive. What says something about a person is left out
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
) -> Result<ArchivedPost, Error> {
    let mut archived: ArchivedPost = app
        .db
        .fetch_optional(&FIND_ARCHIVED, params![archive_id])
        .await?
        .ok_or_else(|| Error::not_found("archived post", archive_id))?;
    archive::note_reading(caller, ARCHIVE.table, archive_id, reading);
    ARCHIVE.judge(&app.db, &mut archived.archive_entry).await?;
    Ok(archived)
}

/// The page of archived posts that a caller asks for; that it was read is logged.
///
/// # Errors
///
/// Names every parameter that cannot be understood.
pub async fn list(
    app: &App,
    caller: &http::Caller,
    listing: &http::Listing,
) -> Result<ArchivedPostPage, Error> {
    let mut page: list::Page<ArchivedPost> = TABLE.page(&app.db, &app.pages, None, listing).await?;
    archive::note_listing(caller, ARCHIVE.table, page.records.len());
    let entries = page.records.iter_mut().map(|it| &mut it.archive_entry);
    ARCHIVE
        .judge_page(&app.db, listing.mask(&TABLE), entries)
        .await?;
    Ok(ArchivedPostPage {
        posts: page.records,
        next_page_token: page.next_page_token,
        previous_page_token: page.previous_page_token,
        total_size: page.total_size,
    })
}

/// Brings a post back, with the values that are overridden.
///
/// # Errors
///
/// Says so when there is none, and everything that stands in the way; nothing has changed then.
pub async fn restore(
    caller: &http::Caller,
    unit: &mut Unit<'_, archive::Restored>,
    archive_id: Uuid,
    overrides: &PostOverrides,
) -> Result<archive::Restored, Error> {
    ARCHIVES
        .restore(unit, caller, &ARCHIVE, archive_id, overrides.parameters())
        .await
}
