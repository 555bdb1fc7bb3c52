//! A random sequence of creates, changes, removals and restores agrees with a model in memory:
//! every record is live or in the archive, once, with the values it had, and the lines of an order
//! go and come back with it.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use shop::app::App;
use svcgen_runtime::axum::http::Method;
use svcgen_runtime::db::Sql;
use svcgen_runtime::testing::{Answer, TestServer};

const STEPS: usize = 160;

/// What the model knows of a customer or an order.
#[derive(Debug, Clone, PartialEq)]
struct Known {
    /// The unique value: the email, or the number.
    key: String,
    /// What changes: the name, or the note.
    text: String,
    /// The customer of an order.
    parent: Option<String>,
    version: i64,
}

#[derive(Default)]
struct Model {
    live: BTreeMap<String, Known>,
    archived: BTreeMap<String, Known>,
}

/// What the model knows of a line of an order.
#[derive(Debug, Clone, PartialEq)]
struct Line {
    order: String,
    product: String,
    quantity: i64,
    /// The number of the removal that it went with; `None` while it is live.
    removal: Option<usize>,
}

/// SplitMix64: the same sequence for the same seed.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % most as u64).unwrap_or_default()
    }

    pub fn of<'k>(&mut self, ids: impl Iterator<Item = &'k String>) -> Option<String> {
        let ids: Vec<&String> = ids.collect();
        (!ids.is_empty()).then(|| ids[self.below(ids.len())].clone())
    }
}

struct Run {
    server: TestServer<App>,
    random: Random,
    customers: Model,
    orders: Model,
    lines: BTreeMap<String, Line>,
    /// What the lines are of, each once in an order.
    products: Vec<String>,
    /// The removal that an archived order went with.
    gone: BTreeMap<String, usize>,
    removals: usize,
}

#[tokio::test]
async fn live_and_archive_agree_with_a_model() {
    for seed in [1, 2, 3] {
        let outcome = run(seed, None).await;
        assert_eq!(outcome, Ok(()), "seed {seed}");
    }
}

/// The negative controls: an archived record that is lost, and a line that is.
#[tokio::test]
async fn a_lost_record_is_noticed() {
    for table in ["orders_archive", "order_lines_archive"] {
        assert!(run(4, Some(table)).await.is_err(), "{table}");
    }
}

async fn run(seed: u64, lose_one: Option<&str>) -> Result<(), String> {
    let server = super::start().await;
    let mut products = Vec::new();
    for sku in ["A", "B", "C"] {
        let product = json!({"sku": sku, "name": "a", "price": "9.99"});
        let product = server.post("/v1/products", product).await;
        expect("product", &product, &[201])?;
        products.push(text_of(&product.body, "id").to_owned());
    }
    let mut run = Run {
        server,
        products,
        random: Random(seed),
        customers: Model::default(),
        orders: Model::default(),
        lines: BTreeMap::new(),
        gone: BTreeMap::new(),
        removals: 0,
    };
    for step in 0..STEPS {
        run.step()
            .await
            .map_err(|error| format!("step {step}: {error}"))?;
    }
    if let Some(table) = lose_one {
        run.agrees().await?;
        let lose = format!(
            "delete from {table} where archive_id in (select archive_id from {table} limit 1)"
        );
        let lose = Sql::owned(lose.clone(), lose);
        let lost = run.server.app().db.execute(&lose, Vec::new()).await;
        assert_eq!(lost.ok(), Some(1), "there is something to lose");
    }
    run.agrees().await
}

impl Run {
    async fn step(&mut self) -> Result<(), String> {
        let orders = self.random.below(2) == 0;
        let (plural, key, text) = if orders {
            ("orders", "number", "note")
        } else {
            ("customers", "email", "name")
        };
        match self.random.below(7) {
            0 | 1 => self.create(orders, plural, key, text).await,
            6 => self.add_line().await,
            2 => self.change(orders, plural, text).await,
            3 | 4 => self.remove(orders, plural).await,
            _ => self.restore(orders, plural).await,
        }
    }

    fn model(&mut self, orders: bool) -> &mut Model {
        if orders {
            &mut self.orders
        } else {
            &mut self.customers
        }
    }

