//! What the server knows of a request and tells the extractors.

use std::fmt;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use ::http::{HeaderMap, HeaderName, HeaderValue};
use axum::http::request::Parts;
use uuid::Uuid;

use crate::idempotency::Keys;

/// The limits of the server that extractors keep to.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    /// The most bytes that a body may have.
    pub body: usize,
    /// The header in which a trusted proxy names the caller, if there is one.
    pub caller_header: Option<HeaderName>,
    /// The idempotency keys of requests.
    pub keys: Arc<Keys>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 1 << 20,
            caller_header: None,
            keys: Arc::default(),
        }
    }
}

/// One request, as the server sees it. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Context {
    pub(crate) request_id: RequestId,
    pub(crate) limits: Arc<Limits>,
}

impl Context {
    /// The context of a request; a new one with default limits where no server put one.
    pub(crate) fn of(parts: &Parts) -> Self {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .unwrap_or_else(|| Self {
                request_id: RequestId::of(&parts.headers),
                limits: Arc::default(),
            })
    }

    /// The request's id.
    pub const fn request_id(&self) -> &RequestId {
        &self.request_id
    }
}

/// Names one request in logs, problems and the `x-request-id` header.
#[derive(Debug, Clone)]
pub struct RequestId(Origin);

#[derive(Debug, Clone)]
enum Origin {
    /// The client's, or a proxy's.
    Given(HeaderValue),
    /// Ours; written out only where it is needed.
    Made(u64),
}

impl RequestId {
    /// The header that carries it, both ways.
    pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

    /// The client's id if it is sane (at most 128 letters, digits, `-`, `_`, `.`), else a new one.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        match headers.get(Self::HEADER) {
            Some(given) if is_sane(given.as_bytes()) => Self(Origin::Given(given.clone())),
            _ => Self::make(),
        }
    }

    fn make() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(Origin::Made(NEXT.fetch_add(1, Ordering::Relaxed)))
    }

    /// As a header's value.
    pub(crate) fn header(&self) -> HeaderValue {
        match &self.0 {
            Origin::Given(given) => given.clone(),
            Origin::Made(number) => {
                let text = hexadecimal(*number);
                HeaderValue::from_bytes(&text).unwrap_or(HeaderValue::from_static("unknown"))
            }
        }
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Origin::Given(given) => out.write_str(given.to_str().unwrap_or_default()),
            Origin::Made(number) => {
                out.write_str(std::str::from_utf8(&hexadecimal(*number)).unwrap_or_default())
            }
        }
    }
}

/// 32 hexadecimal digits, the form of a trace id: a random half that this
/// process drew at its start, and a number. No system call and no lock for each request.
fn hexadecimal(number: u64) -> [u8; 32] {
    static PROCESS: OnceLock<u64> = OnceLock::new();
    let process = *PROCESS.get_or_init(|| {
        let (high, low) = Uuid::now_v7().as_u64_pair();
        high.rotate_left(32) ^ low
    });
    let whole = (u128::from(process) << 64) | u128::from(number);
    let mut text = [b'0'; 32];
    for (place, byte) in whole.to_be_bytes().iter().enumerate() {
        text[place * 2] = b"0123456789abcdef"[usize::from(byte >> 4)];
        text[place * 2 + 1] = b"0123456789abcdef"[usize::from(byte & 15)];
    }
    text
}

fn is_sane(id: &[u8]) -> bool {
    (1..=128).contains(&id.len())
        && id
            .iter()
            .all(|it| it.is_ascii_alphanumeric() || b"-_.".contains(it))
}

/// Whether the body of a request has arrived, so that a timeout can say whose fault it was.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress(Arc<AtomicBool>);

impl Progress {
    pub(crate) fn waiting(&self, for_client: bool) {
        self.0.store(for_client, Ordering::Relaxed);
    }

    pub(crate) fn is_waiting(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_look_like_trace_ids() {
        let (one, other) = (RequestId::make(), RequestId::make());
        assert_ne!(one.to_string(), other.to_string());
        assert_eq!(one.to_string().len(), 32);
        assert_eq!(one.header().to_str().unwrap(), one.to_string());
    }

    #[test]
    fn only_a_sane_id_is_taken_from_the_client() {
        let id = |given: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(RequestId::HEADER, HeaderValue::from_static(given));
            RequestId::of(&headers).to_string()
        };
        assert_eq!(id("abc-1.2_3"), "abc-1.2_3");
        assert_ne!(id("a b"), "a b");
        assert_ne!(id("a\"}"), "a\"}");
        assert_eq!(id("").len(), 32);
    }
}
