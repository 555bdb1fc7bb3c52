//! What is in the archive can be seen, and comes back as it was.

use serde_json::{Value, json};
use shop::app::App;
use svcgen_runtime::db::{Engine, Sql};
use svcgen_runtime::testing::{Answer, TestServer};

use super::{count, create, order, remove, start};

/// Removes an order with its line, and gives the archived order.
async fn removed(server: &TestServer<App>, order: &Value) -> Value {
    let answer = remove(server, "/v1/orders", &order["id"], "?reason=bought+twice").await;
    assert_eq!(answer.status, 204, "{}", answer.body);
    let id = order["id"].as_str().unwrap_or_default();
    let list = server
        .get(&format!("/v1/archive/orders?filter=id%3D%22{id}%22"))
        .await;
    assert_eq!(list.status, 200, "{}", list.body);
    list.body["orders"][0].clone()
}

async fn restore(server: &TestServer<App>, path: &str, body: Value) -> Answer {
    server
        .post(&format!("/v1/archive/{path}/restore"), body)
        .await
}

fn text<'v>(value: &'v Value, member: &str) -> &'v str {
    value[member].as_str().unwrap_or_default()
}

fn codes(answer: &Answer) -> Vec<(String, String)> {
    let errors = answer.body["errors"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let told = errors
        .iter()
        .map(|it| (text(it, "pointer").to_owned(), text(it, "code").to_owned()));
    told.collect()
}

#[tokio::test]
async fn a_batch_comes_back_as_it_was() {
    let server = start().await;
    let (_, _, order) = order(&server).await;
    let lines = server.get("/v1/order-lines").await.body["order_lines"].clone();
    let archived = removed(&server, &order).await;
    assert_eq!(archived["number"], order["number"]);
    assert_eq!(archived["archived_by"], "clerk@example.com");
    assert_eq!(archived["archive_reason"], "bought twice");
    assert_eq!(archived["archive_root_id"], order["id"]);
    assert_eq!(archived["archive_schema"], 1);
    assert_eq!(archived["archive_hold"], false);

    let batch = text(&archived, "archive_batch").to_owned();
    let path = format!("batches/{batch}");
    let tried = server
        .post(
            &format!("/v1/archive/{path}/restore?validate_only=true"),
            json!({}),
        )
        .await;
    assert_eq!(tried.status, 200, "{}", tried.body);
    assert_eq!(
        (
            count(&server, "orders").await,
            count(&server, "orders_archive").await
        ),
        (0, 1)
    );

    let restored = restore(&server, &path, json!({})).await;
    assert_eq!(restored.status, 200, "{}", restored.body);
    let tables: Vec<&str> = restored.body["records"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|it| text(it, "table"))
        .collect();
    assert_eq!(tables, ["orders", "order_lines"], "parents first");
    for table in ["orders_archive", "order_lines_archive"] {
        assert_eq!(count(&server, table).await, 0, "{table}");
    }
    let found = server
        .get(&format!("/v1/orders/{}", text(&order, "id")))
        .await
        .body;
    for member in [
        "id",
        "number",
        "customer_id",
        "status",
        "total",
        "created_at",
    ] {
        assert_eq!(found[member], order[member], "{member}");
    }
    assert_eq!(found["version"], 2);
    let again = server.get("/v1/order-lines").await.body["order_lines"].clone();
    assert_eq!(again[0]["id"], lines[0]["id"]);
    assert_eq!(again[0]["price"], lines[0]["price"]);
    assert_eq!(restore(&server, &path, json!({})).await.status, 404);
}

#[tokio::test]
async fn everything_that_stands_in_the_way_is_told_and_nothing_changes() {
    let server = start().await;
    let (customer, _, order) = order(&server).await;
    let archived = removed(&server, &order).await;
    let lines = server.get("/v1/archive/order-lines").await.body["order_lines"].clone();
    let line = format!("order-lines/{}", text(&lines[0], "archive_id"));
    let alone = restore(&server, &line, json!({})).await;
    assert_eq!(alone.status, 409, "{}", alone.body);
    let parent = ("/order_id".to_owned(), "PARENT_ARCHIVED".to_owned());
    assert_eq!(codes(&alone), [parent]);

    // Unique values are free again at once.
    let same = json!({"number": "1", "customer_id": customer["id"]});
    create(&server, "/v1/orders", same).await;
    let path = format!("orders/{}", text(&archived, "archive_id"));
    let refused = restore(&server, &path, json!({})).await;
    assert_eq!(refused.status, 409, "{}", refused.body);
    assert_eq!(refused.body["reason"], "RESTORE_CONFLICT");
    assert_eq!(
        codes(&refused)[0],
        ("/number".to_owned(), "UNIQUE_TAKEN".to_owned())
    );
    let batch = format!("batches/{}", text(&archived, "archive_batch"));
    let refused = restore(&server, &batch, json!({})).await;
    assert_eq!(refused.status, 409, "{}", refused.body);
    assert_eq!(
        (
            count(&server, "orders").await,
            count(&server, "orders_archive").await
        ),
        (1, 1)
    );
    assert_eq!(count(&server, "order_lines_archive").await, 1);

    let nobody = "00000000-0000-7000-8000-000000000000";
    for (body, status) in [
        (json!({"nunber": "3"}), 422),
        (json!({"number": null}), 422),
        (json!({"customer_id": nobody, "number": "3"}), 409),
        (json!({"number": "3"}), 200),
    ] {
        let answer = restore(&server, &path, body.clone()).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.body);
    }
    assert_eq!(count(&server, "orders").await, 2);
    assert_eq!(restore(&server, &line, json!({})).await.status, 200);
}

