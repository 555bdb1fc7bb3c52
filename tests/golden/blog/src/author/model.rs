//! Authors as stored and as sent.

use jiff::Timestamp;
use serde::Serialize;
use svcgen_runtime::{db, http, input, list};
use uuid::Uuid;

/// Someone who writes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Author {
    /// Identifies the author.
    pub id: Uuid,
    /// Name.
    pub name: String,
    /// Email.
    pub email: String,
    /// Bio.
    pub bio: Option<String>,
    /// Counts the changes; the entity tag.
    pub version: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl db::FromRow for Author {
    fn from_row(row: &db::Row<'_>) -> Result<Self, db::DbError> {
        Ok(Self {
            id: row.next()?,
            name: row.next()?,
            email: row.next()?,
            bio: row.next()?,
            version: row.next()?,
            created_at: row.next()?,
            updated_at: row.next()?,
        })
    }
}

impl http::Tag for Author {
    fn entity_tag(&self) -> Option<String> {
        Some(http::version_tag(self.version))
    }
}

impl list::Record for Author {
    fn value(&self, column: &str) -> db::Value {
        match column {
            "id" => db::Value::of(self.id),
            "name" => db::Value::of(&self.name),
            _ => db::Value::Null,
        }
    }
}

/// What a caller sends to create an author.
#[derive(Debug, Clone, PartialEq)]
pub struct NewAuthor {
    /// Identifies it from now on; made by the service when not sent.
    pub id: Option<Uuid>,
    /// Name.
    pub name: String,
    /// Email.
    pub email: String,
    /// Bio.
    pub bio: Option<String>,
}

impl input::Read for NewAuthor {
    fn read(body: &mut input::Object) -> Option<Self> {
        let id = body.optional("id", input::uuid());
        let name = body.required("name", input::text().min(1).max(120));
        let email = body.required("email", input::text().max(254).email());
        let bio = body.optional("bio", input::text());
        body.ignore(&["version", "created_at", "updated_at"]);
        Some(Self {
            id: id?,
            name: name?,
            email: email?,
            bio: bio?,
        })
    }
}

/// What a caller sends to change an author: what is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AuthorChanges {
    /// Name.
    pub name: Option<String>,
    /// Email.
    pub email: Option<String>,
    /// Bio.
    pub bio: Option<Option<String>>,
}

impl input::Read for AuthorChanges {
    fn read(body: &mut input::Object) -> Option<Self> {
        let name = body.change("name", input::text().min(1).max(120));
        let email = body.change("email", input::text().max(254).email());
        let bio = body.change_nullable("bio", input::text());
        body.keep(&["id", "version", "created_at", "updated_at"]);
        Some(Self {
            name: name?,
            email: email?,
            bio: bio?,
        })
    }
}

impl From<NewAuthor> for AuthorChanges {
    /// The changes that leave nothing as it was.
    fn from(new: NewAuthor) -> Self {
        Self {
            name: Some(new.name),
            email: Some(new.email),
            bio: Some(new.bio),
        }
    }
}

/// One page of authors.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuthorPage {
    /// The authors of this page.
    pub authors: Vec<Author>,
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

impl From<list::Page<Author>> for AuthorPage {
    fn from(page: list::Page<Author>) -> Self {
        Self {
            authors: page.records,
            next_page_token: page.next_page_token,
            previous_page_token: page.previous_page_token,
            total_size: page.total_size,
        }
    }
}
