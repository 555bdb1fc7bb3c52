//! The examples that an API's documentation shows work when they are pasted.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use super::cargo::{scratch, target};
use super::running::Running;
use super::schemathesis::{EXAMPLES, build};
use super::{are_asked_for, step};

#[test]
fn examples_work_when_pasted() {
    if !are_asked_for("examples_work_when_pasted") {
        return;
    }
    step("build the examples", build);
    let data = scratch("examples");
    for name in EXAMPLES {
        let url = format!("sqlite://{}/{name}.db", data.display());
        let running = Running::start(&target().join("debug").join(name), &url);
        step(&format!("paste the examples of {name}"), || paste(&running));
    }
}

/// One request as the documentation shows it.
struct Request {
    method: String,
    path: String,
    /// The names of those that it has to have.
    headers: Vec<String>,
    body: Value,
}

impl Request {
    fn send(&self, running: &Running) -> (u16, Value) {
        let method = self.method.to_uppercase();
        let headers = self.headers.iter();
        let headers: Vec<_> = headers
            .map(|name| (name.clone(), required_header(name)))
            .collect();
        running.call_with(&method, &self.path, &headers, &self.body)
    }

    /// Whether it makes a record that belongs to no other by its path.
    fn creates(&self) -> bool {
        self.method == "post" && self.path.split('/').count() < 5 && !self.path.contains(':')
    }
}

fn paste(running: &Running) {
    let (_, api) = running.call("GET", "/openapi.json", &Value::Null);
    let (mut creating, mut others): (Vec<_>, Vec<_>) =
        requests(&api).into_iter().partition(Request::creates);
    // What refers to others is made after them.
    while !creating.is_empty() {
        let before = creating.len();
        creating.retain(|it| it.send(running).0 != 201);
        let left: Vec<&String> = creating.iter().map(|it| &it.path).collect();
        assert!(creating.len() < before, "cannot be created: {left:?}");
    }
    others.sort_by_key(|it| {
        ["get", "put", "patch", "post", "delete"]
            .iter()
            .position(|method| it.method == *method)
    });
    for request in others {
        let (status, answer) = request.send(running);
        // What is made under a parent has been made already, what others need stays, and the archive has ids of its own.
        let is_explained = match request.method.as_str() {
            // A batch names a version that the requests before it have left behind.
            "post" if status == 412 => request.path.contains(":batch"),
            "post" => matches!(status, 404 | 409),
            "delete" => matches!(status, 404 | 409),
            "get" => status == 404 && request.path.contains("/archive/"),
            _ => false,
        } && answer["detail"].as_str().is_some_and(|it| !it.is_empty());
        assert!(
            (200..300).contains(&status) || is_explained,
            "{} {} {}: {answer}",
            request.method,
            request.path,
            request.body
        );
    }
}

/// Every operation as it is shown, and once more with each of its optional parameters that has an example.
fn requests(api: &Value) -> Vec<Request> {
    let mut requests = Vec::new();
    for (path, item) in api["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            if method == "parameters" {
                continue;
            }
            let own = operation["parameters"].as_array().into_iter().flatten();
            let shared = item["parameters"].as_array().into_iter().flatten();
            let parameters: Vec<&Value> = shared.chain(own).map(|it| resolved(api, it)).collect();
            let mut filled = path.clone();
            let mut queries = vec![String::new()];
            let mut headers = Vec::new();
            for parameter in parameters {
                let name = parameter["name"].as_str().expect("a name");
                // What replaces a record may also make it, and then no version is needed.
                let needed = parameter["required"] == true
                    || (name == "If-Match" && operation["responses"]["428"].is_object());
                if parameter["in"] == "header" && needed {
                    headers.push(name.to_owned());
                }
                let Some(example) = example(parameter) else {
                    continue;
                };
                match parameter["in"].as_str() {
                    Some("path") => filled = filled.replace(&format!("{{{name}}}"), &example),
                    Some("query") if parameter["required"] == true => {
                        queries = queries
                            .iter()
                            .map(|it| format!("{it}&{name}={example}"))
                            .collect();
                    }
                    Some("query") => queries.push(format!("{}&{name}={example}", queries[0])),
                    _ => {}
                }
            }
            requests.extend(queries.iter().map(|query| Request {
                method: method.clone(),
                path: format!("{filled}{}", query.replacen('&', "?", 1)),
                headers: headers.clone(),
                body: body(api, operation),
            }));
        }
    }
    requests
}

/// What a person would write into a header that has to be sent: each request has a key of its own.
fn required_header(name: &str) -> String {
    static SENT: AtomicU32 = AtomicU32::new(0);
    match name {
        "If-Match" => "*".to_owned(),
        "Idempotency-Key" => format!("\"key-{}\"", SENT.fetch_add(1, Ordering::Relaxed)),
        other => panic!("what is in `{other}`?"),
    }
}

/// A parameter's example, as a URL has it.
fn example(parameter: &Value) -> Option<String> {
    let schema = &parameter["schema"];
    let example = [&parameter["example"], &schema["examples"][0]];
    let example = example.into_iter().find(|it| !it.is_null())?;
    let text = match example {
        Value::String(text) => text.clone(),
        Value::Array(several) => several
            .iter()
            .map(|it| it.as_str().map_or_else(|| it.to_string(), str::to_owned))
            .collect::<Vec<_>>()
            .join(","),
        other => other.to_string(),
    };
    let bytes = text.bytes().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    });
    Some(bytes.collect())
}

fn body(api: &Value, operation: &Value) -> Value {
    let content = operation["requestBody"]["content"].as_object();
    let Some(media) = content.and_then(|it| it.values().next()) else {
        return Value::Null;
    };
    match &media["example"] {
        Value::Null => made_up(api, &media["schema"]),
        example => example.clone(),
    }
}

/// What the documentation page shows for a schema.
fn made_up(api: &Value, schema: &Value) -> Value {
    let schema = resolved(api, schema);
    let given = [
        &schema["examples"][0],
        &schema["default"],
        &schema["enum"][0],
    ];
    if let Some(given) = given.into_iter().find(|it| !it.is_null()) {
        return given.clone();
    }
    if schema["minItems"].as_u64().is_some_and(|least| least > 0) {
        return json!([made_up(api, &schema["items"])]);
    }
    if schema["anyOf"].is_array() {
        return made_up(api, &schema["anyOf"][0]);
    }
    match schema["properties"].as_object() {
        Some(properties) => properties
            .iter()
            .filter(|(_, schema)| {
                schema["examples"][0] != Value::Null || schema.get("examples").is_none()
            })
            .map(|(name, schema)| (name.clone(), made_up(api, schema)))
            .collect(),
        None => json!([]),
    }
}

fn resolved<'a>(api: &'a Value, value: &'a Value) -> &'a Value {
    let reference = value["$ref"].as_str().and_then(|it| it.strip_prefix('#'));
    reference.map_or(value, |it| api.pointer(it).expect("something"))
}
