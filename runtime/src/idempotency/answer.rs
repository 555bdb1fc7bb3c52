//! A whole answer, as it is kept and given again.

use ::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http_body_util::BodyExt as _;

use crate::Error;

/// Marks an answer that was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Status, headers and body of a response.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Answer {
    /// The response, its body read to the end.
    pub(crate) async fn of(response: Response) -> Result<Self, Error> {
        let (parts, body) = response.into_parts();
        let body = body.collect().await.map_err(Error::internal)?;
        Ok(Self {
            status: parts.status,
            headers: parts.headers,
            body: body.to_bytes(),
        })
    }

    /// From its kept form; a header that is none is left out.
    pub(super) fn kept(status: i64, headers: &[(String, String)], body: Vec<u8>) -> Option<Self> {
        let status = u16::try_from(status).ok()?;
        let header = |(name, value): &(String, String)| {
            Some((
                HeaderName::try_from(name).ok()?,
                HeaderValue::try_from(value).ok()?,
            ))
        };
        Some(Self {
            status: StatusCode::from_u16(status).ok()?,
            headers: headers.iter().filter_map(header).collect(),
            body: body.into(),
        })
    }

    /// The headers as texts; what is no text is not kept.
    pub(super) fn header_texts(&self) -> Vec<(&str, &str)> {
        self.headers
            .iter()
            .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
            .collect()
    }

    /// The response of a repetition.
    pub(super) fn into_replay(self) -> Response {
        let mut response = self.into_response();
        response
            .headers_mut()
            .insert(REPLAYED, HeaderValue::from_static("true"));
        response
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}