/// Records that were removed together may have become equal since, by a change of the schema.
#[tokio::test]
async fn records_of_a_batch_that_clash_with_each_other_are_told() {
    let server = start().await;
    let customer = json!({"email": "b@example.com", "name": "B"});
    let customer = create(&server, "/v1/customers", customer).await;
    let mut ids = Vec::new();
    for number in ["1", "2", "3"] {
        let order = json!({"number": number, "customer_id": customer["id"]});
        ids.push(create(&server, "/v1/orders", order).await["id"].clone());
    }
    let requests: Vec<Value> = ids.iter().map(|id| json!({ "id": id })).collect();
    let removal = json!({ "requests": requests });
    let answer = server
        .post("/v1/orders:batchDelete?reason=x", removal)
        .await;
    assert_eq!(answer.status, 204, "{}", answer.body);
    let equal = Sql::new("update orders_archive set number = '1' where number = '2'");
    let changed = server.app().db.execute(&equal, Vec::new()).await;
    assert_eq!(changed.ok(), Some(1));

    let list = server.get("/v1/archive/orders").await.body["orders"].clone();
    let path = format!("batches/{}", text(&list[0], "archive_batch"));
    // The number is unique alone, and with the customer.
    let told = |answer: &Answer| {
        let codes = codes(answer).into_iter();
        let of_number = codes.filter(|(pointer, _)| pointer.ends_with("/number"));
        let mut codes: Vec<String> = of_number.map(|(_, code)| code).collect();
        codes.sort();
        codes
    };
    let refused = restore(&server, &path, json!({})).await;
    assert_eq!(refused.status, 409, "{}", refused.body);
    assert_eq!(refused.body["reason"], "RESTORE_CONFLICT");
    assert_eq!(told(&refused), ["UNIQUE_TWICE", "UNIQUE_TWICE"]);
    // Both clash with a live one as well.
    let same = json!({"number": "1", "customer_id": customer["id"]});
    create(&server, "/v1/orders", same).await;
    let refused = restore(&server, &path, json!({})).await;
    assert_eq!(refused.status, 409, "{}", refused.body);
    let all = [
        "UNIQUE_TAKEN",
        "UNIQUE_TAKEN",
        "UNIQUE_TWICE",
        "UNIQUE_TWICE",
    ];
    assert_eq!(told(&refused), all);
    assert_eq!(count(&server, "orders_archive").await, 3);
    assert_eq!(count(&server, "orders").await, 1);
}

