//! What posts are related to: author, comments and tags.

use jiff::Timestamp;
use svcgen_runtime::{Error, Unit, Violations, db, http, list, params};
use uuid::Uuid;

use super::commands::LOCK;
use super::hooks::Rules as _;
use super::model::{Post, PostChanges};
use super::queries;
use super::removal::missed;
use super::rules::PostRules;
use crate::app::App;
use crate::author::Author;
use crate::comment::{Comment, CommentPage};
use crate::tag::{Tag, TagPage};

/// Whether there is such a post.
pub const EXISTS: db::Sql = db::Sql::new(
    "select true
     from posts
     where id = $1",
);

/// Whether there is such a tag.
pub const HOLD_TAGS: db::Sql = db::held!(
    "select true
     from tags
     where id = $1"
);

/// A link with a tag.
pub const TIE_TAGS: db::Sql = db::Sql::new(
    "insert into post_tags (post_id, tag_id)
     values ($1, $2)
     on conflict do nothing",
);

/// The end of a link with a tag.
pub const UNTIE_TAGS: db::Sql = db::Sql::new(
    "delete from post_tags
     where post_id = $1 and tag_id = $2",
);

/// What the link changes of the tag, which shows it too.
pub const TOUCH_TAGS: db::Sql = db::Sql::new(
    "update tags
     set version = version + 1, updated_at = $2
     where id = $1",
);

/// New rows of `post_tags` from a JSON array of ids.
pub const LINK_TAG_IDS: db::Sql = db::Sql::each(
    "insert into post_tags (post_id, tag_id)
     select distinct $1, unhex(element.value, '-')
     from json_each($2) as element",
    "insert into post_tags (post_id, tag_id)
     select distinct $1::uuid, element.value::uuid
     from jsonb_array_elements_text($2) as element (value)",
);

/// The end of a record's rows of `post_tags`.
pub const UNLINK_TAG_IDS: db::Sql = db::Sql::new("delete from post_tags where post_id = $1");

/// What another JSON array of ids changes of the tags, which show `post_tags` too: of those that it adds or leaves out.
pub const TOUCH_TAG_IDS: db::Sql = db::Sql::each(
    "with differing as (
         select tag_id as id from post_tags where post_id = $1
         union all
         select distinct unhex(element.value, '-')
         from json_each($2) as element
     )
     update tags
     set version = version + 1, updated_at = $3
     where id in (select id from differing group by id having count(*) = 1)",
    "with differing as (
         select tag_id as id from post_tags where post_id = $1
         union all
         select distinct element.value::uuid
         from jsonb_array_elements_text($2) as element (value)
     )
     update tags
     set version = version + 1, updated_at = $3
     where id in (
         select id
         from tags
         where id in (select id from differing group by id having count(*) = 1)
         order by id
         for no key update
     )",
);

/// What a change of its links changes of a record itself.
pub const TOUCH: db::Sql = db::Sql::new(
    "update posts
     set version = version + 1, updated_at = $2
     where id = $1",
);

/// The relations that `include` may name.
pub const RELATIONS: &[&str] = &["author", "comments", "tags"];

/// What `include` names of these posts: one statement for each name, however many records there are.
///
/// # Errors
///
/// Says so when the database does not answer.
pub async fn include(
    app: &App,
    records: &[Post],
    include: &list::Include,
) -> Result<http::Included, Error> {
    if include.is_empty() {
        return Ok(http::Included::default());
    }
    let mut included = http::Included::of(records.len());
    if include.has("author") {
        let owners = records.iter().map(|record| record.author_id);
        let through = list::Through::Key;
        let found = crate::author::queries::TABLE
            .belonging::<Author, Uuid>(&app.db, through, owners)
            .await?;
        let each = records.iter().map(|record| found.get(&record.author_id));
        included.one("author", each)?;
    }
    if include.has("comments") {
        let owners = records.iter().map(|record| record.id);
        let through = list::Through::Column("post_id");
        let found = crate::comment::queries::TABLE
            .belonging::<Comment, Uuid>(&app.db, through, owners)
            .await?;
        let each = records.iter().map(|record| found.get(&record.id));
        included.many("comments", each)?;
    }
    if include.has("tags") {
        let owners = records.iter().map(|record| record.id);
        let through = list::Through::Link {
            table: "post_tags",
            owner: "post_id",
            record: "tag_id",
        };
        let found = crate::tag::queries::TABLE
            .belonging::<Tag, Uuid>(&app.db, through, owners)
            .await?;
        let each = records.iter().map(|record| found.get(&record.id));
        included.many("tags", each)?;
    }
    Ok(included)
}

/// The comments of a post, as a caller asks for them.
///
/// # Errors
///
/// Says so when there is no such post, and names every parameter that cannot be understood.
pub async fn list_comments(
    app: &App,
    id: Uuid,
    listing: &http::Listing,
) -> Result<CommentPage, Error> {
    exists(app, id).await?;
    let within = list::Within {
        condition: "post_id = $1",
        values: params![id],
    };
    let page = crate::comment::queries::TABLE
        .page(&app.db, &app.pages, Some(within), listing)
        .await?;
    Ok(page.into())
}

