//! Lists: filters against a reference evaluation, and pages under concurrent writes, on both engines.

#[path = "../support/mod.rs"]
mod support;

mod aggregates;
mod filters;
mod hostile;
mod pages;
mod parcels;
mod random;
mod reference;
mod searches;

use svcgen_runtime::axum::extract::FromRequestParts;
use svcgen_runtime::axum::http::Request;
use svcgen_runtime::{Error, Listing, PageTokens};

/// What a caller asks, by parameter and value.
async fn asked<T: FromRequestParts<(), Rejection = Error>>(
    parameters: &[(&str, &str)],
) -> Result<T, Error> {
    let query: Vec<String> = parameters
        .iter()
        .map(|(name, value)| format!("{name}={}", escaped(value)))
        .collect();
    let uri = format!("/?{}", query.join("&"));
    let (mut parts, ()) = Request::get(uri).body(()).unwrap().into_parts();
    T::from_request_parts(&mut parts, &()).await
}

async fn listing(parameters: &[(&str, &str)]) -> Result<Listing, Error> {
    asked(parameters).await
}

fn escaped(text: &str) -> String {
    let letters = text.bytes().map(|byte| match byte {
        b' ' => "+".to_owned(),
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b':' | b'*' | b'=' | b'(' | b')' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02x}"),
    });
    letters.collect()
}

fn tokens() -> PageTokens {
    PageTokens::new(&[7; 32])
}
