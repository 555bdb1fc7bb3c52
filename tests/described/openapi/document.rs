//! The document, operation by operation, with what it shows of each.

use serde_json::Value;

/// An operation as it is described.
pub struct Operation<'d> {
    api: &'d Value,
    pub method: &'d str,
    pub path: &'d str,
    described: &'d Value,
    parameters: Vec<&'d Value>,
}

/// Every operation, in the order of the document.
pub fn operations(api: &Value) -> Vec<Operation<'_>> {
    let paths = api["paths"].as_object().expect("paths");
    let mut operations = Vec::new();
    for (path, item) in paths {
        for (method, described) in item.as_object().expect("operations") {
            if method == "parameters" {
                continue;
            }
            let own = described["parameters"].as_array().into_iter().flatten();
            let shared = item["parameters"].as_array().into_iter().flatten();
            let parameters = shared.chain(own).map(|it| resolved(api, it)).collect();
            operations.push(Operation {
                api,
                method,
                path,
                described,
                parameters,
            });
        }
    }
    operations
}

/// What a reference leads to, or the value itself.
fn resolved<'d>(api: &'d Value, value: &'d Value) -> &'d Value {
    let reference = value["$ref"].as_str().and_then(|it| it.strip_prefix('#'));
    reference.map_or(value, |it| api.pointer(it).expect("something"))
}

impl<'d> Operation<'d> {
    pub fn id(&self) -> &'d str {
        self.described["operationId"].as_str().expect("a name")
    }

    pub fn parameters(&self) -> impl Iterator<Item = Parameter<'d>> {
        self.parameters.iter().map(|it| Parameter(it))
    }

    /// The bodies that it takes, each by its media type.
    pub fn bodies(&self) -> impl Iterator<Item = (&'d str, &'d Value)> {
        let content = self.described["requestBody"]["content"].as_object();
        content
            .into_iter()
            .flatten()
            .map(|(media, it)| (media.as_str(), &it["example"]))
    }

    /// Whether an answer with this status is described.
    pub fn answers(&self, status: u16) -> bool {
        self.described["responses"][status.to_string()].is_object()
    }

    /// The schema of the record that it makes.
    pub fn makes(&self) -> Option<&'d str> {
        let made = resolved(self.api, &self.described["responses"]["201"]);
        made["content"]["application/json"]["schema"]["$ref"].as_str()
    }
}

/// A parameter as it is described.
#[derive(Clone, Copy)]
pub struct Parameter<'d>(&'d Value);

impl<'d> Parameter<'d> {
    pub fn name(self) -> &'d str {
        self.0["name"].as_str().expect("a name")
    }

    pub fn place(self) -> &'d str {
        self.0["in"].as_str().expect("a place")
    }

    pub fn is_required(self) -> bool {
        self.0["required"] == true
    }

    /// What the documentation page fills in.
    pub fn filled_in(self) -> Option<String> {
        text(&self.0["example"])
    }

    /// What can be sent, though the page does not fill it in.
    pub fn shown(self) -> Option<String> {
        text(&self.0["schema"]["examples"][0])
    }

    /// Whether its schema says all that can be sent.
    pub fn says_itself(self) -> bool {
        let schema = &self.0["schema"];
        schema["type"] == "boolean" || !schema["enum"].is_null() || !schema["default"].is_null()
    }
}

/// An example as a header or a URL has it, where it is one.
fn text(example: &Value) -> Option<String> {
    Some(match example {
        Value::Null => return None,
        Value::String(text) => text.clone(),
        Value::Array(several) => {
            let texts: Vec<String> = several.iter().filter_map(text).collect();
            texts.join(",")
        }
        other => other.to_string(),
    })
}

/// A text as it stands in a URL.
pub fn escaped(text: &str) -> String {
    let bytes = text.bytes().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    });
    bytes.collect()
}
