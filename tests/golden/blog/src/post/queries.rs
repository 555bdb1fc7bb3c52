//! The questions that can be asked about posts.

use jiff::Timestamp;
use svcgen_runtime::{Error, db, http, params};
use uuid::Uuid;

use super::model::{Post, PostPage};
use crate::app::App;

/// One post by its id.
pub const FIND: db::Sql = db::Sql::each(
    "select id, author_id, title, slug, body, published_at,
         (select json_group_array(lower(hex(tag_id)) order by tag_id) from post_tags
             where post_tags.post_id = posts.id),
         version, created_at, updated_at
     from posts
     where id = $1",
    "select id, author_id, title, slug, body, published_at,
         coalesce((select jsonb_agg(tag_id order by tag_id) from post_tags where
             post_tags.post_id = posts.id), '[]'),
         version, created_at, updated_at
     from posts
     where id = $1",
);

/// The first page of posts, in the default order.
pub const LIST: db::Sql = db::Sql::each(
    "select id, author_id, title, slug, body, published_at,
         (select json_group_array(lower(hex(tag_id)) order by tag_id) from post_tags
             where post_tags.post_id = posts.id),
         version, created_at, updated_at
     from posts
     order by published_at desc, id desc
     limit $1",
    "select id, author_id, title, slug, body, published_at,
         coalesce((select jsonb_agg(tag_id order by tag_id) from post_tags where
             post_tags.post_id = posts.id), '[]'),
         version, created_at, updated_at
     from posts
     order by published_at desc nulls last, id desc
     limit $1",
);

/// The page of posts after the one that a cursor names.
pub const LIST_AFTER: db::Sql = db::Sql::each(
    "select id, author_id, title, slug, body, published_at,
         (select json_group_array(lower(hex(tag_id)) order by tag_id) from post_tags
             where post_tags.post_id = posts.id),
         version, created_at, updated_at
     from posts
     where (((published_at < $2 or ($2 is not null and published_at is null)))
           or (published_at is $2 and id < $3))
     order by published_at desc, id desc
     limit $1",
    "select id, author_id, title, slug, body, published_at,
         coalesce((select jsonb_agg(tag_id order by tag_id) from post_tags where
             post_tags.post_id = posts.id), '[]'),
         version, created_at, updated_at
     from posts
     where (((published_at < $2 or ($2 is not null and published_at is null)))
           or (published_at is not distinct from $2 and id < $3))
     order by published_at desc nulls last, id desc
     limit $1",
);

/// The version of a record that is there.
pub const VERSION: db::Sql = db::Sql::new("select version from posts where id = $1");

/// What page tokens of the default order are good for.
const SCOPE: &str = "posts by -published_at, -id";

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

/// A page of posts, in the default order.
///
/// # Errors
///
/// Refuses a page token that this list did not give out.
pub async fn list(app: &App, listing: &http::Listing) -> Result<PostPage, Error> {
    let size = listing.page_size(50, 1000);
    // One row more than asked for tells whether another page follows.
    let rows: Vec<Post> = match listing.cursor::<(Option<Timestamp>, Uuid)>(&app.pages, SCOPE)? {
        None => app.db.fetch_all(&LIST, params![size + 1]).await?,
        Some((published_at, after_id)) => {
            app.db
                .fetch_all(&LIST_AFTER, params![size + 1, published_at, after_id])
                .await?
        }
    };
    let (posts, next_page_token) = app.pages.page(rows, size, SCOPE, |last: &Post| {
        (last.published_at, last.id)
    })?;
    Ok(PostPage {
        posts,
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
