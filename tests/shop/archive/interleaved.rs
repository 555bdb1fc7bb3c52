//! Two at a time, in an order that is forced and not hoped for: one holds a transaction open in the
//! middle of what it does, the other comes and has to wait, then the first one ends.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use shop::app::App;
use svcgen_runtime::axum::http::Method;
use svcgen_runtime::db::{Db, Engine, Sql, Transaction};
use svcgen_runtime::testing::{Answer, TestServer};
use svcgen_runtime::uuid::Uuid;
use svcgen_runtime::{Caller, params, removal};
use tokio::task::JoinHandle;

use super::{count, create, order, remove, start};

/// Adds a line of another product to an order.
const ADD_LINE: &str =
    "insert into order_lines (id, order_id, product_id, price, created_at, updated_at)
    select $1, id, $2, 1, created_at, updated_at from orders where id = $3";

/// Takes the number of an archived order.
const TAKE_NUMBER: &str = "insert into orders (id, number, customer_id, created_at, updated_at)
    select $1, number, customer_id, created_at, updated_at from orders_archive where archive_id = $2";

fn sql(text: &str) -> Sql {
    Sql::owned(text.to_owned(), text.to_owned())
}

fn id(record: &Value) -> Uuid {
    text(record, "id").parse().expect("a UUID")
}

fn text<'v>(record: &'v Value, member: &str) -> &'v str {
    record[member].as_str().unwrap_or_default()
}

/// Sends a request, and gives it the time to get to where it waits.
async fn waiting(
    server: &Arc<TestServer<App>>,
    method: Method,
    path: &str,
    body: Option<Value>,
) -> JoinHandle<Answer> {
    let (sender, path) = (Arc::clone(server), path.to_owned());
    let sent = tokio::spawn(async move {
        let request = sender.request(method, &path);
        match body {
            Some(body) => request.json(body).send().await,
            None => request.send().await,
        }
    });
    let db = &server.app().db;
    if db.engine() == Engine::Sqlite {
        // Whoever writes waits for the transaction that is open; there is nothing to look at.
        tokio::time::sleep(Duration::from_millis(30)).await;
        return sent;
    }
    let blocked = sql("select count(*) from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'");
    for _ in 0..200 {
        let (blocked,): (i64,) = db.fetch_one(&blocked, Vec::new()).await.expect("a count");
        if blocked > 0 || sent.is_finished() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(!sent.is_finished(), "the request had to wait");
    sent
}

/// Each server is one more for PostgreSQL to hold connections for.
async fn stop(server: Arc<TestServer<App>>) {
    let mut server = Arc::into_inner(server).expect("nobody else's");
    server.stop().await;
}

async fn begin(db: &Db) -> Transaction<'static> {
    db.begin().await.expect("a transaction")
}

/// An order with one line, and a product that another line can be of.
async fn order_and_product(server: &TestServer<App>) -> (Value, Value) {
    let (_, _, order) = order(server).await;
    let product = json!({"sku": "LATE", "name": "late", "price": "1"});
    (order, create(server, "/v1/products", product).await)
}

/// Whether each of so many lines is live or in the archive, once.
async fn keeps_lines(server: &TestServer<App>, lines: i64) -> Result<(), String> {
    let (live, archived) = (
        count(server, "order_lines").await,
        count(server, "order_lines_archive").await,
    );
    if live + archived == lines {
        return Ok(());
    }
    Err(format!("{live} live and {archived} archived of {lines}"))
}

/// The child is added first, and not yet committed when its parent is removed.
#[tokio::test(flavor = "multi_thread")]
async fn a_child_that_is_being_added_goes_with_its_parent() {
    let server = Arc::new(start().await);
    let (order, product) = order_and_product(&server).await;
    let mut tx = begin(&server.app().db).await;
    let line = params![Uuid::now_v7(), id(&product), id(&order)];
    assert_eq!(tx.execute(&sql(ADD_LINE), line).await.ok(), Some(1));
    let path = format!("/v1/orders/{}?reason=race", text(&order, "id"));
    let removing = waiting(&server, Method::DELETE, &path, None).await;
    tx.commit().await.expect("committed");
    let removed = removing.await.expect("an answer");
    assert_eq!(removed.status, 204, "{}", removed.body);
    assert_eq!(count(&server, "order_lines_archive").await, 2);
    assert_eq!(keeps_lines(&server, 2).await, Ok(()));
}

/// The negative control: copy, then delete, each as it comes, loses a line that is added in between.
#[tokio::test(flavor = "multi_thread")]
async fn without_the_recipe_a_child_is_lost() {
    let server = Arc::new(start().await);
    let (order, product) = order_and_product(&server).await;
    let db = &server.app().db;
    // The guard would notice.
    let unguard = match db.engine() {
        Engine::Sqlite => "drop trigger order_lines_guard",
        Engine::Postgres => "alter table order_lines disable trigger user",
    };
    db.execute(&sql(unguard), Vec::new())
        .await
        .expect("unguarded");
    let copy = "insert into order_lines_archive (archive_id, archive_batch, archived_at, archived_by, archive_request, archive_root, archive_hold, id, order_id, product_id)
        select id, order_id, created_at, 'x', 'x', 'orders', false, id, order_id, product_id from order_lines where order_id = $1";
    db.execute(&sql(copy), params![id(&order)])
        .await
        .expect("copied");
    let line = params![Uuid::now_v7(), id(&product), id(&order)];
    db.execute(&sql(ADD_LINE), line).await.expect("added");
    let delete = sql("delete from order_lines where order_id = $1");
    db.execute(&delete, params![id(&order)])
        .await
        .expect("deleted");
    assert!(keeps_lines(&server, 2).await.is_err());
}

