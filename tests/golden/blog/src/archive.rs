//! What was removed together comes back together: the archives of all records, and what ties them.

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use svcgen_runtime::{archive, http};
use uuid::Uuid;

use crate::app::App;

use svcgen_runtime::db;

/// What the post tags that are back change of the posts, which show them.
const TOUCH_POST_TAGS_POST_ID: db::Sql = db::Sql::each(
    "update posts
     set version = version + 1, updated_at = cast(unixepoch('subsec') * 1000000 as
         integer)
     where id in (
         select copy.post_id
         from post_tags_archive as copy
         where (copy.archive_batch = $1
                 or copy.post_id in (select id from posts_archive where archive_batch =
                     $1))
             and exists (select 1 from posts as side where side.id = copy.post_id)
             and exists (select 1 from tags as side where side.id = copy.tag_id)
             and not exists (select 1 from post_tags as live where live.post_id =
                 copy.post_id and live.tag_id = copy.tag_id)
     )
     and id not in (select id from posts_archive where archive_batch = $1)",
    "update posts
     set version = version + 1, updated_at = now()
     where id in (
         select id
         from posts
         where id in (
             select copy.post_id
             from post_tags_archive as copy
             where (copy.archive_batch = $1
                     or copy.post_id in (select id from posts_archive where archive_batch
                         = $1))
                 and exists (select 1 from posts as side where side.id = copy.post_id)
                 and exists (select 1 from tags as side where side.id = copy.tag_id)
                 and not exists (select 1 from post_tags as live where live.post_id =
                     copy.post_id and live.tag_id = copy.tag_id)
         )
         and id not in (select id from posts_archive where archive_batch = $1)
         order by id
         for no key update
     )",
);

/// What the post tags that are back change of the tags, which show them.
const TOUCH_POST_TAGS_TAG_ID: db::Sql = db::Sql::each(
    "update tags
     set version = version + 1, updated_at = cast(unixepoch('subsec') * 1000000 as
         integer)
     where id in (
         select copy.tag_id
         from post_tags_archive as copy
         where (copy.archive_batch = $1
                 or copy.post_id in (select id from posts_archive where archive_batch =
                     $1))
             and exists (select 1 from posts as side where side.id = copy.post_id)
             and exists (select 1 from tags as side where side.id = copy.tag_id)
             and not exists (select 1 from post_tags as live where live.post_id =
                 copy.post_id and live.tag_id = copy.tag_id)
     )",
    "update tags
     set version = version + 1, updated_at = now()
     where id in (
         select id
         from tags
         where id in (
             select copy.tag_id
             from post_tags_archive as copy
             where (copy.archive_batch = $1
                     or copy.post_id in (select id from posts_archive where archive_batch
                         = $1))
                 and exists (select 1 from posts as side where side.id = copy.post_id)
                 and exists (select 1 from tags as side where side.id = copy.tag_id)
                 and not exists (select 1 from post_tags as live where live.post_id =
                     copy.post_id and live.tag_id = copy.tag_id)
         )
         order by id
         for no key update
     )",
);

/// The post tags whose both ends are back.
const TIE_POST_TAGS: db::Sql = db::Sql::new(
    "insert into post_tags (post_id, tag_id)
     select distinct copy.post_id, copy.tag_id
     from post_tags_archive as copy
     where (copy.archive_batch = $1
             or copy.post_id in (select id from posts_archive where archive_batch = $1))
         and exists (select 1 from posts as side where side.id = copy.post_id)
         and exists (select 1 from tags as side where side.id = copy.tag_id)
         and not exists (select 1 from post_tags as live where live.post_id =
             copy.post_id and live.tag_id = copy.tag_id)",
);

/// The end in the archive of the post tags that are back.
const FORGET_POST_TAGS: db::Sql = db::Sql::new(
    "delete from post_tags_archive
     where exists (
         select 1 from post_tags as live
         where live.post_id = post_tags_archive.post_id and live.tag_id =
             post_tags_archive.tag_id
     )
         and archive_id in (
             select copy.archive_id from post_tags_archive as copy
             where copy.archive_batch = $1
                 or copy.post_id in (select id from posts_archive where archive_batch =
                     $1)
         )",
);

/// The archives, each after those that its records refer to.
pub const ARCHIVES: archive::Archives = archive::Archives {
    records: &[
        &crate::author::archive::ARCHIVE,
        &crate::post::archive::ARCHIVE,
    ],
    ties: &[archive::Tie {
        touches: &[&TOUCH_POST_TAGS_POST_ID, &TOUCH_POST_TAGS_TAG_ID],
        tie: &TIE_POST_TAGS,
        forget: &FORGET_POST_TAGS,
    }],
};

/// The route that restores a whole batch, with other values for some of its records.
pub fn routes() -> Router<App> {
    Router::new().route("/v1/archive/batches/{batch}/restore", post(restore))
}

async fn restore(
    State(app): State<App>,
    caller: http::Caller,
    http::Id(batch): http::Id<Uuid>,
    write: http::Write,
    archive::Overrides(overrides): archive::Overrides<archive::ByRecord>,
) -> http::Answered {
    let mut unit = write.begin(&app.db, &caller, http::told).await?;
    let outcome = ARCHIVES
        .restore_batch(&mut unit, &caller, batch, &overrides)
        .await;
    unit.answer(outcome).await
}
