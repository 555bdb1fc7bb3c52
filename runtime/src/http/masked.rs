//! Answers of which a caller may ask for a part.

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;

use crate::Error;
use crate::list::Mask;

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
        let Some(mask) = self.mask else {
            return Json(self.page).into_response();
        };
        match serde_json::to_value(&self.page) {
            Ok(mut page) => {
                // The records are the one list that a page has.
                let members = page.as_object_mut().into_iter().flatten();
                for (_, member) in members {
                    if let Value::Array(records) = member {
                        for record in records {
                            mask.apply(record);
                        }
                    }
                }
                Json(page).into_response()
            }
            Err(error) => Error::internal(error).into_response(),
        }
    }
}
