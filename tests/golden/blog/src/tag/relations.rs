//! What tags are related to: posts.

use jiff::Timestamp;
use svcgen_runtime::{Error, Unit, Violations, db, http, list, params};
use uuid::Uuid;

use super::commands::LOCK;
use super::hooks::Rules as _;
use super::model::{Tag, TagChanges};
use super::queries;
use super::removal::missed;
use super::rules::TagRules;
use crate::app::App;
use crate::post::{Post, PostPage};

/// Whether there is such a tag.
pub const EXISTS: db::Sql = db::Sql::new(
    "select true
     from tags
     where id = $1",
);

/// Whether there is such a post.
pub const HOLD_POSTS: db::Sql = db::held!(
    "select true
     from posts
     where id = $1"
);

/// A link with a post.
pub const TIE_POSTS: db::Sql = db::Sql::new(
    "insert into post_tags (tag_id, post_id)
     values ($1, $2)
     on conflict do nothing",
);

/// The end of a link with a post.
pub const UNTIE_POSTS: db::Sql = db::Sql::new(
    "delete from post_tags
     where tag_id = $1 and post_id = $2",
);

/// What the link changes of the post, which shows it too.
pub const TOUCH_POSTS: db::Sql = db::Sql::new(
    "update posts
     set version = version + 1, updated_at = $2
     where id = $1",
);

/// New rows of `post_tags` from a JSON array of ids.
pub const LINK_POST_IDS: db::Sql = db::Sql::each(
    "insert into post_tags (tag_id, post_id)
     select distinct $1, unhex(element.value, '-')
     from json_each($2) as element",
    "insert into post_tags (tag_id, post_id)
     select distinct $1::uuid, element.value::uuid
     from jsonb_array_elements_text($2) as element (value)",
);

/// The end of a record's rows of `post_tags`.
pub const UNLINK_POST_IDS: db::Sql = db::Sql::new("delete from post_tags where tag_id = $1");

/// What another JSON array of ids changes of the posts, which show `post_tags` too: of those that it adds or leaves out.
pub const TOUCH_POST_IDS: db::Sql = db::Sql::each(
    "with differing as (
         select post_id as id from post_tags where tag_id = $1
         union all
         select distinct unhex(element.value, '-')
         from json_each($2) as element
     )
     update posts
     set version = version + 1, updated_at = $3
     where id in (select id from differing group by id having count(*) = 1)",
    "with differing as (
         select post_id as id from post_tags where tag_id = $1
         union all
         select distinct element.value::uuid
         from jsonb_array_elements_text($2) as element (value)
     )
     update posts
     set version = version + 1, updated_at = $3
     where id in (
         select id
         from posts
         where id in (select id from differing group by id having count(*) = 1)
         order by id
         for no key update
     )",
);

/// The posts that another JSON array of ids can change, held until the transaction ends.
pub const HOLD_POST_IDS: db::Sql = db::Sql::each(
    "select true
     from posts
     where id in (
         select post_id from post_tags where tag_id = $1
         union all
         select unhex(element.value, '-')
         from json_each($2) as element
     )
     order by id",
    "select true
     from posts
     where id in (
         select post_id from post_tags where tag_id = $1
         union all
         select element.value::uuid
         from jsonb_array_elements_text($2) as element (value)
     )
     order by id
     for no key update",
);

/// What a change of its links changes of a record itself.
pub const TOUCH: db::Sql = db::Sql::new(
    "update tags
     set version = version + 1, updated_at = $2
     where id = $1",
);

/// The relations that `include` may name.
pub const RELATIONS: &[&str] = &["posts"];

/// What `include` names of these tags: one statement for each name, however many records there are.
///
/// # Errors
///
/// Says so when the database does not answer.
pub async fn include(
    app: &App,
    records: &[Tag],
    include: &list::Include,
) -> Result<http::Included, Error> {
    if include.is_empty() {
        return Ok(http::Included::default());
    }
    let mut included = http::Included::of(records.len());
    if include.has("posts") {
        let owners = records.iter().map(|record| record.id);
        let through = list::Through::Link {
            table: "post_tags",
            owner: "tag_id",
            record: "post_id",
        };
        let found = crate::post::queries::TABLE
            .belonging::<Post, Uuid>(&app.db, through, owners)
            .await?;
        let each = records.iter().map(|record| found.get(&record.id));
        included.many("posts", each)?;
    }
    Ok(included)
}

/// The posts of a tag, as a caller asks for them.
///
/// # Errors
///
/// Says so when there is no such tag, and names every parameter that cannot be understood.
pub async fn list_posts(app: &App, id: Uuid, listing: &http::Listing) -> Result<PostPage, Error> {
    exists(app, id).await?;
    let within = list::Within {
        condition: "id in (select post_id from post_tags where tag_id = $1)",
        values: params![id],
    };
    let page = crate::post::queries::TABLE
        .page(&app.db, &app.pages, Some(within), listing)
        .await?;
    Ok(page.into())
}

