//! The questions that can be asked about tags.

use svcgen_runtime::{Error, db, http, params};
use uuid::Uuid;

use super::model::{Tag, TagPage};
use crate::app::App;

/// One tag by its id.
pub const FIND: db::Sql = db::Sql::each(
    "select id, name,
         (select json_group_array(lower(hex(post_id)) order by post_id) from post_tags
             where post_tags.tag_id = tags.id),
         version, created_at, updated_at
     from tags
     where id = $1",
    "select id, name,
         coalesce((select jsonb_agg(post_id order by post_id) from post_tags where
             post_tags.tag_id = tags.id), '[]'),
         version, created_at, updated_at
     from tags
     where id = $1",
);

/// The first page of tags, in the default order.
pub const LIST: db::Sql = db::Sql::each(
    "select id, name,
         (select json_group_array(lower(hex(post_id)) order by post_id) from post_tags
             where post_tags.tag_id = tags.id),
         version, created_at, updated_at
     from tags
     order by name, id
     limit $1",
    "select id, name,
         coalesce((select jsonb_agg(post_id order by post_id) from post_tags where
             post_tags.tag_id = tags.id), '[]'),
         version, created_at, updated_at
     from tags
     order by name, id
     limit $1",
);

/// The page of tags after the one that a cursor names.
pub const LIST_AFTER: db::Sql = db::Sql::each(
    "select id, name,
         (select json_group_array(lower(hex(post_id)) order by post_id) from post_tags
             where post_tags.tag_id = tags.id),
         version, created_at, updated_at
     from tags
     where (name, id) > ($2, $3)
     order by name, id
     limit $1",
    "select id, name,
         coalesce((select jsonb_agg(post_id order by post_id) from post_tags where
             post_tags.tag_id = tags.id), '[]'),
         version, created_at, updated_at
     from tags
     where (name, id) > ($2, $3)
     order by name, id
     limit $1",
);

/// The version of a record that is there.
pub const VERSION: db::Sql = db::Sql::new("select version from tags where id = $1");

/// What page tokens of the default order are good for.
const SCOPE: &str = "tags by name, id";

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

/// A page of tags, in the default order.
///
/// # Errors
///
/// Refuses a page token that this list did not give out.
pub async fn list(app: &App, listing: &http::Listing) -> Result<TagPage, Error> {
    let size = listing.page_size(50, 1000);
    // One row more than asked for tells whether another page follows.
    let rows: Vec<Tag> = match listing.cursor::<(String, Uuid)>(&app.pages, SCOPE)? {
        None => app.db.fetch_all(&LIST, params![size + 1]).await?,
        Some((name, after_id)) => {
            app.db
                .fetch_all(&LIST_AFTER, params![size + 1, &name, after_id])
                .await?
        }
    };
    let (tags, next_page_token) = app
        .pages
        .page(rows, size, SCOPE, |last: &Tag| (last.name.clone(), last.id))?;
    Ok(TagPage {
        tags,
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
