//! Integers, floats and decimals.

use serde_json::{Value, json};

use crate::{NULLABLES, SCALARS, comes_back, is_problem, is_refused, scalar, start};

#[tokio::test]
async fn integers_reach_their_limits_and_not_further() {
    let server = start().await;
    for (member, limits) in [
        ("int", [i64::from(i32::MIN), i64::from(i32::MAX), 0, -1]),
        ("bigint", [i64::MIN, i64::MAX, 0, -1]),
    ] {
        for limit in limits {
            comes_back(&server, member, json!(limit), json!(limit)).await;
        }
    }
    comes_back(&server, "int", json!(2.0), json!(2)).await;
    for beyond in [2_147_483_648_i64, -2_147_483_649, i64::MAX] {
        is_refused(&server, "int", json!(beyond), "OUT_OF_RANGE").await;
    }
    is_refused(&server, "int", json!(1.5), "WRONG_TYPE").await;
    is_refused(&server, "int", json!("1"), "WRONG_TYPE").await;
    is_refused(&server, "bigint", json!(true), "WRONG_TYPE").await;
}

#[tokio::test]
async fn numbers_beyond_64_bits_are_refused_and_not_rounded() {
    let server = start().await;
    let body = scalar(json!({})).to_string();
    for giant in [
        "9223372036854775808",
        "-9223372036854775809",
        "1e19",
        "1e400",
        "123456789012345678901234567890",
    ] {
        let sent = body.replace("\"bigint\":1,", &format!("\"bigint\":{giant},"));
        assert_ne!(sent, body);
        let request = server.request("POST".parse().expect("a method"), SCALARS);
        let answer = request
            .header("content-type", "application/json")
            .body(sent)
            .send()
            .await;
        assert!(
            answer.status == 400 || answer.status == 422,
            "{giant}: {}",
            answer.body
        );
        is_problem(&answer, answer.status.as_u16());
    }
}

#[tokio::test]
async fn floats_keep_every_bit() {
    let server = start().await;
    for float in [
        f64::MAX,
        f64::MIN,
        f64::MIN_POSITIVE,
        5e-324,
        0.1,
        1.0 / 3.0,
        -0.1,
        1e15,
        0.0,
    ] {
        comes_back(&server, "float", json!(float), json!(float)).await;
    }
    // Neither engine has to know a negative zero, so nobody gets one.
    let created = server.post(SCALARS, scalar(json!({ "float": -0.0 }))).await;
    assert_eq!(created.body["float"].to_string(), "0.0");
    is_refused(&server, "float", json!("NaN"), "WRONG_TYPE").await;
}

#[tokio::test]
async fn decimals_are_exact() {
    let server = start().await;
    for (member, sent, expected) in [
        ("decimal", "9999999999.99", "9999999999.99"),
        ("decimal", "-9999999999.99", "-9999999999.99"),
        ("decimal", "0.01", "0.01"),
        ("decimal", "-0.00", "0.00"),
        ("decimal", "7", "7.00"),
        ("decimal", "007.10", "7.10"),
        ("decimal", "1.5000000", "1.50"),
        (
            "wide",
            "999999999999999999.9999999999",
            "999999999999999999.9999999999",
        ),
        (
            "wide",
            "-999999999999999999.9999999999",
            "-999999999999999999.9999999999",
        ),
        ("wide", "0.0000000001", "0.0000000001"),
        ("wide", "-0.0000000001", "-0.0000000001"),
        (
            "whole",
            "9999999999999999999999999999",
            "9999999999999999999999999999",
        ),
        (
            "whole",
            "-9999999999999999999999999999",
            "-9999999999999999999999999999",
        ),
        (
            "share",
            "0.9999999999999999999999999999",
            "0.9999999999999999999999999999",
        ),
        (
            "share",
            "-0.0000000000000000000000000001",
            "-0.0000000000000000000000000001",
        ),
    ] {
        comes_back(&server, member, json!(sent), json!(expected)).await;
    }
}

#[tokio::test]
async fn decimals_are_never_rounded() {
    let server = start().await;
    for (member, sent, code) in [
        ("decimal", "0.001", "TOO_MANY_DIGITS"),
        ("decimal", "10000000000", "TOO_MANY_DIGITS"),
        ("wide", "0.00000000001", "TOO_MANY_DIGITS"),
        ("wide", "1000000000000000000", "TOO_MANY_DIGITS"),
        ("whole", "10000000000000000000000000000", "TOO_MANY_DIGITS"),
        (
            "whole",
            "99999999999999999999999999999999999999",
            "TOO_MANY_DIGITS",
        ),
        ("share", "1", "TOO_MANY_DIGITS"),
        ("decimal", "1e2", "FORMAT_MISMATCH"),
        ("decimal", "+1", "FORMAT_MISMATCH"),
        ("decimal", ".5", "FORMAT_MISMATCH"),
        ("decimal", "1 ", "FORMAT_MISMATCH"),
        ("decimal", "", "FORMAT_MISMATCH"),
        ("decimal", "NaN", "FORMAT_MISMATCH"),
    ] {
        is_refused(&server, member, json!(sent), code).await;
    }
    is_refused(&server, "decimal", json!(1.5), "WRONG_TYPE").await;
}

/// Wide decimals are text on SQLite; they must sort as numbers do, and page on without a gap.
#[tokio::test]
async fn decimals_sort_as_numbers_and_page_without_a_gap() {
    let server = start().await;
    let sorted = [
        "999999999999999999.9999999999",
        "10.0000000000",
        "9.5000000000",
        "0.0000000001",
        "0.0000000000",
        "-0.0000000001",
        "-9.5000000000",
        "-10.0000000000",
        "-999999999999999999.9999999999",
    ];
    let mixed = [4, 0, 8, 2, 6, 1, 7, 3, 5];
    for index in mixed {
        server
            .post(SCALARS, scalar(json!({ "wide": sorted[index] })))
            .await;
        server
            .post(NULLABLES, json!({ "wide": sorted[index] }))
            .await;
    }
    server.post(NULLABLES, json!({ "int": 1 })).await;
    server.post(NULLABLES, json!({})).await;
    let listed = walk(&server, SCALARS, "scalars").await;
    assert_eq!(listed, sorted.map(Value::from));
    // Nulls have their place, and pages go over it.
    let listed = walk(&server, NULLABLES, "nullables").await;
    assert_eq!(listed.len(), sorted.len() + 2);
    let present: Vec<&Value> = listed.iter().filter(|it| !it.is_null()).collect();
    assert_eq!(present, sorted.map(Value::from).iter().collect::<Vec<_>>());
    let at_one_end =
        listed[..2].iter().all(Value::is_null) || listed[9..].iter().all(Value::is_null);
    assert!(at_one_end, "{listed:?}");
}

async fn walk(
    server: &svcgen_runtime::testing::TestServer<types::app::App>,
    path: &str,
    name: &str,
) -> Vec<Value> {
    let mut found = Vec::new();
    let mut next = path.to_owned();
    loop {
        let page = server.get(&next).await;
        assert_eq!(page.status, 200, "{}", page.body);
        found.extend(
            page.body[name]
                .as_array()
                .into_iter()
                .flatten()
                .map(|it| it["wide"].clone()),
        );
        let Some(token) = page.body["next_page_token"].as_str() else {
            return found;
        };
        next = format!("{path}?page_token={token}");
    }
}
