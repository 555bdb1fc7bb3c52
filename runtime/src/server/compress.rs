//! Answers packed for clients that take them so.
//!
//! Only bodies that are there as a whole are packed: a stream is for whoever
//! waits for its parts. What is small stays as it is, because it fits into one
//! packet either way.

use std::io::{self, Write as _};

use ::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use axum::body::Body;
use bytes::Bytes;
use http_body::Body as _;
use http_body_util::BodyExt as _;

use super::exchange::Remembered;
use crate::http::coding::{Coding, packed_tag};

/// The smallest body that is packed, in bytes.
const LEAST: u64 = 1024;
/// From this size on packing takes so long that it is no work for a thread that serves others.
const LONG: usize = 64 << 10;

/// How this answer is to be packed, if it is.
pub(super) fn coding(response: &Response<Body>, request: &Remembered) -> Option<Coding> {
    let headers = response.headers();
    let wanted = request.coding?;
    let is_whole = !matches!(
        response.status(),
        StatusCode::PARTIAL_CONTENT | StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED
    );
    let fits = is_whole
        && size(response).is_some_and(|size| size >= LEAST)
        && !headers.contains_key(header::CONTENT_ENCODING)
        && is_text(headers)
        && !says_no_transform(headers);
    fits.then_some(wanted)
}

/// The answer to HEAD has no body, and the length of the one that GET has.
fn size(response: &Response<Body>) -> Option<u64> {
    let declared = || {
        let length = response.headers().get(header::CONTENT_LENGTH)?;
        length.to_str().ok()?.parse().ok()
    };
    declared().or_else(|| response.body().size_hint().exact())
}

/// JSON and other texts shrink; pictures and archives are packed already.
fn is_text(headers: &HeaderMap) -> bool {
    let given = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    let essence = given
        .and_then(|it| it.split(|byte| *byte == b';').next())
        .unwrap_or_default()
        .trim_ascii();
    let others: [&[u8]; 4] = [
        b"application/json",
        b"application/xml",
        b"application/javascript",
        b"application/openapi+json",
    ];
    essence.starts_with(b"text/") && essence != b"text/event-stream"
        || essence.ends_with(b"+json")
        || essence.ends_with(b"+xml")
        || others.contains(&essence)
}

fn says_no_transform(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(header::CACHE_CONTROL).iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .any(|it| it.trim().eq_ignore_ascii_case("no-transform"))
}

/// The answer packed, with the headers that say so. A 304 has the tag of the answer that it stands for.
pub(super) async fn pack(
    response: Response<Body>,
    coding: Coding,
    method: &Method,
) -> Response<Body> {
    let (mut parts, body) = response.into_parts();
    if let Some(tag) = parts.headers.get(header::ETAG) {
        let tag = packed_tag(tag, coding);
        parts.headers.insert(header::ETAG, tag);
    }
    if parts.status == StatusCode::NOT_MODIFIED {
        return Response::from_parts(parts, body);
    }
    let name = HeaderValue::from_static(coding.name());
    parts.headers.insert(header::CONTENT_ENCODING, name);
    parts.headers.remove(header::CONTENT_LENGTH);
    if *method == Method::HEAD {
        return Response::from_parts(parts, Body::empty());
    }
    match packed(body, coding).await {
        Ok(bytes) => Response::from_parts(parts, Body::from(bytes)),
        Err(error) => {
            // Memory is all that can be missing, and then nothing else goes well either.
            tracing::error!(%error, "an answer cannot be packed");
            let mut broken = Response::new(Body::empty());
            *broken.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            broken
        }
    }
}

async fn packed(body: Body, coding: Coding) -> io::Result<Bytes> {
    let plain = body.collect().await.map_err(io::Error::other)?.to_bytes();
    if plain.len() < LONG {
        return compress(&plain, coding);
    }
    tokio::task::spawn_blocking(move || compress(&plain, coding))
        .await
        .map_err(io::Error::other)?
}

/// Levels for answers that are made once and sent once: most of the gain for little of the time.
fn compress(plain: &[u8], coding: Coding) -> io::Result<Bytes> {
    const GZIP: u32 = 5;
    const BROTLI: u32 = 4;
    const BROTLI_WINDOW: u32 = 20;
    const ZSTD: i32 = 3;
    let room = Vec::with_capacity(plain.len() / 3);
    let packed = match coding {
        Coding::Gzip => {
            let mut encoder = flate2::write::GzEncoder::new(room, flate2::Compression::new(GZIP));
            encoder.write_all(plain)?;
            encoder.finish()?
        }
        Coding::Brotli => {
            let mut encoder = brotli::CompressorWriter::new(room, 4096, BROTLI, BROTLI_WINDOW);
            encoder.write_all(plain)?;
            encoder.flush()?;
            encoder.into_inner()
        }
        Coding::Zstd => zstd::bulk::compress(plain, ZSTD)?,
    };
    Ok(packed.into())
}
