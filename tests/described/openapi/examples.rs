//! The examples of every operation work when they are pasted, as its body and as its parameters.

use serde_json::Value;
use svcgen_runtime::axum::http::Method;
use svcgen_runtime::testing::{Answer, TestServer};

use crate::document::{Operation, Parameter, escaped, operations};
use crate::prepared::{Creates, described};
use crate::service::App;

/// The parameters that have no example, and why.
const WITHOUT: [(&str, &str); 4] = [
    ("page_token", "comes from an answer"),
    ("If-Match", "comes from an answer, where it is not demanded"),
    (
        "If-None-Match",
        "where a record is written: would contradict `If-Match`",
    ),
    (
        "Idempotency-Key",
        "of one request alone, where it is not demanded",
    ),
];

/// The parameters whose example is not answered with what was asked for, and why.
const STATED: [(&str, u16, &str); 1] =
    [("If-None-Match", 304, "the caller has this version already")];

/// A request as the documentation shows it.
pub struct Request<'d> {
    operation: &'d Operation<'d>,
    body: Option<(&'d str, &'d Value)>,
    /// The optional parameter that is sent as well.
    also: Option<Parameter<'d>>,
    /// What stands in a path instead of its example.
    ids: Vec<(&'static str, String)>,
    /// What stands in its query although nothing describes it.
    stray: Option<&'static str>,
}

impl<'d> Request<'d> {
    /// What is sent when nothing is added to what the page fills in.
    pub fn pasted(operation: &'d Operation<'d>) -> Self {
        Self {
            operation,
            body: operation.bodies().next(),
            also: None,
            ids: Vec::new(),
            stray: None,
        }
    }

    /// The same with something in its query that is no parameter.
    pub fn astray(operation: &'d Operation<'d>, stray: &'static str) -> Self {
        Self {
            stray: Some(stray),
            ..Self::pasted(operation)
        }
    }

    /// The same with each body, and with each optional parameter that has an example.
    fn all(operation: &'d Operation<'d>) -> Vec<Self> {
        let mut all = vec![Self::pasted(operation)];
        all.extend(operation.bodies().skip(1).map(|body| Self {
            body: Some(body),
            ..Self::pasted(operation)
        }));
        let optional = operation.parameters().filter(|it| it.shown().is_some());
        all.extend(optional.map(|parameter| Self {
            also: Some(parameter),
            ..Self::pasted(operation)
        }));
        all
    }

    /// What is sent of a parameter, if it is.
    fn value(&self, parameter: Parameter<'_>) -> Option<String> {
        if let Some((_, id)) = self.ids.iter().find(|it| it.0 == parameter.name()) {
            return Some(id.clone());
        }
        let is_added = |it: &Parameter<'_>| it.name() == parameter.name();
        let added = self.also.filter(is_added).and_then(Parameter::shown);
        added.or_else(|| parameter.filled_in())
    }

    pub async fn send(&self, server: &TestServer<App>) -> Answer {
        let mut path = self.operation.path.to_owned();
        let mut query: Vec<String> = self.stray.into_iter().map(str::to_owned).collect();
        let mut headers = Vec::new();
        for parameter in self.operation.parameters() {
            let (name, value) = (parameter.name(), self.value(parameter));
            let Some(value) = value else { continue };
            match parameter.place() {
                "path" => path = path.replace(&format!("{{{name}}}"), &escaped(&value)),
                "query" => query.push(format!("{name}={}", escaped(&value))),
                _ => headers.push((name.to_owned(), value)),
            }
        }
        if !query.is_empty() {
            path = format!("{path}?{}", query.join("&"));
        }
        let method: Method = self
            .operation
            .method
            .to_uppercase()
            .parse()
            .expect("a method");
        let mut request = server.request(method, &path);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        if let Some((media, body)) = self.body {
            request = request.json(body.clone()).header("content-type", media);
        }
        request.send().await
    }

    /// Whether this is how it is to be answered.
    fn expects(&self, status: u16) -> bool {
        let also = self.also.map(Parameter::name);
        match STATED.iter().find(|it| Some(it.0) == also) {
            Some((_, stated, _)) => status == *stated,
            None => (200..300).contains(&status) && self.operation.answers(status),
        }
    }
}

