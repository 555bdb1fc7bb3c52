//! Which methods a path has: `Allow`, and the answer to OPTIONS (RFC 9110 §9.3.7).
//!
//! The router knows the methods of each path, and says them when it refuses
//! another one; that refusal is where both come from.

use ::http::{HeaderValue, Method, Response, StatusCode, header};
use axum::body::Body;

/// Answers OPTIONS where no handler did, and adds it to what a refusal allows.
pub(super) fn settle(mut response: Response<Body>, method: &Method) -> Response<Body> {
    if response.status() != StatusCode::METHOD_NOT_ALLOWED {
        return response;
    }
    let Some(allowed) = response.headers().get(header::ALLOW).and_then(with_options) else {
        return response;
    };
    if *method == Method::OPTIONS {
        return answer(Some(allowed));
    }
    response.headers_mut().insert(header::ALLOW, allowed);
    response
}

/// 204 with the methods; without them where the whole server is asked (`OPTIONS *`).
pub(super) fn answer(allowed: Option<HeaderValue>) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    if let Some(allowed) = allowed {
        response.headers_mut().insert(header::ALLOW, allowed);
    }
    response
}

/// With a space after each comma, as everybody else writes lists.
fn with_options(allowed: &HeaderValue) -> Option<HeaderValue> {
    let mut methods: Vec<&str> = allowed.to_str().ok()?.split(',').map(str::trim).collect();
    if !methods.contains(&"OPTIONS") {
        methods.push("OPTIONS");
    }
    HeaderValue::try_from(methods.join(", ")).ok()
}
