//! Answers: 201 with `Location`, 200 with `ETag`, 204.

use ::http::{HeaderValue, StatusCode, header};
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::Error;

/// What has an entity tag: something that changes whenever its representation does.
pub trait Tag {
    /// The tag as it stands in the header, quotes included; [`version_tag`] makes one.
    fn entity_tag(&self) -> Option<String> {
        None
    }
}

impl<T: Tag> Tag for &T {
    fn entity_tag(&self) -> Option<String> {
        (*self).entity_tag()
    }
}

/// The strong entity tag of a row's version: `"7"`.
pub fn version_tag(version: i64) -> String {
    format!("\"{version}\"")
}

/// 200 with the entity and its `ETag`. How long it may be kept, the server adds: it knows whether this
/// answers a read.
#[derive(Debug, Clone, Copy)]
pub struct Tagged<T>(pub T);

impl<T: Serialize + Tag> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        let mut response = match json(&self.0) {
            Ok(response) => response,
            Err(error) => return error.into_response(),
        };
        tag(&mut response, &self.0);
        response
    }
}

/// 201 with the entity that was made, its `ETag` and its `Location`.
#[derive(Debug, Clone)]
pub struct Created<T> {
    location: String,
    entity: T,
}

impl<T> Created<T> {
    /// The location is a path such as `/v1/orders/…`; [`location`] makes one.
    pub const fn new(location: String, entity: T) -> Self {
        Self { location, entity }
    }
}

impl<T: Serialize + Tag> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        let mut response = match json(&self.entity) {
            Ok(response) => response,
            Err(error) => return error.into_response(),
        };
        *response.status_mut() = StatusCode::CREATED;
        tag(&mut response, &self.entity);
        if let Ok(location) = HeaderValue::try_from(self.location) {
            response.headers_mut().insert(header::LOCATION, location);
        }
        response
    }
}

/// 204: done, and there is nothing to say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NoContent;

impl IntoResponse for NoContent {
    fn into_response(self) -> Response {
        StatusCode::NO_CONTENT.into_response()
    }
}

/// The answer of a command that gives nothing.
pub fn no_content(_nothing: &()) -> Response {
    NoContent.into_response()
}

/// The answer of a command that tells what it did: 200 with the value.
pub fn told<T: Serialize>(value: &T) -> Response {
    json(value).unwrap_or_else(IntoResponse::into_response)
}

/// 200 with the value.
pub(super) fn json(value: &(impl Serialize + ?Sized)) -> Result<Response, Error> {
    json_of(512, value)
}

/// 200 with the value, whose JSON is about so many bytes long.
pub(super) fn json_of(size: usize, value: &(impl Serialize + ?Sized)) -> Result<Response, Error> {
    let mut bytes = Vec::with_capacity(size);
    serde_json::to_writer(&mut bytes, value).map_err(Error::internal)?;
    let mut response = Response::new(Body::from(bytes));
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    Ok(response)
}

/// The entity tag.
pub(super) fn tag(response: &mut Response, entity: &impl Tag) {
    // A tag of other than visible ASCII cannot be sent, and no tag is better than a wrong one.
    if let Some(Ok(tag)) = entity.entity_tag().map(HeaderValue::try_from) {
        response.headers_mut().insert(header::ETAG, tag);
    }
}

/// The path of one of a collection's records: an id may be any text, and what a segment of a path
/// cannot hold is escaped.
pub fn location(collection: &str, id: &impl std::fmt::Display) -> String {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    // `pchar` of RFC 3986, §3.3.
    const OUTSIDE: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~')
        .remove(b'!')
        .remove(b'$')
        .remove(b'&')
        .remove(b'\'')
        .remove(b'(')
        .remove(b')')
        .remove(b'*')
        .remove(b'+')
        .remove(b',')
        .remove(b';')
        .remove(b'=')
        .remove(b':')
        .remove(b'@');
    let id = id.to_string();
    format!("{collection}/{}", utf8_percent_encode(&id, OUTSIDE))
}
