//! Answers of which a caller may ask for a part (AIP-157).

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;

use super::answer::{Tag, Tagged, json, tag_fresh};
use super::query::parameters;
use crate::Error;
use crate::input::Violations;
use crate::list::{Mask, Table};

/// 200 with a page whose records have the members that a read mask names, or all of them.
#[derive(Debug, Clone)]
pub struct Masked<T> {
    page: T,
    mask: Option<Mask>,
}

impl<T> Masked<T> {
    /// A page, and the mask of its records.
    pub const fn page(page: T, mask: Option<Mask>) -> Self {
        Self { page, mask }
    }
}

impl<T: Serialize> IntoResponse for Masked<T> {
    fn into_response(self) -> Response {
        let response = match self.mask {
            None => json(&self.page),
            Some(mask) => page(&self.page, &mask).and_then(|page| json(&page)),
        };
        response.unwrap_or_else(IntoResponse::into_response)
    }
}

fn page(page: &impl Serialize, mask: &Mask) -> Result<Value, Error> {
    let mut page = serde_json::to_value(page).map_err(Error::internal)?;
    // The records are the one list that a page has.
    for (_, member) in page.as_object_mut().into_iter().flatten() {
        if let Value::Array(records) = member {
            for record in records {
                mask.apply(record);
            }
        }
    }
    Ok(page)
}

/// `?read_mask=` of a single record.
#[derive(Debug, Clone, Default)]
pub struct ReadMask(String);

impl ReadMask {
    /// The mask among the members of a table's records; `None` for all of them.
    ///
    /// # Errors
    ///
    /// 400 where it names something else.
    pub fn of(&self, table: &Table) -> Result<Option<Mask>, Error> {
        Mask::read(&self.0, table.members).map_err(|mistake| {
            let mut found = Violations::new();
            mistake.note("read_mask", "INVALID_MASK", &mut found);
            Error::invalid_parameters(found)
        })
    }
}

impl<S: Sync> FromRequestParts<S> for ReadMask {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Error> {
        let mut mask = Self::default();
        parameters(parts, &["read_mask"], |_, value, _| {
            mask.0 = value.into_owned();
        })?;
        Ok(mask)
    }
}

/// 200 with a record, or the part of it that a mask names, and its `ETag`.
#[derive(Debug, Clone)]
pub struct Partial<T> {
    record: T,
    mask: Option<Mask>,
}

impl<T> Partial<T> {
    /// A record, and its mask.
    pub const fn new(record: T, mask: Option<Mask>) -> Self {
        Self { record, mask }
    }
}

impl<T: Serialize + Tag> IntoResponse for Partial<T> {
    fn into_response(self) -> Response {
        let Some(mask) = self.mask else {
            return Tagged(self.record).into_response();
        };
        let part = serde_json::to_value(&self.record).map_err(Error::internal);
        let response = part.and_then(|mut part| {
            mask.apply(&mut part);
            json(&part)
        });
        match response {
            Ok(mut response) => {
                tag_fresh(&mut response, &self.record);
                response
            }
            Err(error) => error.into_response(),
        }
    }
}
