//! Aggregates agree with the same counted by hand, to the last digit, on both engines.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use svcgen_runtime::Error;
use svcgen_runtime::db::Db;
use svcgen_runtime::http::Aggregation;
use svcgen_runtime::list::{Groups, Measured};
use svcgen_runtime::serde_json::{Value, json};

use crate::parcels::{self, PARCELS, Parcel, depots};
use crate::random::Random;
use crate::reference::condition;
use crate::{asked, support, tokens};

const GROUPS: &[&str] = &[
    "state",
    "fragile",
    "weight",
    "depot_id",
    "depot.city",
    "year(sent_at)",
    "month(due)",
    "date(sent_at)",
    "note",
    "worth",
];
const MEASURES: &[&str] = &[
    "count()",
    "count(note)",
    "count_distinct(label)",
    "count_distinct(depot.city)",
    "sum(price)",
    "avg(price)",
    "sum(worth)",
    "avg(worth)",
    "min(worth)",
    "max(sent_at)",
    "sum(weight)",
    "avg(weight)",
    "sum(span)",
    "avg(span)",
    "min(price)",
    "min(label)",
    "max(year(due))",
];

async fn aggregate(db: &Db, parameters: &[(&str, &str)]) -> Result<Groups, Error> {
    let aggregation: Aggregation = asked(parameters).await?;
    PARCELS.aggregate(db, &tokens(), None, &aggregation).await
}

/// All pages.
async fn all(db: &Db, parameters: &[(&str, &str)]) -> Result<Vec<Measured>, Error> {
    let mut groups = Vec::new();
    let mut token = String::new();
    loop {
        let mut asked = parameters.to_vec();
        asked.push(("page_token", &token));
        let page = aggregate(db, &asked).await?;
        groups.extend(page.groups);
        token = page.next_page_token;
        if token.is_empty() {
            return Ok(groups);
        }
    }
}

/// What a parcel has for a group.
fn key(parcel: &Parcel, group: &str) -> Value {
    let city = || {
        depots()
            .into_iter()
            .find(|it| Some(it.id) == parcel.depot_id)
            .and_then(|it| it.city)
    };
    let sent = parcel.sent_at.map(|at| at.to_zoned(TimeZone::UTC).date());
    match group {
        "state" => json!(svcgen_runtime::db::TextEnum::as_str(parcel.state)),
        "fragile" => json!(parcel.fragile),
        "weight" => json!(parcel.weight),
        "depot_id" => json!(parcel.depot_id),
        "depot.city" => json!(city()),
        "year(sent_at)" => json!(sent.map(jiff::civil::Date::year)),
        "date(sent_at)" => json!(sent),
        "month(due)" => json!(parcel.due.month()),
        "note" => json!(parcel.note),
        "worth" => json!(parcel.worth.map(|it| it.to_string())),
        other => panic!("{other}"),
    }
}

/// What is summed, as units, with the digits after the point.
fn units(parcel: &Parcel, field: &str) -> (Option<i128>, usize) {
    let scaled = |it: Decimal, scale| {
        let mut it = it;
        it.rescale(scale);
        it.mantissa()
    };
    match field {
        "price" => (Some(scaled(parcel.price, 2)), 2),
        "worth" => (parcel.worth.map(|it| scaled(it, 6)), 6),
        "weight" => (parcel.weight.map(i128::from), 0),
        "span" => (Some(parcel.span.as_micros()), 6),
        other => panic!("{other}"),
    }
}

fn measured(rows: &[&Parcel], measure: &str) -> Value {
    let (function, field) = measure.trim_end_matches(')').split_once('(').unwrap();
    let texts = |of: &dyn Fn(&Parcel) -> Option<String>| {
        let mut texts: Vec<String> = rows.iter().filter_map(|row| of(row)).collect();
        texts.sort();
        texts.dedup();
        texts
    };
    match measure {
        "count()" => json!(rows.len()),
        "count(note)" => json!(rows.iter().filter(|row| row.note.is_some()).count()),
        "count_distinct(label)" => json!(texts(&|row| Some(row.label.clone())).len()),
        "count_distinct(depot.city)" => {
            json!(texts(&|row| key(row, "depot.city").as_str().map(str::to_owned)).len())
        }
        "min(label)" => json!(texts(&|row| Some(row.label.clone())).first()),
        "max(sent_at)" => json!(rows.iter().filter_map(|row| row.sent_at).max()),
        "max(year(due))" => json!(rows.iter().map(|row| row.due.year()).max()),
        _ => {
            let (_, scale) = units(rows[0], field);
            let units: Vec<i128> = rows.iter().filter_map(|row| units(row, field).0).collect();
            let sum: i128 = units.iter().sum();
            let count = i128::try_from(units.len()).unwrap();
            match (function, units.iter().min()) {
                (_, None) => Value::Null,
                ("sum", _) => json!(text(sum, scale)),
                ("min", Some(least)) => json!(text(*least, scale)),
                _ => {
                    // Half away from zero, said in another way than the code under test says it.
                    let doubled = 2 * sum.abs() * 1_000_000 / count;
                    let rounded = (doubled + 1) / 2;
                    json!(text(rounded * sum.signum(), scale + 6))
                }
            }
        }
    }
}

