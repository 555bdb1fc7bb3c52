//! The questions that can be asked about comments.

use jiff::Timestamp;
use svcgen_runtime::{Error, db, http, params};
use uuid::Uuid;

use super::model::{Comment, CommentPage};
use crate::app::App;

/// One comment by its id.
pub const FIND: db::Sql = db::Sql::new(
    "select id, post_id, author, text, version, created_at, updated_at
     from comments
     where id = $1",
);

/// The first page of comments, in the default order.
pub const LIST: db::Sql = db::Sql::new(
    "select id, post_id, author, text, version, created_at, updated_at
     from comments
     order by created_at, id
     limit $1",
);

/// The page of comments after the one that a cursor names.
pub const LIST_AFTER: db::Sql = db::Sql::new(
    "select id, post_id, author, text, version, created_at, updated_at
     from comments
     where (created_at, id) > ($2, $3)
     order by created_at, id
     limit $1",
);

/// The version of a record that is there.
pub const VERSION: db::Sql = db::Sql::new("select version from comments where id = $1");

/// What page tokens of the default order are good for.
const SCOPE: &str = "comments by created_at, id";

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

/// A page of comments, in the default order.
///
/// # Errors
///
/// Refuses a page token that this list did not give out.
pub async fn list(app: &App, listing: &http::Listing) -> Result<CommentPage, Error> {
    let size = listing.page_size(50, 1000);
    // One row more than asked for tells whether another page follows.
    let rows: Vec<Comment> = match listing.cursor::<(Timestamp, Uuid)>(&app.pages, SCOPE)? {
        None => app.db.fetch_all(&LIST, params![size + 1]).await?,
        Some((after_created_at, after_id)) => {
            app.db
                .fetch_all(&LIST_AFTER, params![size + 1, after_created_at, after_id])
                .await?
        }
    };
    let (comments, next_page_token) = app.pages.page(rows, size, SCOPE, |last: &Comment| {
        (last.created_at, last.id)
    })?;
    Ok(CommentPage {
        comments,
        next_page_token,
    })
}

/// Every statement, for the test that prepares them.
pub const STATEMENTS: &[(&str, &db::Sql)] = &[
    ("FIND", &FIND),
    ("LIST", &LIST),
    ("LIST_AFTER", &LIST_AFTER),
    ("VERSION", &VERSION),
];
