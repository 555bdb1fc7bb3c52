//! The lists that callers can ask for, and what an index must begin with to serve each.
//!
//! A list is a column that every record shown has one value of, where there is one (a filter, or
//! the parent of children), and an order that the id completes. The index of these terms serves
//! it: the page is read where it stands, and nothing is sorted. A shorter one does as well if it
//! leaves only a few records to sort, those of one text, number or point in time. Columns that
//! many records share, which are flags, enums, small numbers, references and nulls, leave too
//! many, so the index goes on to a column that tells records apart, or to the id.
//!
//! Orders are read from either end: an index serves the order of its terms and its reverse.

use super::build::column_name;
use super::{Index, IndexTerm};
use crate::model::{
    Bound, Column, Database, Entity, EntityId, Field, FieldKind, IdType, OrderTerm, ScalarType,
    Service, Via,
};

/// The most octets of an entry. PostgreSQL refuses a row whose entry would have more than 2,704,
/// its head and the filling between values included.
const WIDEST: u32 = 2_600;
/// The octets of a character at most.
const CHARACTER: u32 = 4;
/// The most characters of a text that an index can hold.
pub const LONGEST: u32 = 600;
/// A whole number of at most so many values is shared by many records.
const FEW: u64 = 100;

/// How a list is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// Without saying anything.
    Plainly,
    /// In the order of a column.
    By(Column),
    /// Filtered by a value of a column, in the default order.
    With(Column),
    /// Under the record that a reference names, in the default order.
    Under(Column),
}

/// A list with what its index must begin with.
#[derive(Debug, Clone)]
pub struct List {
    /// How it is asked for.
    pub asked: Asked,
    /// The terms of the index that serves it without sorting, as far as an index can hold them; none where the first is too long.
    pub index: Vec<OrderTerm>,
    /// How many of the terms leave only a few records to sort.
    least: usize,
}

/// The lists of an entity.
pub fn of(service: &Service, id: EntityId) -> Vec<List> {
    let entity = service.entity(id);
    let list = &entity.list;
    let under = (0..entity.fields.len()).filter(|index| is_parent(service, id, *index));
    let plain = std::iter::once(Asked::Plainly);
    let all = plain
        .chain(list.order.iter().cloned().map(Asked::By))
        .chain(list.filter.iter().cloned().map(Asked::With))
        .chain(under.map(|index| Asked::Under(Column::Field(index))));
    all.map(|asked| List::new(service, entity, asked)).collect()
}

/// Whether records are listed under the one that this field refers to.
fn is_parent(service: &Service, id: EntityId, index: usize) -> bool {
    let field = &service.entity(id).fields[index];
    let FieldKind::Reference(reference) = &field.kind else {
        return false;
    };
    let parent = service.entity(reference.target);
    parent.collections.iter().any(|collection| {
        let via =
            matches!(&collection.via, Via::Reference { field: by } if by == field.name.snake());
        via && collection.target == id
    })
}

impl List {
    fn new(service: &Service, entity: &Entity, asked: Asked) -> Self {
        let fixed = match &asked {
            Asked::Plainly | Asked::By(_) => None,
            Asked::With(column) | Asked::Under(column) => Some(column),
        };
        let order = match &asked {
            Asked::By(column) => complete(&[ascending(column)]),
            _ => complete(&entity.list.default_order),
        };
        let order = order.into_iter().filter(|it| Some(&it.column) != fixed);
        let mut index: Vec<OrderTerm> = fixed.map(ascending).into_iter().chain(order).collect();
        if let Some(id) = index.iter().position(|it| it.column == Column::Id) {
            // What comes after what is unique orders nothing.
            index.truncate(id + 1);
        }
        // The default order has its index even where PostgreSQL would refuse a very long text.
        if asked != Asked::Plainly {
            index.truncate(fitting(service, entity, &index));
        }
        let tells = |term: &OrderTerm| {
            let is_fixed = Some(&term.column) == fixed;
            tells_apart(entity, &term.column, is_fixed)
        };
        let least = index
            .iter()
            .position(tells)
            .map_or(index.len(), |at| at + 1);
        Self {
            asked,
            index,
            least,
        }
    }

    /// The column that it is asked for by.
    pub const fn column(&self) -> Option<&Column> {
        match &self.asked {
            Asked::Plainly => None,
            Asked::By(column) | Asked::With(column) | Asked::Under(column) => Some(column),
        }
    }

    /// The column that every record of it has one value of.
    pub const fn fixed(&self) -> Option<&Column> {
        match &self.asked {
            Asked::Plainly | Asked::By(_) => None,
            Asked::With(column) | Asked::Under(column) => Some(column),
        }
    }

    /// Whether one value of the column is of few records, so that they may be sorted.
    pub const fn may_sort(&self) -> bool {
        self.fixed().is_some() && self.least == 1
    }

    /// Whether one of the indexes, or the primary key, serves it.
    pub fn is_served(&self, entity: &Entity, indexes: &[Index]) -> bool {
        self.has(entity, indexes, self.least)
    }

    /// Whether one of the indexes, or the primary key, serves it without sorting anything.
    pub fn is_served_whole(&self, entity: &Entity, indexes: &[Index]) -> bool {
        self.has(entity, indexes, self.index.len())
    }

