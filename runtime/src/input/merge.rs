//! JSON merge patch (RFC 7396) for members that hold any JSON.

use serde_json::{Map, Value};

/// Turns a patch into what it makes of the current value: objects are merged,
/// their members are removed by null, and anything else is replaced.
pub fn merge(current: Option<&Value>, patch: &mut Value) {
    let Value::Object(changes) = patch else {
        return;
    };
    let mut merged: Map<String, Value> = current
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    for (name, change) in std::mem::take(changes) {
        if change.is_null() {
            merged.remove(&name);
        } else {
            let mut change = change;
            merge(merged.get(&name), &mut change);
            merged.insert(name, change);
        }
    }
    *patch = Value::Object(merged);
}

#[cfg(test)]
mod tests {
    use super::merge;
    use serde_json::{Value, json};

    /// The test cases of RFC 7396, appendix A.
    #[test]
    fn the_cases_of_the_standard_hold() {
        for (current, patch, expected) in [
            (json!({"a":"b"}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"b"}), json!({"b":"c"}), json!({"a":"b","b":"c"})),
            (json!({"a":"b"}), json!({"a":null}), json!({})),
            (
                json!({"a":"b","b":"c"}),
                json!({"a":null}),
                json!({"b":"c"}),
            ),
            (json!({"a":["b"]}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"c"}), json!({"a":["b"]}), json!({"a":["b"]})),
            (
                json!({"a":{"b":"c"}}),
                json!({"a":{"b":"d","c":null}}),
                json!({"a":{"b":"d"}}),
            ),
            (json!({"a":[{"b":"c"}]}), json!({"a":[1]}), json!({"a":[1]})),
            (json!(["a", "b"]), json!(["c", "d"]), json!(["c", "d"])),
            (json!({"a":"b"}), json!(["c"]), json!(["c"])),
            (json!({"a":"foo"}), json!("bar"), json!("bar")),
            (json!({"e":null}), json!({"a":1}), json!({"e":null,"a":1})),
            (json!([1, 2]), json!({"a":"b","c":null}), json!({"a":"b"})),
            (
                json!({}),
                json!({"a":{"bb":{"ccc":null}}}),
                json!({"a":{"bb":{}}}),
            ),
        ] {
            let mut result = patch.clone();
            merge(Some(&current), &mut result);
            assert_eq!(result, expected, "{current} patched by {patch}");
        }
        let mut from_nothing = json!({"a": {"b": null}});
        merge(None::<&Value>, &mut from_nothing);
        assert_eq!(from_nothing, json!({"a": {}}));
    }
}
