//! What comments are related to: post.

use svcgen_runtime::{Error, db, http, list};
use uuid::Uuid;

use super::model::Comment;
use crate::app::App;
use crate::post::Post;

/// The relations that `include` may name.
pub const RELATIONS: &[&str] = &["post"];

/// What `include` names of these comments: one statement for each name, however many records there are.
///
/// # Errors
///
/// Says so when the database does not answer.
pub async fn include(
    app: &App,
    records: &[Comment],
    include: &list::Include,
) -> Result<http::Included, Error> {
    if include.is_empty() {
        return Ok(http::Included::default());
    }
    let mut included = http::Included::of(records.len());
    if include.has("post") {
        let owners = records.iter().map(|record| record.post_id);
        let through = list::Through::Key;
        let found = crate::post::queries::TABLE
            .belonging::<Post, Uuid>(&app.db, through, owners)
            .await?;
        let each = records.iter().map(|record| found.get(&record.post_id));
        included.one("post", each)?;
    }
    Ok(included)
}

/// Every statement, for the test that prepares them.
pub const STATEMENTS: &[(&str, &db::Sql)] = &[];
