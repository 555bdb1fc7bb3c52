//! Filters agree with the reference evaluation over random rows, on both engines.

use std::collections::BTreeSet;

use svcgen_runtime::db::Db;
use svcgen_runtime::uuid::Uuid;

use crate::parcels::{self, PARCELS, Parcel};
use crate::random::Random;
use crate::reference::{Condition, condition};
use crate::{listing, support, tokens};

const ROWS: usize = 120;
const FILTERS: usize = 400;

/// What a filter finds on one engine; the pages are large enough for all rows.
async fn found(db: &Db, filter: &str) -> BTreeSet<Uuid> {
    let mut found = BTreeSet::new();
    let mut token = String::new();
    loop {
        let asked = [
            ("filter", filter),
            ("page_size", "100"),
            ("page_token", token.as_str()),
        ];
        let listing = listing(&asked).await.unwrap();
        let page = PARCELS.page::<Parcel>(db, &tokens(), None, &listing).await;
        let page = page.unwrap_or_else(|error| panic!("{filter}: {error:?}"));
        found.extend(page.records.iter().map(|it| it.id));
        token = page.next_page_token;
        if token.is_empty() {
            return found;
        }
    }
}

/// The first filter on which an engine and the reference differ.
async fn difference(holds: impl Fn(&Condition, &Parcel) -> bool) -> Option<String> {
    for db in [support::memory().await, support::postgres().await] {
        let mut random = Random::new(11);
        parcels::create(&db.db).await;
        let rows: Vec<Parcel> = (0..ROWS).map(|_| parcels::parcel(&mut random)).collect();
        for row in &rows {
            parcels::insert(&db.db, row).await.unwrap();
        }
        let (mut none, mut all) = (0, 0);
        for _ in 0..FILTERS {
            let condition = condition(&mut random, 3);
            let filter = condition.text();
            let expected: BTreeSet<Uuid> = rows
                .iter()
                .filter(|row| holds(&condition, row))
                .map(|row| row.id)
                .collect();
            none += usize::from(expected.is_empty());
            all += usize::from(expected.len() == ROWS);
            let found = found(&db.db, &filter).await;
            if found != expected {
                let differ = rows
                    .iter()
                    .find(|row| found.contains(&row.id) != expected.contains(&row.id));
                return Some(format!("{}: {filter}\n{differ:?}", db.label));
            }
        }
        assert!(
            none + all < FILTERS / 2,
            "most filters say nothing: {none} find none, {all} find all"
        );
    }
    None
}

#[tokio::test]
async fn every_filter_finds_what_the_reference_finds() {
    assert_eq!(difference(Condition::holds).await, None);
}

/// The control: a reference that reads the grammar or null in another way is told apart.
#[tokio::test]
async fn a_wrong_reference_is_seen() {
    fn and_first(condition: &Condition, row: &Parcel) -> bool {
        match condition {
            Condition::All(parts) => parts.iter().any(|part| and_first(part, row)),
            Condition::Any(parts) => parts.iter().all(|part| and_first(part, row)),
            other => other.holds(row),
        }
    }
    fn null_is_unequal(condition: &Condition, row: &Parcel) -> bool {
        match condition {
            Condition::Test("note", "!=", _) if row.note.is_none() => true,
            other => other.holds(row),
        }
    }
    assert!(difference(and_first).await.is_some());
    assert!(difference(null_is_unequal).await.is_some());
}
