//! What every operation can answer when it cannot do what was asked (RFC 9457).

use serde_json::{Map, Value, json};

use super::operations::shared;
use super::schemas::reference;

/// The schemas of a problem and of one violation in it.
pub fn schemas() -> Map<String, Value> {
    let mut schemas = Map::new();
    schemas.insert("Problem".to_owned(), problem());
    schemas.insert("Violation".to_owned(), violation());
    schemas
}

fn problem() -> Value {
    json!({
        "type": "object",
        "description": "What went wrong (RFC 9457), with the extension members of AIP-193.",
        "required": ["type", "title", "status", "code"],
        "properties": {
            "type": { "type": "string", "format": "uri-reference", "description": "The kind of problem." },
            "title": { "type": "string", "description": "The kind of problem, in words." },
            "status": { "type": "integer", "format": "int32", "minimum": 400, "maximum": 599, "description": "The status code of the answer." },
            "detail": { "type": "string", "description": "What happened this time." },
            "instance": { "type": "string", "format": "uri-reference", "description": "The path asked for." },
            "code": { "type": "string", "description": "The canonical code, such as `NOT_FOUND`." },
            "reason": { "type": "string", "pattern": "^[A-Z][A-Z0-9_]*$", "description": "Why, for programs." },
            "domain": { "type": "string", "description": "The service whose reason it is." },
            "metadata": { "type": "object", "additionalProperties": { "type": "string" }, "description": "More about the reason." },
            "errors": { "type": "array", "items": reference("Violation"), "description": "Every violation found." },
            "trace_id": { "type": "string", "description": "Finds the request in the logs." },
        },
    })
}

fn violation() -> Value {
    json!({
        "type": "object",
        "description": "One thing that is wrong with the request.",
        "required": ["detail", "code"],
        "properties": {
            "pointer": { "type": "string", "description": "Where in the body, as a JSON pointer (RFC 6901)." },
            "parameter": { "type": "string", "description": "Which parameter or header." },
            "detail": { "type": "string", "description": "What is wrong." },
            "code": { "type": "string", "description": "What is wrong, for programs." },
        },
    })
}

/// Every problem an operation may name: status, component, and words.
const PROBLEMS: &[(u16, &str, &str)] = &[
    (400, "BadRequest", "The request cannot be understood."),
    (404, "NotFound", "There is no such record."),
    (
        406,
        "NotAcceptable",
        "The answer is JSON, which `Accept` does not take.",
    ),
    (
        408,
        "RequestTimeout",
        "The request took too long to arrive.",
    ),
    (409, "Conflict", "Another record stands in the way."),
    (
        412,
        "PreconditionFailed",
        "The record is not the version that the caller expects.",
    ),
    (
        413,
        "ContentTooLarge",
        "The body is larger than the service takes.",
    ),
    (
        414,
        "UriTooLong",
        "The URL is longer than the service takes.",
    ),
    (415, "UnsupportedMediaType", "The body is not JSON."),
    (
        422,
        "Unprocessable",
        "The body is JSON, and breaks the rules listed in `errors`.",
    ),
    (
        428,
        "PreconditionRequired",
        "The request does not say which version of the record it is made from.",
    ),
    (
        431,
        "HeadersTooLarge",
        "The headers are larger than the service takes.",
    ),
    (500, "InternalError", "The service failed."),
    (503, "Unavailable", "The service cannot answer right now."),
    (504, "Timeout", "The service did not finish in time."),
];

/// A problem of this status as a service tells it.
fn example(status: u16) -> Option<Value> {
    let (title, code, reason) = match status {
        400 => ("Bad Request", "INVALID_ARGUMENT", "INVALID_PARAMETERS"),
        404 => ("Not Found", "NOT_FOUND", "NOT_FOUND"),
        406 => ("Not Acceptable", "INVALID_ARGUMENT", "NOT_ACCEPTABLE"),
        408 => ("Request Timeout", "DEADLINE_EXCEEDED", "REQUEST_TIMEOUT"),
        409 => ("Conflict", "ALREADY_EXISTS", "ALREADY_EXISTS"),
        412 => ("Precondition Failed", "ABORTED", "VERSION_MISMATCH"),
        413 => ("Payload Too Large", "INVALID_ARGUMENT", "BODY_TOO_LARGE"),
        415 => (
            "Unsupported Media Type",
            "INVALID_ARGUMENT",
            "UNSUPPORTED_MEDIA_TYPE",
        ),
        422 => ("Unprocessable Entity", "INVALID_ARGUMENT", "INVALID_FIELDS"),
        500 => ("Internal Server Error", "INTERNAL", "INTERNAL"),
        503 => ("Service Unavailable", "UNAVAILABLE", "UNAVAILABLE"),
        504 => ("Gateway Timeout", "DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED"),
        _ => return None,
    };
    let mut problem = json!({
        "type": "about:blank",
        "title": title,
        "status": status,
        "code": code,
        "reason": reason,
    });
    let violation = |place: &str, at: &str, detail: &str, code: &str| json!([{ place: at, "detail": detail, "code": code }]);
    match status {
        400 => {
            let detail = "Must not be negative.";
            problem["errors"] = violation("parameter", "page_size", detail, "INVALID_PAGE_SIZE");
        }
        422 => {
            problem["errors"] = violation("pointer", "/name", "Must not be null.", "NOT_NULLABLE");
        }
        _ => {}
    }
    Some(problem)
}

/// The component responses. `demands_versions` says whether any record is changed under a condition alone.
pub fn responses(demands_versions: bool) -> Map<String, Value> {
    PROBLEMS
        .iter()
        .filter(|(status, ..)| *status != 428 || demands_versions)
        .map(|(status, name, description)| {
            let mut response = json!({
                "description": description,
                "headers": { "Cache-Control": shared("headers", "NoStore") },
                "content": { "application/problem+json": { "schema": reference("Problem") } },
            });
            if let Some(example) = example(*status) {
                response["content"]["application/problem+json"]["example"] = example;
            }
            if *status == 503 {
                response["headers"]["Retry-After"] = shared("headers", "RetryAfter");
            }
            ((*name).to_owned(), response)
        })
        .collect()
}

/// Adds references to the problems with these status codes, and to those every operation has.
pub fn add(responses: &mut Map<String, Value>, statuses: &[u16]) {
    const ALWAYS: &[u16] = &[400, 408, 414, 431, 500, 503, 504];
    for (status, name, _) in PROBLEMS {
        if ALWAYS.contains(status) || statuses.contains(status) {
            responses.insert(status.to_string(), shared("responses", name));
        }
    }
}
