//! Requests that may be sent twice and are done once: the header `Idempotency-Key`
//! (draft-ietf-httpapi-idempotency-key-header-07).
//!
//! A key belongs to its caller, the method and the path. The answer is kept in the transaction
//! of the write, so that the two are there together or not at all; a repetition gets the same
//! answer with `Idempotency-Replayed: true`. `key` reads the header, `store` keeps answers,
//! and [`Claim`] is one request with a key. The table is made by the service's migrations.

mod answer;
mod key;
mod store;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use axum::response::{IntoResponse as _, Response};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use crate::Error;
use crate::db::{Db, DbError, Work};
use crate::error::Kind;
use crate::error::problem::{Setting, respond};
use crate::http::Instead;

pub(crate) use answer::Answer;
pub(crate) use key::key_of;
pub(crate) use store::sweep;

/// A SHA-256.
type Digest = [u8; 32];

/// What all requests with keys share: how long answers are kept, and which are being made.
#[derive(Debug)]
pub(crate) struct Keys {
    /// The service's name, the domain of its errors.
    domain: Option<&'static str>,
    ttl: Duration,
    under_way: Mutex<HashSet<Digest>>,
}

impl Default for Keys {
    fn default() -> Self {
        Self::new(None, crate::config::IdempotencyConfig::default().ttl)
    }
}

impl Keys {
    pub(crate) fn new(domain: Option<&'static str>, ttl: Duration) -> Self {
        Self {
            domain,
            ttl,
            under_way: Mutex::default(),
        }
    }

    /// How long to wait between two sweeps: often enough that what has expired does not pile up.
    pub(crate) fn pause(&self) -> Duration {
        (self.ttl / 4).clamp(Duration::from_secs(1), Duration::from_secs(600))
    }
}

/// What the body of a request digests to, told by whoever reads the body.
#[derive(Debug, Clone, Default)]
pub(crate) struct BodyDigest(Arc<OnceLock<Digest>>);

impl BodyDigest {
    /// Takes note of a body: two texts that mean the same JSON are one.
    pub(crate) fn note(&self, body: &serde_json::Value) {
        let _ = self.0.set(Sha256::digest(body.to_string()).into());
    }
}

/// A request that carries a key, as far as its head tells.
#[derive(Debug)]
pub(crate) struct Keyed {
    pub(crate) keys: Arc<Keys>,
    pub(crate) key: String,
    pub(crate) method: ::http::Method,
    pub(crate) path: String,
    /// Everything else of the head that changes what the request means.
    pub(crate) meaning: Vec<u8>,
    pub(crate) body: BodyDigest,
    pub(crate) request_id: String,
}

/// A request with a key that is being answered. Until it is dropped, nobody else in this process
/// works on the same one.
#[derive(Debug)]
pub(crate) struct Claim {
    request: Keyed,
    caller: String,
    id: Digest,
    fingerprint: Digest,
    answer: Option<Answer>,
    is_first: bool,
}

impl Keyed {
    /// Claims the key, unless its answer is there already.
    pub(crate) async fn claim(self, db: &Db, caller: &str) -> Result<Box<Claim>, Instead> {
        let id = digest(&[
            caller.as_bytes(),
            self.method.as_str().as_bytes(),
            self.path.as_bytes(),
            self.key.as_bytes(),
        ]);
        let body = self.body.0.get().copied().unwrap_or_default();
        let fingerprint = digest(&[&self.meaning, &body]);
        if !lock(&self.keys.under_way).insert(id) {
            return Err(in_flight().into());
        }
        let claim = Claim {
            request: self,
            caller: caller.to_owned(),
            id,
            fingerprint,
            answer: None,
            is_first: false,
        };
        match claim.replay(&mut Work::new(db)).await? {
            Some(replayed) => Err(Instead::Replay(Box::new(replayed))),
            None => Ok(Box::new(claim)),
        }
    }
}

impl Claim {
    /// Keeps the answer in the work's transaction; `false` when another instance has kept one first.
    pub(crate) async fn keep(
        &mut self,
        work: &mut Work<'_>,
        answer: Answer,
    ) -> Result<bool, Error> {
        self.is_first = self.store(work, &answer).await?;
        self.answer = Some(answer);
        Ok(self.is_first)
    }

