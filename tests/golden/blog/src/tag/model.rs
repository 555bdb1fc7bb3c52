//! Tags as stored and as sent.

use jiff::Timestamp;
use serde::Serialize;
use svcgen_runtime::{db, http, input, list};
use uuid::Uuid;

/// A word that posts are found by.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tag {
    /// Identifies the tag.
    pub id: Uuid,
    /// Name.
    pub name: String,
    /// The posts it is linked with.
    pub post_ids: Vec<Uuid>,
    /// Counts the changes; the entity tag.
    pub version: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl db::FromRow for Tag {
    fn from_row(row: &db::Row<'_>) -> Result<Self, db::DbError> {
        Ok(Self {
            id: row.next()?,
            name: row.next()?,
            post_ids: row.next::<db::Json<Vec<Uuid>>>()?.0,
            version: row.next()?,
            created_at: row.next()?,
            updated_at: row.next()?,
        })
    }
}

impl http::Tag for Tag {
    fn entity_tag(&self) -> Option<String> {
        Some(http::version_tag(self.version))
    }
}

impl list::Record for Tag {
    fn value(&self, column: &str) -> db::Value {
        match column {
            "id" => db::Value::of(self.id),
            "name" => db::Value::of(&self.name),
            _ => db::Value::Null,
        }
    }
}

/// What a caller sends to create a tag.
#[derive(Debug, Clone, PartialEq)]
pub struct NewTag {
    /// Identifies it from now on; made by the service when not sent.
    pub id: Option<Uuid>,
    /// Name.
    pub name: String,
    /// The posts it is linked with.
    pub post_ids: Vec<Uuid>,
}

impl input::Read for NewTag {
    fn read(body: &mut input::Object) -> Option<Self> {
        let id = body.optional("id", input::uuid());
        let name = body.required("name", input::text().min(1).max(50));
        let post_ids = body.or(
            "post_ids",
            input::list(input::uuid()).max_items(100),
            Vec::new(),
        );
        body.ignore(&["version", "created_at", "updated_at"]);
        Some(Self {
            id: id?,
            name: name?,
            post_ids: post_ids?,
        })
    }
}

/// What a caller sends to change a tag: what is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TagChanges {
    /// Name.
    pub name: Option<String>,
    /// The posts it is linked with.
    pub post_ids: Option<Vec<Uuid>>,
}

impl input::Read for TagChanges {
    fn read(body: &mut input::Object) -> Option<Self> {
        let name = body.change("name", input::text().min(1).max(50));
        let post_ids = body.change_or(
            "post_ids",
            input::list(input::uuid()).max_items(100),
            Vec::new(),
        );
        body.keep(&["id", "version", "created_at", "updated_at"]);
        Some(Self {
            name: name?,
            post_ids: post_ids?,
        })
    }
}

impl From<NewTag> for TagChanges {
    /// The changes that leave nothing as it was.
    fn from(new: NewTag) -> Self {
        Self {
            name: Some(new.name),
            post_ids: Some(new.post_ids),
        }
    }
}

/// One page of tags.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TagPage {
    /// The tags of this page.
    pub tags: Vec<Tag>,
    /// Asks for the next page; absent on the last one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub next_page_token: String,
    /// Asks for the page before; absent on the first one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub previous_page_token: String,
    /// How many there are on all pages, where the caller asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_size: Option<i64>,
}

impl From<list::Page<Tag>> for TagPage {
    fn from(page: list::Page<Tag>) -> Self {
        Self {
            tags: page.records,
            next_page_token: page.next_page_token,
            previous_page_token: page.previous_page_token,
            total_size: page.total_size,
        }
    }
}
