//! A batch comes back with other values where the caller says so, by record.

use serde_json::{Map, Value, json};
use shop::app::App;
use svcgen_runtime::testing::{Answer, TestServer};

use super::{count, create, order, remove, start};

/// An order and its line in the archive: the path that restores both, and their ids there.
struct Removed {
    path: String,
    order: String,
    line: String,
}

async fn archived(server: &TestServer<App>, order: &Value) -> Removed {
    let answer = remove(server, "/v1/orders", &order["id"], "?reason=x").await;
    assert_eq!(answer.status, 204, "{}", answer.body);
    let orders = server.get("/v1/archive/orders").await.body["orders"].clone();
    let lines = server.get("/v1/archive/order-lines").await.body["order_lines"].clone();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let batch = text(&orders[0]["archive_batch"]);
    Removed {
        path: format!("/v1/archive/batches/{batch}/restore"),
        order: text(&orders[0]["archive_id"]),
        line: text(&lines[0]["archive_id"]),
    }
}

fn overrides<const N: usize>(of: [(&str, Value); N]) -> Value {
    let members = of.map(|(id, values)| (id.to_owned(), values));
    json!({ "overrides": Map::from_iter(members) })
}

fn told(answer: &Answer) -> Vec<(String, String)> {
    let errors = answer.body["errors"].as_array().cloned();
    let text = |it: &Value, member: &str| it[member].as_str().unwrap_or_default().to_owned();
    let told = errors.unwrap_or_default();
    let mut told: Vec<_> = told
        .iter()
        .map(|it| (text(it, "pointer"), text(it, "code")))
        .collect();
    told.sort();
    told
}

/// How many orders, lines, archived orders and archived lines there are.
async fn counts(server: &TestServer<App>) -> [i64; 4] {
    [
        count(server, "orders").await,
        count(server, "order_lines").await,
        count(server, "orders_archive").await,
        count(server, "order_lines_archive").await,
    ]
}

#[tokio::test]
async fn a_batch_takes_other_values() {
    let server = start().await;
    let (customer, _, order) = order(&server).await;
    let removed = archived(&server, &order).await;
    let same = json!({"number": "1", "customer_id": customer["id"]});
    create(&server, "/v1/orders", same).await;
    let refused = server.post(&removed.path, json!({"overrides": {}})).await;
    assert_eq!(refused.status, 409, "{}", refused.body);

    let body = overrides([
        (&removed.order, json!({"number": "9", "note": null})),
        (&removed.line, json!({"quantity": 3})),
    ]);
    let tried = format!("{}?validate_only=true", removed.path);
    let tried = server.post(&tried, body.clone()).await;
    assert_eq!(tried.status, 200, "{}", tried.body);
    assert_eq!(counts(&server).await, [1, 0, 1, 1]);
    let kept = format!("/v1/archive/orders/{}", removed.order);
    assert_eq!(server.get(&kept).await.body["number"], "1");

    let restored = server.post(&removed.path, body).await;
    assert_eq!(restored.status, 200, "{}", restored.body);
    assert_eq!(counts(&server).await, [2, 1, 0, 0]);
    let id = order["id"].as_str().unwrap_or_default();
    let found = server.get(&format!("/v1/orders/{id}")).await.body;
    assert_eq!(found["number"], "9");
    // One more, as for a record that is restored alone.
    assert_eq!(
        (&order["version"], &found["version"]),
        (&json!(1), &json!(2))
    );
    assert_eq!(found["created_at"], order["created_at"]);
    let line = server.get("/v1/order-lines").await.body["order_lines"][0].clone();
    assert_eq!(
        (&line["quantity"], &line["price"], &line["version"]),
        (&json!(3), &json!("9.99"), &json!(2))
    );
}

