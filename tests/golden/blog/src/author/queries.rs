//! The questions that can be asked about authors.

use svcgen_runtime::{Error, db, http, list, params};
use uuid::Uuid;

use super::model::{Author, AuthorPage};
use crate::app::App;

/// The columns of an author, in the order of its table.
pub const COLUMNS: &str = "
    id,
    name,
    email,
    bio,
    version,
    created_at,
    updated_at";

/// One author by its id.
pub const FIND: db::Sql = db::Sql::new(db::text!(
    "select ",
    COLUMNS,
    " from authors
     where id = $1"
))
.grouped();

/// The first page of authors, in the default order.
pub const LIST: db::Sql = db::Sql::new(db::text!(
    "select ",
    COLUMNS,
    " from authors
     order by name, id
     limit $1"
));

/// The page of authors after the one that a cursor names.
pub const LIST_AFTER: db::Sql = db::Sql::new(db::text!(
    "select ",
    COLUMNS,
    " from authors
     where (name, id) > ($2, $3)
     order by name, id
     limit $1"
));

/// The version of a record that is there.
pub const VERSION: db::Sql = db::Sql::new("select version from authors where id = $1");

/// What a list of authors may be asked about.
pub static TABLE: list::Table = list::Table {
    name: "authors",
    record: db::Sql::new(COLUMNS),
    members: &[
        "id",
        "name",
        "email",
        "bio",
        "version",
        "created_at",
        "updated_at",
    ],
    relations: super::relations::RELATIONS,
    columns: &[
        list::Column::new("id", list::Kind::Uuid).order(),
        list::Column::new("name", list::Kind::Text).order(),
        list::Column::new("email", list::Kind::Text).filter(),
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

/// An author by its id.
///
/// # Errors
///
/// Says so when there is none.
pub async fn find(app: &App, id: Uuid) -> Result<Author, Error> {
    app.db
        .fetch_optional(&FIND, params![id])
        .await?
        .ok_or_else(|| Error::not_found("author", id))
}

/// The page of authors that a caller asks for.
///
/// # Errors
///
/// Names every parameter that cannot be understood.
pub async fn list(app: &App, listing: &http::Listing) -> Result<AuthorPage, Error> {
    let page = TABLE.page(&app.db, &app.pages, None, listing).await?;
    Ok(page.into())
}

/// Groups of authors, and what a caller asks to measure in each.
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
