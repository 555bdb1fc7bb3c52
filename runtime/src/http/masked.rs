//! Answers of which a caller may ask for a part.

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;

use super::viewing::Included;
use crate::Error;
use crate::list::Mask;

/// 200 with a page whose records have the members that a read mask names, or all of them.
#[derive(Debug, Clone)]
pub struct Masked<T> {
    page: T,
    mask: Option<Mask>,
    included: Option<Included>,
}

impl<T> Masked<T> {
    /// A page, and the mask of its records.
    pub const fn page(page: T, mask: Option<Mask>) -> Self {
        Self {
            page,
            mask,
            included: None,
        }
    }
}

impl<T> Masked<T> {
    /// With what is shown beside the members of each record.
    #[must_use]
    pub fn with(mut self, included: Included) -> Self {
        self.included = Some(included).filter(|it| !it.is_empty());
        self
    }
}

impl<T: Serialize> IntoResponse for Masked<T> {
    fn into_response(self) -> Response {
        if self.mask.is_none() && self.included.is_none() {
            return Json(self.page).into_response();
        }
        let mut included = self.included;
        match serde_json::to_value(&self.page) {
            Ok(mut page) => {
                // The records are the one list that a page has.
                let members = page.as_object_mut().into_iter().flatten();
                for (_, member) in members {
                    if let Value::Array(records) = member {
                        if let Some(mask) = &self.mask {
                            for record in records.iter_mut() {
                                mask.apply(record);
                            }
                        }
                        if let Some(included) = included.take() {
                            included.add_to(records.iter_mut());
                        }
                    }
                }
                Json(page).into_response()
            }
            Err(error) => Error::internal(error).into_response(),
        }
    }
}
