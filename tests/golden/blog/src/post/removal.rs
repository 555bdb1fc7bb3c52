//! How posts are removed, and what goes with them.

use svcgen_runtime::{Error, Unit, db, http, params, removal};
use uuid::Uuid;

use super::commands::{LOCK, outdated};
use super::hooks::Rules as _;
use super::model::Post;
use super::rules::PostRules;
use crate::app::App;
use crate::migrations;

/// Whether the post is there, held until the transaction ends.
const ROOT: db::Sql = db::held!(
    "select true
     from posts
     where id = $1 and version = coalesce($2, version)"
);

/// What goes with the post, what is cut from it, and what keeps it.
const PREVIEW: db::Sql = db::Sql::new(
    "select 'posts' as name, 'archived' as effect, count(*) as records
     from posts
     where id = $1
     union all select 'comments' as name, 'deleted' as effect, count(*) as records
     from comments
     where post_id = $1
     union all select 'post_tags' as name, 'unlinked' as effect, count(*) as records
     from post_tags
     where post_id = $1",
);

/// The comments that go, held until the transaction ends.
const GOING_COMMENTS: db::Sql = db::held!(
    "select id
     from comments
     where post_id = $1"
);

/// The copy of the posts that go, in their archive.
const ARCHIVE_POSTS: db::Sql = db::Sql::new(db::text!(
    "insert into posts_archive (
         archive_id, archive_batch, archived_at, archived_by, archive_reason,
         archive_request, archive_root, archive_root_id, archive_schema,
         archive_purge_after, ",
    crate::post::queries::COLUMNS,
    ")
     select uuid7(), $2, $8, $3, $4, $5, 'posts', $7, $6, null, ",
    crate::post::queries::COLUMNS,
    " from posts
     where id = $1"
));

/// The copy of the post tags that go, in their archive.
const ARCHIVE_POST_TAGS: db::Sql = db::Sql::new(
    "insert into post_tags_archive (
         archive_id, archive_batch, archived_at, archived_by, archive_reason,
         archive_request, archive_root, archive_root_id, archive_schema,
         archive_purge_after, post_id, tag_id
     )
     select uuid7(), $2, $8, $3, $4, $5, 'posts', $7, $6, null, post_id, tag_id
     from post_tags
     where post_id = $1",
);

/// Cuts tags loose from what goes.
const CUT_TAGS: db::Sql = db::Sql::new(
    "update tags
     set version = version + 1,
         updated_at = cast(unixepoch('subsec') * 1000000 as integer)
     where id in (select tag_id from post_tags where post_id = $1)",
);

/// The end of the post tags that go.
const DELETE_POST_TAGS: db::Sql = db::Sql::new(
    "delete from post_tags
     where post_id = $1",
);

/// The end of the comments that go.
const DELETE_COMMENTS: db::Sql = db::Sql::new(
    "delete from comments
     where post_id = $1",
);

/// The end of the posts that go.
const DELETE_POSTS: db::Sql = db::Sql::new(
    "delete from posts
     where id = $1",
);

