//! Posts as stored and as sent.

use jiff::Timestamp;
use serde::Serialize;
use svcgen_runtime::{db, http, input, list};
use uuid::Uuid;

/// A text that is published, or will be.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Post {
    /// Identifies the post.
    pub id: Uuid,
    /// The author it belongs to.
    pub author_id: Uuid,
    /// Title.
    pub title: String,
    /// Slug.
    pub slug: String,
    /// Body.
    pub body: String,
    /// Published at.
    pub published_at: Option<Timestamp>,
    /// The tags it is linked with.
    pub tag_ids: Vec<Uuid>,
    /// Counts the changes; the entity tag.
    pub version: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl db::FromRow for Post {
    fn from_row(row: &db::Row<'_>) -> Result<Self, db::DbError> {
        Ok(Self {
            id: row.next()?,
            author_id: row.next()?,
            title: row.next()?,
            slug: row.next()?,
            body: row.next()?,
            published_at: row.next()?,
            tag_ids: row.next::<db::Json<Vec<Uuid>>>()?.0,
            version: row.next()?,
            created_at: row.next()?,
            updated_at: row.next()?,
        })
    }
}

impl http::Tag for Post {
    fn entity_tag(&self) -> Option<String> {
        Some(http::version_tag(self.version))
    }
}

impl list::Record for Post {
    fn value(&self, column: &str) -> db::Value {
        match column {
            "id" => db::Value::of(self.id),
            "published_at" => db::Value::of(self.published_at),
            "title" => db::Value::of(&self.title),
            _ => db::Value::Null,
        }
    }
}

/// What a caller sends to create a post.
#[derive(Debug, Clone, PartialEq)]
pub struct NewPost {
    /// Identifies it from now on; made by the service when not sent.
    pub id: Option<Uuid>,
    /// The author it belongs to.
    pub author_id: Uuid,
    /// Title.
    pub title: String,
    /// Slug.
    pub slug: String,
    /// Body.
    pub body: String,
    /// Published at.
    pub published_at: Option<Timestamp>,
    /// The tags it is linked with.
    pub tag_ids: Vec<Uuid>,
}

impl input::Read for NewPost {
    fn read(request: &mut input::Object) -> Option<Self> {
        let id = request.optional("id", input::uuid());
        let author_id = request.required("author_id", input::uuid());
        let title = request.required("title", input::text().min(1).max(200));
        let slug = request.required("slug", input::text().max(200).slug());
        let body = request.required("body", input::text());
        let published_at = request.optional("published_at", input::timestamp());
        let tag_ids = request.or(
            "tag_ids",
            input::list(input::uuid()).max_items(20),
            Vec::new(),
        );
        request.ignore(&["version", "created_at", "updated_at"]);
        Some(Self {
            id: id?,
            author_id: author_id?,
            title: title?,
            slug: slug?,
            body: body?,
            published_at: published_at?,
            tag_ids: tag_ids?,
        })
    }
}

/// What a caller sends to change a post: what is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PostChanges {
    /// The author it belongs to.
    pub author_id: Option<Uuid>,
    /// Title.
    pub title: Option<String>,
    /// Slug.
    pub slug: Option<String>,
    /// Body.
    pub body: Option<String>,
    /// Published at.
    pub published_at: Option<Option<Timestamp>>,
    /// The tags it is linked with.
    pub tag_ids: Option<Vec<Uuid>>,
}

impl input::Read for PostChanges {
    fn read(request: &mut input::Object) -> Option<Self> {
        let author_id = request.change("author_id", input::uuid());
        let title = request.change("title", input::text().min(1).max(200));
        let slug = request.change("slug", input::text().max(200).slug());
        let body = request.change("body", input::text());
        let published_at = request.change_nullable("published_at", input::timestamp());
        let tag_ids = request.change_or(
            "tag_ids",
            input::list(input::uuid()).max_items(20),
            Vec::new(),
        );
        request.keep(&["id", "version", "created_at", "updated_at"]);
        Some(Self {
            author_id: author_id?,
            title: title?,
            slug: slug?,
            body: body?,
            published_at: published_at?,
            tag_ids: tag_ids?,
        })
    }
}

impl From<NewPost> for PostChanges {
    /// The changes that leave nothing as it was.
    fn from(new: NewPost) -> Self {
        Self {
            author_id: Some(new.author_id),
            title: Some(new.title),
            slug: Some(new.slug),
            body: Some(new.body),
            published_at: Some(new.published_at),
            tag_ids: Some(new.tag_ids),
        }
    }
}

/// One page of posts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PostPage {
    /// The posts of this page.
    pub posts: Vec<Post>,
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

impl From<list::Page<Post>> for PostPage {
    fn from(page: list::Page<Post>) -> Self {
        Self {
            posts: page.records,
            next_page_token: page.next_page_token,
            previous_page_token: page.previous_page_token,
            total_size: page.total_size,
        }
    }
}
