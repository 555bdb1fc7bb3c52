//! An entity file as it is written.

use super::field::FieldDoc;
use super::read::{Named, document, words};
use super::service::{DeleteWord, IdWord};
use super::values::{CalendarSpan, Either, OneOrMany};
use crate::source::Spanned;

words! {
    /// Whether a removal has to say why.
    pub enum ReasonWord {
        /// A removal without a reason is refused.
        Required = "required",
        /// A reason may be given.
        Optional = "optional",
    }
}

words! {
    /// Whether a request has to say something.
    pub enum DemandWord {
        /// A request without it is refused.
        Required = "required",
        /// It may be said.
        Optional = "optional",
    }
}

document! {
    /// An entity: `entities/NAME.yaml`.
    #[place = "an entity"]
    pub struct EntityDoc {
        /// The entity's name in PascalCase and in the singular, such as `OrderLine`.
        required entity: String,
        /// The plural in snake_case, where the usual rules miss it. It names the table, the routes and the lists.
        optional plural: String,
        /// What one record is. It becomes the documentation of the type and of the API.
        optional doc: String,
        /// The type of the identifier.
        optional id: IdWord,
        /// The fields. Short: `name: string`, `note: text?`, `customer: Customer`. Long: `name: { type: string, max: 80 }`.
        optional fields: Named<FieldDoc>,
        /// Indexes, each a list of columns; `-` before a column makes it descending.
        optional indexes: Vec<Spanned<OneOrMany>>,
        /// Sets of columns that no two records share.
        optional unique: Vec<Spanned<OneOrMany>>,
        /// What removing a record does.
        optional delete: Either<DeleteWord, DeleteDoc>,
        /// How records are listed.
        optional list: ListDoc,
        /// How records are written.
        optional write: WriteDoc,
        /// Whether records know when they were made. True, unless said otherwise.
        optional created_at: bool,
        /// Whether records know when they were last changed. True, unless said otherwise.
        optional updated_at: bool,
        /// Whether records count their changes, for ETags and If-Match. True, unless said otherwise.
        optional version: bool,
        /// The name the entity had before, so that its table is renamed and not dropped.
        optional was: String,
        /// Fields that are no longer here, whose columns go with all their values.
        optional dropped: Vec<Spanned<String>>,
        /// Fields that are no longer here, whose columns go, their values copied to a table `svcgen_stash_…`.
        optional stashed: Vec<Spanned<String>>,
        /// Fields that are no longer here, whose columns stay in the database for now.
        optional kept: Vec<Spanned<String>>,
        /// What the archive lets go of. It keeps all that removed records ever had, unless said otherwise.
        optional archive: LetGoDoc,
    }

    /// What an archive lets go of.
    #[place = "`archive`"]
    pub struct LetGoDoc {
        /// Fields that are no longer here, which the archive forgets. Earlier versions are called `NAME__v1`.
        optional dropped: Vec<Spanned<String>>,
        /// Fields that are no longer here, whose archived values go into a table `svcgen_stash_…`.
        optional stashed: Vec<Spanned<String>>,
    }

    /// How removed records are kept.
    #[place = "`delete`"]
    pub struct DeleteDoc {
        /// Keep removed records in the archive table.
        required archive: ArchiveDoc,
    }

    /// How an archive is kept.
    #[place = "`archive`"]
    pub struct ArchiveDoc {
        /// How long an archived record is kept: `7y`, `6mo`, `90d`. For ever, unless said otherwise.
        optional retain: CalendarSpan,
        /// Whether a removal has to say why. Optional, unless said otherwise.
        optional reason: ReasonWord,
    }

    /// How records are listed.
    #[place = "`list`"]
    pub struct ListDoc {
        /// The columns a caller may filter by.
        optional filter: Vec<Spanned<String>>,
        /// The columns a caller may order by.
        optional order: Vec<Spanned<String>>,
        /// The order when the caller names none; `-` before a column means descending. The id breaks ties.
        optional default_order: OneOrMany,
        /// The page size when the caller names none. 50, unless said otherwise.
        optional page: u32,
        /// The largest page. 1000, unless said otherwise.
        optional max_page: u32,
    }
    /// How records are written.
    #[place = "`write`"]
    pub struct WriteDoc {
        /// Whether a change or a removal has to say in `If-Match` which version it is made from. Optional, unless said otherwise.
        optional if_match: DemandWord,
        /// Whether a POST or PATCH has to carry an `Idempotency-Key`. Optional, unless said otherwise.
        optional idempotency_key: DemandWord,
        /// The most records in one batch. 1000, unless said otherwise.
        optional max_batch: u32,
    }
}
