//! The closed list of what can go wrong, with the status and the code of each.

use ::http::StatusCode;

/// What went wrong, as a client can tell it apart.
///
/// The names are those of `google.rpc.Code` where it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// 400: the request cannot be understood.
    BadRequest,
    /// 422: the request is understood, and what it holds breaks a rule.
    Invalid,
    /// 401: nobody is known to be asking.
    Unauthenticated,
    /// 403: the caller may not.
    PermissionDenied,
    /// 404: there is no such thing.
    NotFound,
    /// 405: the path exists, the method does not.
    MethodNotAllowed,
    /// 406: no representation that the client accepts.
    NotAcceptable,
    /// 408: the request did not arrive in time.
    RequestTimeout,
    /// 409: it exists already.
    AlreadyExists,
    /// 409: somebody else changed it at the same time.
    Aborted,
    /// 409: the state of the thing does not allow this.
    FailedPrecondition,
    /// 412: `If-Match` names another version.
    PreconditionFailed,
    /// 428: the request must say which version it is made from.
    PreconditionRequired,
    /// 413: the body is too large.
    TooLarge,
    /// 415: the body is of a type that is not read here.
    UnsupportedMediaType,
    /// 429: too many requests.
    ResourceExhausted,
    /// 500: our fault.
    Internal,
    /// 501: not built.
    Unimplemented,
    /// 503: try again soon.
    Unavailable,
    /// 504: it took too long.
    DeadlineExceeded,
    /// Any other status from 400 on, which a handler chose itself.
    Other(StatusCode),
}

impl Kind {
    /// The HTTP status.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::PermissionDenied => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::AlreadyExists | Self::Aborted | Self::FailedPrecondition => StatusCode::CONFLICT,
            Self::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
            Self::PreconditionRequired => StatusCode::PRECONDITION_REQUIRED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unimplemented => StatusCode::NOT_IMPLEMENTED,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
            Self::Other(status) => status,
        }
    }

    /// The name in `google.rpc.Code`, which AIP-193 asks for.
    pub fn code(self) -> &'static str {
        match self {
            Self::Other(status) if status.is_server_error() => "UNKNOWN",
            Self::BadRequest
            | Self::Invalid
            | Self::MethodNotAllowed
            | Self::NotAcceptable
            | Self::PreconditionRequired
            | Self::TooLarge
            | Self::UnsupportedMediaType
            | Self::Other(_) => "INVALID_ARGUMENT",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::PermissionDenied => "PERMISSION_DENIED",
            Self::NotFound => "NOT_FOUND",
            Self::AlreadyExists => "ALREADY_EXISTS",
            Self::Aborted | Self::PreconditionFailed => "ABORTED",
            Self::FailedPrecondition => "FAILED_PRECONDITION",
            Self::ResourceExhausted => "RESOURCE_EXHAUSTED",
            Self::Internal => "INTERNAL",
            Self::Unimplemented => "UNIMPLEMENTED",
            Self::Unavailable => "UNAVAILABLE",
            Self::RequestTimeout | Self::DeadlineExceeded => "DEADLINE_EXCEEDED",
        }
    }

    /// The kind of a status that a handler, or axum, answered with by itself.
    pub const fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::BAD_REQUEST => Self::BadRequest,
            StatusCode::UNPROCESSABLE_ENTITY => Self::Invalid,
            StatusCode::UNAUTHORIZED => Self::Unauthenticated,
            StatusCode::FORBIDDEN => Self::PermissionDenied,
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            StatusCode::NOT_ACCEPTABLE => Self::NotAcceptable,
            StatusCode::REQUEST_TIMEOUT => Self::RequestTimeout,
            StatusCode::CONFLICT => Self::FailedPrecondition,
            StatusCode::PRECONDITION_FAILED => Self::PreconditionFailed,
            StatusCode::PRECONDITION_REQUIRED => Self::PreconditionRequired,
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::UnsupportedMediaType,
            StatusCode::TOO_MANY_REQUESTS => Self::ResourceExhausted,
            StatusCode::INTERNAL_SERVER_ERROR => Self::Internal,
            StatusCode::NOT_IMPLEMENTED => Self::Unimplemented,
            StatusCode::SERVICE_UNAVAILABLE => Self::Unavailable,
            StatusCode::GATEWAY_TIMEOUT => Self::DeadlineExceeded,
            other => Self::Other(other),
        }
    }

    /// The reason where nothing more is known than the status.
    pub fn default_reason(self) -> &'static str {
        match self {
            Self::BadRequest => "BAD_REQUEST",
            Self::Invalid => "INVALID_FIELDS",
            Self::MethodNotAllowed => "METHOD_NOT_ALLOWED",
            Self::NotAcceptable => "NOT_ACCEPTABLE",
            Self::RequestTimeout => "REQUEST_TIMEOUT",
            Self::PreconditionFailed => "VERSION_MISMATCH",
            Self::PreconditionRequired => "PRECONDITION_REQUIRED",
            Self::TooLarge => "BODY_TOO_LARGE",
            Self::UnsupportedMediaType => "UNSUPPORTED_MEDIA_TYPE",
            Self::Other(_) => "UNKNOWN",
            known => known.code(),
        }
    }
}
