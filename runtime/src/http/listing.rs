//! The parameters of a list.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::query::parameters;
use crate::{Error, PageTokens};

/// `?page_size=` and `?page_token=` (AIP-158).
#[derive(Debug, Clone, Default)]
pub struct Listing {
    page_size: Option<i64>,
    page_token: Option<String>,
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
}

impl<S: Sync> FromRequestParts<S> for Listing {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Error> {
        let mut listing = Self::default();
        parameters(
            parts,
            &["page_size", "page_token"],
            |name, value, found| match name {
                "page_size" => match size(&value) {
                    Ok(size) => listing.page_size = Some(size),
                    Err(detail) => found.add_parameter(name, "INVALID_PAGE_SIZE", detail),
                },
                _ => listing.page_token = Some(value.into_owned()),
            },
        )?;
        Ok(listing)
    }
}

/// A number beyond 64 bits asks for more than the most as well, and gets the most.
fn size(text: &str) -> Result<i64, &'static str> {
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
