//! `/openapi.json`, and `/docs` for people: Swagger UI, whole and offline.
//!
//! The assets are inside the binary, compressed once and for all; nothing is
//! loaded from anywhere else, and the page's policy would not allow it.

use std::collections::hash_map::DefaultHasher;
use std::hash::Hasher as _;

use ::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use axum::body::Body;
use axum::response::IntoResponse as _;
use bytes::Bytes;

use crate::Error;
use crate::http::coding::Coding;

/// Part of the assets' URLs, which browsers keep for a year: the version of
/// swagger-ui-dist, and a number for our own files beside it.
const REVISION: &str = "5.35.0-1";
const BUNDLE: &[u8] = include_bytes!("../assets/swagger-ui/swagger-ui-bundle.js.gz");
const STYLE: &[u8] = include_bytes!("../assets/swagger-ui/swagger-ui.css.gz");
const INIT: &str = include_str!("../assets/swagger-ui/init.js");
const INDEX: &str = include_str!("../assets/swagger-ui/index.html");

/// Scripts and styles of our own only, no script in the text, and no other place to talk to.
/// Swagger UI sets `style` attributes, which only `unsafe-inline` allows.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; \
    img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// No unpacked asset is larger.
const LARGEST: usize = 8 << 20;

/// The pages of one service.
pub(crate) struct Docs {
    openapi: Bytes,
    openapi_tag: HeaderValue,
    index: Bytes,
    index_tag: HeaderValue,
}

impl Docs {
    pub(crate) fn new(name: &str, openapi: &'static str) -> Self {
        let index = INDEX
            .replace("@NAME@", name)
            .replace("@REVISION@", REVISION);
        Self {
            openapi_tag: tag(openapi),
            openapi: Bytes::from_static(openapi.as_bytes()),
            index_tag: tag(&index),
            index: index.into(),
        }
    }

    /// Whether the path is one of these pages'.
    pub(crate) fn has(path: &str) -> bool {
        path == "/openapi.json"
            || path
                .strip_prefix("/docs")
                .is_some_and(|it| it.is_empty() || it.starts_with('/'))
    }

    /// The page at a path that [`has`](Self::has) knows.
    pub(crate) fn page(&self, path: &str, headers: &HeaderMap) -> Response<Body> {
        match path {
            "/openapi.json" => {
                let mut response = document("application/json", self.openapi.clone());
                response
                    .headers_mut()
                    .insert(header::ETAG, self.openapi_tag.clone());
                response
            }
            "/docs" => {
                let mut response = document("text/html; charset=utf-8", self.index.clone());
                response
                    .headers_mut()
                    .insert(header::ETAG, self.index_tag.clone());
                let policy = HeaderValue::from_static(POLICY);
                response
                    .headers_mut()
                    .insert(header::CONTENT_SECURITY_POLICY, policy);
                response
            }
            // Relative, so that it holds behind a proxy that adds a prefix.
            "/docs/" => (
                StatusCode::PERMANENT_REDIRECT,
                [(header::LOCATION, "../docs")],
            )
                .into_response(),
            other => asset(other, headers),
        }
    }
}

fn asset(path: &str, headers: &HeaderMap) -> Response<Body> {
    let name = path
        .strip_prefix("/docs/")
        .and_then(|rest| rest.strip_prefix(REVISION));
    let mut response = match name {
        Some("/swagger-ui-bundle.js") => packed("text/javascript; charset=utf-8", BUNDLE, headers),
        Some("/swagger-ui.css") => packed("text/css; charset=utf-8", STYLE, headers),
        Some("/init.js") => document(
            "text/javascript; charset=utf-8",
            Bytes::from_static(INIT.as_bytes()),
        ),
        _ => return Error::not_found("page", path).into_response(),
    };
    let forever = HeaderValue::from_static("public, max-age=31536000, immutable");
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, forever);
    response
}

fn document(media_type: &'static str, body: Bytes) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    response
}

/// As it is for whoever takes gzip, which is everybody with a browser, else unpacked.
fn packed(media_type: &'static str, gzip: &'static [u8], headers: &HeaderMap) -> Response<Body> {
    let mut response = if Coding::choose(headers, &[Coding::Gzip]).is_some() {
        let mut response = document(media_type, Bytes::from_static(gzip));
        let encoding = HeaderValue::from_static("gzip");
        response
            .headers_mut()
            .insert(header::CONTENT_ENCODING, encoding);
        response
    } else {
        match unpacked(gzip) {
            Some(plain) => document(media_type, plain.into()),
            None => return Error::internal("an embedded asset cannot be unpacked").into_response(),
        }
    };
    let vary = HeaderValue::from_static("accept-encoding");
    response.headers_mut().insert(header::VARY, vary);
    response
}

/// The header and the trailer of our own gzip files have 10 and 8 bytes.
fn unpacked(gzip: &[u8]) -> Option<Vec<u8>> {
    let deflated = gzip.get(10..gzip.len().checked_sub(8)?)?;
    miniz_oxide::inflate::decompress_to_vec_with_limit(deflated, LARGEST).ok()
}

/// `DefaultHasher::new` has fixed keys, so that all instances of one version agree.
fn tag(text: &str) -> HeaderValue {
    let mut hasher = DefaultHasher::new();
    hasher.write(text.as_bytes());
    let tag = format!("\"{:016x}\"", hasher.finish());
    HeaderValue::try_from(tag).unwrap_or(HeaderValue::from_static("\"0\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_assets_are_whole() {
        let script = String::from_utf8(unpacked(BUNDLE).unwrap()).unwrap();
        assert!(script.contains("SwaggerUIBundle"));
        assert!(
            String::from_utf8(unpacked(STYLE).unwrap())
                .unwrap()
                .contains(".swagger-ui")
        );
    }
}