#[tokio::test]
async fn persons_are_masked_unless_asked_for() {
    let server = start().await;
    let customer = create(
        &server,
        "/v1/customers",
        json!({"email": "b@example.com", "name": "B", "password_hash": "secret"}),
    )
    .await;
    assert_eq!(
        remove(&server, "/v1/customers", &customer["id"], "?reason=left")
            .await
            .status,
        204
    );
    let listed = server.get("/v1/archive/customers").await.body["customers"][0].clone();
    assert_eq!(
        (&listed["email"], &listed["newsletter"]),
        (&Value::Null, &json!(false))
    );
    let path = format!("/v1/archive/customers/{}", text(&listed, "archive_id"));
    assert_eq!(server.get(&path).await.body["email"], Value::Null);
    let shown = server.get(&format!("{path}?show_pii=true")).await.body;
    assert_eq!(shown["email"], "b@example.com");
    assert_eq!(shown.get("password_hash"), None);
    for bad in ["?show_pii=yes", "?show=1", "?show_pii=true&show_pii=true"] {
        assert_eq!(
            server.get(&format!("{path}{bad}")).await.status,
            400,
            "{bad}"
        );
    }
    let live = format!("/v1/customers/{}", text(&customer, "id"));
    assert_eq!(server.get(&live).await.status, 404);
    assert_eq!(
        server.get("/v1/customers").await.body["customers"],
        json!([])
    );
}

#[tokio::test]
async fn a_preview_tells_what_goes_and_what_keeps_it() {
    let server = start().await;
    let (customer, _, order) = order(&server).await;
    let preview = server
        .get(&format!("/v1/orders/{}/removal", text(&order, "id")))
        .await;
    assert_eq!(preview.status, 200, "{}", preview.body);
    assert_eq!(preview.body["removable"], true);
    assert_eq!(
        preview.body["effects"],
        json!([
            {"table": "orders", "effect": "archived", "count": 1},
            {"table": "order_lines", "effect": "archived", "count": 1},
        ])
    );
    let kept = server
        .get(&format!("/v1/customers/{}/removal", text(&customer, "id")))
        .await;
    assert_eq!(kept.body["removable"], false);
    assert_eq!(
        kept.body["effects"][1],
        json!({"table": "orders", "effect": "restricts", "count": 1})
    );
    let none = "/v1/orders/00000000-0000-7000-8000-000000000000/removal";
    assert_eq!(server.get(none).await.status, 404);
}

#[tokio::test]
async fn rows_leave_only_through_their_archive() {
    let server = start().await;
    order(&server).await;
    let db = &server.app().db;
    let mut refused = vec!["delete from order_lines"];
    match db.engine() {
        Engine::Postgres => refused.push("truncate order_lines"),
        // What takes the place of a row deletes it first.
        Engine::Sqlite => refused.extend([
            "replace into order_lines select * from order_lines",
            "insert or replace into products select * from products",
            "update or replace categories set id = (select max(id) from categories)",
        ]),
    }
    for statement in refused {
        let outcome = db.execute(&Sql::new(statement), Vec::new()).await;
        assert!(outcome.is_err(), "{statement}");
    }
    for (table, rows) in [("order_lines", 1), ("products", 1), ("categories", 2)] {
        assert_eq!(count(&server, table).await, rows, "{table}");
    }
}

#[tokio::test]
async fn the_archive_tells_what_could_come_back() {
    let server = start().await;
    let (customer, _, order) = order(&server).await;
    let archived = removed(&server, &order).await;
    assert!(
        archived.get("archive_restorability").is_none(),
        "{archived}"
    );
    let told = async |kind: &str| {
        let list = format!("/v1/archive/{kind}?read_mask=archive_id,archive_restorability");
        let list = server.get(&list).await.body[kind.replace('-', "_")][0].clone();
        let one = format!("/v1/archive/{kind}/{}", text(&list, "archive_id"));
        let one = server.get(&one).await.body;
        assert_eq!(list["archive_restorability"], one["archive_restorability"]);
        text(&one, "archive_restorability").to_owned()
    };
    assert_eq!(told("orders").await, "ok");
    assert_eq!(told("order-lines").await, "parent_archived");

    let gone = remove(&server, "/v1/customers", &customer["id"], "?reason=x").await;
    assert_eq!(gone.status, 204, "{}", gone.body);
    assert_eq!(told("orders").await, "parent_archived");
    assert_eq!(told("customers").await, "ok");
    let incomplete = Sql::new("update customers_archive set name = null");
    let done = server.app().db.execute(&incomplete, Vec::new()).await;
    assert_eq!(done.ok(), Some(1));
    assert_eq!(told("customers").await, "needs_values");
    let taken = json!({"email": customer["email"], "name": "B"});
    create(&server, "/v1/customers", taken).await;
    assert_eq!(told("customers").await, "conflict");
}
