//! Entities as the schema will say them, before they are text.

/// The type of an entity's identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Id {
    /// A 64-bit integer, made by the database.
    Bigint,
    /// A version 7 UUID.
    Uuid,
    /// Text.
    String,
}

impl Id {
    /// The word of the schema.
    pub fn word(self) -> &'static str {
        match self {
            Self::Bigint => "bigint",
            Self::Uuid => "uuid",
            Self::String => "string",
        }
    }
}

/// An entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The table that it comes from.
    pub table: String,
    /// The table that svcgen will give it.
    pub future_table: String,
    /// The column that becomes its `id`, where there is one.
    pub key: Option<String>,
    /// Its name, such as `OrderLine`.
    pub entity: String,
    /// Its plural, where that is not the one that follows from the name.
    pub plural: Option<String>,
    /// What it is.
    pub doc: Option<String>,
    /// The type of its identifier.
    pub id: Id,
    /// Its fields.
    pub fields: Vec<Field>,
    /// Its links to other entities.
    pub links: Vec<Link>,
    /// Unique sets of fields.
    pub uniques: Vec<Vec<String>>,
    /// Indexes, `-` before what descends.
    pub indexes: Vec<Vec<String>>,
    /// The order that an index serves.
    pub default_order: Option<Vec<String>>,
    /// Whether removed records are gone.
    pub hard: bool,
    /// Which of the columns that come by themselves it has.
    pub automatic: Automatic,
}

/// The columns that come by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Automatic {
    /// `created_at`
    pub created_at: bool,
    /// `updated_at`
    pub updated_at: bool,
    /// `version`
    pub version: bool,
}

/// A field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Field {
    /// The column that it comes from.
    pub column: String,
    /// Its name.
    pub name: String,
    /// Its type, or the entity it refers to.
    pub ty: String,
    /// Whether it may be null.
    pub nullable: bool,
    /// Whether no two records share a value.
    pub unique: bool,
    /// The default, as YAML.
    pub default: Option<String>,
    /// The least value or length.
    pub min: Option<String>,
    /// The greatest value or length.
    pub max: Option<String>,
    /// A regular expression.
    pub pattern: Option<String>,
    /// A well-known form.
    pub format: Option<&'static str>,
    /// The values of an enum.
    pub values: Vec<String>,
    /// What a removal of the record referred to does.
    pub on_archive: Option<&'static str>,
    /// What it says.
    pub doc: Option<String>,
}

impl Field {
    /// The column that svcgen will give it.
    pub fn future_column(&self) -> String {
        if self.is_reference() {
            format!("{}_id", self.name)
        } else {
            self.name.clone()
        }
    }

    /// Whether its type is an entity: types of the format are lower-case.
    pub fn is_reference(&self) -> bool {
        self.ty.starts_with(|c: char| c.is_ascii_uppercase())
    }
}

/// A link between many and many, at the side that owns it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The table that it comes from.
    pub table: String,
    /// The collection's name.
    pub name: String,
    /// The entity of the other side.
    pub target: String,
    /// The table's name in the schema, where it is not the one that follows from the collection's.
    pub through: Option<String>,
}
