//! What a service means: complete, resolved, and checked.
//!
//! Nothing here is optional "to be defaulted later". The model has never heard
//! of YAML, Rust, SQL or paths; every later stage reads it and none changes it.

pub mod check;
pub mod name;
mod plural;
pub mod types;
pub mod words;

pub use name::Name;
pub use types::{
    Backfill, Bound, DecimalType, DefaultValue, EnumType, EnumValue, Format, ScalarType, TextType,
};

use std::time::Duration;

/// A whole service: what `svcgen.yaml` and `entities/*.yaml` say together.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// The service's name, which is also its crate's.
    pub name: Name,
    /// One sentence or more on what the service is for.
    pub doc: Option<String>,
    /// The databases the service can run on, in the order of the schema.
    pub databases: Vec<Database>,
    /// Where the generated manifest finds `svcgen-runtime`.
    pub runtime: RuntimeSource,
    /// What is switched on, each with its options.
    pub features: Features,
    /// The entities, sorted by name.
    pub entities: Vec<Entity>,
    /// The services this one calls, sorted by name.
    pub clients: Vec<Client>,
    /// Entities that are no longer here, whose tables go with all their rows.
    pub dropped: Vec<String>,
    /// Entities that are no longer here, whose tables go, their rows kept beside the schema.
    pub stashed: Vec<String>,
    /// Entities that are no longer here, whose tables stay in the database.
    pub kept: Vec<String>,
}

impl Service {
    /// The entity a reference points at.
    pub fn entity(&self, id: EntityId) -> &Entity {
        &self.entities[id.0]
    }
}

/// A database engine that a service can run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Database {
    /// Embedded; the default at run time.
    Sqlite,
    /// Chosen by URL at run time.
    Postgres,
}

/// Where a generated service takes its runtime crate from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuntimeSource {
    /// A copy inside the project, `vendor/svcgen-runtime`.
    Vendored,
    /// A directory, relative to the project.
    Path(String),
    /// A git repository and, perhaps, a revision.
    Git {
        /// The repository's address.
        url: String,
        /// A commit, branch or tag.
        rev: Option<String>,
    },
    /// A release from the package registry.
    Version(String),
}

/// The switches under `features:`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Features {
    /// The REST surface.
    pub http: Option<HttpFeature>,
    /// The gRPC surface.
    pub grpc: Option<GrpcFeature>,
    /// The OpenAPI document and its page.
    pub openapi: Option<OpenapiFeature>,
    /// PostgreSQL over TLS.
    pub tls: bool,
}

/// Options of the REST surface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpFeature {
    /// What every resource path begins with, such as `/v1`; empty for none.
    pub prefix: String,
    /// Whether answers are packed for the clients that take them so.
    pub compression: bool,
}

/// Options of the gRPC surface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrpcFeature {
    /// The protobuf package, such as `shop.v1`.
    pub package: String,
}

/// Options of the OpenAPI document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenapiFeature {
    /// Whether the service shows the documentation page at `/docs`.
    pub ui: bool,
}

/// An index into [`Service::entities`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityId(pub usize);

/// One kind of record.
#[derive(Debug, Clone, PartialEq)]
pub struct Entity {
    /// `Order`, and through it `order`, `orders`, `Orders` …
    pub name: Name,
    /// What one of them is.
    pub doc: Option<String>,
    /// The type of its `id`.
    pub id: IdType,
    /// Columns other than the id and the automatic ones, as declared.
    pub fields: Vec<Field>,
    /// The many-sides: what refers to this entity, and what it is linked with.
    pub collections: Vec<Collection>,
    /// Indexes asked for by the schema.
    pub indexes: Vec<Vec<OrderTerm>>,
    /// Composite unique constraints.
    pub uniques: Vec<Vec<Column>>,
    /// What removing a record does.
    pub delete: Delete,
    /// How records are listed.
    pub list: List,
    /// How records are written.
    pub write: Write,
    /// Which automatic columns the entity has.
    pub automatic: Automatic,
    /// The name the entity had before, when it was renamed.
    pub was: Option<String>,
    /// Fields that are no longer here, whose columns go with all their values.
    pub dropped: Vec<String>,
    /// Fields that are no longer here, whose columns go, their values copied elsewhere.
    pub stashed: Vec<String>,
    /// Fields that are no longer here, whose columns stay in the database.
    pub kept: Vec<String>,
    /// What the archive lets go of.
    pub archive: LetGo,
}