    /// The kept answer: this request's, or the one that came first.
    pub(crate) async fn answer(mut self, work: &mut Work<'_>) -> Result<Response, Instead> {
        match self.answer.take() {
            Some(answer) if self.is_first => Ok(answer.into_response()),
            // The command has committed nothing: an answer without a write to keep it with.
            None => Err(Error::internal("a command ended without a commit").into()),
            Some(answer) => Ok(self
                .replay(work)
                .await?
                .unwrap_or_else(|| answer.into_response())),
        }
    }

    /// The refusal, kept as well where it would be the same another time.
    pub(crate) async fn refuse(self, work: &mut Work<'_>, error: Error) -> Instead {
        if !is_lasting(&error) {
            return error.into();
        }
        match self.keep_refusal(work, &error).await {
            Ok(None) => error.into(),
            Ok(Some(first)) => Instead::Replay(Box::new(first)),
            Err(failure) => {
                // The refusal stands all the same.
                tracing::warn!(%failure, "the answer of an idempotent request was not kept");
                error.into()
            }
        }
    }

    /// Keeps a refusal, or gives the answer that another instance has kept first.
    async fn keep_refusal(
        &self,
        work: &mut Work<'_>,
        error: &Error,
    ) -> Result<Option<Response>, Error> {
        let setting = Setting {
            instance: Some(&self.request.path),
            domain: self.request.keys.domain,
            trace_id: Some(&self.request.request_id),
        };
        let answer = Answer::of(respond(error, setting)).await?;
        if self.store(work, &answer).await? {
            work.commit().await?;
            return Ok(None);
        }
        work.roll_back().await;
        self.replay(work).await.map_err(Instead::into_error)
    }

    async fn store(&self, work: &mut Work<'_>, answer: &Answer) -> Result<bool, DbError> {
        let now = Timestamp::now();
        let ttl = SignedDuration::try_from(self.request.keys.ttl).unwrap_or(SignedDuration::MAX);
        let entry = store::Entry {
            id: self.id,
            caller: &self.caller,
            operation: format!("{} {}", self.request.method, self.request.path),
            key: &self.request.key,
            fingerprint: self.fingerprint,
            answer,
            created_at: now,
            expires_at: now.checked_add(ttl).unwrap_or(Timestamp::MAX),
        };
        store::keep(work, &entry).await
    }

    /// The answer that is kept for this request, marked as what it is.
    async fn replay(&self, work: &mut Work<'_>) -> Result<Option<Response>, Instead> {
        match store::find(work, &self.id, Timestamp::now())
            .await
            .map_err(Error::from)?
        {
            None => Ok(None),
            Some((fingerprint, answer)) if fingerprint == self.fingerprint => {
                Ok(Some(answer.into_replay()))
            }
            Some(_) => Err(reused().into()),
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        lock(&self.request.keys.under_way).remove(&self.id);
    }
}

fn lock(under_way: &Mutex<HashSet<Digest>>) -> std::sync::MutexGuard<'_, HashSet<Digest>> {
    under_way.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A digest in which no two lists of parts are alike.
fn digest(parts: &[&[u8]]) -> Digest {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    digest.finalize().into()
}

/// Whether the same request would be refused for the same reason if it simply came again.
fn is_lasting(error: &Error) -> bool {
    let passing = matches!(error.kind(), Kind::RequestTimeout | Kind::ResourceExhausted)
        || error.database().is_some_and(DbError::is_transient);
    error.status().is_client_error() && !passing
}

fn in_flight() -> Error {
    Error::conflict(
        "IDEMPOTENCY_KEY_IN_USE",
        "A request with this idempotency key is being answered. Ask again when it is done.",
    )
    .of_parameter("Idempotency-Key")
    .with_retry_after(Duration::from_secs(1))
}

fn reused() -> Error {
    Error::new(
        Kind::Invalid,
        "IDEMPOTENCY_KEY_REUSED",
        "This idempotency key was sent before with another request. Make a new one for each request.",
    )
    .of_parameter("Idempotency-Key")
}
