//! The parameters of a list.
//!
//! Knows how each is written, not what it may name.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::query::parameters;
use crate::list::{Include, Mask, Table};
use crate::{Error, PageTokens};

/// What a caller asks of a list (AIP-158, 132, 160, 157); read from the query of the URL.
///
/// The parameters are as they were sent: the list that they are for knows its columns.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    page_size: Option<i64>,
    page_token: Option<String>,
    skip: i64,
    total_size: bool,
    order_by: String,
    filter: String,
    search: String,
    read_mask: String,
    include: String,
}

impl Listing {
    /// How many rows the page has: the default where nothing (or 0) is asked
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

    /// How many records are passed over before the page begins.
    pub const fn skip(&self) -> i64 {
        self.skip
    }

    /// Whether the caller wants to know how many records there are.
    pub const fn wants_total_size(&self) -> bool {
        self.total_size
    }

    /// The order, such as `placed_at desc, number`.
    pub fn order_by(&self) -> &str {
        &self.order_by
    }

    /// The filter, such as `status = paid AND total > 100`.
    pub fn filter(&self) -> &str {
        &self.filter
    }

    /// The words to look for, such as `rust "group commit" -async`.
    pub fn search(&self) -> &str {
        &self.search
    }

    /// The members that the caller wants to see; empty for all.
    pub fn read_mask(&self) -> &str {
        &self.read_mask
    }

    /// The relations that the caller wants to see with each record; empty for none.
    pub fn include(&self) -> &str {
        &self.include
    }

    /// The relations that the caller wants to see with a table's records.
    pub fn included(&self, table: &Table) -> Include {
        // What names something else was refused when the page was read.
        Include::read(&self.include, table.relations).unwrap_or_default()
    }

    /// The members that the caller wants to see of a table's records; `None` for all of them.
    pub fn mask(&self, table: &Table) -> Option<Mask> {
        // A mask that names something else was refused when the page was read.
        Mask::read(&self.read_mask, table.members).ok().flatten()
    }

    /// Whether nothing is asked but pages of the default order.
    pub(crate) fn is_plain(&self) -> bool {
        self.skip == 0
            && self.order_by.is_empty()
            && self.filter.is_empty()
            && self.search.is_empty()
    }
}

/// No table has more records; engines count no further than 64 bits.
const FARTHEST: i64 = 1 << 50;

/// The parameters of every list.
const PARAMETERS: &[&str] = &[
    "page_size",
    "page_token",
    "skip",
    "total_size",
    "order_by",
    "filter",
    "search",
    "read_mask",
    "include",
];

impl<S: Sync> FromRequestParts<S> for Listing {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Error> {
        let mut listing = Self::default();
        parameters(parts, PARAMETERS, |name, value, found| match name {
            "page_size" => match size(&value) {
                Ok(size) => listing.page_size = Some(size),
                Err(detail) => found.add_parameter(name, "INVALID_PAGE_SIZE", detail),
            },
            "skip" => match size(&value) {
                Ok(skip) => listing.skip = skip.min(FARTHEST),
                Err(detail) => found.add_parameter(name, "INVALID_SKIP", detail),
            },
            "total_size" => match &*value {
                "true" => listing.total_size = true,
                "false" => listing.total_size = false,
                _ => found.add_parameter(name, "WRONG_TYPE", "Must be `true` or `false`."),
            },
            "page_token" => listing.page_token = Some(value.into_owned()),
            "order_by" => listing.order_by = value.into_owned(),
            "filter" => listing.filter = value.into_owned(),
            "search" => listing.search = value.into_owned(),
            "read_mask" => listing.read_mask = value.into_owned(),
            _ => listing.include = value.into_owned(),
        })?;
        Ok(listing)
    }
}

/// A number beyond 64 bits asks for more than the most as well, and gets the most.
pub(super) fn size(text: &str) -> Result<i64, &'static str> {
    let (negative, digits) = text
        .strip_prefix('-')
        .map_or((false, text), |digits| (true, digits));
    if digits.is_empty() || !digits.bytes().all(|it| it.is_ascii_digit()) {
        return Err("Must be a whole number.");
    }
    match digits.parse() {
        Ok(0) => Ok(0),
        _ if negative => Err("Must not be negative."),
        Ok(size) => Ok(size),
        Err(_) => Ok(i64::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Place;

    async fn listing(query: &str) -> Result<Listing, Vec<(String, String)>> {
        let uri = format!("/v1/orders{query}");
        let (mut parts, ()) = ::http::Request::get(uri).body(()).unwrap().into_parts();
        Listing::from_request_parts(&mut parts, &())
            .await
            .map_err(|error| {
                assert_eq!(error.status(), 400);
                let named = error.violations().iter().map(|it| match &it.place {
                    Place::Parameter(name) | Place::Pointer(name) => {
                        (name.clone(), it.code.to_string())
                    }
                });
                named.collect()
            })
    }

    #[tokio::test]
    async fn page_sizes_are_coerced() {
        for (query, expected) in [
            ("", 50),
            ("?", 50),
            ("?page_size=0", 50),
            ("?page_size=7", 7),
            ("?page_size=501", 500),
            ("?page_size=99999999999999999999999", 500),
            ("?page_size=-0&", 50),
        ] {
            assert_eq!(
                listing(query).await.unwrap().page_size(50, 500),
                expected,
                "{query}"
            );
        }
    }

    #[tokio::test]
    async fn bad_parameters_are_named_all_at_once() {
        let found = listing("?page_size=-1&pagesize=3&page_token=a&page_token=b&x=%ff")
            .await
            .unwrap_err();
        let expected = [
            ("page_size", "INVALID_PAGE_SIZE"),
            ("pagesize", "UNKNOWN_PARAMETER"),
            ("page_token", "DUPLICATE_PARAMETER"),
            ("x", "UNKNOWN_PARAMETER"),
        ];
        assert_eq!(
            found,
            expected.map(|(name, code)| (name.to_owned(), code.to_owned()))
        );
        for query in [
            "?page_size=",
            "?page_size=1.5",
            "?page_size=abc",
            "?page_size=%2B",
            "?page_size=1e3",
        ] {
            assert!(listing(query).await.is_err(), "{query}");
        }
        assert_eq!(
            listing("?page_token=%ff").await.unwrap_err()[0].1,
            "MALFORMED"
        );
        assert_eq!(
            listing("?page_token=%00").await.unwrap_err()[0].1,
            "NUL_CHARACTER"
        );
        assert_eq!(listing("?%ff=1").await.unwrap_err()[0].1, "MALFORMED");
    }
}
