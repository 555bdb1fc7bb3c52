//! Requests at the same time: nothing is lost, and nothing is there twice.

use serde_json::json;
use std::sync::Arc;

use super::{count, create, order, remove, start};

const ROUNDS: usize = 12;
const PRODUCTS: usize = 5;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_child_added_while_its_parent_goes_is_never_lost() {
    let server = Arc::new(start().await);
    let (customer, ..) = order(&server).await;
    let mut products = Vec::new();
    for n in 0..PRODUCTS {
        let product = json!({"sku": format!("R{n}"), "name": "r", "price": "1"});
        products.push(create(&server, "/v1/products", product).await["id"].clone());
    }
    let (live, archived) = (
        count(&server, "order_lines").await,
        count(&server, "order_lines_archive").await,
    );
    let mut added = 0;
    for round in 0..ROUNDS {
        let order = json!({"number": format!("race {round}"), "customer_id": customer["id"]});
        let order = create(&server, "/v1/orders", order).await;
        let mut adding = tokio::task::JoinSet::new();
        for product in products.clone() {
            let (server, order) = (Arc::clone(&server), order["id"].clone());
            adding.spawn(async move {
                let line = json!({"order_id": order, "product_id": product, "price": "1"});
                server.post("/v1/order-lines", line).await.status.as_u16()
            });
        }
        let gone = remove(&server, "/v1/orders", &order["id"], "?reason=race").await;
        assert!([204, 409].contains(&gone.status.as_u16()), "{}", gone.body);
        for status in adding.join_all().await {
            assert!([201, 422].contains(&status), "{status}");
            added += i64::from(status == 201);
        }
    }
    let now = count(&server, "order_lines").await + count(&server, "order_lines_archive").await;
    assert_eq!(
        now,
        live + archived + added,
        "every line is live or in the archive"
    );
    let orphans = "order_lines_archive l where not exists (select 1 from orders_archive o where o.archive_batch = l.archive_batch)";
    assert_eq!(count(&server, orphans).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_value_is_restored_or_taken_and_never_both() {
    let server = Arc::new(start().await);
    let (customer, ..) = order(&server).await;
    for round in 0..ROUNDS {
        let number = format!("same {round}");
        let body = json!({"number": number, "customer_id": customer["id"]});
        let first = create(&server, "/v1/orders", body.clone()).await;
        assert_eq!(
            remove(&server, "/v1/orders", &first["id"], "?reason=race")
                .await
                .status,
            204
        );
        let id = first["id"].as_str().unwrap_or_default();
        let list = server
            .get(&format!("/v1/archive/orders?filter=id%3D%22{id}%22"))
            .await;
        let archive_id = list.body["orders"][0]["archive_id"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let mut both = tokio::task::JoinSet::new();
        for _ in 0..2 {
            let (server, body) = (Arc::clone(&server), body.clone());
            both.spawn(
                async move { (true, server.post("/v1/orders", body).await.status.as_u16()) },
            );
        }
        for _ in 0..2 {
            let server = Arc::clone(&server);
            let path = format!("/v1/archive/orders/{archive_id}/restore");
            both.spawn(async move { (false, server.post(&path, json!({})).await.status.as_u16()) });
        }
        let outcomes = both.join_all().await;
        let won = outcomes
            .iter()
            .filter(|(_, status)| [200, 201].contains(status))
            .count();
        assert_eq!(won, 1, "{outcomes:?}");
        let live = count(&server, &format!("orders where number = '{number}'")).await;
        let kept = count(
            &server,
            &format!("orders_archive where number = '{number}'"),
        )
        .await;
        let restored = outcomes.contains(&(false, 200));
        assert_eq!((live, kept), (1, i64::from(!restored)), "{outcomes:?}");
    }
}
