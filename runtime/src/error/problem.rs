//! An error as RFC 9457 `application/problem+json`, with the members of AIP-193.

use std::sync::Arc;

use ::http::{HeaderValue, header};
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::collections::BTreeMap;

use super::Error;
use crate::input::Violation;

/// The media type of every answer that is an error.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// What the problem document can say only when the request is known.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Setting<'a> {
    pub instance: Option<&'a str>,
    pub domain: Option<&'a str>,
    pub trace_id: Option<&'a str>,
}

/// The error of a response, left in its extensions for the server: it renders
/// the document anew with what it knows of the request, and logs the source.
#[derive(Debug, Clone)]
pub struct Problem(Arc<Error>);

impl Problem {
    /// The error itself.
    pub fn error(&self) -> &Error {
        &self.0
    }
}

#[derive(Serialize)]
struct Document<'a> {
    /// `about:blank` says that the status tells the type, and `reason` the rest.
    r#type: &'static str,
    title: &'static str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<&'a str>,
    code: &'static str,
    reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    metadata: &'a BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<&'a Violation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<&'a str>,
}

/// The document's bytes.
pub(crate) fn render(error: &Error, setting: Setting<'_>) -> Vec<u8> {
    let kind = error.kind();
    let document = Document {
        r#type: "about:blank",
        title: kind.status().canonical_reason().unwrap_or("Unknown"),
        status: kind.status().as_u16(),
        detail: error.detail(),
        instance: setting.instance,
        code: kind.code(),
        reason: error.reason(),
        domain: setting.domain,
        metadata: error.metadata(),
        errors: error.violations().iter().collect(),
        trace_id: setting.trace_id,
    };
    // Strings, numbers and lists of them: there is nothing here that JSON cannot hold.
    serde_json::to_vec(&document).unwrap_or_default()
}

/// The whole response.
pub(crate) fn respond(error: &Error, setting: Setting<'_>) -> Response {
    let mut response = Response::new(Body::from(render(error, setting)));
    *response.status_mut() = error.status();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for (name, value) in error.headers() {
        headers.insert(name, value.clone());
    }
    response
}

impl IntoResponse for Error {
    /// Complete by itself; the server adds instance, domain and trace id.
    fn into_response(self) -> Response {
        let mut response = respond(&self, Setting::default());
        response.extensions_mut().insert(Problem(Arc::new(self)));
        response
    }
}
