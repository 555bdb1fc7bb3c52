//! The questions that can be asked about tags.

use svcgen_runtime::{Error, db, http, list, params};
use uuid::Uuid;

use super::model::{Tag, TagPage};
use crate::app::App;

/// The columns of a tag, in the order of its table.
pub const COLUMNS: &str = "
    id,
    name,
    version,
    created_at,
    updated_at";

/// What a record of a tag is read from, in its order.
pub const SQLITE_RECORD: &str = "
    id,
    name,
    (select json_group_array(lower(hex(post_id)) order by post_id) from post_tags where
        post_tags.tag_id = tags.id),
    version,
    created_at,
    updated_at";

/// What a record of a tag is read from, in its order.
pub const POSTGRES_RECORD: &str = "
    id,
    name,
    coalesce((select jsonb_agg(post_id order by post_id) from post_tags where
        post_tags.tag_id = tags.id), '[]'),
    version,
    created_at,
    updated_at";

/// One tag by its id.
pub const FIND: db::Sql = db::Sql::each(
    db::text!(
        "select ",
        SQLITE_RECORD,
        " from tags
     where id = $1"
    ),
    db::text!(
        "select ",
        POSTGRES_RECORD,
        " from tags
     where id = $1"
    ),
)
.grouped();

/// The first page of tags, in the default order.
pub const LIST: db::Sql = db::Sql::each(
    db::text!(
        "select ",
        SQLITE_RECORD,
        " from tags
     order by name, id
     limit $1"
    ),
    db::text!(
        "select ",
        POSTGRES_RECORD,
        " from tags
     order by name, id
     limit $1"
    ),
);

/// The page of tags after the one that a cursor names.
pub const LIST_AFTER: db::Sql = db::Sql::each(
    db::text!(
        "select ",
        SQLITE_RECORD,
        " from tags
     where (name, id) > ($2, $3)
     order by name, id
     limit $1"
    ),
    db::text!(
        "select ",
        POSTGRES_RECORD,
        " from tags
     where (name, id) > ($2, $3)
     order by name, id
     limit $1"
    ),
);

/// The version of a record that is there.
pub const VERSION: db::Sql = db::Sql::new("select version from tags where id = $1");

/// What a list of tags may be asked about.
pub static TABLE: list::Table = list::Table {
    name: "tags",
    record: db::Sql::each(SQLITE_RECORD, POSTGRES_RECORD),
    members: &[
        "id",
        "name",
        "post_ids",
        "version",
        "created_at",
        "updated_at",
    ],
    relations: super::relations::RELATIONS,
    columns: &[
        list::Column::new("id", list::Kind::Uuid).order(),
        list::Column::new("name", list::Kind::Text).order(),
    ],
    default_order: &[list::Term::ascending("name")],
    key: "id",
    page_size: 50,
    most: 1000,
    plain: Some(list::Plain {
        first: LIST,
        after: Some(LIST_AFTER),
    }),
    search: None,
};

/// A tag by its id.
///
/// # Errors
///
/// Says so when there is none.
pub async fn find(app: &App, id: Uuid) -> Result<Tag, Error> {
    app.db
        .fetch_optional(&FIND, params![id])
        .await?
        .ok_or_else(|| Error::not_found("tag", id))
}

/// The page of tags that a caller asks for.
///
/// # Errors
///
/// Names every parameter that cannot be understood.
pub async fn list(app: &App, listing: &http::Listing) -> Result<TagPage, Error> {
    let page = TABLE.page(&app.db, &app.pages, None, listing).await?;
    Ok(page.into())
}

/// Groups of tags, and what a caller asks to measure in each.
///
/// # Errors
///
/// Names every parameter that cannot be understood.
pub async fn aggregate(app: &App, aggregation: &http::Aggregation) -> Result<list::Groups, Error> {
    TABLE
        .aggregate(&app.db, &app.pages, None, aggregation)
        .await
}

/// Every statement, for the test that prepares them.
pub const STATEMENTS: &[(&str, &db::Sql)] = &[
    ("FIND", &FIND),
    ("LIST", &LIST),
    ("LIST_AFTER", &LIST_AFTER),
    ("VERSION", &VERSION),
];
