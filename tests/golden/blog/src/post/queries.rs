//! The questions that can be asked about posts.

use svcgen_runtime::{Error, db, http, list, params};
use uuid::Uuid;

use super::model::{Post, PostPage};
use crate::app::App;

/// The columns of a post, in the order of its table.
pub const COLUMNS: &str = "
    id,
    author_id,
    title,
    slug,
    body,
    published_at,
    version,
    created_at,
    updated_at";

/// What a record of a post is read from, in its order.
pub const SQLITE_RECORD: &str = "
    id,
    author_id,
    title,
    slug,
    body,
    published_at,
    (select json_group_array(lower(hex(tag_id)) order by tag_id) from post_tags where
        post_tags.post_id = posts.id),
    version,
    created_at,
    updated_at";

/// What a record of a post is read from, in its order.
pub const POSTGRES_RECORD: &str = "
    id,
    author_id,
    title,
    slug,
    body,
    published_at,
    coalesce((select jsonb_agg(tag_id order by tag_id) from post_tags where
        post_tags.post_id = posts.id), '[]'),
    version,
    created_at,
    updated_at";

/// One post by its id.
pub const FIND: db::Sql = db::Sql::each(
    db::text!(
        "select ",
        SQLITE_RECORD,
        " from posts
     where id = $1"
    ),
    db::text!(
        "select ",
        POSTGRES_RECORD,
        " from posts
     where id = $1"
    ),
)
.grouped();

/// The first page of posts, in the default order.
pub const LIST: db::Sql = db::Sql::each(
    db::text!(
        "select ",
        SQLITE_RECORD,
        " from posts
     order by published_at desc, id desc
     limit $1"
    ),
    db::text!(
        "select ",
        POSTGRES_RECORD,
        " from posts
     order by published_at desc nulls last, id desc
     limit $1"
    ),
);

/// The version of a record that is there.
pub const VERSION: db::Sql = db::Sql::new("select version from posts where id = $1");

/// What a list of posts may be asked about.
pub static TABLE: list::Table = list::Table {
    name: "posts",
    record: db::Sql::each(SQLITE_RECORD, POSTGRES_RECORD),
    members: &[
        "id",
        "author_id",
        "title",
        "slug",
        "body",
        "published_at",
        "tag_ids",
        "version",
        "created_at",
        "updated_at",
    ],
    relations: super::relations::RELATIONS,
    columns: &[
        list::Column::new("id", list::Kind::Uuid).order(),
        list::Column::new("published_at", list::Kind::Timestamp)
            .nullable()
            .filter()
            .order(),
        list::Column::new("title", list::Kind::Text).order(),
        list::Column::new("author_id", list::Kind::Uuid)
            .filter()
            .refers("author", &crate::author::queries::TABLE),
    ],
    default_order: &[list::Term::descending("published_at")],
    key: "id",
    page_size: 50,
    most: 1000,
    plain: Some(list::Plain {
        first: LIST,
        after: None,
    }),
    search: None,
};

/// A post by its id.
///
/// # Errors
///
/// Says so when there is none.
pub async fn find(app: &App, id: Uuid) -> Result<Post, Error> {
    app.db
        .fetch_optional(&FIND, params![id])
        .await?
        .ok_or_else(|| Error::not_found("post", id))
}

/// The page of posts that a caller asks for.
///
/// # Errors
///
/// Names every parameter that cannot be understood.
pub async fn list(app: &App, listing: &http::Listing) -> Result<PostPage, Error> {
    let page = TABLE.page(&app.db, &app.pages, None, listing).await?;
    Ok(page.into())
}

/// Groups of posts, and what a caller asks to measure in each.
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
pub const STATEMENTS: &[(&str, &db::Sql)] =
    &[("FIND", &FIND), ("LIST", &LIST), ("VERSION", &VERSION)];