fn text(units: i128, scale: usize) -> String {
    let digits = format!("{:0width$}", units.abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let point = if scale > 0 { "." } else { "" };
    format!(
        "{}{whole}{point}{fraction}",
        if units < 0 { "-" } else { "" }
    )
}

fn some(random: &mut Random, from: &[&'static str], least: usize) -> Vec<&'static str> {
    let mut left = from.to_vec();
    let count = least + random.below(3);
    (0..count)
        .map(|_| left.swap_remove(random.below(left.len())))
        .collect()
}

#[tokio::test]
async fn groups_are_measured_to_the_last_digit() {
    for db in [support::memory().await, support::postgres().await] {
        let mut random = Random::new(23);
        parcels::create(&db.db).await;
        let rows: Vec<Parcel> = (0..200).map(|_| parcels::parcel(&mut random)).collect();
        for row in &rows {
            parcels::insert(&db.db, row).await.unwrap();
        }
        for _ in 0..150 {
            let groups = some(&mut random, GROUPS, 0);
            let mut measures = some(&mut random, MEASURES, 1);
            measures.retain(|it| *it != "count()");
            measures.push("count()");
            let condition = condition(&mut random, 1);
            let mut order: Vec<String> = vec!["count() desc".to_owned()];
            order.push(format!(
                "{}{}",
                random.pick(&measures),
                random.pick(&["", " desc", " nulls last"])
            ));
            order.dedup_by(|a, b| a.starts_with("count()") && b.starts_with("count()"));
            let least = random.below(4);
            let having = format!("count() > {least}");
            let (groups_text, measures_text, order_text) =
                (groups.join(", "), measures.join(","), order.join(", "));
            let size = (1 + random.below(9)).to_string();
            let filter = condition.text();
            let asked = [
                ("group_by", groups_text.as_str()),
                ("measures", &measures_text),
                ("filter", &filter),
                ("having", &having),
                ("order_by", &order_text),
                ("page_size", &size),
            ];
            let found = all(&db.db, &asked)
                .await
                .unwrap_or_else(|error| panic!("{}: {asked:?}: {error:?}", db.label));

            let mut expected: BTreeMap<String, Vec<&Parcel>> = BTreeMap::new();
            for row in rows.iter().filter(|row| condition.holds(row)) {
                let keys: Vec<Value> = groups.iter().map(|group| key(row, group)).collect();
                expected
                    .entry(json!(keys).to_string())
                    .or_default()
                    .push(row);
            }
            expected.retain(|_, rows| rows.len() > least);
            assert_eq!(found.len(), expected.len(), "{}: {asked:?}", db.label);
            let mut previous = usize::MAX;
            for one in &found {
                let keys: Vec<&Value> = groups.iter().map(|group| &one.group[*group]).collect();
                let rows = expected
                    .remove(&json!(keys).to_string())
                    .unwrap_or_else(|| panic!("{}: {asked:?}: {one:?}", db.label));
                for measure in &measures {
                    assert_eq!(
                        one.measures[*measure],
                        measured(&rows, measure),
                        "{}: {measure} of {asked:?}",
                        db.label
                    );
                }
                assert!(
                    rows.len() <= previous,
                    "{}: out of order: {asked:?}",
                    db.label
                );
                previous = rows.len();
            }
        }
    }
}

#[tokio::test]
async fn groups_are_ordered_by_sums_wider_than_any_integer() {
    for db in [support::memory().await, support::postgres().await] {
        let mut random = Random::new(29);
        parcels::create(&db.db).await;
        for _ in 0..120 {
            parcels::insert(&db.db, &parcels::parcel(&mut random))
                .await
                .unwrap();
        }
        for order in ["sum(worth)", "avg(worth) desc nulls first"] {
            let asked = [
                ("group_by", "label"),
                ("measures", "sum(worth), avg(worth)"),
                ("order_by", order),
                ("page_size", "2"),
            ];
            let name = order.split_once(')').unwrap().0.to_owned() + ")";
            let found = all(&db.db, &asked).await.unwrap();
            let sums: Vec<Option<Decimal>> = found
                .iter()
                .map(|it| it.measures[&name].as_str().map(|it| it.parse().unwrap()))
                .collect();
            let mut sorted = sums.clone();
            sorted.sort();
            if order.contains("desc") {
                sorted.reverse();
                let nulls = sorted.iter().filter(|it| it.is_none()).count();
                sorted.rotate_right(nulls);
            }
            assert_eq!(sums, sorted, "{}: {order}", db.label);
            assert!(sums.len() > 10);
        }
    }
}

#[tokio::test]
async fn floats_are_averaged_as_far_as_they_can_be_summed() {
    for db in [support::memory().await, support::postgres().await] {
        let mut random = Random::new(31);
        parcels::create(&db.db).await;
        let mut insert = async |ratio: f64| {
            let row = Parcel {
                ratio,
                ..parcels::parcel(&mut random)
            };
            parcels::insert(&db.db, &row).await.unwrap();
        };
        let measures = ("measures", "sum(ratio), avg(ratio)");
        let found = all(&db.db, &[measures]).await.unwrap();
        assert_eq!(found[0].measures["avg(ratio)"], Value::Null, "{}", db.label);
        insert(5e-324).await;
        let found = all(&db.db, &[measures]).await.unwrap();
        assert_eq!(
            found[0].measures["avg(ratio)"],
            json!(5e-324),
            "{}",
            db.label
        );
        insert(0.0).await;
        let found = all(&db.db, &[measures]).await.unwrap();
        assert_eq!(found[0].measures["avg(ratio)"], json!(0.0), "{}", db.label);

        let large = [measures, ("filter", "ratio > 1")];
        insert(1e300).await;
        insert(3e300).await;
        let found = all(&db.db, &large).await.unwrap();
        assert_eq!(
            found[0].measures["sum(ratio)"],
            json!(4e300),
            "{}",
            db.label
        );
        assert_eq!(
            found[0].measures["avg(ratio)"],
            json!(2e300),
            "{}",
            db.label
        );

        insert(1.7e308).await;
        insert(1.7e308).await;
        for measure in ["sum(ratio)", "avg(ratio)"] {
            let refused = aggregate(&db.db, &[("measures", measure)]).await;
            let error = refused.expect_err(db.label);
            assert_eq!(error.status(), 400, "{}: {error:?}", db.label);
            assert!(format!("{error:?}").contains("OUT_OF_RANGE"), "{error:?}");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_measured_is_refused_with_its_place() {
    let it = support::memory().await;
    parcels::create(&it.db).await;
    for (parameters, expected) in [
        (
            [("group_by", "stat"), ("measures", "")],
            "At character 1: `stat` is no field of parcels that can be used here. Did you mean `state`?",
        ),
        (
            [("group_by", "state, state"), ("measures", "")],
            "At character 8: `state` is named twice.",
        ),
        (
            [("measures", "count"), ("group_by", "")],
            "At character 1: `count` is no measure such as `sum(…)` or `count()`. Did you mean `count()`?",
        ),
        (
            [("measures", "sum"), ("group_by", "")],
            "At character 1: `sum` is no measure such as `sum(…)` or `count()`. Did you mean `sum(…)`?",
        ),
        (
            [("measures", "sum(label)"), ("group_by", "")],
            "At character 1: There is no `sum` of such a field.",
        ),
        (
            [("measures", "total(price)"), ("group_by", "")],
            "At character 1: `total` is no measure.",
        ),
        (
            [("measures", "count(), max(state)"), ("group_by", "")],
            "At character 10: There is no `max`",
        ),
        (
            [("measures", "sum(sum(price))"), ("group_by", "")],
            "At character 5: `sum` is no function",
        ),
        (
            [("having", "sum(price) > 1"), ("group_by", "")],
            "At character 1: `sum(price)` is no group or measure of this request.",
        ),
        (
            [("having", "count() > x"), ("group_by", "")],
            "At character 11: Expected an integer",
        ),
        (
            [("order_by", "price"), ("group_by", "state")],
            "At character 1: `price` is no group or measure",
        ),
        (
            [("group_by", "depot.secret"), ("measures", "")],
            "`secret` is no field of depots",
        ),
    ] {
        let error = aggregate(&it.db, &parameters).await.expect_err(expected);
        assert_eq!(error.status().as_u16(), 400);
        let details: Vec<String> = error
            .violations()
            .iter()
            .map(|it| it.detail.to_string())
            .collect();
        assert!(
            details.len() == 1 && details[0].contains(expected),
            "{parameters:?}: {details:?}"
        );
    }
    let empty = aggregate(&it.db, &[("measures", "count(), sum(price)")])
        .await
        .unwrap();
    assert_eq!(
        empty.groups[0].measures,
        json!({ "count()": 0, "sum(price)": null })
            .as_object()
            .unwrap()
            .clone()
    );
}