/// What of an operation has no example and should have one.
fn lacking(operation: &Operation<'_>) -> Vec<String> {
    let mut lacking = Vec::new();
    for (media, example) in operation.bodies() {
        if example.is_null() {
            lacking.push(format!("no example of its {media}"));
        }
    }
    for parameter in operation.parameters() {
        let name = parameter.name();
        let has_one = if parameter.is_required() {
            parameter.filled_in().is_some()
        } else {
            let is_explained = WITHOUT.iter().any(|it| it.0 == name);
            let any = parameter.filled_in().or_else(|| parameter.shown());
            any.is_some() || parameter.says_itself() || is_explained
        };
        if !has_one {
            lacking.push(format!("no example of `{name}`"));
        }
    }
    lacking
}

/// What is wrong with the examples of an operation. Each request that writes has a server of its own.
async fn wrong(operation: &Operation<'_>, creates: &Creates<'_>) -> Vec<String> {
    let state = creates.before(operation);
    let mut wrong = lacking(operation);
    let mut requests = Request::all(operation);
    while !requests.is_empty() {
        let at_once = if operation.method == "get" {
            requests.len()
        } else {
            1
        };
        let (mut server, ids) = creates.prepared(&state).await;
        for mut request in requests.drain(..at_once) {
            request.ids.clone_from(&ids);
            let answer = request.send(&server).await;
            if !request.expects(answer.status.as_u16()) {
                let also = request.also.map_or("", Parameter::name);
                wrong.push(format!("{also}: {} {}", answer.status, answer.body));
            }
        }
        server.stop().await;
    }
    wrong
}

#[tokio::test]
async fn every_example_works_when_it_is_pasted() {
    let api = described().await;
    let operations = operations(&api);
    let creates = Creates::of(&operations).await;
    for operation in &operations {
        let wrong = wrong(operation, &creates).await;
        assert!(wrong.is_empty(), "{}: {wrong:#?}", operation.id());
    }
}

/// Breaks one kind of example in each operation that has it.
type Break = fn(&mut Value);

const BREAKS: [(&str, Break); 4] = [
    ("a member that nobody knows", |operation| {
        for media in bodies(operation) {
            if media["example"].is_object() {
                media["example"]["no_such_member"] = Value::Null;
            }
        }
    }),
    ("no example of a body", |operation| {
        for media in bodies(operation) {
            media.as_object_mut().map(|it| it.remove("example"));
        }
    }),
    ("a mask of what is not there", |operation| {
        for parameter in parameters(operation) {
            let mask = ["read_mask", "update_mask", "include", "filter", "order_by"];
            if mask.iter().any(|it| parameter["name"] == *it) {
                parameter["schema"]["examples"] = serde_json::json!(["no_such_field"]);
                if parameter["example"].is_string() {
                    parameter["example"] = Value::from("no_such_field");
                }
            }
        }
    }),
    ("no example of what is demanded", |operation| {
        for parameter in parameters(operation) {
            if parameter["required"] == true {
                parameter.as_object_mut().map(|it| it.remove("example"));
            }
        }
    }),
];

fn bodies(operation: &mut Value) -> impl Iterator<Item = &mut Value> {
    let content = operation.pointer_mut("/requestBody/content");
    let content = content.and_then(Value::as_object_mut);
    content.into_iter().flat_map(|it| it.values_mut())
}

fn parameters(operation: &mut Value) -> impl Iterator<Item = &mut Value> {
    let parameters = operation
        .get_mut("parameters")
        .and_then(Value::as_array_mut);
    parameters.into_iter().flatten()
}

#[tokio::test]
async fn an_example_that_is_broken_is_found() {
    let api = described().await;
    let whole = operations(&api);
    let creates = Creates::of(&whole).await;
    for (what, make) in BREAKS {
        let mut broken = api.clone();
        let mut names = Vec::new();
        for item in broken["paths"].as_object_mut().expect("paths").values_mut() {
            for (_, operation) in item.as_object_mut().expect("operations") {
                let before = operation.clone();
                make(operation);
                if before != *operation && operation["operationId"].is_string() {
                    names.push(
                        operation["operationId"]
                            .as_str()
                            .expect("a name")
                            .to_owned(),
                    );
                }
            }
        }
        assert!(!names.is_empty(), "{what}: nothing is broken");
        for operation in operations(&broken) {
            // A few show it as well as all do, in a fraction of the time.
            if names
                .iter()
                .step_by(names.len().div_ceil(6))
                .any(|it| it == operation.id())
            {
                let found = wrong(&operation, &creates).await;
                assert!(!found.is_empty(), "{what}: not found in {}", operation.id());
            }
        }
    }
}