/// The tags of a post, as a caller asks for them.
///
/// # Errors
///
/// Says so when there is no such post, and names every parameter that cannot be understood.
pub async fn list_tags(app: &App, id: Uuid, listing: &http::Listing) -> Result<TagPage, Error> {
    exists(app, id).await?;
    let within = list::Within {
        condition: "id in (select tag_id from post_tags where post_id = $1)",
        values: params![id],
    };
    let page = crate::tag::queries::TABLE
        .page(&app.db, &app.pages, Some(within), listing)
        .await?;
    Ok(page.into())
}

/// Links a post with a tag; where they are linked already, nothing changes.
///
/// The rules see it as the change of `tag_ids` that it is.
///
/// # Errors
///
/// Says so when one of them is not there, when another change came first, or when there would be too many.
pub async fn link_tag(
    app: &App,
    caller: &http::Caller,
    unit: &mut Unit<'_, ()>,
    id: Uuid,
    conditions: &http::Conditions,
    other: Uuid,
) -> Result<(), Error> {
    let rules = PostRules;
    let expected = conditions.expected()?;
    let tx = unit.hold().await?;
    let held: Option<Post> = tx.fetch_optional(&LOCK, params![id, expected]).await?;
    if held.is_none() {
        return Err(missed(app, id).await);
    }
    // Whoever held the record until now may have changed its links: they are read once it is held.
    let before: Post = tx.fetch_one(&queries::FIND, params![id]).await?;
    conditions.admit(Some(before.version))?;
    let there: Option<(bool,)> = tx.fetch_optional(&HOLD_TAGS, params![other]).await?;
    if there.is_none() {
        return Err(Error::not_found("tag", other));
    }
    if before.tag_ids.contains(&other) {
        unit.commit(&()).await?;
        return Ok(());
    }
    let mut ids = before.tag_ids.clone();
    ids.push(other);
    if ids.len() > 20 {
        let detail = "A post is linked with at most 20 tags.";
        return Err(Error::failed_precondition("TOO_MANY_LINKS", detail));
    }
    let changes = PostChanges {
        tag_ids: Some(ids),
        ..PostChanges::default()
    };
    let mut found = Violations::new();
    rules.check_changes(&changes, &mut found);
    found.into_result()?;

    tx.execute(&TIE_TAGS, params![id, other]).await?;
    let after = touched(tx, id).await?;
    tx.execute(&TOUCH_TAGS, params![other, Timestamp::now()])
        .await?;
    if let Some(inside) = rules.inside_change() {
        inside(tx, caller, &before, &after).await?;
    }
    if unit.commit(&()).await? {
        rules.after_change(app, caller, &after).await;
    }
    Ok(())
}

/// Ends the link of a post with a tag; where there is none, nothing changes.
///
/// The rules see it as the change of `tag_ids` that it is.
///
/// # Errors
///
/// Says so when there is no such post, or when another change came first.
pub async fn unlink_tag(
    app: &App,
    caller: &http::Caller,
    unit: &mut Unit<'_, ()>,
    id: Uuid,
    conditions: &http::Conditions,
    other: Uuid,
) -> Result<(), Error> {
    let rules = PostRules;
    let expected = conditions.expected()?;
    let tx = unit.hold().await?;
    let held: Option<Post> = tx.fetch_optional(&LOCK, params![id, expected]).await?;
    if held.is_none() {
        return Err(missed(app, id).await);
    }
    // Whoever held the record until now may have changed its links: they are read once it is held.
    let before: Post = tx.fetch_one(&queries::FIND, params![id]).await?;
    conditions.admit(Some(before.version))?;
    let mut ids = before.tag_ids.clone();
    ids.retain(|it| *it != other);
    if ids.len() == before.tag_ids.len() {
        unit.commit(&()).await?;
        return Ok(());
    }
    let changes = PostChanges {
        tag_ids: Some(ids),
        ..PostChanges::default()
    };
    let mut found = Violations::new();
    rules.check_changes(&changes, &mut found);
    found.into_result()?;

    tx.execute(&UNTIE_TAGS, params![id, other]).await?;
    let after = touched(tx, id).await?;
    tx.execute(&TOUCH_TAGS, params![other, Timestamp::now()])
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
async fn touched(tx: &mut db::Transaction<'static>, id: Uuid) -> Result<Post, Error> {
    tx.execute(&TOUCH, params![id, Timestamp::now()]).await?;
    Ok(tx.fetch_one(&queries::FIND, params![id]).await?)
}

/// Refuses the id of a post that is not there.
pub async fn exists(app: &App, id: Uuid) -> Result<(), Error> {
    let there: Option<(bool,)> = app.db.fetch_optional(&EXISTS, params![id]).await?;
    there.map_or_else(|| Err(Error::not_found("post", id)), |_| Ok(()))
}

/// Every statement, for the test that prepares them.
pub const STATEMENTS: &[(&str, &db::Sql)] = &[
    ("EXISTS", &EXISTS),
    ("HOLD_TAGS", &HOLD_TAGS),
    ("TIE_TAGS", &TIE_TAGS),
    ("UNTIE_TAGS", &UNTIE_TAGS),
    ("TOUCH_TAGS", &TOUCH_TAGS),
    ("LINK_TAG_IDS", &LINK_TAG_IDS),
    ("UNLINK_TAG_IDS", &UNLINK_TAG_IDS),
    ("TOUCH_TAG_IDS", &TOUCH_TAG_IDS),
    ("TOUCH", &TOUCH),
];