/// Links a tag with a post; where they are linked already, nothing changes.
///
/// The rules see it as the change of `post_ids` that it is.
///
/// # Errors
///
/// Says so when one of them is not there, when another change came first, or when there would be too many.
pub async fn link_post(
    app: &App,
    caller: &http::Caller,
    unit: &mut Unit<'_, ()>,
    id: Uuid,
    conditions: &http::Conditions,
    other: Uuid,
) -> Result<(), Error> {
    let rules = TagRules;
    let expected = conditions.expected()?;
    let tx = unit.hold().await?;
    let there: Option<(bool,)> = tx.fetch_optional(&HOLD_POSTS, params![other]).await?;
    let held: Option<Tag> = tx.fetch_optional(&LOCK, params![id, expected]).await?;
    if held.is_none() {
        return Err(missed(app, id).await);
    }
    // Whoever held the record until now may have changed its links: they are read once it is held.
    let before: Tag = tx.fetch_one(&queries::FIND, params![id]).await?;
    conditions.admit(Some(before.version))?;
    if there.is_none() {
        return Err(Error::not_found("post", other));
    }
    if before.post_ids.contains(&other) {
        unit.commit(&()).await?;
        return Ok(());
    }
    let mut ids = before.post_ids.clone();
    ids.push(other);
    if ids.len() > 100 {
        let detail = "A tag is linked with at most 100 posts.";
        return Err(Error::failed_precondition("TOO_MANY_LINKS", detail));
    }
    let changes = TagChanges {
        post_ids: Some(ids),
        ..TagChanges::default()
    };
    let mut found = Violations::new();
    rules.check_changes(&changes, &mut found);
    found.into_result()?;

    tx.execute(&TIE_POSTS, params![id, other]).await?;
    let after = touched(tx, id).await?;
    tx.execute(&TOUCH_POSTS, params![other, Timestamp::now()])
        .await?;
    if let Some(inside) = rules.inside_change() {
        inside(tx, caller, &before, &after).await?;
    }
    if unit.commit(&()).await? {
        rules.after_change(app, caller, &after).await;
    }
    Ok(())
}

/// Ends the link of a tag with a post; where there is none, nothing changes.
///
/// The rules see it as the change of `post_ids` that it is.
///
/// # Errors
///
/// Says so when there is no such tag, or when another change came first.
pub async fn unlink_post(
    app: &App,
    caller: &http::Caller,
    unit: &mut Unit<'_, ()>,
    id: Uuid,
    conditions: &http::Conditions,
    other: Uuid,
) -> Result<(), Error> {
    let rules = TagRules;
    let expected = conditions.expected()?;
    let tx = unit.hold().await?;
    let _held: Option<(bool,)> = tx.fetch_optional(&HOLD_POSTS, params![other]).await?;
    let held: Option<Tag> = tx.fetch_optional(&LOCK, params![id, expected]).await?;
    if held.is_none() {
        return Err(missed(app, id).await);
    }
    // Whoever held the record until now may have changed its links: they are read once it is held.
    let before: Tag = tx.fetch_one(&queries::FIND, params![id]).await?;
    conditions.admit(Some(before.version))?;
    let mut ids = before.post_ids.clone();
    ids.retain(|it| *it != other);
    if ids.len() == before.post_ids.len() {
        unit.commit(&()).await?;
        return Ok(());
    }
    let changes = TagChanges {
        post_ids: Some(ids),
        ..TagChanges::default()
    };
    let mut found = Violations::new();
    rules.check_changes(&changes, &mut found);
    found.into_result()?;

    tx.execute(&UNTIE_POSTS, params![id, other]).await?;
    let after = touched(tx, id).await?;
    tx.execute(&TOUCH_POSTS, params![other, Timestamp::now()])
        .await?;
    if let Some(inside) = rules.inside_change() {
        inside(tx, caller, &before, &after).await?;
    }
    if unit.commit(&()).await? {
        rules.after_change(app, caller, &after).await;
    }
    Ok(())
}

/// The record after a change of its links, which counts as a change of the record: it shows their ids.
async fn touched(tx: &mut db::Transaction<'static>, id: Uuid) -> Result<Tag, Error> {
    tx.execute(&TOUCH, params![id, Timestamp::now()]).await?;
    Ok(tx.fetch_one(&queries::FIND, params![id]).await?)
}

/// Refuses the id of a tag that is not there.
pub async fn exists(app: &App, id: Uuid) -> Result<(), Error> {
    let there: Option<(bool,)> = app.db.fetch_optional(&EXISTS, params![id]).await?;
    there.map_or_else(|| Err(Error::not_found("tag", id)), |_| Ok(()))
}

/// Every statement, for the test that prepares them.
pub const STATEMENTS: &[(&str, &db::Sql)] = &[
    ("EXISTS", &EXISTS),
    ("HOLD_POSTS", &HOLD_POSTS),
    ("TIE_POSTS", &TIE_POSTS),
    ("UNTIE_POSTS", &UNTIE_POSTS),
    ("TOUCH_POSTS", &TOUCH_POSTS),
    ("LINK_POST_IDS", &LINK_POST_IDS),
    ("UNLINK_POST_IDS", &UNLINK_POST_IDS),
    ("TOUCH_POST_IDS", &TOUCH_POST_IDS),
    ("HOLD_POST_IDS", &HOLD_POST_IDS),
    ("TOUCH", &TOUCH),
];
