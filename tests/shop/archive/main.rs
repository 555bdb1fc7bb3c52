//! A removed order is in the archive with its lines: who, when, why, and in one batch.

mod interleaved;
mod logged;
mod oracle;
mod overrides;
mod races;
mod restore;
mod shelves;
mod sides;

use serde_json::{Value, json};
use shop::app::App;
use svcgen_runtime::axum::http::Method;
use svcgen_runtime::db::Sql;
use svcgen_runtime::testing::{Answer, TestServer};

async fn start() -> TestServer<App> {
    TestServer::start_with(|config| config.caller.header = Some("x-caller".to_owned())).await
}

async fn count(server: &TestServer<App>, table: &str) -> i64 {
    let sql = format!("select count(*) from {table}");
    let counted = server
        .app()
        .db
        .fetch_one::<(i64,)>(&Sql::owned(sql.clone(), sql), Vec::new())
        .await;
    counted.expect("a count").0
}

async fn create(server: &TestServer<App>, path: &str, body: Value) -> Value {
    let answer = server.post(path, body).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.body
}

async fn remove(server: &TestServer<App>, path: &str, id: &Value, reason: &str) -> Answer {
    let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
    let request = server.request(Method::DELETE, &format!("{path}/{id}{reason}"));
    request.header("x-caller", "clerk@example.com").send().await
}

/// A customer, a product in two categories, and an order of it.
async fn order(server: &TestServer<App>) -> (Value, Value, Value) {
    let customer = create(
        server,
        "/v1/customers",
        json!({"email": "a@example.com", "name": "A"}),
    )
    .await;
    let shelf = create(
        server,
        "/v1/categories",
        json!({"name": "shelf", "slug": "shelf"}),
    )
    .await;
    let below = create(
        server,
        "/v1/categories",
        json!({"name": "below", "slug": "below", "parent_id": shelf["id"]}),
    )
    .await;
    let product = json!({"sku": "A", "name": "a", "price": "9.99", "stock": 1, "category_ids": [shelf["id"], below["id"]]});
    let product = create(server, "/v1/products", product).await;
    let order = create(
        server,
        "/v1/orders",
        json!({"number": "1", "customer_id": customer["id"]}),
    )
    .await;
    let line = json!({"order_id": order["id"], "product_id": product["id"], "price": "9.99"});
    create(server, "/v1/order-lines", line).await;
    (customer, product, order)
}

