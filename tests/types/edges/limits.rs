//! Limits, patterns, formats, and fields that are never shown or never changed.

use serde_json::{Value, json};

use crate::{LIMITEDS, is_problem, is_violation, start};

#[tokio::test]
async fn limits_are_inclusive() {
    let server = start().await;
    let created = server
        .post(LIMITEDS, json!({"id": "l", "code": "ab", "title": "t"}))
        .await;
    assert_eq!(created.status, 201, "{}", created.body);
    let path = created.header("location");
    for (member, good, bad, code) in [
        (
            "title",
            json!("123456789012"),
            json!("1234567890123"),
            "TOO_LONG",
        ),
        ("title", json!("1"), json!(""), "TOO_SHORT"),
        ("int", json!(-3), json!(-4), "OUT_OF_RANGE"),
        ("int", json!(3), json!(4), "OUT_OF_RANGE"),
        ("bigint", json!(5), json!(4), "OUT_OF_RANGE"),
        ("bigint", json!(i64::MAX), json!(i64::MIN), "OUT_OF_RANGE"),
        (
            "float",
            json!(-0.5),
            json!(-0.500_000_000_000_1),
            "OUT_OF_RANGE",
        ),
        (
            "float",
            json!(0.5),
            json!(0.500_000_000_000_1),
            "OUT_OF_RANGE",
        ),
        ("decimal", json!("-1.25"), json!("-1.26"), "OUT_OF_RANGE"),
        ("decimal", json!("1.25"), json!("1.26"), "OUT_OF_RANGE"),
        (
            "wide",
            json!("-1.5000000000"),
            json!("-1.5000000001"),
            "OUT_OF_RANGE",
        ),
        (
            "wide",
            json!("99999999999.5000000000"),
            json!("99999999999.5000000001"),
            "OUT_OF_RANGE",
        ),
        ("bytes", json!("AA=="), json!(""), "TOO_SHORT"),
        ("bytes", json!("AAAAAA=="), json!("AAAAAAA="), "TOO_LONG"),
        (
            "email",
            json!("a@example.com"),
            json!("a@"),
            "FORMAT_MISMATCH",
        ),
        (
            "url",
            json!("https://example.com/?q=1#f"),
            json!("example.com"),
            "FORMAT_MISMATCH",
        ),
        (
            "hostname",
            json!("a-1.example.com"),
            json!("-a.example.com"),
            "FORMAT_MISMATCH",
        ),
        (
            "ip",
            json!("2001:db8::1"),
            json!("256.0.0.1"),
            "FORMAT_MISMATCH",
        ),
        ("slug", json!("a-1"), json!("a--1"), "FORMAT_MISMATCH"),
        (
            "phone",
            json!("+4930123456"),
            json!("030 123456"),
            "FORMAT_MISMATCH",
        ),
    ] {
        let changed = server.patch(path, json!({ member: good })).await;
        assert_eq!(changed.status, 200, "{member}: {}", changed.body);
        assert_eq!(changed.body[member], good);
        is_violation(
            &server.patch(path, json!({ member: bad })).await,
            member,
            code,
        );
        assert_eq!(server.get(path).await.body[member], good);
    }
}

#[tokio::test]
async fn all_violations_are_told_at_once() {
    let server = start().await;
    let body = json!({"id": "", "code": "A", "int": 4, "decimal": "9", "words": [1], "other": 1});
    let answer = server.post(LIMITEDS, body).await;
    is_problem(&answer, 422);
    let mut pointers: Vec<&str> = answer.body["errors"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|it| it["pointer"].as_str())
        .collect();
    pointers.dedup();
    let expected = [
        "/id", "/code", "/title", "/int", "/decimal", "/words/0", "/other",
    ];
    assert_eq!(pointers, expected, "{}", answer.body);
    assert_eq!(crate::count(&server, "limiteds").await, 0);
}

#[tokio::test]
async fn what_is_write_only_is_kept_and_never_shown() {
    let server = start().await;
    let body = json!({"id": "w", "code": "ab", "title": "t", "secret": "12345678", "key": "AAAA"});
    let created = server.post(LIMITEDS, body).await;
    assert_eq!(created.status, 201, "{}", created.body);
    let listed = server.get(LIMITEDS).await;
    let changed = server
        .patch("/v1/limiteds/w", json!({"secret": "abcdefgh"}))
        .await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    for shown in [
        &created,
        &listed,
        &changed,
        &server.get("/v1/limiteds/w").await,
    ] {
        let text = shown.body.to_string();
        assert!(
            !text.contains("secret") && !text.contains("\"key\""),
            "{text}"
        );
    }
    let select = "select secret from limiteds";
    let select = svcgen_runtime::db::Sql::new(select);
    let kept = server
        .app()
        .db
        .fetch_one::<(String,)>(&select, Vec::new())
        .await;
    assert_eq!(kept.expect("a row").0, "abcdefgh");
}

#[tokio::test]
async fn what_is_immutable_stays() {
    let server = start().await;
    let created = server
        .post(LIMITEDS, json!({"id": "i", "code": "ab", "title": "t"}))
        .await;
    let path = created.header("location");
    let refused = server.patch(path, json!({"code": "ab"})).await;
    is_violation(&refused, "code", "IMMUTABLE");
    // What the service writes itself may be sent back.
    let mut whole = server.get(path).await.body;
    if let Some(members) = whole.as_object_mut() {
        members.remove("code");
    }
    let changed = server.patch(path, whole).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
}

#[tokio::test]
async fn what_is_unique_is_refused_the_second_time() {
    let server = start().await;
    let first = json!({"id": "1", "code": "é'\"\\", "title": "t", "email": "a@example.com"});
    assert_eq!(server.post(LIMITEDS, first).await.status, 201);
    for (body, pointer) in [
        (json!({"id": "1", "code": "cd", "title": "u"}), "/id"),
        (json!({"id": "2", "code": "é'\"\\", "title": "u"}), "/code"),
        (
            json!({"id": "2", "code": "cd", "title": "u", "email": "a@example.com"}),
            "/email",
        ),
        (
            json!({"id": "2", "code": "cd", "title": "t", "int": 0}),
            "/title",
        ),
    ] {
        let answer = server.post(LIMITEDS, body.clone()).await;
        is_problem(&answer, 409);
        assert_eq!(answer.body["reason"], "ALREADY_EXISTS", "{}", answer.body);
        let pointers: Vec<&Value> = answer.body["errors"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|it| &it["pointer"])
            .collect();
        assert!(
            pointers.contains(&&json!(pointer)),
            "{body}: {}",
            answer.body
        );
    }
    // Nulls are not equal to each other.
    for id in ["3", "4"] {
        let body = json!({"id": id, "code": format!("{}x", if id == "3" { "a" } else { "b" }), "title": id});
        let answer = server.post(LIMITEDS, body).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
    }
    let clash = server
        .patch("/v1/limiteds/3", json!({"email": "a@example.com"}))
        .await;
    is_problem(&clash, 409);
    assert_eq!(server.get("/v1/limiteds/3").await.body["version"], 1);
}
