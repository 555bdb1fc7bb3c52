//! What a browser may do for pages of other origins (the Fetch standard's CORS protocol).
//!
//! Nothing, unless the section `cors` of the configuration names the origins.

use ::http::{HeaderMap, HeaderValue, Method, Request, header};

use crate::config::CorsConfig;

/// What the API reads, so that a page may send it.
const READ: &str = "accept, authorization, content-type, idempotency-key, if-match, if-none-match, \
    traceparent, tracestate, x-request-id";
/// What the API says beyond what every page may see.
const SAID: &str =
    "allow, content-location, etag, idempotency-replayed, location, retry-after, x-request-id";

/// The rules for pages of other origins.
pub(super) struct Cors {
    origins: Origins,
    credentials: bool,
    headers: HeaderValue,
    exposed: HeaderValue,
    max_age: HeaderValue,
}

enum Origins {
    Any,
    These(Vec<HeaderValue>),
}

/// What a preflight asks for (OPTIONS with `Access-Control-Request-Method`).
pub(super) fn is_preflight<B>(request: &Request<B>) -> bool {
    *request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ORIGIN)
        && request
            .headers()
            .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

impl Cors {
    /// Nothing where no origin is named. `config` has checked that all of it can stand in headers.
    pub(super) fn of(config: &CorsConfig) -> Option<Self> {
        let origins = if config.origins.iter().any(|it| it == "*") {
            Origins::Any
        } else {
            let listed = config.origins.iter().filter_map(|it| it.parse().ok());
            Origins::These(listed.collect())
        };
        if matches!(&origins, Origins::These(listed) if listed.is_empty()) {
            return None;
        }
        Some(Self {
            origins,
            credentials: config.credentials,
            headers: joined(READ, &config.headers),
            exposed: joined(SAID, &config.exposed),
            max_age: HeaderValue::from(config.max_age.as_secs()),
        })
    }

    /// Adds what a page of this origin may see of the answer.
    pub(super) fn allow(&self, origin: &HeaderValue, headers: &mut HeaderMap) {
        let allowed = match &self.origins {
            Origins::Any => HeaderValue::from_static("*"),
            Origins::These(listed) if listed.contains(origin) => origin.clone(),
            Origins::These(_) => return,
        };
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
        if self.credentials {
            let yes = HeaderValue::from_static("true");
            headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, yes);
        }
        let exposed = self.exposed.clone();
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
    }

    /// Adds what a page may ask for, to the answer to a preflight. The methods are those of the path.
    pub(super) fn invite(&self, headers: &mut HeaderMap) {
        if !headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN) {
            return;
        }
        headers.remove(header::ACCESS_CONTROL_EXPOSE_HEADERS);
        if let Some(methods) = headers.get(header::ALLOW).cloned() {
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
        }
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, self.headers.clone());
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, self.max_age.clone());
    }
}

fn joined(ours: &'static str, more: &[String]) -> HeaderValue {
    let mut text = ours.to_owned();
    for name in more {
        text.push_str(", ");
        text.push_str(&name.to_ascii_lowercase());
    }
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(ours))
}

/// Whether the text is what browsers send in `Origin`: `https://app.example`, without a path, in lower case.
pub(crate) fn is_origin(text: &str) -> bool {
    let Some((scheme, authority)) = text.split_once("://") else {
        return text == "*";
    };
    let of_scheme = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || b"+-.".contains(&it);
    let of_host =
        |it: u8| it.is_ascii_graphic() && !it.is_ascii_uppercase() && !b"/?#@*,".contains(&it);
    !scheme.is_empty()
        && scheme.bytes().all(of_scheme)
        && !authority.is_empty()
        && authority.bytes().all(of_host)
}

#[cfg(test)]
mod tests {
    use super::is_origin;

    #[test]
    fn an_origin_is_a_scheme_a_host_and_perhaps_a_port() {
        for good in [
            "*",
            "https://app.example",
            "http://localhost:5173",
            "http://[::1]:8080",
            "capacitor://localhost",
        ] {
            assert!(is_origin(good), "{good}");
        }
        for bad in [
            "",
            "app.example",
            "https://",
            "https://app.example/",
            "https://app.example/path",
            "https://App.example",
            "HTTPS://app.example",
            "https://*.example",
            "https://a.example, https://b.example",
            "https://u@app.example",
            "null",
        ] {
            assert!(!is_origin(bad), "{bad}");
        }
    }
}
