//! One request and its response.
//!
//! This is the only layer between hyper and the service's router, and every
//! request pays for it: one future, one timer, and nothing on the heap that the
//! request does not need.

use std::any::Any;
use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use ::http::{HeaderValue, Method, Request, Response, Uri, Version, header};
use axum::body::Body;
use axum::extract::DefaultBodyLimit;
use axum::response::IntoResponse as _;
use futures_util::FutureExt as _;
use hyper::body::{Body as _, Incoming};
use tower_service::Service as _;

use super::cors::is_preflight;
use super::received::Received;
use super::{Shared, methods, probes};
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
    /// The page's origin, where there are rules for such.
    pub origin: Option<HeaderValue>,
    /// Whether a browser asks what it may do.
    pub preflight: bool,
    /// How the client likes its answers packed.
    #[cfg(feature = "compression")]
    pub coding: Option<crate::http::coding::Coding>,
}

impl Remembered {
    fn of<B>(request: &Request<B>, shared: &Shared) -> Self {
        let headers = request.headers();
        let reading = matches!(*request.method(), Method::GET | Method::HEAD);
        let conditions = if reading && headers.contains_key(header::IF_NONE_MATCH) {
            headers
                .get_all(header::IF_NONE_MATCH)
                .iter()
                .cloned()
                .collect()
        } else {
            Vec::new()
        };
        let origin = shared
            .cors
            .as_ref()
            .and_then(|_| headers.get(header::ORIGIN));
        Self {
            started: Instant::now(),
            method: request.method().clone(),
            uri: request.uri().clone(),
            version: request.version(),
            request_id: RequestId::of(headers),
            if_none_match: conditions,
            origin: origin.cloned(),
            preflight: origin.is_some() && is_preflight(request),
            #[cfg(feature = "compression")]
            coding: {
                use crate::http::coding::Coding;
                Coding::choose(headers, &Coding::ALL)
            },
        }
    }
}

/// The response of a request; it never fails, and it never panics.
pub(super) async fn answer(
    shared: Arc<Shared>,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    let remembered = Remembered::of(&request, &shared);
    let response = if !names_one_host(&request) {
        no_host()
    } else if shared.is_own_page(remembered.uri.path()) {
        // On the heap, as everything rare is here: the future of every request would be as large as the largest.
        Box::pin(own_page(&shared, &request, &remembered)).await
    } else {
        routed(&shared, request, &remembered).await
    };
    let response = methods::settle(response, &remembered.method);
    Ok(shared.finish(response, remembered).await)
}

/// What does not is refused (RFC 9112 §3.2): a proxy before the service may have read another host.
fn names_one_host<B>(request: &Request<B>) -> bool {
    if request.version() != Version::HTTP_11 {
        return true;
    }
    let mut hosts = request.headers().get_all(header::HOST).iter();
    hosts.next().is_some() && hosts.next().is_none()
}

fn no_host() -> Response<Body> {
    let detail = "A request of HTTP/1.1 has one header `Host`.";
    Error::bad_request("INVALID_HOST", detail)
        .of_parameter("Host")
        .into_response()
}

/// The pages of the runtime itself, which answer in every phase.
async fn own_page(
    shared: &Shared,
    request: &Request<Incoming>,
    remembered: &Remembered,
) -> Response<Body> {
    if !matches!(remembered.method, Method::GET | Method::HEAD) {
        let allow = HeaderValue::from_static("GET, HEAD, OPTIONS");
        let detail = "Only GET and HEAD are allowed here.";
        let error = Error::new(Kind::MethodNotAllowed, "METHOD_NOT_ALLOWED", detail);
        return error.with_header(header::ALLOW, allow).into_response();
    }
    let path = remembered.uri.path();
    #[cfg(feature = "docs-ui")]
    if let Some(docs) = &shared.docs
        && crate::docs::Docs::has(path)
    {
        return docs.page(path, request.headers());
    }
    #[cfg(not(feature = "docs-ui"))]
    let _ = request;
    probes::page(shared, path, remembered.uri.query()).await
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
    if remembered.method == Method::OPTIONS && remembered.uri.path() == "*" {
        return methods::answer(None);
    }
    let reading = matches!(remembered.method, Method::GET | Method::HEAD);
    let refuses_json = reading && crate::http::refuses_json(request.headers());
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
    // A layer of people's own may panic before there is a future.
    let handling = match catch_unwind(AssertUnwindSafe(|| router.call(request))) {
        Ok(handling) => AssertUnwindSafe(handling).catch_unwind(),
        Err(panic) => return panicked(panic.as_ref()),
    };
    match tokio::time::timeout(shared.server.request_timeout, handling).await {
        Ok(Ok(Ok(response))) if refuses_json && is_json(&response) => not_acceptable(),
        Ok(Ok(Ok(response))) => response,
        Ok(Ok(Err(never))) => match never {},
        Ok(Err(panic)) => panicked(panic.as_ref()),
        Err(_) => timed_out(progress, remembered.version),
    }
}

fn is_json(response: &Response<Body>) -> bool {
    let given = response.headers().get(header::CONTENT_TYPE);
    response.status().is_success() && given.is_some_and(|it| it == "application/json")
}

/// Only what reads is refused so: a write has happened by the time its answer is there.
fn not_acceptable() -> Response<Body> {
    let detail = "The answer is `application/json`, and `Accept` does not take that.";
    Error::new(Kind::NotAcceptable, "NOT_ACCEPTABLE", detail)
        .of_parameter("Accept")
        .into_response()
}

fn panicked(panic: &(dyn Any + Send)) -> Response<Body> {
    let message = format!("a handler panicked: {}", panic_message(panic));
    Error::internal(message).into_response()
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
pub(crate) fn panic_message(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

impl Shared {
    #[cfg_attr(
        not(feature = "docs-ui"),
        expect(
            clippy::unused_self,
            reason = "only the documentation has to be asked for"
        )
    )]
    fn is_own_page(&self, path: &str) -> bool {
        #[cfg(feature = "docs-ui")]
        if self.docs.is_some() && crate::docs::Docs::has(path) {
            return true;
        }
        probes::are_at(path)
    }
}
