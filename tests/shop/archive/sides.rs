//! What a record shows of its links is part of it: whoever writes the other end changes its
//! version too, and only where what it shows really changes.

use serde_json::{Value, json};
use shop::app::App;
use svcgen_runtime::axum::http::Method;
use svcgen_runtime::testing::{Answer, TestServer};

use super::{create, start};

/// One end of the link between categories and products.
struct Side {
    path: &'static str,
    records: &'static str,
    /// The member that shows the other end.
    member: &'static str,
    /// A record by its number.
    new: fn(usize) -> Value,
}

const CATEGORIES: Side = Side {
    path: "/v1/categories",
    records: "categories",
    member: "product_ids",
    new: |n| json!({"name": format!("c{n}"), "slug": format!("c{n}"), "position": 0, "parent_id": null}),
};

const PRODUCTS: Side = Side {
    path: "/v1/products",
    records: "products",
    member: "category_ids",
    new: |n| json!({"sku": format!("P{n}"), "name": "p", "price": "1.00", "stock": 1}),
};

/// The records at the other end, and what has been seen of them.
struct Watched<'s> {
    server: &'s TestServer<App>,
    paths: Vec<String>,
    seen: Vec<Answer>,
}

impl<'s> Watched<'s> {
    async fn new(server: &'s TestServer<App>, side: &Side) -> (Self, Vec<Value>) {
        let mut watched = Self {
            server,
            paths: Vec::new(),
            seen: Vec::new(),
        };
        let mut ids = Vec::new();
        for n in 0..3 {
            let record = create(server, side.path, (side.new)(n)).await;
            watched.paths.push(path(side, &record));
            ids.push(record["id"].clone());
        }
        watched.changed("nothing").await;
        (watched, ids)
    }

    /// Which of the records are another version than when last seen. Only then the old tag is
    /// answered by the whole record, and only then `updated_at` is later.
    async fn changed(&mut self, what: &str) -> Vec<usize> {
        let mut changed = Vec::new();
        let mut seen = Vec::new();
        for (n, path) in self.paths.iter().enumerate() {
            let now = self.server.get(path).await;
            assert_eq!(now.status, 200, "{what}: {}", now.body);
            if let Some(before) = self.seen.get(n) {
                let tag = before.header("etag").to_owned();
                let request = self.server.request(Method::GET, path);
                let asked = request.header("if-none-match", tag).send().await;
                let is_other = asked.status == 200;
                assert_eq!(is_other, now.body != before.body, "{what}: {}", now.body);
                if is_other {
                    changed.push(n);
                    let time = |of: &Answer| of.body["updated_at"].clone();
                    assert_ne!(time(&now), time(before), "{what}: {}", now.body);
                } else {
                    assert_eq!(asked.status, 304, "{what}");
                }
            }
            seen.push(now);
        }
        self.seen = seen;
        changed
    }
}

fn path(side: &Side, record: &Value) -> String {
    let id = &record["id"];
    let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
    format!("{}/{id}", side.path)
}

/// A record by its number, with these links.
fn linked(side: &Side, n: usize, ids: &[&Value]) -> Value {
    let mut body = (side.new)(n);
    body[side.member] = json!(ids);
    body
}

async fn batch(server: &TestServer<App>, side: &Side, verb: &str, requests: Value) -> Vec<Value> {
    let path = format!("{}:batch{verb}", side.path);
    let answer = server.post(&path, json!({ "requests": requests })).await;
    assert_eq!(answer.status, 200, "{verb}: {}", answer.body);
    let records = answer.body[side.records].as_array().cloned();
    records.unwrap_or_default()
}

#[tokio::test]
async fn products_change_with_their_categories() {
    each_way(&CATEGORIES, &PRODUCTS).await;
}

#[tokio::test]
async fn categories_change_with_their_products() {
    each_way(&PRODUCTS, &CATEGORIES).await;
}

/// Every way to write one end.
async fn each_way(own: &Side, other: &Side) {
    let server = &start().await;
    let (mut watched, ids) = Watched::new(server, other).await;
    let [a, b, c] = ids.as_slice() else {
        panic!("three records");
    };

    let record = create(server, own.path, linked(own, 10, &[a])).await;
    assert_eq!(record["version"], 1);
    assert_eq!(watched.changed("create").await, [0]);
    let at = path(own, &record);

    for (ids, changed) in [
        (vec![a, b], vec![1]),
        (vec![b, a, a], vec![]),
        (vec![b, c], vec![0, 2]),
    ] {
        let answer = server.patch(&at, json!({ own.member: ids })).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(watched.changed("PATCH").await, changed, "{ids:?}");
    }
    let answer = server.patch(&at, json!({"name": "other"})).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(watched.changed("PATCH of a name").await, [0; 0]);
    let nobody = if a.is_string() {
        json!("00000000-0000-7000-8000-000000000000")
    } else {
        json!(4711)
    };
    let answer = server.patch(&at, json!({ own.member: [a, nobody] })).await;
    assert_eq!(answer.status, 422, "{}", answer.body);
    assert_eq!(watched.changed("a refused PATCH").await, [0; 0]);

    let whole = server.request(Method::PUT, &at);
    let answer = whole.json(linked(own, 10, &[a, b])).send().await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(watched.changed("PUT").await, [0, 2]);

    let new = json!([linked(own, 11, &[a]), linked(own, 12, &[a, c])]);
    let made = batch(server, own, "Create", new).await;
    assert_eq!(made[0]["version"], 1);
    assert_eq!(watched.changed("batch create").await, [0, 2]);
    let update = |n: usize, ids: &[&Value]| {
        let changes = json!({ own.member: ids });
        json!({"id": made[n]["id"], "changes": changes})
    };
    let changes = json!([update(0, &[a, b]), update(1, &[a, c])]);
    batch(server, own, "Update", changes).await;
    assert_eq!(watched.changed("batch update").await, [1]);

    gone_and_back(server, own, &mut watched, &at).await;
    let removal = format!("{}:batchDelete", own.path);
    let removed = json!({"requests": [{"id": made[0]["id"]}, {"id": made[1]["id"]}]});
    let answer = server.post(&removal, removed).await;
    assert_eq!(answer.status, 204, "{}", answer.body);
    assert_eq!(watched.changed("batch remove").await, [0, 1, 2]);
}

/// A record that is linked with the first two goes, and comes back alone and with its batch.
async fn gone_and_back(server: &TestServer<App>, own: &Side, watched: &mut Watched<'_>, at: &str) {
    for alone in [true, false] {
        let removed = server.delete(at).await;
        assert_eq!(removed.status, 204, "{}", removed.body);
        assert_eq!(watched.changed("remove").await, [0, 1]);
        let list = format!("/v1/archive/{}", own.records);
        let archived = server.get(&list).await.body[own.records][0].clone();
        let member = |name: &str| archived[name].as_str().unwrap_or_default().to_owned();
        let back = if alone {
            format!("{list}/{}/restore", member("archive_id"))
        } else {
            format!("/v1/archive/batches/{}/restore", member("archive_batch"))
        };
        let restored = server.post(&back, json!({})).await;
        assert_eq!(restored.status, 200, "{}", restored.body);
        assert_eq!(watched.changed("restore").await, [0, 1]);
    }
}
