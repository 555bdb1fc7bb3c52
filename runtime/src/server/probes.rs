//! `/livez`, `/readyz` and `/startupz`, for whoever watches over the process.
//!
//! `/livez` asks nothing of anybody: a database that is away must not get the
//! process killed. `/readyz` tells the truth about the database: that it can be read, and takes
//! what is written. However many ask, the database hears of it once a second.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use ::http::{HeaderValue, Response, header};
use axum::body::Body;
use axum::response::IntoResponse as _;
use serde_json::json;

use super::{Phase, Shared};
use crate::Error;

/// How long the outcome of a ping is good.
const GOOD_FOR: Duration = Duration::from_secs(1);
/// How long the database may take to answer a ping.
const PATIENCE: Duration = Duration::from_secs(1);

/// The last ping of the database.
#[derive(Default)]
pub(super) struct Readiness {
    last: Mutex<Option<(Instant, bool)>>,
    /// Whoever pings; the others wait for the outcome.
    turn: tokio::sync::Mutex<()>,
}

impl Readiness {
    fn last(&self) -> Option<bool> {
        let last = self.last.lock().ok().and_then(|last| *last);
        last.filter(|(at, _)| at.elapsed() < GOOD_FOR)
            .map(|(_, answered)| answered)
    }

    fn note(&self, answered: bool) {
        if let Ok(mut last) = self.last.lock() {
            *last = Some((Instant::now(), answered));
        }
    }
}

/// Whether one of them is at this path.
pub(super) fn are_at(path: &str) -> bool {
    matches!(path, "/livez" | "/readyz" | "/startupz")
}

/// The page at one of the three paths.
pub(super) async fn page(shared: &Shared, path: &str, query: Option<&str>) -> Response<Body> {
    let verbose = query.is_some_and(|query| {
        query
            .split('&')
            .any(|it| it.split('=').next() == Some("verbose"))
    });
    let started = shared.stands_at(Phase::Serving);
    match path {
        "/livez" => healthy(&[], verbose),
        "/startupz" => verdict(&[("started", started)], verbose),
        _ => {
            let serving = !shared.stands_at(Phase::Draining);
            let database = started && shared.database_answers().await;
            let checks = [
                ("started", started),
                ("database", database),
                ("not_draining", serving),
            ];
            verdict(&checks, verbose)
        }
    }
}

impl Shared {
    async fn database_answers(&self) -> bool {
        if let Some(answered) = self.readiness.last() {
            return answered;
        }
        let _turn = self.readiness.turn.lock().await;
        if let Some(answered) = self.readiness.last() {
            return answered;
        }
        let Some(app) = self.app.get() else {
            return false;
        };
        let answered = match tokio::time::timeout(PATIENCE, app.db.ping()).await {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                tracing::warn!(%error, "the database is not ready");
                false
            }
            Err(_) => {
                tracing::warn!("the database does not answer in time");
                false
            }
        };
        self.readiness.note(answered);
        answered
    }
}

fn verdict(checks: &[(&'static str, bool)], verbose: bool) -> Response<Body> {
    let failed: Vec<&str> = checks
        .iter()
        .filter(|(_, good)| !good)
        .map(|(name, _)| *name)
        .collect();
    if failed.is_empty() {
        return healthy(checks, verbose);
    }
    let mut error = Error::unavailable(
        "NOT_READY",
        format!("Not fulfilled: {}.", failed.join(", ")),
    );
    if verbose {
        for (name, good) in checks {
            error = error.with_metadata(name, if *good { "ok" } else { "failed" });
        }
    }
    error.into_response()
}

fn healthy(checks: &[(&'static str, bool)], verbose: bool) -> Response<Body> {
    let checks: serde_json::Map<_, _> = checks
        .iter()
        .map(|(name, _)| ((*name).to_owned(), json!("ok")))
        .collect();
    let body = if verbose {
        json!({"status": "ok", "checks": checks})
    } else {
        json!({"status": "ok"})
    };
    let mut response = axum::Json(body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
