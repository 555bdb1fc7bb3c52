//! Orders, as a caller meets them.

use serde_json::{Value, json};
use shop::app::App;
use svcgen_runtime::axum::http::Method;
use svcgen_runtime::testing::TestServer;

use crate::support;

/// The body of a request that creates an order, with whatever it refers to.
pub async fn sample(server: &TestServer<App>) -> Value {
    let n = support::next();
    let customer = crate::customer::create(server).await;
    json!({
        "number": format!("number {n}"),
        "customer_id": customer["id"],
        "status": "draft",
        "note": format!("note {n}"),
    })
}

/// Creates an order.
pub async fn create(server: &TestServer<App>) -> Value {
    let answer = server.post("/v1/orders", sample(server).await).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.body
}

/// Creates a product of which so many pieces lie in the warehouse.
async fn product(server: &TestServer<App>, stock: i32) -> Value {
    let n = support::next();
    let body =
        json!({ "sku": format!("SKU-{n}"), "name": "A shirt", "price": "9.99", "stock": stock });
    let answer = server.post("/v1/products", body).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.body
}

/// The body of a request that puts a product into an order.
fn line(order: &Value, product: &Value, quantity: i32) -> Value {
    json!({
        "order_id": order["id"],
        "product_id": product["id"],
        "quantity": quantity,
        "price": product["price"],
    })
}

/// The record as it is now.
async fn again(server: &TestServer<App>, resource: &str, record: &Value) -> Value {
    let id = record["id"].as_str().unwrap_or_default();
    server.get(&format!("/v1/{resource}/{id}")).await.body
}

#[tokio::test]
async fn a_line_takes_from_the_stock_and_makes_the_total() {
    let server = TestServer::<App>::start().await;
    let (order, shirt) = (create(&server).await, product(&server, 10).await);

    let mut discounted = line(&order, &shirt, 3);
    discounted["discount"] = json!("0.1");
    let created = server.post("/v1/order-lines", discounted).await;
    assert_eq!(created.status, 201, "{}", created.body);
    assert_eq!(again(&server, "products", &shirt).await["stock"], 7);
    assert_eq!(again(&server, "orders", &order).await["total"], "26.97");

    let path = created.header("location");
    let fewer = server.patch(path, json!({ "quantity": 1 })).await;
    assert_eq!(fewer.status, 200, "{}", fewer.body);
    assert_eq!(again(&server, "products", &shirt).await["stock"], 9);
    assert_eq!(again(&server, "orders", &order).await["total"], "8.99");

    assert_eq!(server.delete(path).await.status, 204);
    assert_eq!(again(&server, "products", &shirt).await["stock"], 10);
    assert_eq!(again(&server, "orders", &order).await["total"], "0.00");
}

#[tokio::test]
async fn what_is_out_of_stock_is_not_sold_and_nothing_is_left_behind() {
    let server = TestServer::<App>::start().await;
    let (order, shirt) = (create(&server).await, product(&server, 2).await);

    let refused = server
        .post("/v1/order-lines", line(&order, &shirt, 3))
        .await;
    assert_eq!(refused.status, 409, "{}", refused.body);
    assert_eq!(refused.body["reason"], "OUT_OF_STOCK");
    assert_eq!(again(&server, "products", &shirt).await["stock"], 2);
    assert_eq!(again(&server, "orders", &order).await["version"], 1);
    let lines = server.get("/v1/order-lines").await.body;
    assert_eq!(lines["order_lines"], json!([]));
}

#[tokio::test]
async fn an_order_moves_only_forward() {
    let server = TestServer::<App>::start().await;
    let order = create(&server).await;
    let path = format!("/v1/orders/{}", order["id"].as_str().unwrap_or_default());

    let placed = server.patch(&path, json!({ "status": "placed" })).await;
    assert_eq!(placed.status, 200, "{}", placed.body);
    assert!(placed.body["placed_at"].is_string());

    let refused = server.patch(&path, json!({ "status": "draft" })).await;
    assert_eq!(refused.status, 409, "{}", refused.body);
    assert_eq!(refused.body["reason"], "STATUS_GOES_FORWARD");
    assert_eq!(server.get(&path).await.body, placed.body);

    let shirt = product(&server, 1).await;
    let late = server
        .post("/v1/order-lines", line(&order, &shirt, 1))
        .await;
    assert_eq!(late.body["reason"], "NOT_A_DRAFT");

    let mut paid = sample(&server).await;
    paid["status"] = json!("paid");
    assert_eq!(server.post("/v1/orders", paid).await.status, 422);
}

