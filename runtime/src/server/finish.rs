//! What is done to every response: problems made whole, conditions decided,
//! headers added, one line in the log.

use std::error::Error as StdError;
use std::time::Duration;

use ::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Version, header};
use axum::body::Body;
use http_body_util::{BodyExt as _, Limited};

#[cfg(feature = "compression")]
use super::compress;
use super::exchange::Remembered;
use super::{Phase, Shared, probes};
use crate::Error;
use crate::config::LoggedRequests;
use crate::error::problem::{PROBLEM_JSON, Setting, respond};
use crate::error::{Kind, Problem};
use crate::http::{RequestId, not_modified};

/// The longest text of a handler that becomes the detail of a problem, in bytes.
const LONGEST_DETAIL: usize = 4096;

impl Shared {
    /// The response as it goes to the client.
    pub(super) async fn finish(
        &self,
        response: Response<Body>,
        request: Remembered,
    ) -> Response<Body> {
        let status = response.status();
        let response = if status.is_client_error() || status.is_server_error() {
            Box::pin(self.problem(response, &request)).await
        } else {
            response
        };
        #[cfg(feature = "compression")]
        let coding = compress::coding(&response, &request);
        let response = if !request.if_none_match.is_empty() && is_unchanged(&response, &request) {
            unchanged(&response)
        } else {
            response
        };
        #[cfg(feature = "compression")]
        let response = match coding {
            Some(coding) => Box::pin(compress::pack(response, coding, &request.method)).await,
            None => response,
        };
        let mut response = response;
        let headers = response.headers_mut();
        cache(&request, headers);
        if let (Some(cors), Some(origin)) = (&self.cors, &request.origin) {
            headers.append(header::VARY, HeaderValue::from_static("Origin"));
            cors.allow(origin, headers);
            if request.preflight {
                cors.invite(headers);
            }
        }
        headers.insert(RequestId::HEADER, request.request_id.header());
        if self.stands_at(Phase::Draining)
            && matches!(request.version, Version::HTTP_10 | Version::HTTP_11)
        {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        self.log_request(response.status(), &request);
        response
    }

    /// Makes a problem of whatever a handler, or axum itself, refused with.
    async fn problem(&self, response: Response<Body>, request: &Remembered) -> Response<Body> {
        let trace_id = request.request_id.to_string();
        let setting = Setting {
            instance: Some(request.uri.path()),
            domain: Some(self.name),
            trace_id: Some(&trace_id),
        };
        if let Some(problem) = response.extensions().get::<Problem>() {
            log_source(problem.error(), request);
            let whole = respond(problem.error(), setting);
            return with_headers_of(&response, whole);
        }
        if !is_plain(response.headers()) {
            // A document of the handler's own, problem or not, is its own business.
            return response;
        }
        let (parts, body) = response.into_parts();
        let text = text_of(body).await;
        let error = plain_error(parts.status, text, &parts.headers, request);
        with_headers_of(&Response::from_parts(parts, ()), respond(&error, setting))
    }

    fn log_request(&self, status: StatusCode, request: &Remembered) {
        let wanted = match self.log.requests {
            LoggedRequests::None => return,
            LoggedRequests::All => true,
            LoggedRequests::Failed => status.as_u16() >= 400,
        };
        let took = request.started.elapsed();
        let slow = took >= self.log.slow;
        if !wanted && !slow {
            return;
        }
        let (method, path, id) = (&request.method, request.uri.path(), &request.request_id);
        let (status, milliseconds) = (status.as_u16(), milliseconds(took));
        if status == 503 && (probes::are_at(path) || !self.stands_at(Phase::Serving)) {
            // Nothing failed: whoever watches over the process asks until it is ready, and is to be told so.
            tracing::info!(%method, path, status, milliseconds, request_id = %id, "not ready");
        } else if status >= 500 {
            tracing::error!(%method, path, status, milliseconds, request_id = %id, "failed");
        } else if slow {
            tracing::warn!(%method, path, status, milliseconds, request_id = %id, "slow");
        } else {
            let outcome = if status >= 400 { "refused" } else { "served" };
            tracing::info!(%method, path, status, milliseconds, request_id = %id, "{outcome}");
        }
    }
}

/// How long the answer may be kept, and by what besides its URL it may differ.
fn cache(request: &Remembered, headers: &mut HeaderMap) {
    let reading = matches!(request.method, Method::GET | Method::HEAD);
    if !headers.contains_key(header::CACHE_CONTROL) {
        let policy = if reading {
            "private, no-cache"
        } else {
            "no-store"
        };
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(policy));
    }
    let differs = if reading {
        "Accept, Accept-Encoding, Authorization, Origin"
    } else if request.preflight {
        "Access-Control-Request-Method, Access-Control-Request-Headers"
    } else {
        return;
    };
    // A handler that names others means them as well as these.
    headers.append(header::VARY, HeaderValue::from_static(differs));
}