#[tokio::test]
async fn an_order_goes_with_its_lines_and_says_who_when_and_why() {
    let server = start().await;
    let (_, _, order) = order(&server).await;
    let other = create(
        &server,
        "/v1/orders",
        json!({"number": "2", "customer_id": order["customer_id"]}),
    )
    .await;
    assert_eq!(
        remove(&server, "/v1/orders", &order["id"], "").await.status,
        400
    );
    assert_eq!(count(&server, "orders").await, 2);
    let before = jiff::Timestamp::now().as_second();
    let removed = remove(
        &server,
        "/v1/orders",
        &order["id"],
        "?reason=bought%20twice",
    )
    .await;
    assert_eq!(removed.status, 204, "{}", removed.body);
    for (table, left, kept) in [
        ("orders", 1, 1),
        ("order_lines", 0, 1),
        ("customers", 1, 0),
        ("products", 1, 0),
    ] {
        assert_eq!(count(&server, table).await, left, "{table}");
        assert_eq!(
            count(&server, &format!("{table}_archive")).await,
            kept,
            "{table}_archive"
        );
    }
    let path = format!("/v1/orders/{}", other["id"].as_str().unwrap_or_default());
    assert_eq!(server.get(&path).await.body, other);
    let select = "select o.archived_by, o.archive_reason, o.archived_at, o.archive_purge_after, o.number,
                         l.archived_by, l.archive_root
                  from orders_archive o join order_lines_archive l on l.archive_batch = o.archive_batch
                  where l.order_id = o.id";
    type Kept = (
        String,
        String,
        jiff::Timestamp,
        jiff::Timestamp,
        String,
        String,
        String,
    );
    let kept = server
        .app()
        .db
        .fetch_one::<Kept>(&Sql::new(select), Vec::new())
        .await;
    let (by, why, at, until, number, line_by, root) = kept.expect("both in one batch");
    assert_eq!(
        (by.as_str(), why.as_str(), number.as_str()),
        ("clerk@example.com", "bought twice", "1")
    );
    assert_eq!(
        (line_by.as_str(), root.as_str()),
        ("clerk@example.com", "orders")
    );
    assert!(
        (before..=jiff::Timestamp::now().as_second() + 1).contains(&at.as_second()),
        "{at}"
    );
    // Seven years, leap days included.
    let years = (until.as_second() - at.as_second()) / 86_400;
    assert!((2556..=2558).contains(&years), "{years} days");
    assert_eq!(
        remove(&server, "/v1/orders", &order["id"], "?reason=again")
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn what_is_referred_to_stays() {
    let server = start().await;
    let (customer, product, order) = order(&server).await;
    for (path, id) in [
        ("/v1/customers", &customer["id"]),
        ("/v1/products", &product["id"]),
    ] {
        let refused = remove(&server, path, id, "?reason=x").await;
        assert_eq!(refused.status, 409, "{path}: {}", refused.body);
        assert_eq!(refused.header("content-type"), "application/problem+json");
    }
    for table in ["customers", "products", "orders", "order_lines"] {
        assert_eq!(count(&server, table).await, 1, "{table}");
        assert_eq!(
            count(&server, &format!("{table}_archive")).await,
            0,
            "{table}_archive"
        );
    }
    assert_eq!(count(&server, "category_products").await, 2);
    assert_eq!(count(&server, "category_products_archive").await, 0);
    assert_eq!(
        remove(&server, "/v1/orders", &order["id"], "?reason=x")
            .await
            .status,
        204
    );
    assert_eq!(
        remove(&server, "/v1/customers", &customer["id"], "?reason=x")
            .await
            .status,
        204
    );
    assert_eq!(count(&server, "customers_archive").await, 1);
}

#[tokio::test]
async fn links_go_into_the_archive_with_either_side() {
    let server = start().await;
    let (_, product, order) = order(&server).await;
    let categories = server.get("/v1/categories").await.body["categories"].clone();
    let shelf = categories
        .as_array()
        .into_iter()
        .flatten()
        .find(|it| it["slug"] == "shelf")
        .cloned();
    let shelf = shelf.expect("the shelf");
    let removed = remove(&server, "/v1/categories", &shelf["id"], "").await;
    assert_eq!(removed.status, 204, "{}", removed.body);
    assert_eq!(count(&server, "category_products").await, 1);
    assert_eq!(count(&server, "category_products_archive").await, 1);
    // What stood on the shelf below has none above it now.
    let left = server.get("/v1/categories").await.body["categories"][0].clone();
    assert_eq!(
        (&left["slug"], &left["parent_id"]),
        (&json!("below"), &Value::Null)
    );
    assert_eq!(
        remove(&server, "/v1/orders", &order["id"], "?reason=x")
            .await
            .status,
        204
    );
    let path = format!(
        "/v1/products/{}",
        product["id"].as_str().unwrap_or_default()
    );
    assert_eq!(
        server.get(&path).await.body["category_ids"],
        json!([left["id"]])
    );
    assert_eq!(
        remove(&server, "/v1/products", &product["id"], "")
            .await
            .status,
        204
    );
    assert_eq!(count(&server, "category_products").await, 0);
    assert_eq!(count(&server, "category_products_archive").await, 2);
}

#[tokio::test]
async fn nobody_is_anonymous_and_no_header_is_trusted_unasked() {
    let server = TestServer::<App>::start().await;
    let category = create(&server, "/v1/categories", json!({"name": "a", "slug": "a"})).await;
    assert_eq!(
        remove(&server, "/v1/categories", &category["id"], "")
            .await
            .status,
        204
    );
    let select = Sql::new("select archived_by, archive_reason from categories_archive");
    let kept = server
        .app()
        .db
        .fetch_one::<(String, Option<String>)>(&select, Vec::new())
        .await;
    assert_eq!(kept.expect("a row"), ("anonymous".to_owned(), None));
}