#[tokio::test]
async fn a_cancelled_order_gives_back_what_it_held_and_only_once() {
    let server = TestServer::<App>::start().await;
    let (order, shirt) = (create(&server).await, product(&server, 5).await);
    server
        .post("/v1/order-lines", line(&order, &shirt, 4))
        .await;
    assert_eq!(again(&server, "products", &shirt).await["stock"], 1);

    let path = format!("/v1/orders/{}", order["id"].as_str().unwrap_or_default());
    let cancelled = server.patch(&path, json!({ "status": "cancelled" })).await;
    assert_eq!(cancelled.status, 200, "{}", cancelled.body);
    assert_eq!(again(&server, "products", &shirt).await["stock"], 5);

    let removed = server.delete(&format!("{path}?reason=entered+twice")).await;
    assert_eq!(removed.status, 204, "{}", removed.body);
    assert_eq!(again(&server, "products", &shirt).await["stock"], 5);
}

#[tokio::test]
async fn an_order_is_summed_up() {
    let server = TestServer::<App>::start().await;
    let order = create(&server).await;
    for stock in [1, 2] {
        let shirt = product(&server, stock).await;
        server
            .post("/v1/order-lines", line(&order, &shirt, stock))
            .await;
    }
    let path = format!(
        "/v1/orders/{}/summary",
        order["id"].as_str().unwrap_or_default()
    );
    let summary = server.get(&path).await;
    assert_eq!(summary.status, 200, "{}", summary.body);
    assert_eq!(summary.body["lines"], 2);
    assert_eq!(summary.body["pieces"], 3);
    assert_eq!(summary.body["total"], "29.97");
    let missing = server
        .get("/v1/orders/0193a6f0-7c1e-7d2b-9f4e-3b6a1c5d8e90/summary")
        .await;
    assert_eq!(missing.status, 404);
}

#[tokio::test]
async fn order_is_created_and_found() {
    let server = TestServer::<App>::start().await;
    let body = sample(&server).await;

    let created = server.post("/v1/orders", body.clone()).await;
    assert_eq!(created.status, 201, "{}", created.body);
    assert_eq!(created.body["number"], body["number"]);
    assert_eq!(created.body["customer_id"], body["customer_id"]);
    assert_eq!(created.body["status"], body["status"]);
    assert_eq!(created.body["note"], body["note"]);

    let path = created.header("location");
    let found = server.get(path).await;
    assert_eq!(found.status, 200);
    assert_eq!(found.body, created.body);
    assert_eq!(found.header("etag"), "\"1\"");
}

#[tokio::test]
async fn order_is_refused_with_every_reason_at_once() {
    let server = TestServer::<App>::start().await;
    let answer = server.post("/v1/orders", json!({})).await;
    assert_eq!(answer.status, 422);
    let pointers: Vec<&str> = answer.body["errors"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|error| error["pointer"].as_str())
        .collect();
    for pointer in ["/number", "/customer_id"] {
        assert!(pointers.contains(&pointer), "{pointer} in {pointers:?}");
    }
}

#[tokio::test]
async fn order_is_changed_unless_another_change_came_first() {
    let server = TestServer::<App>::start().await;
    let body = sample(&server).await;
    let created = server.post("/v1/orders", body).await;
    let path = created.header("location");
    let other = sample(&server).await;

    let change = json!({ "status": other["status"] });
    let changed = server.patch(path, change.clone()).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert_eq!(changed.body["status"], other["status"]);
    assert_eq!(changed.body["version"], 2);

    let stale = server
        .request(Method::PATCH, path)
        .header("if-match", "\"1\"")
        .json(change)
        .send()
        .await;
    assert_eq!(stale.status, 412, "{}", stale.body);
}

#[tokio::test]
async fn order_is_removed_once() {
    let server = TestServer::<App>::start().await;
    let body = sample(&server).await;
    let created = server.post("/v1/orders", body).await;
    let path = created.header("location");

    assert_eq!(server.delete(path).await.status, 400);
    let removal = format!("{path}?reason=entered+twice");
    assert_eq!(server.delete(&removal).await.status, 204);
    assert_eq!(server.get(path).await.status, 404);
    assert_eq!(server.delete(&removal).await.status, 404);
}

#[tokio::test]
async fn orders_are_listed_page_by_page() {
    let server = TestServer::<App>::start().await;
    for _ in 0..3 {
        create(&server).await;
    }
    let first = server.get("/v1/orders?page_size=2").await;
    assert_eq!(first.status, 200, "{}", first.body);
    assert_eq!(first.body["orders"].as_array().map(Vec::len), Some(2));

    let token = first.body["next_page_token"].as_str().unwrap_or_default();
    let second = server
        .get(&format!("/v1/orders?page_size=2&page_token={token}"))
        .await;
    assert_eq!(second.body["orders"].as_array().map(Vec::len), Some(1));
    assert_eq!(second.body.get("next_page_token"), None);
}
