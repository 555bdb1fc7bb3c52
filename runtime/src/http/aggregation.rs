//! The parameters of an aggregate.
//!
//! Knows how each is written, not what it may name.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::listing::size;
use super::query::parameters;
use crate::{Error, PageTokens};

/// What a caller asks of an aggregate; read from the query of the URL.
#[derive(Debug, Clone, Default)]
pub struct Aggregation {
    page_size: Option<i64>,
    page_token: Option<String>,
    group_by: String,
    measures: String,
    filter: String,
    having: String,
    order_by: String,
}

impl Aggregation {
    /// How many groups the page has: the default where nothing (or 0) is asked
    /// for, and never more than the most.
    pub fn page_size(&self, default: i64, most: i64) -> i64 {
        match self.page_size {
            None | Some(0) => default.min(most),
            Some(asked) => asked.min(most),
        }
    }

    /// Where the page begins, or `None` for the first one.
    pub fn cursor<T: DeserializeOwned>(
        &self,
        tokens: &PageTokens,
        scope: &str,
    ) -> Result<Option<T>, Error> {
        let token = self.page_token.as_deref().filter(|token| !token.is_empty());
        token.map(|token| tokens.open(token, scope)).transpose()
    }

    /// The fields to group by, such as `status, year(placed_at)`; empty for one group of everything.
    pub fn group_by(&self) -> &str {
        &self.group_by
    }

    /// What to measure, such as `count(), sum(total)`; without it, records are counted.
    pub fn measures(&self) -> &str {
        if self.measures.trim().is_empty() {
            "count()"
        } else {
            &self.measures
        }
    }

    /// Which records are looked at.
    pub fn filter(&self) -> &str {
        &self.filter
    }

    /// Which groups are answered with, such as `count() > 5`.
    pub fn having(&self) -> &str {
        &self.having
    }

    /// The order of the groups, such as `sum(total) desc`.
    pub fn order_by(&self) -> &str {
        &self.order_by
    }

    /// What must not change from page to page.
    pub(crate) fn scope(&self) -> String {
        [
            self.group_by(),
            self.measures(),
            self.filter(),
            self.having(),
            self.order_by(),
        ]
        .join("\n")
    }
}

/// The parameters of every aggregate.
const PARAMETERS: &[&str] = &[
    "group_by",
    "measures",
    "filter",
    "having",
    "order_by",
    "page_size",
    "page_token",
];

impl<S: Sync> FromRequestParts<S> for Aggregation {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Error> {
        let mut asked = Self::default();
        parameters(parts, PARAMETERS, |name, value, found| match name {
            "page_size" => match size(&value) {
                Ok(size) => asked.page_size = Some(size),
                Err(detail) => found.add_parameter(name, "INVALID_PAGE_SIZE", detail),
            },
            "page_token" => asked.page_token = Some(value.into_owned()),
            "group_by" => asked.group_by = value.into_owned(),
            "measures" => asked.measures = value.into_owned(),
            "filter" => asked.filter = value.into_owned(),
            "having" => asked.having = value.into_owned(),
            _ => asked.order_by = value.into_owned(),
        })?;
        Ok(asked)
    }
}
