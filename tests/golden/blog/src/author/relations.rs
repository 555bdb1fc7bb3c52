//! What authors are related to: posts.

use svcgen_runtime::{Error, db, http, list, params};
use uuid::Uuid;

use super::model::Author;
use crate::app::App;
use crate::post::{Post, PostPage};

/// Whether there is such an author.
pub const EXISTS: db::Sql = db::Sql::new(
    "select true
     from authors
     where id = $1",
);

/// The relations that `include` may name.
pub const RELATIONS: &[&str] = &["posts"];

/// What `include` names of these authors: one statement for each name, however many records there are.
///
/// # Errors
///
/// Says so when the database does not answer.
pub async fn include(
    app: &App,
    records: &[Author],
    include: &list::Include,
) -> Result<http::Included, Error> {
    if include.is_empty() {
        return Ok(http::Included::default());
    }
    let mut included = http::Included::of(records.len());
    if include.has("posts") {
        let owners = records.iter().map(|record| record.id);
        let through = list::Through::Column("author_id");
        let found = crate::post::queries::TABLE
            .belonging::<Post, Uuid>(&app.db, through, owners)
            .await?;
        let each = records.iter().map(|record| found.get(&record.id));
        included.many("posts", each)?;
    }
    Ok(included)
}

/// The posts of an author, as a caller asks for them.
///
/// # Errors
///
/// Says so when there is no such author, and names every parameter that cannot be understood.
pub async fn list_posts(app: &App, id: Uuid, listing: &http::Listing) -> Result<PostPage, Error> {
    exists(app, id).await?;
    let within = list::Within {
        condition: "author_id = $1",
        values: params![id],
    };
    let page = crate::post::queries::TABLE
        .page(&app.db, &app.pages, Some(within), listing)
        .await?;
    Ok(page.into())
}

/// Refuses the id of an author that is not there.
pub async fn exists(app: &App, id: Uuid) -> Result<(), Error> {
    let there: Option<(bool,)> = app.db.fetch_optional(&EXISTS, params![id]).await?;
    there.map_or_else(|| Err(Error::not_found("author", id)), |_| Ok(()))
}

/// Every statement, for the test that prepares them.
pub const STATEMENTS: &[(&str, &db::Sql)] = &[("EXISTS", &EXISTS)];
