//! JSON values and lists.

use serde_json::{Value, json};

use crate::{LIMITEDS, NULLABLES, SCALARS, comes_back, is_refused, is_violation, scalar, start};

#[tokio::test]
async fn any_json_comes_back() {
    let server = start().await;
    for value in [
        json!({}),
        json!([]),
        json!(""),
        json!("text"),
        json!(0),
        json!(-1.5),
        json!(false),
        json!({"a": {"b": [1, "two", null, true, {"c": []}]}, "": "empty", "ä\"\\": "😀"}),
        json!([
            9_223_372_036_854_775_807_i64,
            -9_223_372_036_854_775_808_i64,
            1e300,
            0.1
        ]),
    ] {
        let created = server.post(SCALARS, scalar(json!({ "json": value }))).await;
        assert_eq!(created.status, 201, "{}", created.body);
        let found = server.get(created.header("location")).await;
        assert_eq!(found.body["json"], value);
    }
    is_refused(&server, "json", Value::Null, "NOT_NULLABLE").await;
}

#[tokio::test]
async fn a_change_of_json_is_merged() {
    let server = start().await;
    let before = json!({"keep": 1, "drop": 2, "deep": {"keep": [1], "drop": null}});
    let created = server
        .post(SCALARS, scalar(json!({ "json": before })))
        .await;
    let path = created.header("location");
    let patch = json!({"json": {"drop": null, "new": {"a": null, "b": 1}, "deep": {"more": true}}});
    let changed = server.patch(path, patch).await;
    assert_eq!(
        changed.body["json"],
        json!({"keep": 1, "new": {"b": 1}, "deep": {"keep": [1], "drop": null, "more": true}})
    );
    let replaced = server.patch(path, json!({"json": [1]})).await;
    assert_eq!(replaced.body["json"], json!([1]));
    let merged = server
        .patch(path, json!({"json": {"a": null, "b": 2}}))
        .await;
    assert_eq!(merged.body["json"], json!({"b": 2}));
}

#[tokio::test]
async fn nothing_null_and_a_value_are_three_things() {
    let server = start().await;
    let created = server.post(NULLABLES, json!({})).await;
    assert_eq!(created.status, 201, "{}", created.body);
    let members = [
        ("string", json!("s")),
        ("text", json!("")),
        ("int", json!(0)),
        ("bigint", json!(-1)),
        ("float", json!(0.5)),
        ("decimal", json!("0.00")),
        ("wide", json!("-1.0000000000")),
        ("bool", json!(false)),
        ("uuid", json!("00000000-0000-0000-0000-000000000000")),
        ("date", json!("0001-01-01")),
        ("time", json!("00:00:00")),
        ("timestamp", json!("1970-01-01T00:00:00Z")),
        ("duration", json!("PT0S")),
        ("json", json!([])),
        ("bytes", json!("")),
        ("enum", json!("two")),
        ("list", json!([])),
    ];
    let path = created.header("location");
    for (member, value) in &members {
        assert_eq!(created.body[*member], Value::Null, "{member}");
        let set = server.patch(path, json!({ *member: value })).await;
        assert_eq!(set.status, 200, "{}", set.body);
        assert_eq!(&set.body[*member], value, "{member}");
    }
    let whole = server.get(path).await;
    for (member, value) in &members {
        assert_eq!(&whole.body[*member], value, "{member} after the others");
    }
    for (member, _) in &members {
        let emptied = server.patch(path, json!({ *member: null })).await;
        assert_eq!(emptied.status, 200, "{}", emptied.body);
        assert_eq!(emptied.body[*member], Value::Null, "{member}");
    }
    let all: Value = members
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect();
    let created = server.post(NULLABLES, all.clone()).await;
    for (member, value) in &members {
        assert_eq!(&created.body[*member], value, "{member} as created");
    }
}

#[tokio::test]
async fn lists_keep_their_order_and_check_their_items() {
    let server = start().await;
    let lists = [
        ("words", json!(["b", "", "b"])),
        ("numbers", json!([2_147_483_647, -2_147_483_648_i64, 0])),
        (
            "amounts",
            json!(["-0.0000000001", "999999999999999999.9999999999"]),
        ),
        ("days", json!(["0001-01-01", "9999-12-31"])),
        ("moments", json!(["1969-12-31T23:59:59.999999Z"])),
        ("keys", json!(["ffffffff-ffff-ffff-ffff-ffffffffffff"])),
        ("flags", json!([true, false, true])),
        ("ratios", json!([0.1, -5e-324, 1e300])),
    ];
    let mut body = json!({"id": "lists", "code": "ab", "title": "t"});
    let blank = server.post(LIMITEDS, body.clone()).await;
    assert_eq!(blank.status, 201, "{}", blank.body);
    crate::merge(&mut body, json!({"id": "full", "code": "abc", "int": 1}));
    for (member, list) in &lists {
        assert_eq!(blank.body[*member], json!([]), "{member}");
        crate::merge(&mut body, json!({ *member: list }));
        let changed = server
            .patch("/v1/limiteds/lists", json!({ *member: list }))
            .await;
        assert_eq!(&changed.body[*member], list, "{}", changed.body);
    }
    let created = server.post(LIMITEDS, body).await;
    assert_eq!(created.status, 201, "{}", created.body);
    let found = server.get("/v1/limiteds/full").await;
    for (member, list) in &lists {
        assert_eq!(&found.body[*member], list, "{member}");
    }
    for (member, list, code) in [
        ("words", json!(["1", "2", "3", "4"]), "TOO_MANY_ITEMS"),
        ("words", json!(["a", 1]), "WRONG_TYPE"),
        ("words", json!(["a\0"]), "NUL_CHARACTER"),
        ("numbers", json!([1, null]), "WRONG_TYPE"),
        ("amounts", json!(["0.00000000001"]), "TOO_MANY_DIGITS"),
        ("words", json!("a"), "WRONG_TYPE"),
        ("words", json!(null), "NOT_NULLABLE"),
    ] {
        let refused = server
            .patch("/v1/limiteds/lists", json!({ member: list }))
            .await;
        is_violation(&refused, member, code);
    }
    comes_back(&server, "json", json!([[1, 2], [3]]), json!([[1, 2], [3]])).await;
}