fn milliseconds(span: Duration) -> f64 {
    // Microseconds are precise enough for a log, and short to read.
    let micros = u32::try_from(span.as_micros()).unwrap_or(u32::MAX);
    f64::from(micros) / 1000.0
}

fn is_unchanged(response: &Response<Body>, request: &Remembered) -> bool {
    let tag = response.headers().get(header::ETAG);
    response.status() == StatusCode::OK
        && tag.is_some_and(|tag| not_modified(&request.if_none_match, tag))
}

/// 304 with the headers that RFC 9110 §15.4.5 wants of it.
fn unchanged(response: &Response<Body>) -> Response<Body> {
    let mut short = Response::new(Body::empty());
    *short.status_mut() = StatusCode::NOT_MODIFIED;
    let kept = [
        header::ETAG,
        header::CACHE_CONTROL,
        header::VARY,
        header::CONTENT_LOCATION,
        header::EXPIRES,
        header::CONTENT_SECURITY_POLICY,
    ];
    for name in kept {
        if let Some(value) = response.headers().get(&name) {
            short.headers_mut().insert(name, value.clone());
        }
    }
    short
}

/// Once, and here alone: what lies behind an error. What is the client's own doing is of interest only while debugging.
fn log_source(error: &Error, request: &Remembered) {
    let Some(source) = error.source() else { return };
    let chain = std::iter::successors(Some(source), |error: &&dyn StdError| (*error).source());
    let source = chain
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ");
    let (method, path, id) = (&request.method, request.uri.path(), &request.request_id);
    let reason = error.reason();
    if error.status().is_server_error() {
        tracing::error!(%method, path, reason, source, request_id = %id, "the cause of a failure");
    } else {
        tracing::debug!(%method, path, reason, source, request_id = %id, "the cause of a refusal");
    }
}

/// The problem with the headers that the first response had: `Allow`, `WWW-Authenticate`, cookies.
fn with_headers_of<B>(first: &Response<B>, mut problem: Response<Body>) -> Response<Body> {
    for (name, value) in first.headers() {
        let of_the_body = [
            header::CONTENT_TYPE,
            header::CONTENT_LENGTH,
            header::CONTENT_ENCODING,
            header::ETAG,
        ];
        if !of_the_body.contains(name) && !problem.headers().contains_key(name) {
            problem.headers_mut().append(name, value.clone());
        }
    }
    let nosniff = HeaderValue::from_static("nosniff");
    problem
        .headers_mut()
        .insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
    problem
}

/// No content type, or plain text: what axum and short handlers refuse with.
fn is_plain(headers: &HeaderMap) -> bool {
    match headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes) {
        None => true,
        Some(given) => {
            given.starts_with(b"text/plain") && !given.starts_with(PROBLEM_JSON.as_bytes())
        }
    }
}

async fn text_of(body: Body) -> Option<String> {
    let collected = Limited::new(body, LONGEST_DETAIL).collect().await.ok()?;
    let text = String::from_utf8(collected.to_bytes().to_vec()).ok()?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn plain_error(
    status: StatusCode,
    text: Option<String>,
    headers: &HeaderMap,
    request: &Remembered,
) -> Error {
    let kind = Kind::of_status(status);
    let detail = match (kind, text) {
        // What a handler says of its own failure is for the log, not for the client.
        (_, text) if status.is_server_error() => {
            let error = Error::new(
                kind,
                kind.default_reason(),
                "Something went wrong on our side.",
            );
            if let Some(text) = text {
                tracing::error!(source = text, request_id = %request.request_id, "the cause of a failure");
            }
            return error;
        }
        (Kind::MethodNotAllowed, _) => {
            let allowed = headers
                .get(header::ALLOW)
                .and_then(|it| it.to_str().ok())
                .unwrap_or_default();
            format!(
                "{} is not allowed here; allowed is {allowed}.",
                request.method
            )
        }
        (_, Some(text)) => text,
        (Kind::NotFound, None) => "There is nothing at this path.".into(),
        (_, None) => format!(
            "{}.",
            status
                .canonical_reason()
                .unwrap_or("The request was refused")
        ),
    };
    let reason = if kind == Kind::NotFound {
        "PATH_NOT_FOUND"
    } else {
        kind.default_reason()
    };
    Error::new(kind, reason, detail)
}