/// The whole removal of a post: what goes, its copies, and what is cut.
const REMOVE: db::Sql = db::Sql::new(db::text!(
    "with gone_posts as (
         delete from posts
         where id = $1 and version = coalesce($2, version)
             and (select set_config('svcgen.archiving', 'on', true)) = 'on'
         returning ",
    crate::post::queries::COLUMNS,
    "),
     gone_comments as (
         delete from comments
         where post_id in (select id from gone_posts)
         returning id
     ),
     gone_post_tags as (
         delete from post_tags
         where post_id in (select id from gone_posts)
         returning post_id, tag_id
     ),
     cut_tags as (
         update tags
         set version = version + 1,
             updated_at = now()
         where id in (
             select id
             from tags
             where (id in (select tag_id from gone_post_tags where post_id in (select id
                 from gone_posts)))
             order by id
             for no key update
         )
     ),
     kept_posts as (
         insert into posts_archive (
             archive_id, archive_batch, archived_at, archived_by, archive_reason,
             archive_request, archive_root, archive_root_id, archive_schema,
             archive_purge_after, ",
    crate::post::queries::COLUMNS,
    ")
         select gen_random_uuid(), $3::uuid, now(), $4::text, $5::text, $6::text,
             'posts', $8::text, $7::bigint, null, ",
    crate::post::queries::COLUMNS,
    " from gone_posts
     ),
     kept_post_tags as (
         insert into post_tags_archive (
             archive_id, archive_batch, archived_at, archived_by, archive_reason,
             archive_request, archive_root, archive_root_id, archive_schema,
             archive_purge_after, post_id, tag_id
         )
         select gen_random_uuid(), $3::uuid, now(), $4::text, $5::text, $6::text,
             'posts', $8::text, $7::bigint, null, post_id, tag_id
         from gone_post_tags
     )
     select count(*)
     from gone_posts"
));

/// How a post is removed, and what goes with it.
pub const REMOVAL: removal::Removal = removal::Removal {
    table: "posts",
    versioned: true,
    archives: true,
    is_tree: false,
    reaches: true,
    schema: removal::schema_number(migrations::ALL),
    root: &ROOT,
    preview: &PREVIEW,
    along: &[removal::Along {
        table: "comments",
        ids: &GOING_COMMENTS,
        rules: &crate::comment::removal::RULES,
    }],
    sqlite: Some(removal::Steps {
        restricted: None,
        copies: &[&ARCHIVE_POSTS, &ARCHIVE_POST_TAGS],
        remembered: &[],
        cuts: &[&CUT_TAGS],
        ends: &[
            removal::End {
                delete: &DELETE_POST_TAGS,
                copy: Some(1),
            },
            removal::End {
                delete: &DELETE_COMMENTS,
                copy: None,
            },
            removal::End {
                delete: &DELETE_POSTS,
                copy: Some(0),
            },
        ],
    }),
    postgres: Some(removal::Whole {
        statement: &REMOVE,
        takes: 6,
    }),
};

/// Removes a post, if the `conditions` hold of it.
///
/// # Errors
///
/// Says so when there is none and that is not allowed, when another change came first, or when other
/// records refer to it.
pub async fn remove(
    app: &App,
    caller: &http::Caller,
    unit: &mut Unit<'_, ()>,
    id: Uuid,
    conditions: &http::Conditions,
    removal: &http::Removal,
) -> Result<(), Error> {
    let rules = PostRules;
    rules.before_remove(app, caller, id, removal).await?;

    let expected = conditions.expected()?;
    let inside = rules.inside_remove();
    let removed = if inside.is_none() && !conditions.exclude() && unit.may_stand_alone() {
        REMOVAL
            .remove(&app.db, id, expected, caller, removal)
            .await?
    } else {
        let tx = unit.hold().await?;
        let current: Option<Post> = tx.fetch_optional(&LOCK, params![id, expected]).await?;
        if let Some(post) = &current {
            conditions.admit(Some(post.version))?;
            let batch = removal::Batch::new(caller, removal);
            remove_held(app, tx, caller, &batch, post).await?;
        }
        current.is_some()
    };
    if !removed {
        removal.pass_over(conditions, missed(app, id).await)?;
    }

    if unit.commit(&()).await? && removed {
        rules.after_remove(app, caller, id).await;
    }
    Ok(())
}

/// Removes a record that a transaction holds, as part of a batch.
pub(super) async fn remove_held(
    app: &App,
    tx: &mut db::Transaction<'static>,
    caller: &http::Caller,
    batch: &removal::Batch,
    post: &Post,
) -> Result<(), Error> {
    if let Some(inside) = PostRules.inside_remove() {
        inside(tx, caller, post).await?;
    }
    match REMOVAL.run(tx, batch, post.id, None).await {
        Ok(_) => Ok(()),
        Err(error) => Err(REMOVAL.explain(&app.db, post.id, error).await),
    }
}

/// Why there was nothing to remove: no such record, or another version of it.
pub(super) async fn missed(app: &App, id: Uuid) -> Error {
    match outdated(app, id).await {
        Ok(()) => Error::not_found("post", id),
        Err(error) => error,
    }
}

/// What removing a post would do.
///
/// # Errors
///
/// Says so when there is none.
pub async fn preview(app: &App, id: Uuid) -> Result<removal::Preview, Error> {
    REMOVAL
        .preview(&app.db, id)
        .await?
        .ok_or_else(|| Error::not_found("post", id))
}
