//! What a record gets when nothing is sent.

use serde_json::{Value, json};
use svcgen_runtime::db::Sql;

use crate::{DEFAULTEDS, is_violation, start};

const MOST: &str = r#"{
    "string": "it's \"so\" \\ {{ x }} ünï 😀", "text": "", "int": -2147483648, "bigint": -9223372036854775808,
    "float": -0.1, "decimal": "-0.01", "wide": "999999999999999999.9999999999", "bool": true,
    "uuid": "00000000-0000-0000-0000-000000000000", "date": "0001-01-01", "time": "23:59:59.999999",
    "timestamp": "9999-12-30T22:00:00.999999Z", "duration": "-PT1.5S",
    "json": {"a": [1, "two", null], "it's": true}, "bytes": "aGVsbG8=", "enum": "two", "list": ["a", "it's"],
    "maybe": 7, "remark": ""
}"#;

#[tokio::test]
async fn every_default_is_as_the_schema_says() {
    let server = start().await;
    let expected: Value = serde_json::from_str(MOST).expect("JSON");
    let created = server.post(DEFAULTEDS, json!({})).await;
    assert_eq!(created.status, 201, "{}", created.body);
    let found = server.get(created.header("location")).await;
    for (member, value) in expected.as_object().into_iter().flatten() {
        assert_eq!(&created.body[member], value, "{member} as created");
        assert_eq!(&found.body[member], value, "{member} as found");
    }
}

/// A row that other hands write gets the same defaults from the database.
#[tokio::test]
async fn the_database_has_the_same_defaults() {
    let server = start().await;
    let insert = Sql::each(
        "insert into defaulteds (id, fresh, day, moment, created_at, updated_at)
         values (x'0193a6f07c1e7d2b9f4e3b6a1c5d8e90', x'00', '2026-05-04', 0, 0, 0)",
        "insert into defaulteds (id, fresh, day, moment, created_at, updated_at)
         values ('0193a6f0-7c1e-7d2b-9f4e-3b6a1c5d8e90', gen_random_uuid(), '2026-05-04', now(), now(), now())",
    );
    // On SQLite the uuid has to have sixteen octets to be read back.
    let insert = match server.app().db.engine() {
        svcgen_runtime::db::Engine::Sqlite => {
            let text = insert.text(svcgen_runtime::db::Engine::Sqlite);
            let text = text.replace("x'00'", "x'0193a6f07c1e7d2b9f4e3b6a1c5d8e91'");
            Sql::owned(text.clone(), text)
        }
        svcgen_runtime::db::Engine::Postgres => insert,
    };
    let written = server.app().db.execute(&insert, Vec::new()).await;
    assert_eq!(written.expect("the row is written"), 1);
    let found = server
        .get(&format!(
            "{DEFAULTEDS}/0193a6f0-7c1e-7d2b-9f4e-3b6a1c5d8e90"
        ))
        .await;
    assert_eq!(found.status, 200, "{}", found.body);
    let expected: Value = serde_json::from_str(MOST).expect("JSON");
    for (member, value) in expected.as_object().into_iter().flatten() {
        assert_eq!(&found.body[member], value, "{member}");
    }
}

#[tokio::test]
async fn null_is_not_the_default() {
    let server = start().await;
    let created = server
        .post(DEFAULTEDS, json!({"maybe": null, "remark": null}))
        .await;
    assert_eq!(created.body["maybe"], Value::Null);
    assert_eq!(created.body["remark"], Value::Null);
    let refused = server.post(DEFAULTEDS, json!({"int": null})).await;
    is_violation(&refused, "int", "NOT_NULLABLE");
}

#[tokio::test]
async fn now_today_and_new_are_of_the_moment() {
    let server = start().await;
    let before = jiff::Timestamp::now().as_microsecond();
    let first = server.post(DEFAULTEDS, json!({})).await.body;
    let second = server.post(DEFAULTEDS, json!({})).await.body;
    let after = jiff::Timestamp::now().as_microsecond();
    assert_ne!(first["fresh"], second["fresh"]);
    assert_ne!(first["fresh"], first["id"]);
    let moment: jiff::Timestamp = first["moment"]
        .as_str()
        .unwrap_or_default()
        .parse()
        .expect("a timestamp");
    assert!(
        (before..=after).contains(&moment.as_microsecond()),
        "{moment}"
    );
    let day = first["day"].as_str().unwrap_or_default();
    assert!(moment.to_string().starts_with(day), "{day} and {moment}");
}