    fn has(&self, entity: &Entity, indexes: &[Index], count: usize) -> bool {
        let is_by_key = self.index.first().is_some_and(|it| it.column == Column::Id);
        is_by_key || indexes.iter().any(|it| self.begins(entity, it, count))
    }

    /// Whether an index begins with so many of the terms.
    fn begins(&self, entity: &Entity, index: &Index, count: usize) -> bool {
        let mut wanted = self.index.iter().map(|it| term(entity, it)).take(count);
        let mut terms = index.terms.iter();
        if self.fixed().is_some() {
            // One value is found whichever way the index goes.
            let is_found =
                matches!((wanted.next(), terms.next()), (Some(a), Some(b)) if a.column == b.column);
            let is_one = index.unique && index.terms.len() == 1;
            if !is_found || is_one {
                return is_found;
            }
        }
        let wanted: Vec<IndexTerm> = wanted.collect();
        let sorted = || wanted.iter().zip(terms.clone());
        let is_reversed = sorted()
            .next()
            .is_some_and(|(a, b)| a.descending != b.descending);
        // Nulls of unique indexes are where each database puts them by itself.
        let agrees = |(wanted, is): (&IndexTerm, &IndexTerm)| {
            wanted.column == is.column
                && (wanted.descending != is.descending) == is_reversed
                && !(index.unique && is_nullable(entity, &is.column))
        };
        count > 0 && sorted().count() == wanted.len() && sorted().all(agrees)
    }
}

fn ascending(column: &Column) -> OrderTerm {
    OrderTerm {
        column: column.clone(),
        descending: false,
    }
}

/// An order with the id that breaks ties, in the direction of the last term.
pub fn complete(order: &[OrderTerm]) -> Vec<OrderTerm> {
    let mut terms = order.to_vec();
    if let Some(id) = terms.iter().position(|term| term.column == Column::Id) {
        // What comes after what is unique orders nothing.
        terms.truncate(id + 1);
    } else {
        terms.push(OrderTerm {
            column: Column::Id,
            descending: terms.last().is_none_or(|term| term.descending),
        });
    }
    terms
}

/// A term of an order as an index has it.
pub fn term(entity: &Entity, term: &OrderTerm) -> IndexTerm {
    IndexTerm {
        column: column_name(entity, &term.column),
        descending: term.descending,
    }
}

/// How many of the terms an index can hold together, whatever the values.
fn fitting(service: &Service, entity: &Entity, terms: &[OrderTerm]) -> usize {
    if !service.databases.contains(&Database::Postgres) {
        return terms.len();
    }
    let mut sum: u32 = 0;
    let fits = |term: &&OrderTerm| {
        sum = sum.saturating_add(width(service, entity, &term.column));
        sum <= WIDEST
    };
    terms.iter().take_while(fits).count()
}

/// The octets of a column's largest value.
fn width(service: &Service, entity: &Entity, column: &Column) -> u32 {
    const HEAD: u32 = 4;
    const NUMBER: u32 = 16;
    let text = |characters: u32| characters.saturating_mul(CHARACTER).saturating_add(HEAD);
    let of_id = |id: IdType| match id {
        IdType::Uuid | IdType::Bigint => NUMBER,
        IdType::String => text(255),
    };
    match column {
        Column::Id => of_id(entity.id),
        Column::CreatedAt | Column::UpdatedAt | Column::Version => NUMBER,
        Column::Field(index) => match &entity.fields[*index].kind {
            FieldKind::Reference(reference) => of_id(service.entity(reference.target).id),
            FieldKind::Scalar(ScalarType::String(kind) | ScalarType::Text(kind)) => {
                kind.max.map_or(u32::MAX, text)
            }
            FieldKind::Enum(values) => {
                let longest = values.values.iter().map(|it| it.name.written().len()).max();
                text(
                    longest
                        .and_then(|it| u32::try_from(it).ok())
                        .unwrap_or_default(),
                )
            }
            FieldKind::Scalar(_) | FieldKind::List(_) => 2 * NUMBER,
        },
    }
}

/// Whether a value of the column is one of few records; nulls do not count where it is looked for by value.
fn tells_apart(entity: &Entity, column: &Column, is_fixed: bool) -> bool {
    match column {
        Column::Id | Column::CreatedAt | Column::UpdatedAt => true,
        // Most records have the same version, the first.
        Column::Version => false,
        Column::Field(index) => {
            let Field { nullable, kind, .. } = &entity.fields[*index];
            (is_fixed || !nullable) && has_many_values(kind)
        }
    }
}

fn has_many_values(kind: &FieldKind) -> bool {
    match kind {
        FieldKind::Scalar(ScalarType::Bool) | FieldKind::Enum(_) | FieldKind::Reference(_) => false,
        FieldKind::Scalar(ScalarType::Int(bound) | ScalarType::Bigint(bound)) => !is_small(bound),
        FieldKind::Scalar(_) | FieldKind::List(_) => true,
    }
}

fn is_small(bound: &Bound<i64>) -> bool {
    let range = bound.min.zip(bound.max);
    range.is_some_and(|(min, max)| min.abs_diff(max) < FEW)
}

fn is_nullable(entity: &Entity, column: &str) -> bool {
    let mut fields = entity.fields.iter();
    fields.any(|field| field.nullable && field.column() == column)
}