/// What an archive lets go of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LetGo {
    /// Fields whose archived values go.
    pub dropped: Vec<String>,
    /// Fields whose archived values are copied elsewhere.
    pub stashed: Vec<String>,
}

impl Entity {
    /// The field of this name, if there is one.
    pub fn field(&self, snake: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name.snake() == snake)
    }

    /// Whether no two records have the same in a field, alone or together with others.
    pub fn is_unique(&self, field: &Field) -> bool {
        let is_it = |column: &Column| matches!(column, Column::Field(index) if self.fields[*index].name == field.name);
        field.unique || self.uniques.iter().flatten().any(is_it)
    }
}

/// The type of an entity's identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdType {
    /// A version 7 UUID, made by the service unless the caller sends one.
    Uuid,
    /// A 64-bit integer, made by the database.
    Bigint,
    /// Text that the caller chooses, 1 to 255 characters.
    String,
}

/// The columns that come by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Automatic {
    /// `created_at`, set once.
    pub created_at: bool,
    /// `updated_at`, set by each change.
    pub updated_at: bool,
    /// `version`, counted up by each change; the ETag.
    pub version: bool,
}

/// One field of an entity that is a column of its table.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the schema on its own"
)]
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The field's name; for a reference the column and the JSON member add `_id`.
    pub name: Name,
    /// What the field says.
    pub doc: Option<String>,
    /// What it holds.
    pub kind: FieldKind,
    /// Whether it may be null.
    pub nullable: bool,
    /// What a new record gets when the caller sends nothing.
    pub default: Option<DefaultValue>,
    /// Whether no two records may share a value.
    pub unique: bool,
    /// Whether it is set at creation and never again.
    pub immutable: bool,
    /// Whether lists can be searched for the words in it.
    pub searchable: bool,
    /// Whether it is accepted and never shown.
    pub write_only: bool,
    /// Whether it says something about a person.
    pub pii: bool,
    /// The name the field had before, when it was renamed.
    pub was: Option<String>,
    /// What records get that were there before the field was, or before it was required.
    pub backfill: Option<Backfill>,
    /// Whether type and limits may become stricter than what is stored.
    pub narrow: bool,
}

/// What a field holds.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldKind {
    /// One value.
    Scalar(ScalarType),
    /// One of a closed set of names.
    Enum(EnumType),
    /// Several values of one scalar type, in order.
    List(ListType),
    /// The id of a record of another entity, or of this one.
    Reference(Reference),
}

/// A list of scalars.
#[derive(Debug, Clone, PartialEq)]
pub struct ListType {
    /// What each element is.
    pub of: ScalarType,
    /// The most elements it may have.
    pub max_items: u32,
}

/// A to-one reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference {
    /// The entity referred to.
    pub target: EntityId,
    /// What happens to this record when the other is removed.
    pub on_archive: OnArchive,
}

/// What happens to a referring record when the one referred to is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnArchive {
    /// The removal is refused.
    Restrict,
    /// The referring record is removed with it.
    Cascade,
    /// The reference becomes null.
    SetNull,
    /// The reference becomes null and is remembered, so a restore can relink it.
    Detach,
}

impl Field {
    /// The column, which is also the JSON member: the name, for a reference with `_id`.
    pub fn column(&self) -> String {
        match self.kind {
            FieldKind::Reference(_) => format!("{}_id", self.name.snake()),
            _ => self.name.snake().to_owned(),
        }
    }
}

/// A many-side of an entity. It is no column.
#[derive(Debug, Clone, PartialEq)]
pub struct Collection {
    /// The collection's name, such as `lines`.
    pub name: Name,
    /// What it holds.
    pub doc: Option<String>,
    /// The entity it holds.
    pub target: EntityId,
    /// How the two are joined.
    pub via: Via,
}

