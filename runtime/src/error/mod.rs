//! The one error of every handler, command and query.
//!
//! An [`Error`] holds what a client may know (kind, reason, detail, places)
//! and, apart from it, the source, which only the log sees. `problem` renders
//! the first as RFC 9457; the server logs the second, once.

mod constraint;
mod kind;
pub(crate) mod problem;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use ::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

pub use constraint::Constraint;
pub use kind::Kind;
pub use problem::Problem;

use crate::db::{DbError, FailedAt};
use crate::http::Element;
use crate::input::Violations;

/// What a client is told to wait before it asks again while we are not available.
const RETRY_AFTER: Duration = Duration::from_secs(1);

type Source = Box<dyn std::error::Error + Send + Sync + 'static>;

/// Why a request was not done.
///
/// It is one pointer wide, so that results stay small.
pub struct Error(Box<Inner>);

struct Inner {
    kind: Kind,
    reason: Cow<'static, str>,
    detail: Cow<'static, str>,
    violations: Violations,
    metadata: BTreeMap<&'static str, String>,
    headers: HeaderMap,
    cause: Cause,
}

/// What lies behind an error; never shown to a client.
enum Cause {
    Nothing,
    /// Kept apart from other sources, so that [`Error::constrained`] can read it.
    Database(DbError),
    Other(Source),
}

impl Error {
    /// Any kind, with a reason in `UPPER_SNAKE` (at most 63 characters) and a sentence for people.
    pub fn new(
        kind: Kind,
        reason: impl Into<Cow<'static, str>>,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self(Box::new(Inner {
            kind,
            reason: reason.into(),
            detail: detail.into(),
            violations: Violations::new(),
            metadata: BTreeMap::new(),
            headers: HeaderMap::new(),
            cause: Cause::Nothing,
        }))
    }

    /// 404: there is no such entity. The kind is a word for people, such as `order`.
    pub fn not_found(kind: &str, id: impl fmt::Display) -> Self {
        Self::new(
            Kind::NotFound,
            "NOT_FOUND",
            format!("There is no {kind} `{id}`."),
        )
        .with_metadata("resource", kind)
    }

    /// 422: what the request holds breaks rules; all of them are told.
    pub fn invalid(violations: Violations) -> Self {
        let detail = match violations.len() {
            1 => "One field is not valid.".into(),
            several => Cow::Owned(format!("{several} fields are not valid.")),
        };
        Self::new(Kind::Invalid, "INVALID_FIELDS", detail).with_violations(violations)
    }

    /// 400: query parameters, headers or path parameters cannot be understood.
    pub fn invalid_parameters(violations: Violations) -> Self {
        let detail = match violations.len() {
            1 => "One parameter is not valid.".into(),
            several => Cow::Owned(format!("{several} parameters are not valid.")),
        };
        Self::new(Kind::BadRequest, "INVALID_PARAMETERS", detail).with_violations(violations)
    }

    /// 400: the request cannot be understood.
    pub fn bad_request(
        reason: impl Into<Cow<'static, str>>,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(Kind::BadRequest, reason, detail)
    }

    /// 409: somebody else was faster, or it exists already.
    pub fn conflict(
        reason: impl Into<Cow<'static, str>>,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(Kind::Aborted, reason, detail)
    }

    /// 409: the state of the thing does not allow this.
    pub fn failed_precondition(
        reason: impl Into<Cow<'static, str>>,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(Kind::FailedPrecondition, reason, detail)
    }

    /// 412: the version is not the one that `If-Match` names.
    pub fn precondition_failed(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::PreconditionFailed, "VERSION_MISMATCH", detail)
    }

    /// 403: the caller may not do this.
    pub fn permission_denied(
        reason: impl Into<Cow<'static, str>>,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(Kind::PermissionDenied, reason, detail)
    }

    /// 503: not now; the client is told to try again.
    pub fn unavailable(
        reason: impl Into<Cow<'static, str>>,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(Kind::Unavailable, reason, detail).with_retry_after(RETRY_AFTER)
    }

    /// 500: our fault. The source is logged and never shown.
    pub fn internal(source: impl Into<Source>) -> Self {
        let detail = "Something went wrong on our side. It has been logged under the trace id.";
        Self::new(Kind::Internal, "INTERNAL", detail).with_source(source)
    }

    /// Adds the places of what is wrong.
    #[must_use]
    pub fn with_violations(mut self, violations: Violations) -> Self {
        self.0.violations = violations;
        self
    }

    /// Names the header or the parameter that it is about, for programs.
    #[must_use]
    pub fn of_parameter(mut self, name: &'static str) -> Self {
        let (reason, detail) = (self.0.reason.clone(), self.0.detail.clone());
        self.0.violations.add_parameter(name, reason, detail);
        self
    }

    /// The same error of one element of a batch: what it says of places is said of those in the
    /// element, or in its member `changes`, and an error that names no place names the element.
    #[must_use]
    pub fn of_element(mut self, index: usize, within: Element) -> Self {
        let element = format!("/requests/{index}");
        let violations = std::mem::take(&mut self.0.violations);
        let mut found = Violations::new();
        if violations.is_empty() {
            found.add(element, self.0.reason.clone(), self.0.detail.clone());
        } else {
            found.add_within(&format!("{element}{}", within.pointer()), violations);
        }
        self.0.violations = found;
        self
    }

    /// What a database says of one element of a batch, with what a broken constraint means to the caller.
    pub fn at_element(failed: FailedAt, constraints: &'static [Constraint]) -> Self {
        Self::from(failed.error)
            .constrained(constraints)
            .of_element(failed.index, Element::Record)
    }

    /// Adds a fact for programs; the key is lower `snake_case`.
    #[must_use]
    pub fn with_metadata(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.0.metadata.insert(key, value.into());
        self
    }

    /// Adds a header to the answer.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.insert(name, value);
        self
    }

    /// Tells the client when to try again, in whole seconds, at least one.
    #[must_use]
    pub fn with_retry_after(self, wait: Duration) -> Self {
        self.with_header(
            header::RETRY_AFTER,
            HeaderValue::from(wait.as_secs().max(1)),
        )
    }

    /// Adds what lies behind it, for the log alone.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Source>) -> Self {
        self.0.cause = Cause::Other(source.into());
        self
    }

    /// Turns a violated database constraint that is listed here into the
    /// client's error: 409 for unique, 422 for a missing reference or a check.
    /// Any other error stays as it is.
    #[must_use]
    pub fn constrained(self, constraints: &'static [Constraint]) -> Self {
        let found = match &self.0.cause {
            Cause::Database(error) => constraint::explain(error, constraints),
            Cause::Nothing | Cause::Other(_) => None,
        };
        match found {
            // The source goes with it, for the log at debug level.
            Some(mut explained) => {
                explained.0.cause = self.0.cause;
                explained
            }
            None => self,
        }
    }

    /// What went wrong.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.0.kind.status()
    }

    /// The reason, in `UPPER_SNAKE`.
    pub fn reason(&self) -> &str {
        &self.0.reason
    }

    /// The sentence for people.
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// The places of what is wrong.
    pub fn violations(&self) -> &Violations {
        &self.0.violations
    }

    /// The database's error, if that is what lies behind it.
    pub fn database(&self) -> Option<&DbError> {
        match &self.0.cause {
            Cause::Database(error) => Some(error),
            Cause::Nothing | Cause::Other(_) => None,
        }
    }

    pub(crate) fn metadata(&self) -> &BTreeMap<&'static str, String> {
        &self.0.metadata
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }
}

