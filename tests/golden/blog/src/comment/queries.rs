//! The questions that can be asked about comments.

use svcgen_runtime::{Error, db, http, list, params};
use uuid::Uuid;

use super::model::{Comment, CommentPage};
use crate::app::App;

/// The columns of a comment, in the order of its table.
pub const COLUMNS: &str = "
    id,
    post_id,
    author,
    text,
    version,
    created_at,
    updated_at";

/// One comment by its id.
pub const FIND: db::Sql = db::Sql::new(db::text!(
    "select ",
    COLUMNS,
    " from comments
     where id = $1"
))
.grouped();

/// The first page of comments, in the default order.
pub const LIST: db::Sql = db::Sql::new(db::text!(
    "select ",
    COLUMNS,
    " from comments
     order by created_at, id
     limit $1"
));

/// The page of comments after the one that a cursor names.
pub const LIST_AFTER: db::Sql = db::Sql::new(db::text!(
    "select ",
    COLUMNS,
    " from comments
     where (created_at, id) > ($2, $3)
     order by created_at, id
     limit $1"
));

/// The version of a record that is there.
pub const VERSION: db::Sql = db::Sql::new("select version from comments where id = $1");

/// What a list of comments may be asked about.
pub static TABLE: list::Table = list::Table {
    name: "comments",
    record: db::Sql::new(COLUMNS),
    members: &[
        "id",
        "post_id",
        "author",
        "text",
        "version",
        "created_at",
        "updated_at",
    ],
    relations: super::relations::RELATIONS,
    columns: &[
        list::Column::new("id", list::Kind::Uuid).order(),
        list::Column::new("created_at", list::Kind::Timestamp),
        list::Column::new("post_id", list::Kind::Uuid)
            .filter()
            .refers("post", &crate::post::queries::TABLE),
    ],
    default_order: &[list::Term::ascending("created_at")],
    key: "id",
    page_size: 50,
    most: 1000,
    plain: Some(list::Plain {
        first: LIST,
        after: Some(LIST_AFTER),
    }),
    search: None,
};

/// A comment by its id.
///
/// # Errors
///
/// Says so when there is none.
pub async fn find(app: &App, id: Uuid) -> Result<Comment, Error> {
    app.db
        .fetch_optional(&FIND, params![id])
        .await?
        .ok_or_else(|| Error::not_found("comment", id))
}

/// The page of comments that a caller asks for.
///
/// # Errors
///
/// Names every parameter that cannot be understood.
pub async fn list(app: &App, listing: &http::Listing) -> Result<CommentPage, Error> {
    let page = TABLE.page(&app.db, &app.pages, None, listing).await?;
    Ok(page.into())
}

/// Groups of comments, and what a caller asks to measure in each.
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
