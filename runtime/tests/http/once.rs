//! One idempotency key at two instances of a service at once, over one database: what it asks for is
//! done once, and nobody is told otherwise.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use svcgen_runtime::axum::extract::State;
use svcgen_runtime::axum::http::{Method, StatusCode};
use svcgen_runtime::axum::response::{IntoResponse as _, Response};
use svcgen_runtime::axum::routing::post;
use svcgen_runtime::axum::{Json, Router};
use svcgen_runtime::db::{Db, Migration, Sql};
use svcgen_runtime::http::{Answered, Write};
use svcgen_runtime::input::{bigint, text};
use svcgen_runtime::serde_json::{Value, json};
use svcgen_runtime::testing::{Answer, TestServer};
use svcgen_runtime::uuid::Uuid;
use svcgen_runtime::{
    Body, Caller, Constraint, Error, Object, Read, Resources, Service, StartError, params,
};

use super::support::fresh_postgres_url;

/// Takes payments.
#[derive(Clone)]
struct Payments {
    db: Db,
    /// How many requests have come as far as to pay.
    begun: Arc<AtomicUsize>,
}

const SQLITE: &str = "create table payments (id blob primary key not null, amount integer not null,
        reference text, constraint payments_reference_key unique (reference),
        constraint payments_amount_check check (amount > 0)) strict;
    create table idempotency_keys (id blob not null primary key, caller text not null,
        operation text not null, idempotency_key text not null, fingerprint blob not null,
        status integer not null, headers text not null, body blob not null,
        created_at integer not null, expires_at integer not null) strict;";
const POSTGRES: &str = "create table payments (id uuid primary key, amount bigint not null,
        reference text, constraint payments_reference_key unique (reference),
        constraint payments_amount_check check (amount > 0));
    create table idempotency_keys (id bytea not null primary key, caller text not null,
        operation text not null, idempotency_key text not null, fingerprint bytea not null,
        status bigint not null, headers jsonb not null, body bytea not null,
        created_at timestamptz not null, expires_at timestamptz not null);";
const INSERT: Sql =
    Sql::new("insert into payments (id, amount, reference) values ($1, $2, $3) returning id");
const COUNT: Sql = Sql::new("select count(*) from payments");
const CONSTRAINTS: &[Constraint] = &[
    Constraint::unique(
        "payments_reference_key",
        "payments",
        &["reference"],
        "/reference",
    ),
    Constraint::check("payments_amount_check", "/amount"),
];

impl Service for Payments {
    const NAME: &'static str = "payments";
    const VERSION: &'static str = "1.0.0";
    const MIGRATIONS: &'static [Migration] = &[Migration::new("0001_initial", SQLITE, POSTGRES)];
    const KEEPS_ANSWERS: bool = true;

    async fn start(resources: Resources) -> Result<Self, StartError> {
        Ok(Self {
            db: resources.db,
            begun: Arc::default(),
        })
    }

    fn router(self) -> Router {
        Router::new()
            .route("/v1/payments", post(pay))
            .with_state(self)
    }
}

struct NewPayment {
    amount: i64,
    reference: Option<String>,
}

impl Read for NewPayment {
    fn read(body: &mut Object) -> Option<Self> {
        let amount = body.required("amount", bigint());
        let reference = body.optional("reference", text());
        Some(Self {
            amount: amount?,
            reference: reference?,
        })
    }
}

async fn pay(
    State(Payments { db, begun }): State<Payments>,
    caller: Caller,
    write: Write,
    Body(new): Body<NewPayment>,
) -> Answered {
    let mut unit = write.begin(&db, &caller, paid).await?;
    begun.fetch_add(1, Ordering::Relaxed);
    let paying = async {
        let values = params![Uuid::now_v7(), new.amount, new.reference];
        let made = unit.write_one::<(Uuid,)>(&INSERT, values).await;
        let id = made.map_err(|error| Error::from(error).constrained(CONSTRAINTS))?;
        // Long enough that the other instance is on its way by now.
        tokio::time::sleep(Duration::from_millis(20)).await;
        unit.commit(&id).await?;
        Ok(id)
    };
    let outcome = paying.await;
    unit.answer(outcome).await
}

fn paid((id,): &(Uuid,)) -> Response {
    (StatusCode::CREATED, Json(json!({"id": id}))).into_response()
}

/// Two instances over one database.
async fn twins(url: &str) -> [TestServer<Payments>; 2] {
    let start = || TestServer::<Payments>::start_with(|it| url.clone_into(&mut it.db.url));
    [start().await, start().await]
}