impl From<DbError> for Error {
    /// Not available and too slow are 503 with `Retry-After`; a violated
    /// constraint is a conflict without its name until
    /// [`constrained`](Error::constrained) explains it; the rest is 500.
    fn from(error: DbError) -> Self {
        let mut it = match &error {
            DbError::Timeout => {
                Self::unavailable("DATABASE_TIMEOUT", "The database took too long. Try again.")
            }
            DbError::Unavailable(_) => Self::unavailable(
                "DATABASE_UNAVAILABLE",
                "The database cannot be reached. Try again.",
            ),
            DbError::ReadOnly | DbError::DiskFull => Self::unavailable(
                "DATABASE_READ_ONLY",
                "Nothing can be written at the moment. Try again.",
            ),
            DbError::Serialization => Self::conflict(
                "CONCURRENT_CHANGE",
                "Somebody else changed the same data at the same time. Try again.",
            ),
            DbError::Unique { .. } => Self::new(
                Kind::AlreadyExists,
                "ALREADY_EXISTS",
                "Something with the same unique value exists already.",
            ),
            DbError::ForeignKey { .. } => Self::failed_precondition(
                "REFERENCE_VIOLATED",
                "Something that is referred to is missing, or is still referred to.",
            ),
            DbError::Check { .. } => Self::new(
                Kind::Invalid,
                "INVALID_FIELDS",
                "A value breaks a rule of the database.",
            ),
            _ => {
                return Self::internal("").with_database(error);
            }
        };
        it.0.cause = Cause::Database(error);
        it
    }
}

impl Error {
    fn with_database(mut self, error: DbError) -> Self {
        self.0.cause = Cause::Database(error);
        self
    }
}

impl From<Violations> for Error {
    fn from(violations: Violations) -> Self {
        Self::invalid(violations)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.0.reason, self.0.detail)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("reason", &self.0.reason)
            .field("detail", &self.0.detail)
            .field("violations", &self.0.violations)
            .field("source", &std::error::Error::source(self))
            .finish_non_exhaustive()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0.cause {
            Cause::Nothing => None,
            Cause::Database(error) => Some(error),
            Cause::Other(source) => Some(source.as_ref()),
        }
    }
}

#[cfg(test)]
mod tests;