#[tokio::test]
async fn what_a_batch_does_not_take_is_told_and_nothing_changes() {
    let server = start().await;
    let (_, _, order) = order(&server).await;
    let removed = archived(&server, &order).await;
    let category = create(&server, "/v1/categories", json!({"name": "c", "slug": "c"})).await;
    let gone = remove(&server, "/v1/categories", &category["id"], "").await;
    assert_eq!(gone.status, 204, "{}", gone.body);
    let other = server.get("/v1/archive/categories").await.body["categories"][0].clone();
    let other = other["archive_id"].as_str().unwrap_or_default();

    let of_order = format!("/overrides/{}", removed.order);
    let of_line = format!("/overrides/{}", removed.line);
    let of_other = format!("/overrides/{other}");
    for (body, expected) in [
        (
            overrides([(other, json!({"name": "d"}))]),
            vec![(of_other.as_str(), "NOT_IN_BATCH")],
        ),
        (
            overrides([("x", json!({}))]),
            vec![("/overrides/x", "INVALID_ID")],
        ),
        (
            overrides([(&removed.order, json!([]))]),
            vec![(of_order.as_str(), "WRONG_TYPE")],
        ),
        (
            json!({"overrides": [1]}),
            vec![("/overrides", "WRONG_TYPE")],
        ),
        (json!({"number": "9"}), vec![("/number", "UNKNOWN_FIELD")]),
        (
            overrides([
                (&removed.order, json!({"nunber": "9"})),
                (&removed.line, json!({"quantity": null})),
            ]),
            vec![
                (&format!("{of_line}/quantity"), "NOT_NULLABLE"),
                (&format!("{of_order}/nunber"), "UNKNOWN_FIELD"),
            ],
        ),
    ] {
        let refused = server.post(&removed.path, body.clone()).await;
        assert_eq!(refused.status, 422, "{body}: {}", refused.body);
        let expected = expected.into_iter();
        let mut expected: Vec<_> = expected
            .map(|(pointer, code)| (pointer.to_owned(), code.to_owned()))
            .collect();
        expected.sort();
        assert_eq!(told(&refused), expected, "{body}");
        assert_eq!(counts(&server).await, [0, 0, 1, 1], "{body}");
    }
    let nobody = "/v1/archive/batches/00000000-0000-7000-8000-000000000000/restore";
    let body = overrides([(&removed.order, json!({"number": "9"}))]);
    assert_eq!(server.post(nobody, body).await.status, 404);
}

/// What the caller says is looked at like what is archived: nothing comes back by halves.
#[tokio::test]
async fn other_values_can_stand_in_the_way_too() {
    let server = start().await;
    let (customer, _, first) = order(&server).await;
    let second = json!({"number": "2", "customer_id": customer["id"]});
    let second = create(&server, "/v1/orders", second).await;
    let both = json!({"requests": [{"id": first["id"]}, {"id": second["id"]}]});
    let answer = server.post("/v1/orders:batchDelete?reason=x", both).await;
    assert_eq!(answer.status, 204, "{}", answer.body);
    let find = async |number: &str| {
        let list = format!("/v1/archive/orders?filter=id%3D%22{number}%22");
        server.get(&list).await.body["orders"][0].clone()
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let first_gone = find(&text(&first["id"])).await;
    let id = text(&find(&text(&second["id"])).await["archive_id"]);
    let batch = text(&first_gone["archive_batch"]);
    let path = format!("/v1/archive/batches/{batch}/restore");
    let before = counts(&server).await;
    assert_eq!(before, [0, 0, 2, 1]);

    let twice = overrides([(&id, json!({"number": "1"}))]);
    let refused = server.post(&path, twice).await;
    assert_eq!(refused.status, 409, "{}", refused.body);
    assert!(
        told(&refused)
            .iter()
            .all(|(_, code)| code == "UNIQUE_TWICE")
    );
    assert_eq!(counts(&server).await, before);

    // The line refers to the first order by the id that it had.
    let parent = text(&first_gone["archive_id"]);
    let other = "0193a6f0-7c1e-7d2b-9f4e-3b6a1c5d8e90";
    let renamed = overrides([(&parent, json!({ "id": other }))]);
    let refused = server.post(&path, renamed).await;
    assert_eq!(refused.status, 409, "{}", refused.body);
    let lines = server.get("/v1/archive/order-lines").await.body["order_lines"].clone();
    let line = text(&lines[0]["archive_id"]);
    let pointer = format!("/order_lines/{line}/order_id");
    assert_eq!(told(&refused), [(pointer, "PARENT_MISSING".to_owned())]);
    assert_eq!(counts(&server).await, before);

    let whole = overrides([
        (&parent, json!({ "id": other })),
        (&line, json!({ "order_id": other })),
        (&id, json!({"number": "3"})),
    ]);
    let restored = server.post(&path, whole).await;
    assert_eq!(restored.status, 200, "{}", restored.body);
    assert_eq!(counts(&server).await, [2, 1, 0, 0]);
    let found = server.get(&format!("/v1/orders/{other}")).await.body;
    assert_eq!(found["number"], "1");
}
