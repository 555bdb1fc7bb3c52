//! What a comparison of tables cannot know, and the answers that the schema can give.
//!
//! Without an answer nothing is written. A caller with a terminal may ask, and write the
//! answer into the schema; otherwise the answers are told, ready to be pasted.

use std::fmt;

/// Something that the schema has to say before a migration can be planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What it is about.
    pub about: About,
    /// What the matter is, in one sentence.
    pub message: String,
    /// What can be said, the safest last; none where the way is another one.
    pub answers: Vec<Answer>,
}

/// What a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum About {
    /// Something went and something like it came: renamed, or not?
    Rename,
    /// `was:` names something that is still there.
    StillThere,
    /// Rules become stricter than rows that are there may be.
    Narrowing,
    /// A column becomes required, and nothing says what its nulls become.
    Required,
    /// The values cannot become values of the new type.
    Type,
    /// The identifiers cannot change.
    Identity,
    /// A table would have to become another kind of table.
    Kind,
}

/// One thing that the schema can say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What it means, such as `it was renamed`.
    pub means: String,
    /// How the schema says it.
    pub edit: Edit,
}

/// A line of the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// `was:` of an entity.
    EntityWas {
        /// The entity.
        entity: String,
        /// Its old name.
        was: String,
    },
    /// `was:` of a field.
    FieldWas {
        /// The entity.
        entity: String,
        /// The field.
        field: String,
        /// Its old name.
        was: String,
    },
    /// An entry in an entity's `dropped:`, or the service's.
    Drop {
        /// The entity; `None` for the service.
        entity: Option<String>,
        /// The field, or the entity where the service says it.
        name: String,
    },
    /// An entry in an entity's `stashed:`, or the service's.
    Stash {
        /// The entity; `None` for the service.
        entity: Option<String>,
        /// The field, or the entity where the service says it.
        name: String,
    },
    /// An entry in an entity's `kept:`, or the service's.
    Keep {
        /// The entity; `None` for the service.
        entity: Option<String>,
        /// The field, or the entity where the service says it.
        name: String,
    },
    /// `narrow: true` of a field.
    Narrow {
        /// The entity.
        entity: String,
        /// The field.
        field: String,
    },
    /// `backfill:` of a field, whose value only a person knows.
    Backfill {
        /// The entity.
        entity: String,
        /// The field.
        field: String,
    },
    /// The link table's old name, as `through:` of the collection that declares it.
    Through {
        /// The entity.
        entity: String,
        /// The table's name.
        table: String,
    },
}

impl fmt::Display for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = |entity: &Option<String>| match entity {
            Some(entity) => format!("of `{entity}`"),
            None => "of svcgen.yaml".to_owned(),
        };
        match self {
            Self::EntityWas { entity, was } => write!(f, "`was: {was}` of `{entity}`"),
            Self::FieldWas { entity, field, was } => {
                write!(f, "`was: {was}` at the field `{field}` of `{entity}`")
            }
            Self::Drop { entity, name } => write!(f, "`dropped: [{name}]` {}", place(entity)),
            Self::Stash { entity, name } => write!(f, "`stashed: [{name}]` {}", place(entity)),
            Self::Keep { entity, name } => write!(f, "`kept: [{name}]` {}", place(entity)),
            Self::Narrow { entity, field } => {
                write!(f, "`narrow: true` at the field `{field}` of `{entity}`")
            }
            Self::Backfill { entity, field } => {
                write!(f, "`backfill: …` at the field `{field}` of `{entity}`")
            }
            Self::Through { entity, table } => {
                write!(f, "`through: {table}` at the collection of `{entity}`")
            }
        }
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        for Answer { means, edit } in &self.answers {
            write!(f, "\n  - {means}: {edit}")?;
        }
        Ok(())
    }
}
