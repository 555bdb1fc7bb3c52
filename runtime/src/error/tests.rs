//! What an error shows, and what it never shows.

use super::*;

#[expect(
    clippy::needless_pass_by_value,
    reason = "most errors are made for this one call"
)]
fn document(error: Error) -> serde_json::Value {
    serde_json::from_slice(&problem::render(&error, problem::Setting::default())).unwrap()
}

const CONSTRAINTS: &[Constraint] = &[
    Constraint::unique("orders_number_key", "orders", &["number"], "/number"),
    Constraint::unique("orders_a_b_key", "orders", &["a", "b"], "/a"),
    Constraint::reference("orders_customer_id_fkey", "/customer_id"),
    Constraint::reference("orders_shop_id_fkey", "/shop_id"),
    Constraint::check("orders_total_check", "/total"),
];
const RESTRICTS: &[Constraint] = &[Constraint::restrict("lines_order_id_fkey", "order lines")];

#[test]
fn a_source_is_never_shown() {
    let shown = document(Error::internal("the password is swordfish")).to_string();
    assert!(!shown.contains("swordfish"), "{shown}");
    let error: Error = DbError::Unavailable("host db.internal:5432".into()).into();
    assert!(error.headers().contains_key(header::RETRY_AFTER));
    assert_eq!(error.status(), 503);
    assert!(!document(error).to_string().contains("db.internal"));
}

#[test]
fn a_named_unique_constraint_is_a_conflict_with_its_pointer() {
    let error = DbError::Unique {
        constraint: Some("orders_number_key".into()),
        table: "orders".into(),
        columns: vec![],
    };
    let error = Error::from(error).constrained(CONSTRAINTS);
    let document = document(error);
    assert_eq!(document["status"], 409);
    assert_eq!(document["code"], "ALREADY_EXISTS");
    assert_eq!(document["errors"][0]["pointer"], "/number");
}

#[test]
fn a_unique_constraint_is_found_by_its_columns_in_any_order() {
    let error = DbError::Unique {
        constraint: None,
        table: "orders".into(),
        columns: vec!["b".into(), "a".into()],
    };
    let error = Error::from(error).constrained(CONSTRAINTS);
    let pointers: Vec<_> = error
        .violations()
        .iter()
        .map(|it| it.place.clone())
        .collect();
    assert_eq!(pointers, [crate::input::Place::Pointer("/a".into())]);
}

#[test]
fn a_foreign_key_without_a_name_lists_all_candidates() {
    let nameless = || {
        Error::from(DbError::ForeignKey {
            constraint: None,
            table: None,
        })
    };
    let error = nameless().constrained(CONSTRAINTS);
    assert_eq!(
        (error.status().as_u16(), error.violations().len()),
        (422, 2)
    );
    let error = nameless().constrained(RESTRICTS);
    assert_eq!(
        (error.status().as_u16(), error.reason()),
        (409, "STILL_REFERENCED")
    );
    assert_eq!(nameless().constrained(&[]).status(), 409);
    let named = DbError::ForeignKey {
        constraint: Some("orders_shop_id_fkey".into()),
        table: None,
    };
    let error = Error::from(named).constrained(CONSTRAINTS);
    assert_eq!(error.violations().len(), 1);
}

#[test]
fn an_unknown_constraint_keeps_its_name_to_itself() {
    let error = DbError::Check {
        constraint: "secret_check".into(),
    };
    let error = Error::from(error).constrained(CONSTRAINTS);
    assert_eq!(error.status(), 422);
    assert!(!document(error).to_string().contains("secret"));
}