    async fn create(
        &mut self,
        orders: bool,
        plural: &str,
        key: &str,
        text: &str,
    ) -> Result<(), String> {
        let value = format!("k{}@example.com", self.random.below(8));
        let parent = if orders {
            let known = self
                .customers
                .live
                .keys()
                .chain(self.customers.archived.keys());
            let Some(parent) = self.random.of(known) else {
                return Ok(());
            };
            Some(parent)
        } else {
            None
        };
        let mut body = json!({key: value, text: "first"});
        if let Some(parent) = &parent {
            body["customer_id"] = json!(parent);
        }
        let taken = self.model(orders).live.values().any(|it| it.key == value);
        let orphan = parent
            .as_ref()
            .is_some_and(|it| !self.customers.live.contains_key(it));
        let answer = self.server.post(&format!("/v1/{plural}"), body).await;
        let expected: &[u16] = match (taken, orphan) {
            (false, false) => &[201],
            (true, false) => &[409],
            (false, true) => &[422],
            (true, true) => &[409, 422],
        };
        expect("create", &answer, expected)?;
        if answer.status == 201 {
            let id = answer.body["id"].as_str().unwrap_or_default().to_owned();
            let known = Known {
                key: value,
                text: "first".to_owned(),
                parent,
                version: 1,
            };
            self.model(orders).live.insert(id, known);
        }
        Ok(())
    }

    async fn add_line(&mut self) -> Result<(), String> {
        let known: Vec<String> = self.ids(true);
        let Some(order) = self.random.of(known.iter()) else {
            return Ok(());
        };
        let Some(product) = self.random.of(self.products.iter()) else {
            return Ok(());
        };
        let quantity = 1 + i64::try_from(self.random.below(9)).unwrap_or_default();
        let line = json!({"order_id": order, "product_id": product, "price": "1.00", "quantity": quantity});
        let answer = self.server.post("/v1/order-lines", line).await;
        if !self.orders.live.contains_key(&order) {
            return expect("line", &answer, &[422]);
        }
        let mut others = self.lines.values().filter(|it| it.removal.is_none());
        if others.any(|it| it.order == order && it.product == product) {
            return expect("line", &answer, &[409]);
        }
        expect("line", &answer, &[201])?;
        let line = Line {
            order,
            product,
            quantity,
            removal: None,
        };
        self.lines
            .insert(text_of(&answer.body, "id").to_owned(), line);
        Ok(())
    }

    async fn change(&mut self, orders: bool, plural: &str, text: &str) -> Result<(), String> {
        let known: Vec<String> = self.ids(orders);
        let Some(id) = self.random.of(known.iter()) else {
            return Ok(());
        };
        let value = format!("text {}", self.random.below(1000));
        let change = json!({text: value});
        let answer = self
            .server
            .patch(&format!("/v1/{plural}/{id}"), change)
            .await;
        match self.model(orders).live.get_mut(&id) {
            None => expect("change", &answer, &[404]),
            Some(known) => {
                known.text = value;
                known.version += 1;
                expect("change", &answer, &[200])
            }
        }
    }

    async fn remove(&mut self, orders: bool, plural: &str) -> Result<(), String> {
        let known: Vec<String> = self.ids(orders);
        let Some(id) = self.random.of(known.iter()) else {
            return Ok(());
        };
        let path = format!("/v1/{plural}/{id}?reason=model");
        let answer = self.server.request(Method::DELETE, &path).send().await;
        let kept = !orders
            && self
                .orders
                .live
                .values()
                .any(|it| it.parent.as_ref() == Some(&id));
        let model = self.model(orders);
        match model.live.get(&id).cloned() {
            None => expect("remove", &answer, &[404]),
            Some(_) if kept => expect("remove", &answer, &[409]),
            Some(known) => {
                model.live.remove(&id);
                model.archived.insert(id.clone(), known);
                self.removals += 1;
                for line in self.lines.values_mut() {
                    if line.order == id && line.removal.is_none() {
                        line.removal = Some(self.removals);
                    }
                }
                self.gone.insert(id, self.removals);
                expect("remove", &answer, &[204])
            }
        }
    }

