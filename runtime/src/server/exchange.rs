//! One request and its response.
//!
//! This is the only layer between hyper and the service's router, and every
//! request pays for it: one future, one timer, and nothing on the heap that the
//! request does not need.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use ::http::{HeaderValue, Method, Request, Response, Uri, Version, header};
use axum::body::Body;
use axum::extract::DefaultBodyLimit;
use axum::response::IntoResponse as _;
use futures_util::FutureExt as _;
use hyper::body::{Body as _, Incoming};
use tower_service::Service as _;

use super::received::Received;
use super::{Phase, Shared, probes};
use crate::Error;
use crate::error::Kind;
use crate::http::{Context, Progress, RequestId};

/// What is remembered of a request while its handler has it.
pub(super) struct Remembered {
    pub started: Instant,
    pub method: Method,
    pub uri: Uri,
    pub version: Version,
    pub request_id: RequestId,
    /// Only where it can matter: on GET and HEAD.
    pub if_none_match: Vec<HeaderValue>,
}

/// The response of a request; it never fails, and it never panics.
pub(super) async fn answer(shared: &Arc<Shared>, request: Request<Incoming>) -> Response<Body> {
    let reading = matches!(*request.method(), Method::GET | Method::HEAD);
    let remembered = Remembered {
        started: Instant::now(),
        method: request.method().clone(),
        uri: request.uri().clone(),
        version: request.version(),
        request_id: RequestId::of(request.headers()),
        if_none_match: if reading && request.headers().contains_key(header::IF_NONE_MATCH) {
            request
                .headers()
                .get_all(header::IF_NONE_MATCH)
                .iter()
                .cloned()
                .collect()
        } else {
            Vec::new()
        },
    };
    let response = match own_page(shared, &request, &remembered).await {
        Some(response) => response,
        None => routed(shared, request, &remembered).await,
    };
    shared.finish(response, remembered).await
}

/// The pages of the runtime itself, which answer in every phase.
async fn own_page(
    shared: &Arc<Shared>,
    request: &Request<Incoming>,
    remembered: &Remembered,
) -> Option<Response<Body>> {
    let path = remembered.uri.path();
    match path {
        "/livez" | "/readyz" | "/startupz" => {}
        #[cfg(feature = "docs-ui")]
        _ if shared.docs.is_some() && crate::docs::Docs::has(path) => {}
        _ => return None,
    }
    if !matches!(remembered.method, Method::GET | Method::HEAD) {
        let allow = HeaderValue::from_static("GET, HEAD");
        let error = Error::new(
            Kind::MethodNotAllowed,
            "METHOD_NOT_ALLOWED",
            "Only GET and HEAD are allowed here.",
        );
        return Some(error.with_header(header::ALLOW, allow).into_response());
    }
    #[cfg(feature = "docs-ui")]
    if let Some(docs) = &shared.docs
        && crate::docs::Docs::has(path)
    {
        return Some(docs.page(path, request.headers()));
    }
    #[cfg(not(feature = "docs-ui"))]
    let _ = request;
    Some(probes::page(shared, path, remembered.uri.query()).await)
}

/// The service's own answer, within the time that a request may take.
async fn routed(
    shared: &Arc<Shared>,
    request: Request<Incoming>,
    remembered: &Remembered,
) -> Response<Body> {
    let Some(app) = shared.app.get() else {
        let detail = "The service is starting. Try again soon.";
        return Error::unavailable("STARTING", detail).into_response();
    };
    let limit = shared.limits.body;
    let declared = request.body().size_hint().lower();
    if declared > limit as u64 {
        return too_large(limit, remembered.version);
    }
    let mut progress = None;
    let mut request = request.map(|body| {
        // Most requests have no body, and pay nothing for one.
        if body.is_end_stream() {
            return Body::empty();
        }
        let received = Received {
            body,
            progress: progress.insert(Progress::default()).clone(),
        };
        Body::new(received)
    });
    if progress.is_some() {
        // For extractors of axum's own, in people's own routes.
        DefaultBodyLimit::max(limit).apply(&mut request);
    }
    request.extensions_mut().insert(Context {
        request_id: remembered.request_id.clone(),
        limits: Arc::clone(&shared.limits),
    });
    let mut router = app.router.clone();
    let handled = AssertUnwindSafe(async move { router.call(request).await }).catch_unwind();
    match tokio::time::timeout(shared.server.request_timeout, handled).await {
        Ok(Ok(Ok(response))) => response,
        Ok(Ok(Err(never))) => match never {},
        Ok(Err(panic)) => {
            let message = format!("a handler panicked: {}", panic_message(panic.as_ref()));
            Error::internal(message).into_response()
        }
        Err(_) => timed_out(progress, remembered.version),
    }
}

/// The rest of the body is not read, so the connection cannot be used again.
fn too_large(limit: usize, version: Version) -> Response<Body> {
    closing(crate::http::too_large(limit), version)
}

fn timed_out(progress: Option<Progress>, version: Version) -> Response<Body> {
    if progress.is_some_and(|it| it.is_waiting()) {
        let detail = "The body of the request did not arrive in time.";
        return closing(
            Error::new(Kind::RequestTimeout, "REQUEST_TIMEOUT", detail),
            version,
        );
    }
    let detail = "The request took too long. What it was to change may have been changed.";
    Error::new(Kind::DeadlineExceeded, "DEADLINE_EXCEEDED", detail).into_response()
}

fn closing(error: Error, version: Version) -> Response<Body> {
    let error = match version {
        Version::HTTP_10 | Version::HTTP_11 => {
            error.with_header(header::CONNECTION, HeaderValue::from_static("close"))
        }
        _ => error,
    };
    error.into_response()
}

/// What a panic says: `panic!` makes one of these two.
pub(crate) fn panic_message(payload: &(dyn std::any::Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

impl Shared {
    /// Whether the server was told to stop.
    pub(super) fn is_draining(&self) -> bool {
        *self.phase.borrow() >= Phase::Draining
    }
}
