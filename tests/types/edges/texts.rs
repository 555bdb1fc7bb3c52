//! Text, enums, UUIDs and octets.

use serde_json::json;

use crate::{SCALARS, comes_back, is_problem, is_refused, is_violation, scalar, start};

#[tokio::test]
async fn text_comes_back_as_it_was_sent() {
    let server = start().await;
    for text in [
        "",
        " ",
        "'; drop table scalars; --",
        "\"quoted\" \\ $1 ?1 :a @b %s {{ x }}",
        "😀𝒳🏳\u{fe0f}\u{200d}🌈",
        "e\u{301} \u{202e}right to left\u{2028}\u{feff}",
        "\u{1}\u{7f}\u{85}\r\n\t",
        "\u{fffd}\u{ffff}\u{10ffff}",
    ] {
        comes_back(&server, "text", json!(text), json!(text)).await;
    }
    let long = "ü".repeat(400_000);
    comes_back(&server, "text", json!(long), json!(long)).await;
}

#[tokio::test]
async fn lengths_count_characters() {
    let server = start().await;
    comes_back(
        &server,
        "string",
        json!("😀".repeat(10)),
        json!("😀".repeat(10)),
    )
    .await;
    is_refused(&server, "string", json!("😀".repeat(11)), "TOO_LONG").await;
    is_refused(&server, "string", json!("12345678901"), "TOO_LONG").await;
}

#[tokio::test]
async fn nul_is_refused_everywhere() {
    let server = start().await;
    is_refused(&server, "text", json!("a\0b"), "NUL_CHARACTER").await;
    is_refused(&server, "string", json!("\0"), "NUL_CHARACTER").await;
    is_refused(&server, "json", json!({"a": "\0"}), "NUL_CHARACTER").await;
    is_refused(&server, "json", json!({"\0": 1}), "NUL_CHARACTER").await;
    is_refused(&server, "enum", json!("one\0"), "UNKNOWN_VALUE").await;
    is_problem(&server.get("/v1/labels/a%00b").await, 400);
}

#[tokio::test]
async fn ids_longer_than_any_are_refused() {
    let server = start().await;
    let of = |length: usize| format!("/v1/labels/{}", "%C3%A9".repeat(length));
    is_problem(&server.get(&of(255)).await, 404);
    is_problem(&server.get(&of(256)).await, 400);
}

#[tokio::test]
async fn enums_know_their_values_as_they_are_written() {
    let server = start().await;
    for value in ["one", "two_words", "THREE"] {
        comes_back(&server, "enum", json!(value), json!(value)).await;
    }
    for value in ["ONE", "three", "", "two words", "One"] {
        is_refused(&server, "enum", json!(value), "UNKNOWN_VALUE").await;
    }
    is_refused(&server, "enum", json!(1), "WRONG_TYPE").await;
}

#[tokio::test]
async fn uuids_of_any_version_come_back() {
    let server = start().await;
    for uuid in [
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
    ] {
        comes_back(&server, "uuid", json!(uuid), json!(uuid)).await;
    }
    let upper = "6BA7B810-9DAD-11D1-80B4-00C04FD430C8";
    comes_back(&server, "uuid", json!(upper), json!(upper.to_lowercase())).await;
    for bad in [
        "",
        "6ba7b8109dad11d180b400c04fd430c8",
        "{6ba7b810-9dad-11d1-80b4-00c04fd430c8}",
    ] {
        is_refused(&server, "uuid", json!(bad), "FORMAT_MISMATCH").await;
    }
}

#[tokio::test]
async fn octets_come_back() {
    let server = start().await;
    // In base64: none, one zero, all bits of three octets, and seven hundred thousand octets.
    for text in ["", "AA==", "////", &"+/8A".repeat(233_333)] {
        comes_back(&server, "bytes", json!(text), json!(text)).await;
    }
    for bad in ["A", "AAA", "AA-_", "AA==\n", "====", "AB=="] {
        is_refused(&server, "bytes", json!(bad), "FORMAT_MISMATCH").await;
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let server = start().await;
    let text = "a".repeat(1 << 20);
    let answer = server.post(SCALARS, scalar(json!({ "text": text }))).await;
    is_problem(&answer, 413);
    assert_eq!(crate::count(&server, "scalars").await, 0);
}

#[tokio::test]
async fn what_is_missing_is_not_null_and_what_is_unknown_is_refused() {
    let server = start().await;
    let mut body = scalar(json!({}));
    if let Some(members) = body.as_object_mut() {
        members.remove("int");
    }
    is_violation(&server.post(SCALARS, body).await, "int", "REQUIRED");
    is_refused(&server, "int", json!(null), "NOT_NULLABLE").await;
    is_refused(&server, "integer", json!(1), "UNKNOWN_FIELD").await;
}

/// PostgreSQL cannot put much into an index; what does not fit is the client's mistake, and not a failure.
#[tokio::test]
async fn what_is_too_long_for_an_index_is_refused_or_kept() {
    let server = start().await;
    let mut state = 1_u32;
    // Nothing that a compression could make short.
    let noise: String = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(b'a' + u8::try_from(state >> 24).unwrap_or_default() % 26)
    })
    .take(40_000)
    .collect();
    let answer = server
        .post(
            "/v1/limiteds",
            json!({"id": "n", "code": "ab", "title": "t", "note": noise}),
        )
        .await;
    if answer.status == 201 {
        assert_eq!(answer.body["note"], noise);
    } else {
        is_problem(&answer, 422);
        assert_eq!(crate::count(&server, "limiteds").await, 0);
    }
}

/// PostgreSQL's index of words has room for a part of a long text, and for no word of this length.
#[tokio::test]
async fn a_text_of_any_length_can_be_searched() {
    let server = start().await;
    let words = (0..120_000_u32).filter_map(|at| {
        let letter = |at: u32| char::from_u32(0x4e00 + at % 20_000);
        Some(format!("{}{} ", letter(at)?, letter(at * 7 / 3)?))
    });
    let endless = "\u{e9}".repeat(5_000);
    let text = format!("lighthouse {endless} {}", words.collect::<String>());
    let text: String = text.chars().take(330_000).collect();
    for text in [text.as_str(), &endless, "lighthouse"] {
        comes_back(&server, "text", json!(text), json!(text)).await;
    }
    for (search, found) in [("lighthouse", 4), ("light*", 4), ("%E4%B8%80%E4%B8%80", 2)] {
        let page = server
            .get(&format!("{SCALARS}?search={search}&total_size=true"))
            .await;
        assert_eq!(page.body["total_size"], found, "{search}: {}", page.status);
    }
}
