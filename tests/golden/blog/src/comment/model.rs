//! Comments as stored and as sent.

use jiff::Timestamp;
use serde::Serialize;
use svcgen_runtime::{Violations, db, http, input, list};
use uuid::Uuid;

/// What a reader says about a post.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comment {
    /// Identifies the comment.
    pub id: Uuid,
    /// The post it belongs to.
    pub post_id: Uuid,
    /// The name that the reader gives.
    pub author: String,
    /// Text.
    pub text: String,
    /// Counts the changes; the entity tag.
    pub version: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl db::FromRow for Comment {
    fn from_row(row: &db::Row<'_>) -> Result<Self, db::DbError> {
        Ok(Self {
            id: row.next()?,
            post_id: row.next()?,
            author: row.next()?,
            text: row.next()?,
            version: row.next()?,
            created_at: row.next()?,
            updated_at: row.next()?,
        })
    }
}

impl http::Tag for Comment {
    fn entity_tag(&self) -> Option<String> {
        Some(http::version_tag(self.version))
    }
}

impl list::Record for Comment {
    fn value(&self, column: &str) -> db::Value {
        match column {
            "id" => db::Value::of(self.id),
            "created_at" => db::Value::of(self.created_at),
            _ => db::Value::Null,
        }
    }
}

/// What a caller sends to create a comment.
#[derive(Debug, Clone, PartialEq)]
pub struct NewComment {
    /// Identifies it from now on; made by the service when not sent.
    pub id: Option<Uuid>,
    /// The post it belongs to.
    pub post_id: Uuid,
    /// The name that the reader gives.
    pub author: String,
    /// Text.
    pub text: String,
}

impl input::Read for NewComment {
    fn read(body: &mut input::Object) -> Option<Self> {
        let id = body.optional("id", input::uuid());
        let post_id = body.required("post_id", input::uuid());
        let author = body.required("author", input::text().min(1).max(80));
        let text = body.required("text", input::text().min(1).max(5000));
        body.ignore(&["version", "created_at", "updated_at"]);
        Some(Self {
            id: id?,
            post_id: post_id?,
            author: author?,
            text: text?,
        })
    }
}

impl NewComment {
    /// What it says differently from the current record, and cannot be changed once it is created.
    pub fn agree_with(&self, current: &Comment) -> Violations {
        let mut found = Violations::new();
        if self.post_id != current.post_id {
            found.add(
                "/post_id",
                "IMMUTABLE",
                "Cannot be changed once it is created.",
            );
        }
        found
    }
}

/// What a caller sends to change a comment: what is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CommentChanges {
    /// The name that the reader gives.
    pub author: Option<String>,
    /// Text.
    pub text: Option<String>,
}

impl input::Read for CommentChanges {
    fn read(body: &mut input::Object) -> Option<Self> {
        let author = body.change("author", input::text().min(1).max(80));
        let text = body.change("text", input::text().min(1).max(5000));
        body.immutable(&["post_id"]);
        body.keep(&["id", "version", "created_at", "updated_at"]);
        Some(Self {
            author: author?,
            text: text?,
        })
    }
}

impl From<NewComment> for CommentChanges {
    /// The changes that leave nothing as it was.
    fn from(new: NewComment) -> Self {
        Self {
            author: Some(new.author),
            text: Some(new.text),
        }
    }
}

/// One page of comments.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CommentPage {
    /// The comments of this page.
    pub comments: Vec<Comment>,
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

impl From<list::Page<Comment>> for CommentPage {
    fn from(page: list::Page<Comment>) -> Self {
        Self {
            comments: page.records,
            next_page_token: page.next_page_token,
            previous_page_token: page.previous_page_token,
            total_size: page.total_size,
        }
    }
}