impl Collection {
    /// The JSON member that lists the ids of a link's other side: `tag_ids` for `tags`.
    pub fn ids_member(&self) -> String {
        format!("{}_ids", self.name.singular_snake())
    }
}

/// How a collection is joined to its entity.
#[derive(Debug, Clone, PartialEq)]
pub enum Via {
    /// The target's to-one reference of this name points back here.
    Reference {
        /// The referring field's snake name.
        field: String,
    },
    /// A link table joins the two.
    Link(Link),
}

/// A many-to-many link as one of its two sides sees it. Both sides share one table.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// The link table's name.
    pub table: String,
    /// The column that holds this side's id.
    pub own_column: String,
    /// The column that holds the other side's id.
    pub target_column: String,
    /// Whether this side declares the table (the other mirrors it).
    pub owner: bool,
    /// What happens to the link rows when a record is removed.
    pub on_archive: OnArchive,
    /// The most links a record may have.
    pub max_items: u32,
}

/// A column as an index, a unique constraint or an order names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Column {
    /// The identifier.
    Id,
    /// A declared field, by its position in [`Entity::fields`].
    Field(usize),
    /// `created_at`.
    CreatedAt,
    /// `updated_at`.
    UpdatedAt,
    /// `version`.
    Version,
}

/// One term of an order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OrderTerm {
    /// The column to order by.
    pub column: Column,
    /// Whether larger values come first.
    pub descending: bool,
}

/// What removing a record does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delete {
    /// The row is gone.
    Hard,
    /// The row moves into the archive table.
    Archive(Archive),
}

/// How an entity's archive is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archive {
    /// How long an archived record must be kept; `None` keeps it for ever.
    pub retain: Option<Retention>,
    /// Whether a removal must say why.
    pub reason_required: bool,
}

/// A span of calendar time, such as `7y` or `90d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Years.
    pub years: u32,
    /// Months.
    pub months: u32,
    /// Days.
    pub days: u32,
}

/// How records are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// The columns a caller may filter by.
    pub filter: Vec<Column>,
    /// The columns a caller may order by.
    pub order: Vec<Column>,
    /// The order when the caller names none. It does not end in the id; the id is the tie-break.
    pub default_order: Vec<OrderTerm>,
    /// The page size when the caller names none.
    pub default_page: u32,
    /// The largest page.
    pub max_page: u32,
}

/// How records are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Write {
    /// Whether a change or a removal has to say which version it is made from.
    pub needs_version: bool,
    /// Whether a POST or PATCH has to carry an idempotency key.
    pub needs_key: bool,
    /// The most records in one batch.
    pub max_batch: u32,
}

/// A service that this one calls.
#[derive(Debug, Clone, PartialEq)]
pub struct Client {
    /// The client's name.
    pub name: Name,
    /// Where its contract comes from.
    pub source: ClientSource,
    /// How long one call may take.
    pub timeout: Duration,
    /// How calls are tried again.
    pub retry: Option<Retry>,
    /// When calls are stopped for a while.
    pub breaker: Option<Breaker>,
    /// The most calls at once.
    pub bulkhead: Option<u32>,
}

/// Where a client's contract comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientSource {
    /// A sibling service's schema directory.
    Service(String),
    /// A protobuf file.
    Proto(String),
}

/// How calls are tried again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Retry {
    /// The most attempts, the first one included.
    pub attempts: u32,
    /// The share of calls that may be retries, 0 to 1.
    pub budget: f64,
}

/// When calls are stopped for a while.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Breaker {
    /// The share of failures that opens it, 0 to 1.
    pub failures: f64,
    /// What counts as slow, and the share of slow calls that opens it.
    pub slow: Option<(Duration, f64)>,
    /// The span over which calls are counted.
    pub window: Duration,
    /// The fewest calls that can open it.
    pub min_calls: u32,
    /// How long it stays open.
    pub open: Duration,
    /// How many calls are let through to probe.
    pub probes: u32,
}
