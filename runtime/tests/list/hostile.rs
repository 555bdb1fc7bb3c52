//! What nobody should send: a 400 that names the parameter and the place, and no panic.

use svcgen_runtime::Error;
use svcgen_runtime::db::Db;

use crate::parcels::{self, PARCELS, Parcel};
use crate::random::Random;
use crate::{listing, support, tokens};

async fn page(
    db: &Db,
    parameters: &[(&str, &str)],
) -> Result<svcgen_runtime::list::Page<Parcel>, Error> {
    let listing = listing(parameters).await?;
    PARCELS.page(db, &tokens(), None, &listing).await
}

/// A parameter, what it holds, and what is said of it.
const MISTAKES: &[(&str, &str, &str)] = &[
    (
        "filter",
        "labl = a",
        "At character 1: `labl` is no field of parcels that can be used here. Did you mean `label`?",
    ),
    (
        "filter",
        "colour = a",
        "At character 1: `colour` is no field of parcels that can be used here. Those that can: `",
    ),
    (
        "filter",
        "label = a AND (price > x)",
        "At character 24: Expected a decimal of at most 10 digits before and 2 after the point.",
    ),
    (
        "filter",
        "price > 1.005",
        "At character 9: Expected a decimal",
    ),
    (
        "filter",
        "state = gone",
        "At character 9: Expected one of `packed`, `sent`, `lost`.",
    ),
    (
        "filter",
        "state > sent",
        "At character 1: `state` has no order",
    ),
    (
        "filter",
        "depot.secret = x",
        "At character 7: `secret` is no field of depots",
    ),
    (
        "filter",
        "depot.city.name = x",
        "At character 1: A path reaches one reference far.",
    ),
    (
        "filter",
        "label.x = 1",
        "At character 1: `label` refers to nothing.",
    ),
    (
        "filter",
        "label",
        "At character 6: Expected a comparison such as `=`, but here is the end.",
    ),
    (
        "filter",
        "\"label\"",
        "At character 1: A text alone is no condition",
    ),
    (
        "filter",
        "label = \"x",
        "At character 9: The quotes are never closed.",
    ),
    (
        "filter",
        "label = a)",
        "At character 10: Expected `AND`, `OR` or the end, but here is `)`.",
    ),
    ("filter", "(label = a", "Expected `)`, but here is the end."),
    (
        "filter",
        "label = a OR",
        "Expected a field, but here is the end.",
    ),
    (
        "filter",
        "year(label) = 1",
        "At character 1: `label` has no `year`.",
    ),
    (
        "filter",
        "sent_at < \"9999-12-31T23:59:59Z\"",
        "At character 11: Is beyond the calendar.",
    ),
    (
        "filter",
        "now() = sent_at",
        "At character 1: `now(…)` is a value: write it behind the comparison.",
    ),
    (
        "filter",
        "lower(label) = a",
        "At character 1: `lower` is no function.",
    ),
    (
        "filter",
        "sent_at > 2025-01-01T00:00:00Z",
        "At character 24: Expected a field",
    ),
    (
        "filter",
        "weight = 99999999999",
        "At character 10: Expected an integer of 32 bits.",
    ),
    (
        "filter",
        "sent_at > ago(800000d)",
        "At character 11: Is beyond the calendar.",
    ),
    (
        "filter",
        "due > ago(800000d)",
        "At character 7: Is beyond the calendar.",
    ),
    (
        "filter",
        "fragile = true AND date(sent_at) < ahead(-800000d)",
        "At character 36: Is beyond the calendar.",
    ),
    (
        "filter",
        "label ! a",
        "At character 7: `!` stands only in `!=`",
    ),
    (
        "filter",
        "label = a; drop table parcels",
        "At character 17: Expected a comparison",
    ),
    (
        "order_by",
        "price descending",
        "At character 7: Expected a comma or the end, but here is `descending`.",
    ),
    (
        "order_by",
        "price, price desc",
        "At character 8: `price` is named twice.",
    ),
    (
        "order_by",
        "depot.city",
        "At character 1: `depot.city` is no field that parcels can be ordered by.",
    ),
    ("order_by", "(select 1)", "Expected a field"),
    (
        "read_mask",
        "id,labl",
        "At character 4: `labl` is no member of the record. Did you mean `label`?",
    ),
];

#[tokio::test]
async fn mistakes_are_told_with_their_place() {
    let it = support::memory().await;
    parcels::create(&it.db).await;
    for (parameter, text, expected) in MISTAKES {
        let error = page(&it.db, &[(*parameter, *text)]).await.expect_err(text);
        assert_eq!(
            (error.status().as_u16(), error.reason()),
            (400, "INVALID_PARAMETERS"),
            "{text}"
        );
        let details: Vec<String> = error
            .violations()
            .iter()
            .map(|it| it.detail.to_string())
            .collect();
        assert!(
            details.len() == 1 && details[0].contains(*expected),
            "{text}: {details:?}"
        );
    }
    let several = page(
        &it.db,
        &[("filter", "x=1"), ("order_by", "y"), ("read_mask", "z")],
    )
    .await;
    assert_eq!(
        several.expect_err("refused").violations().len(),
        3,
        "all at once"
    );
}