/// The parent is removed first, and not yet committed when a child is added.
#[tokio::test(flavor = "multi_thread")]
async fn no_child_is_added_to_a_parent_that_is_going() {
    let server = Arc::new(start().await);
    let (order, product) = order_and_product(&server).await;
    let mut tx = begin(&server.app().db).await;
    assert!(removes(&mut tx, &order).await);
    let line = json!({"order_id": order["id"], "product_id": product["id"], "price": "1"});
    let adding = waiting(&server, Method::POST, "/v1/order-lines", Some(line)).await;
    tx.commit().await.expect("committed");
    let added = adding.await.expect("an answer");
    assert_eq!(added.status, 422, "{}", added.body);
    assert_eq!(keeps_lines(&server, 1).await, Ok(()));
}

/// The same order is removed by two: one finds nothing, and nothing is in the archive twice.
#[tokio::test(flavor = "multi_thread")]
async fn one_of_two_removals_finds_nothing() {
    for commits in [true, false] {
        let server = Arc::new(start().await);
        let (order, _) = order_and_product(&server).await;
        let mut tx = begin(&server.app().db).await;
        assert!(removes(&mut tx, &order).await);
        let path = format!("/v1/orders/{}?reason=race", text(&order, "id"));
        let removing = waiting(&server, Method::DELETE, &path, None).await;
        end(tx, commits).await;
        let removed = removing.await.expect("an answer");
        let expected = if commits { 404 } else { 204 };
        assert_eq!(removed.status, expected, "{}", removed.body);
        let kept = (
            count(&server, "orders_archive").await,
            count(&server, "order_lines_archive").await,
        );
        assert_eq!(kept, (1, 1));
        stop(server).await;
    }
}

/// A value is taken while what has it is restored: taken or restored, and it says which.
#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_is_being_taken_is_waited_for() {
    for commits in [true, false] {
        let server = Arc::new(start().await);
        let (_, path) = archived_order(&server).await;
        let mut tx = begin(&server.app().db).await;
        let archive_id: Uuid = path
            .rsplit('/')
            .nth(1)
            .and_then(|it| it.parse().ok())
            .expect("a UUID");
        let taken = tx
            .execute(&sql(TAKE_NUMBER), params![Uuid::now_v7(), archive_id])
            .await;
        assert_eq!(taken.ok(), Some(1));
        let restoring = waiting(&server, Method::POST, &path, Some(json!({}))).await;
        end(tx, commits).await;
        let restored = restoring.await.expect("an answer");
        if commits {
            assert_eq!(restored.status, 409, "{}", restored.body);
            assert_eq!(
                restored.body["errors"][0]["code"], "UNIQUE_TAKEN",
                "{}",
                restored.body
            );
        } else {
            assert_eq!(restored.status, 200, "{}", restored.body);
        }
        assert_eq!(count(&server, "orders").await, 1);
        assert_eq!(count(&server, "orders_archive").await, i64::from(commits));
        stop(server).await;
    }
}

/// The same record is restored by two: one finds nothing, and nothing is live twice.
#[tokio::test(flavor = "multi_thread")]
async fn one_of_two_restores_finds_nothing() {
    let server = Arc::new(start().await);
    let (order, path) = archived_order(&server).await;
    let mut tx = begin(&server.app().db).await;
    let held = match server.app().db.engine() {
        Engine::Sqlite => "select count(*) from orders_archive",
        Engine::Postgres => "select 1::bigint from orders_archive for update",
    };
    let _: (i64,) = tx.fetch_one(&sql(held), Vec::new()).await.expect("held");
    let first = waiting(&server, Method::POST, &path, Some(json!({}))).await;
    let second = waiting(&server, Method::POST, &path, Some(json!({}))).await;
    end(tx, false).await;
    let mut statuses = [
        first.await.expect("an answer").status.as_u16(),
        second.await.expect("an answer").status.as_u16(),
    ];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 404]);
    let live = server
        .get(&format!("/v1/orders/{}", text(&order, "id")))
        .await;
    assert_eq!(live.body["version"], 2);
}

/// Removes an order in a transaction that goes on.
async fn removes(tx: &mut Transaction<'static>, order: &Value) -> bool {
    let caller = Caller {
        subject: "first".to_owned(),
        request_id: "first".to_owned(),
    };
    let why = svcgen_runtime::Removal {
        reason: Some("first".to_owned()),
        allow_missing: false,
    };
    let batch = removal::Batch::new(&caller, &why);
    let removed = shop::order::removal::REMOVAL.run(tx, &batch, id(order), None);
    removed.await.expect("removed")
}

async fn end(tx: Transaction<'static>, commits: bool) {
    if commits {
        tx.commit().await.expect("committed");
    } else {
        drop(tx);
    }
}

/// An order that was removed, and where it is restored.
async fn archived_order(server: &TestServer<App>) -> (Value, String) {
    let (_, _, order) = order(server).await;
    let removed = remove(server, "/v1/orders", &order["id"], "?reason=x").await;
    assert_eq!(removed.status, 204, "{}", removed.body);
    let listed = server.get("/v1/archive/orders").await.body["orders"][0].clone();
    let path = format!("/v1/archive/orders/{}/restore", text(&listed, "archive_id"));
    (order, path)
}
