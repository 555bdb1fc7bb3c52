//! Which kinds of answer a client takes (RFC 9110 §12.5.1). There is one, so the question is only
//! whether it takes that one.

use ::http::{HeaderMap, HeaderValue, header};

/// Whether the client has said that JSON is nothing for it. What cannot be read says nothing.
pub(crate) fn refuses_json(headers: &HeaderMap) -> bool {
    let mut lines = headers.get_all(header::ACCEPT).iter().peekable();
    if lines.peek().is_none() {
        return false;
    }
    // The most precise range that speaks of JSON decides.
    let mut decisive = None;
    let mut others = false;
    for range in lines.filter_map(text).flat_map(|line| line.split(',')) {
        let mut parts = range.split(';').map(str::trim);
        let essence = parts.next().unwrap_or_default();
        let Some(precision) = precision(essence) else {
            others |= essence.contains('/');
            continue;
        };
        let taken = parts.all(|it| !is_zero(it));
        if decisive.is_none_or(|(other, _)| precision > other) {
            decisive = Some((precision, taken));
        }
    }
    decisive.map_or(others, |(_, taken)| !taken)
}

/// How precisely a range speaks of JSON, if it does.
fn precision(essence: &str) -> Option<usize> {
    let ranges = ["*/*", "application/*", "application/json"];
    ranges
        .iter()
        .position(|it| essence.eq_ignore_ascii_case(it))
}

fn text(line: &HeaderValue) -> Option<&str> {
    line.to_str().ok()
}

/// Whether a parameter is a weight of zero.
fn is_zero(parameter: &str) -> bool {
    let weight = parameter
        .strip_prefix("q=")
        .or_else(|| parameter.strip_prefix("Q="));
    weight.is_some_and(|it| it.parse() == Ok(0.0_f32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_client_that_says_so_refuses_json() {
        let refuses = |lines: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(header::ACCEPT, HeaderValue::from_static(line));
            }
            refuses_json(&headers)
        };
        for taken in [
            &[][..],
            &["*/*"],
            &["application/json"],
            &["Application/JSON; charset=utf-8"],
            &["text/html, application/*;q=0.1"],
            &["text/html,application/xhtml+xml,*/*;q=0.8"],
            &["text/html", "*/*"],
            &["application/xml, application/json;q=0.001"],
            &["*/*;q=0, application/json"],
            &["application/json, */*;q=0"],
            &[""],
            &["nonsense"],
        ] {
            assert!(!refuses(taken), "{taken:?}");
        }
        for refused in [
            &["text/html"][..],
            &["application/xml", "text/csv;q=0.5"],
            &["application/json;q=0"],
            &["application/json;q=0, */*"],
            &["*/*, application/json;q=0.0"],
            &["application/*;q=0"],
        ] {
            assert!(refuses(refused), "{refused:?}");
        }
    }
}