async fn pay_at(server: &TestServer<Payments>, key: &str, body: &Value) -> Answer {
    let request = server.request(Method::POST, "/v1/payments");
    let request = request.header("idempotency-key", key).json(body.clone());
    request.send().await
}

fn is_replay(answer: &Answer) -> bool {
    answer.header("idempotency-replayed") == "true"
}

/// Sends the bodies in turn to the two instances at once, all with one key.
async fn at_once(twins: &[TestServer<Payments>; 2], key: &str, bodies: [&Value; 2]) -> Vec<Answer> {
    let pay = |client: usize| pay_at(&twins[client % 2], key, bodies[client % 2]);
    let (a, b, c, d) = tokio::join!(pay(0), pay(1), pay(2), pay(3));
    vec![a, b, c, d]
}

async fn count(twins: &[TestServer<Payments>; 2]) -> i64 {
    let db = &twins[0].app().db;
    db.fetch_one::<(i64,)>(&COUNT, params![]).await.unwrap().0
}

async fn is_done_once(url: &str) {
    let twins = twins(url).await;
    let rounds = 12;
    for round in 0..rounds {
        let key = format!("key-{round}");
        // Where a value is unique, the second one breaks that rule before it comes to its key.
        let body = match round % 3 {
            0 => json!({"amount": 1}),
            1 => json!({"amount": 1, "reference": key}),
            _ => json!({"amount": -1}),
        };
        let expected = if round % 3 == 2 { 422 } else { 201 };
        let before = count(&twins).await;
        let answers = at_once(&twins, &key, [&body, &body]).await;
        let (waiting, done): (Vec<_>, Vec<_>) =
            answers.into_iter().partition(|it| it.status == 409);
        for answer in &waiting {
            assert_eq!(answer.body["reason"], "IDEMPOTENCY_KEY_IN_USE");
            assert_eq!(answer.header("retry-after"), "1");
        }
        for answer in &done {
            assert_eq!(answer.status, expected, "{}", answer.body);
        }
        let first: Vec<_> = done.iter().filter(|it| !is_replay(it)).collect();
        assert_eq!(first.len(), 1, "round {round}: {done:?}");
        assert!(done.iter().all(|it| it.body == first[0].body), "{done:?}");
        for twin in &twins {
            let again = pay_at(twin, &key, &body).await;
            assert!(is_replay(&again), "{again:?}");
            assert_eq!(
                (again.status, &again.body),
                (first[0].status, &first[0].body)
            );
        }
        let made = i64::from(expected == 201);
        assert_eq!(count(&twins).await - before, made, "round {round}");
    }
    // The control: the two did meet, and not only by one of them finding the other's answer.
    let begun = twins
        .each_ref()
        .map(|it| it.app().begun.load(Ordering::Relaxed));
    assert!(begun.iter().sum::<usize>() > rounds, "{begun:?}");
}

async fn is_one_requests(url: &str) {
    let twins = twins(url).await;
    for round in 0..6 {
        let key = format!("key-{round}");
        let bodies = [json!({"amount": 1}), json!({"amount": 2})];
        let answers = at_once(&twins, &key, [&bodies[0], &bodies[1]]).await;
        let made: Vec<_> = answers.iter().filter(|it| it.status == 201).collect();
        assert!(
            made.iter().filter(|it| !is_replay(it)).count() == 1,
            "{answers:?}"
        );
        for other in answers.iter().filter(|it| it.status != 201) {
            let told = (other.status.as_u16(), other.body["reason"].as_str());
            let expected = [
                (409, Some("IDEMPOTENCY_KEY_IN_USE")),
                (422, Some("IDEMPOTENCY_KEY_REUSED")),
            ];
            assert!(expected.contains(&told), "{other:?}");
        }
        assert_eq!(count(&twins).await, round + 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_at_two_instances_is_done_once_on_postgres() {
    is_done_once(&fresh_postgres_url().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_at_two_instances_is_done_once_on_sqlite() {
    let directory = tempfile::tempdir().unwrap();
    is_done_once(&format!("sqlite://{}/test.db", directory.path().display())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_at_two_instances_is_that_of_one_request() {
    is_one_requests(&fresh_postgres_url().await).await;
    let directory = tempfile::tempdir().unwrap();
    is_one_requests(&format!("sqlite://{}/test.db", directory.path().display())).await;
}