#[tokio::test]
async fn filters_without_end_are_refused() {
    let it = support::memory().await;
    parcels::create(&it.db).await;
    let terms = vec!["id:*"; 10_000].join(" ");
    let ored = vec!["id:*"; 5_000].join(" OR ");
    let deep = format!("{}label = a{}", "(".repeat(10_000), ")".repeat(10_000));
    let negated = format!("{}label = a", "NOT ".repeat(10_000));
    let calls = "year(".repeat(10_000);
    let stars = format!("label = \"{}\"", "*a".repeat(20));
    for text in [
        terms,
        ored,
        deep,
        negated,
        calls,
        stars,
        "-".repeat(10_000),
        "\"".repeat(9_999),
    ] {
        let error = page(&it.db, &[("filter", &text)])
            .await
            .expect_err("refused");
        assert_eq!(error.status().as_u16(), 400);
        assert!(error.violations().iter().all(|it| it.detail.len() < 300));
    }
}

/// Both engines take the longest pattern that is let through, whatever its letters are escaped to.
#[tokio::test]
async fn patterns_are_as_long_as_every_engine_takes_them() {
    for it in [support::memory().await, support::postgres().await] {
        parcels::create(&it.db).await;
        for letter in ["a", "?", "%", "[", "😀"] {
            for comparator in ["=", "!=", ":"] {
                let filter =
                    |letters: usize| format!("label {comparator} \"*{}\"", letter.repeat(letters));
                let longest = page(&it.db, &[("filter", &filter(3_999))]).await;
                assert!(longest.is_ok(), "{}: {letter}: {longest:?}", it.label);
                // The longest fills a URL.
                for letters in [4_000, 17_000 / letter.len()] {
                    let refused = page(&it.db, &[("filter", &filter(letters))])
                        .await
                        .expect_err("refused");
                    let found = refused.violations().iter().next().unwrap();
                    assert_eq!(refused.status().as_u16(), 400);
                    assert_eq!(found.code, "INVALID_FILTER");
                    let expected = format!("At character {}: ", 8 + comparator.len());
                    assert!(found.detail.starts_with(&expected), "{}", found.detail);
                }
            }
        }
        // Without a wildcard it is a text like any other.
        let text = format!("label = \"{}\"", "?".repeat(17_000));
        assert!(page(&it.db, &[("filter", &text)]).await.is_ok());
    }
}

#[tokio::test]
async fn a_token_is_good_for_its_own_list_only() {
    let it = support::memory().await;
    parcels::create(&it.db).await;
    let mut random = Random::new(3);
    for _ in 0..20 {
        parcels::insert(&it.db, &parcels::parcel(&mut random))
            .await
            .unwrap();
    }
    let asked = [
        ("filter", "fragile:*"),
        ("order_by", "price"),
        ("page_size", "3"),
    ];
    let token = page(&it.db, &asked).await.unwrap().next_page_token;
    let follow = async |change: (&'static str, &'static str)| {
        let kept = asked.iter().filter(|it| it.0 != change.0).copied();
        let mut asked: Vec<(&str, &str)> = kept.chain([change]).collect();
        asked.push(("page_token", &token));
        page(&it.db, &asked).await
    };
    assert!(
        follow(("page_size", "5")).await.is_ok(),
        "the size may change"
    );
    assert!(
        follow(("order_by", " price  asc ")).await.is_ok(),
        "it is the same order"
    );
    for change in [
        ("filter", "fragile = true"),
        ("filter", ""),
        ("order_by", "price desc"),
        ("order_by", "price, label"),
        ("order_by", "price nulls last, id desc"),
    ] {
        let refused = follow(change).await.expect_err("another list");
        assert_eq!(
            (refused.status().as_u16(), refused.reason()),
            (400, "INVALID_PAGE_TOKEN"),
            "{change:?}"
        );
    }
}

/// Any text at all is a filter, an order or a mask, or is refused; nothing panics, and the database never complains.
#[tokio::test]
async fn no_text_breaks_the_parser() {
    const PIECES: &[&str] = &[
        "label",
        "price",
        "depot.city",
        "state",
        "sent",
        "=",
        "!=",
        "<",
        ">=",
        ":",
        "*",
        "(",
        ")",
        ",",
        "AND",
        "OR",
        "NOT",
        "-",
        "\"",
        "'",
        "\\",
        "\"a*b\"",
        "1.5",
        "-3",
        "2025-01-01",
        "now()",
        "ago(7d)",
        "sent_at",
        "due",
        "ago(800000d)",
        "ahead(800000d)",
        "ahead(9000000d)",
        "ago(",
        "year(due)",
        "date(sent_at)",
        " ",
        "  ",
        "null",
        "true",
        ";",
        "--",
        "/*",
        "é",
        "\u{202e}",
        "😀",
        "$1",
        "%",
        "desc",
        "nulls first",
        "'; drop table parcels; --",
        ".",
        "..",
    ];
    let it = support::memory().await;
    parcels::create(&it.db).await;
    let mut random = Random::new(17);
    let mut good = 0;
    for _ in 0..20_000 {
        let joint = random.pick(&["", " "]);
        let pieces = (0..random.below(9)).map(|_| random.pick(PIECES));
        let text = pieces.collect::<Vec<_>>().join(joint);
        let parameter = random.pick(&["filter", "filter", "filter", "order_by", "read_mask"]);
        match page(&it.db, &[(parameter, &text)]).await {
            Ok(_) => good += 1,
            Err(error) => assert_eq!(
                error.status().as_u16(),
                400,
                "{parameter}={text}: {error:?}"
            ),
        }
    }
    assert!(good > 200, "too few are good to tell anything: {good}");
}
