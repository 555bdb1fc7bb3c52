//! What a caller wants to see of one record: `?include=` and `?read_mask=`, and the answer that shows it.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value};

use super::answer::{Tag, Tagged, json, tag};
use super::query::parameters;
use super::{Masked, Several};
use crate::Error;
use crate::input::Violations;
use crate::list::{Include, Mask, Table};

/// `?include=` and `?read_mask=` of a request for one record.
#[derive(Debug, Clone, Default)]
pub struct Viewing {
    include: String,
    read_mask: String,
}

impl<S: Sync> FromRequestParts<S> for Viewing {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Error> {
        let mut viewing = Self::default();
        parameters(parts, &["include", "read_mask"], |name, value, _| {
            viewing.take(name, &value);
        })?;
        Ok(viewing)
    }
}

impl Viewing {
    pub(super) fn take(&mut self, name: &str, value: &str) {
        let member = if name == "include" {
            &mut self.include
        } else {
            &mut self.read_mask
        };
        value.clone_into(member);
    }

    /// What is asked of a table's records.
    ///
    /// # Errors
    ///
    /// 400 with every parameter that names something else.
    pub fn of(&self, table: &Table) -> Result<View, Error> {
        let mut found = Violations::new();
        let include = Include::read(&self.include, table.relations).unwrap_or_else(|mistake| {
            mistake.note("include", "INVALID_INCLUDE", &mut found);
            Include::default()
        });
        let mask = Mask::read(&self.read_mask, table.members).unwrap_or_else(|mistake| {
            mistake.note("read_mask", "INVALID_MASK", &mut found);
            None
        });
        if found.is_empty() {
            Ok(View { include, mask })
        } else {
            Err(Error::invalid_parameters(found))
        }
    }
}

/// What a caller wants to see of a record.
#[derive(Debug, Clone)]
pub struct View {
    /// The relations to show with it.
    pub include: Include,
    mask: Option<Mask>,
}

impl View {
    /// 200 with several records as they are to be seen.
    pub fn show_all<T>(self, records: Several<T>, included: Included) -> Masked<Several<T>> {
        Masked::page(records, self.mask).with(included)
    }

    /// 200 with the record as it is to be seen.
    pub fn show<T>(self, record: T, included: Included) -> Viewed<T> {
        Viewed {
            record,
            view: self,
            included,
        }
    }
}

/// 200 with a record, with its entity tag where nothing but the record is shown.
#[derive(Debug, Clone)]
pub struct Viewed<T> {
    record: T,
    view: View,
    included: Included,
}

impl<T: Serialize + Tag> IntoResponse for Viewed<T> {
    fn into_response(self) -> Response {
        let Self {
            record,
            view,
            included,
        } = self;
        if view.mask.is_none() && view.include.is_empty() {
            return Tagged(record).into_response();
        }
        let seen = serde_json::to_value(&record).map_err(Error::internal);
        let response = seen.and_then(|mut seen| {
            if let Some(mask) = &view.mask {
                mask.apply(&mut seen);
            }
            included.add_to(std::iter::once(&mut seen));
            json(&seen)
        });
        match response {
            Ok(mut response) => {
                // What is included changes without the record, and so without its tag.
                if view.include.is_empty() {
                    tag(&mut response, &record);
                }
                response
            }
            Err(error) => error.into_response(),
        }
    }
}

/// What is shown with each of some records, in their order.
#[derive(Debug, Clone, Default)]
pub struct Included(Vec<Map<String, Value>>);

impl Included {
    /// Nothing yet, for this many records.
    pub fn of(records: usize) -> Self {
        Self(vec![Map::new(); records])
    }

    /// Whether there is nothing in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(Map::is_empty)
    }

    /// Adds the one that each record refers to, or null.
    ///
    /// # Errors
    ///
    /// Where it cannot be JSON.
    pub fn one<'a, T: Serialize + 'a>(
        &mut self,
        name: &str,
        each: impl Iterator<Item = Option<&'a Vec<T>>>,
    ) -> Result<(), Error> {
        self.add(name, each.map(|found| found.and_then(|it| it.first())))
    }

    /// Adds those that belong to each record.
    ///
    /// # Errors
    ///
    /// Where they cannot be JSON.
    pub fn many<'a, T: Serialize + 'a>(
        &mut self,
        name: &str,
        each: impl Iterator<Item = Option<&'a Vec<T>>>,
    ) -> Result<(), Error> {
        self.add(name, each.map(|found| found.map_or(&[][..], Vec::as_slice)))
    }

    fn add(&mut self, name: &str, each: impl Iterator<Item = impl Serialize>) -> Result<(), Error> {
        for (members, value) in self.0.iter_mut().zip(each) {
            let value = serde_json::to_value(value).map_err(Error::internal)?;
            members.insert(name.to_owned(), value);
        }
        Ok(())
    }

    /// Puts them into the records.
    pub(crate) fn add_to<'a>(self, records: impl Iterator<Item = &'a mut Value>) {
        for (record, members) in records.zip(self.0) {
            if let Value::Object(record) = record {
                record.extend(members);
            }
        }
    }
}
