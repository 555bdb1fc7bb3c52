//! What the strict parser reads, what it refuses, and that `serde_json` agrees.

use super::*;
use serde_json::json;

fn refused(text: &str) -> Malformed {
    parse(text.as_bytes()).expect_err(text)
}

#[test]
fn it_reads_what_json_is() {
    let text = r#" {"a": [1, -0, 2.5e3, true, null, "x\n\u00e9\ud83d\ude00\/"], "": {}} "#;
    let expected = json!({"a": [1, 0, 2500.0, true, null, "x\né😀/"], "": {}});
    assert_eq!(parse(text.as_bytes()), Ok(expected));
}

#[test]
fn it_keeps_integers_of_64_bits_and_refuses_longer_ones() {
    assert_eq!(parse(b"9223372036854775807").unwrap(), json!(i64::MAX));
    assert_eq!(parse(b"-9223372036854775808").unwrap(), json!(i64::MIN));
    assert_eq!(parse(b"18446744073709551615").unwrap(), json!(u64::MAX));
    assert!(
        refused("18446744073709551616")
            .detail
            .contains("out of range")
    );
    assert!(refused("[1, 1e400]").detail.contains("out of range"));
    assert_eq!(refused("[1, 1e400]").pointer, "/1");
}

#[test]
fn a_member_twice_is_refused_with_its_pointer() {
    let refused = refused("{\"a\": {\"b\": [0, {\"c\": 1,\n \"\\u0063\": 2}]}}");
    assert_eq!(refused.pointer, "/a/b/1/c");
    assert_eq!((refused.line, refused.column), (2, 10));
    assert!(refused.detail.contains("twice"));
}

#[test]
fn depth_is_limited_without_using_the_stack_up() {
    let deep = |n: usize| "[".repeat(n) + &"]".repeat(n);
    assert!(parse(deep(MAX_DEPTH).as_bytes()).is_ok());
    assert!(refused(&deep(MAX_DEPTH + 1)).detail.contains("deeper"));
    assert!(
        refused(&"{\"a\":".repeat(1_000_000))
            .detail
            .contains("deeper")
    );
}

#[test]
fn each_malformed_text_is_refused() {
    let texts = [
        "",
        " ",
        "nul",
        "{",
        "[1,]",
        "{\"a\":1,}",
        "[1 2]",
        "01",
        "-",
        "1.",
        ".5",
        "+1",
        "1e",
        "NaN",
        "Infinity",
        "'a'",
        "\"\\x\"",
        "\"\\ud800\"",
        "\"\\udc00\\ud800\"",
        "\"\\u12g4\"",
        "\"a",
        "\"\t\"",
        "{} {}",
        "[1]]",
        "// c\n1",
        "{1:2}",
    ];
    for text in texts {
        assert!(parse(text.as_bytes()).is_err(), "{text:?} was read");
    }
    let bad = parse(b"{\"a\": \"\xff\"}").unwrap_err();
    assert!(bad.detail.contains("UTF-8"));
    assert_eq!(bad.column, 8);
}

/// `serde_json` is the judge: over many mutated texts both agree, except where this reader is stricter on purpose.
#[test]
fn it_agrees_with_serde_json_on_mutated_texts() {
    let seed = br#"{"a":[1,-2.5e-3,true,null,"x\n\u00e9\ud83d\ude00"],"b":{"c":"","d":[[],{}]}}"#;
    let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut next = |bound: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % bound
    };
    let mut agreed = 0;
    for _ in 0..50_000 {
        let mut text = seed.to_vec();
        for _ in 0..=next(3) {
            let at = next(text.len());
            match next(3) {
                0 => text[at] = seed[next(seed.len())],
                1 => drop(text.remove(at)),
                _ => text.insert(at, seed[next(seed.len())]),
            }
        }
        match (parse(&text), serde_json::from_slice::<Value>(&text)) {
            (Ok(ours), Ok(theirs)) => {
                assert_eq!(ours, theirs, "{}", String::from_utf8_lossy(&text));
                agreed += 1;
            }
            (Ok(_), Err(error)) => panic!("{error}: {}", String::from_utf8_lossy(&text)),
            (Err(_), _) => {}
        }
    }
    assert!(agreed > 1000, "only {agreed} texts were read by both");
}