    async fn restore(&mut self, orders: bool, plural: &str) -> Result<(), String> {
        let archived: Vec<String> = self.model(orders).archived.keys().cloned().collect();
        let Some(id) = self.random.of(archived.iter()) else {
            return Ok(());
        };
        let list = format!("/v1/archive/{plural}?filter=id%3D%22{id}%22");
        let list = self.server.get(&list).await;
        let found = list.body[plural].as_array().cloned().unwrap_or_default();
        if found.len() != 1 {
            return Err(format!("{id} is {} times in the archive", found.len()));
        }
        let whole = self.random.below(2) == 0;
        let path = if whole {
            format!("batches/{}", text_of(&found[0], "archive_batch"))
        } else {
            format!("{plural}/{}", text_of(&found[0], "archive_id"))
        };
        let answer = self
            .server
            .post(&format!("/v1/archive/{path}/restore"), json!({}))
            .await;
        let customers: Vec<String> = self.customers.live.keys().cloned().collect();
        let model = self.model(orders);
        let Some(mut known) = model.archived.get(&id).cloned() else {
            return Ok(());
        };
        let taken = model.live.values().any(|it| it.key == known.key);
        let orphan = known
            .parent
            .as_ref()
            .is_some_and(|it| !customers.contains(it));
        if taken || orphan {
            expect("restore", &answer, &[409])?;
            let told = answer.body["errors"].to_string();
            for (is, code) in [(taken, "UNIQUE_TAKEN"), (orphan, "PARENT_ARCHIVED")] {
                if told.contains(code) != is {
                    return Err(format!("{code} should be {is}: {told}"));
                }
            }
            return Ok(());
        }
        known.version += 1;
        model.archived.remove(&id);
        model.live.insert(id.clone(), known);
        // A record that comes back alone leaves what went with it.
        let removal = self.gone.remove(&id).filter(|_| whole);
        for line in self.lines.values_mut() {
            if removal.is_some() && line.removal == removal {
                line.removal = None;
            }
        }
        expect("restore", &answer, &[200])
    }

    fn ids(&mut self, orders: bool) -> Vec<String> {
        let model = self.model(orders);
        model
            .live
            .keys()
            .chain(model.archived.keys())
            .cloned()
            .collect()
    }

    /// Whether every record is where the model has it, and nothing else is anywhere.
    async fn agrees(&self) -> Result<(), String> {
        for (model, plural, key, text) in [
            (&self.customers, "customers", "email", "name"),
            (&self.orders, "orders", "number", "note"),
        ] {
            for (prefix, records) in [("", &model.live), ("archive/", &model.archived)] {
                let path = format!("/v1/{prefix}{plural}?page_size=1000");
                let page = self.server.get(&path).await;
                let found = page.body[plural].as_array().cloned().unwrap_or_default();
                if found.len() != records.len() {
                    return Err(format!("{path}: {} of {}", found.len(), records.len()));
                }
                for record in &found {
                    let record = if prefix.is_empty() {
                        record.clone()
                    } else {
                        let id = text_of(record, "archive_id");
                        let path = format!("/v1/archive/{plural}/{id}?show_pii=true");
                        self.server.get(&path).await.body
                    };
                    let known = Known {
                        key: text_of(&record, key).to_owned(),
                        text: text_of(&record, text).to_owned(),
                        parent: record["customer_id"].as_str().map(str::to_owned),
                        version: record["version"].as_i64().unwrap_or_default(),
                    };
                    if records.get(text_of(&record, "id")) != Some(&known) {
                        return Err(format!("{path}: {record}"));
                    }
                }
            }
        }
        self.lines_agree().await
    }

    /// Whether every line is live or in the archive, and of its order.
    async fn lines_agree(&self) -> Result<(), String> {
        for (prefix, is_live) in [("", true), ("archive/", false)] {
            let path = format!("/v1/{prefix}order-lines?page_size=1000");
            let page = self.server.get(&path).await;
            let found = page.body["order_lines"].as_array().cloned();
            let line = |it: &Value| {
                let order = text_of(it, "order_id").to_owned();
                let quantity = it["quantity"].as_i64().unwrap_or_default();
                (text_of(it, "id").to_owned(), (order, quantity))
            };
            let found: BTreeMap<_, _> = found.iter().flatten().map(line).collect();
            let expected = self.lines.iter();
            let expected = expected.filter(|it| it.1.removal.is_none() == is_live);
            let expected = expected.map(|(id, it)| (id.clone(), (it.order.clone(), it.quantity)));
            if found != expected.collect() {
                return Err(format!("{path}: {}", page.body));
            }
        }
        Ok(())
    }
}

pub fn text_of<'v>(record: &'v Value, member: &str) -> &'v str {
    record[member].as_str().unwrap_or_default()
}

pub fn expect(what: &str, answer: &Answer, statuses: &[u16]) -> Result<(), String> {
    if statuses.contains(&answer.status.as_u16()) {
        return Ok(());
    }
    Err(format!(
        "{what}: {} and not {statuses:?}: {}",
        answer.status, answer.body
    ))
}
