//! Pages of which a caller may ask for a part (AIP-157), or for more.

use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;

use super::answer::json_of;
use super::viewing::Included;
use crate::Error;
use crate::list::Mask;

/// About how many bytes twenty records have; a buffer that grows to that is copied four times.
const PAGE: usize = 8 << 10;

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

    /// With what is shown beside the members of each record.
    #[must_use]
    pub fn with(mut self, included: Included) -> Self {
        self.included = Some(included).filter(|it| !it.is_empty());
        self
    }
}

impl<T: Serialize> Masked<T> {
    /// The page as it is to be seen.
    fn seen(mut self) -> Result<Value, Error> {
        let mut page = serde_json::to_value(&self.page).map_err(Error::internal)?;
        // The records are the one list that a page has.
        for (_, member) in page.as_object_mut().into_iter().flatten() {
            let Value::Array(records) = member else {
                continue;
            };
            if let Some(mask) = &self.mask {
                for record in records.iter_mut() {
                    mask.apply(record);
                }
            }
            if let Some(included) = self.included.take() {
                included.add_to(records.iter_mut());
            }
        }
        Ok(page)
    }
}

impl<T: Serialize> IntoResponse for Masked<T> {
    fn into_response(self) -> Response {
        let response = if self.mask.is_none() && self.included.is_none() {
            json_of(PAGE, &self.page)
        } else {
            self.seen().and_then(|page| json_of(PAGE, &page))
        };
        response.unwrap_or_else(IntoResponse::into_response)
    }
}
