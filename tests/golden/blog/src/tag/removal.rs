//! How tags are removed, and what goes with them.

use svcgen_runtime::{Error, Unit, db, http, params, removal};
use uuid::Uuid;

use super::commands::{LOCK, outdated};
use super::hooks::Rules as _;
use super::model::Tag;
use super::rules::TagRules;
use crate::app::App;
use crate::migrations;

/// Whether the tag is there, held until the transaction ends.
const ROOT: db::Sql = db::held!(
    "select true
     from tags
     where id = $1 and version = coalesce($2, version)"
);

/// What goes with the tag, what is cut from it, and what keeps it.
const PREVIEW: db::Sql = db::Sql::new(
    "select 'tags' as name, 'deleted' as effect, count(*) as records
     from tags
     where id = $1
     union all select 'post_tags' as name, 'unlinked' as effect, count(*) as records
     from post_tags
     where tag_id = $1",
);

/// The copy of the post tags that go, in their archive.
const ARCHIVE_POST_TAGS: db::Sql = db::Sql::new(
    "insert into post_tags_archive (
         archive_id, archive_batch, archived_at, archived_by, archive_reason,
         archive_request, archive_root, archive_root_id, archive_schema,
         archive_purge_after, post_id, tag_id
     )
     select uuid7(), $2, $8, $3, $4, $5, 'tags', $7, $6, null, post_id, tag_id
     from post_tags
     where tag_id = $1",
);

/// Cuts posts loose from what goes.
const CUT_POSTS: db::Sql = db::Sql::new(
    "update posts
     set version = version + 1,
         updated_at = cast(unixepoch('subsec') * 1000000 as integer)
     where id in (select post_id from post_tags where tag_id = $1)",
);

/// The end of the post tags that go.
const DELETE_POST_TAGS: db::Sql = db::Sql::new(
    "delete from post_tags
     where tag_id = $1",
);

/// The end of the tags that go.
const DELETE_TAGS: db::Sql = db::Sql::new(
    "delete from tags
     where id = $1",
);

/// The whole removal of a tag: what goes, its copies, and what is cut.
const REMOVE: db::Sql = db::Sql::new(
    "with gone_tags as (
         delete from tags
         where id = $1 and version = coalesce($2, version)
         returning id
     ),
     gone_post_tags as (
         delete from post_tags
         where tag_id in (select id from gone_tags)
         returning post_id, tag_id
     ),
     cut_posts as (
         update posts
         set version = version + 1,
             updated_at = now()
         where id in (
             select id
             from posts
             where (id in (select post_id from gone_post_tags where tag_id in (select id
                 from gone_tags)))
             order by id
             for no key update
         )
     ),
     kept_post_tags as (
         insert into post_tags_archive (
             archive_id, archive_batch, archived_at, archived_by, archive_reason,
             archive_request, archive_root, archive_root_id, archive_schema,
             archive_purge_after, post_id, tag_id
         )
         select gen_random_uuid(), $3::uuid, now(), $4::text, $5::text, $6::text, 'tags',
             $8::text, $7::bigint, null, post_id, tag_id
         from gone_post_tags
     )
     select count(*)
     from gone_tags",
);

/// How a tag is removed, and what goes with it.
pub const REMOVAL: removal::Removal = removal::Removal {
    table: "tags",
    versioned: true,
    archives: true,
    is_tree: false,
    reaches: false,
    schema: removal::schema_number(migrations::ALL),
    root: &ROOT,
    preview: &PREVIEW,
    along: &[],
    sqlite: Some(removal::Steps {
        restricted: None,
        copies: &[&ARCHIVE_POST_TAGS],
        remembered: &[],
        cuts: &[&CUT_POSTS],
        ends: &[
            removal::End {
                delete: &DELETE_POST_TAGS,
                copy: Some(0),
            },
            removal::End {
                delete: &DELETE_TAGS,
                copy: None,
            },
        ],
    }),
    postgres: Some(removal::Whole {
        statement: &REMOVE,
        takes: 6,
    }),
};

/// Removes a tag, if the `conditions` hold of it.
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
    let rules = TagRules;
    rules.before_remove(app, caller, id, removal).await?;

    let expected = conditions.expected()?;
    let inside = rules.inside_remove();
    let removed = if inside.is_none() && !conditions.exclude() && unit.may_stand_alone() {
        REMOVAL
            .remove(&app.db, id, expected, caller, removal)
            .await?
    } else {
        let tx = unit.hold().await?;
        let current: Option<Tag> = tx.fetch_optional(&LOCK, params![id, expected]).await?;
        if let Some(tag) = &current {
            conditions.admit(Some(tag.version))?;
            let batch = removal::Batch::new(caller, removal);
            remove_held(app, tx, caller, &batch, tag).await?;
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
    tag: &Tag,
) -> Result<(), Error> {
    if let Some(inside) = TagRules.inside_remove() {
        inside(tx, caller, tag).await?;
    }
    match REMOVAL.run(tx, batch, tag.id, None).await {
        Ok(_) => Ok(()),
        Err(error) => Err(REMOVAL.explain(&app.db, tag.id, error).await),
    }
}

/// Why there was nothing to remove: no such record, or another version of it.
pub(super) async fn missed(app: &App, id: Uuid) -> Error {
    match outdated(app, id).await {
        Ok(()) => Error::not_found("tag", id),
        Err(error) => error,
    }
}

/// What removing a tag would do.
///
/// # Errors
///
/// Says so when there is none.
pub async fn preview(app: &App, id: Uuid) -> Result<removal::Preview, Error> {
    REMOVAL
        .preview(&app.db, id)
        .await?
        .ok_or_else(|| Error::not_found("tag", id))
}
