//! A random sequence of creates, changes, removals and restores of categories and products agrees
//! with a model in memory: their links, the category above, and the version of each end.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use shop::app::App;
use svcgen_runtime::axum::http::Method;
use svcgen_runtime::db::Sql;
use svcgen_runtime::testing::TestServer;

use super::oracle::{Random, expect, text_of};

const STEPS: usize = 160;

/// What the model knows of a category or a product.
#[derive(Debug, Clone, PartialEq)]
struct Known {
    /// The unique value: the slug, or the SKU.
    key: String,
    /// The category above a category.
    parent: Option<String>,
    version: i64,
}

#[derive(Default)]
struct Model {
    live: BTreeMap<String, Known>,
    archived: BTreeMap<String, Known>,
}

/// One end of the links.
#[derive(Clone, Copy, PartialEq)]
enum End {
    Category,
    Product,
}

impl End {
    const fn other(self) -> Self {
        match self {
            Self::Category => Self::Product,
            Self::Product => Self::Category,
        }
    }

    const fn plural(self) -> &'static str {
        match self {
            Self::Category => "categories",
            Self::Product => "products",
        }
    }

    const fn key(self) -> &'static str {
        match self {
            Self::Category => "slug",
            Self::Product => "sku",
        }
    }

    /// The member that shows the other ends.
    const fn links(self) -> &'static str {
        match self {
            Self::Category => "product_ids",
            Self::Product => "category_ids",
        }
    }

    /// An id as the other end's body has it.
    fn json(self, id: &str) -> Value {
        match self {
            Self::Category => json!(id.parse::<i64>().unwrap_or_default()),
            Self::Product => json!(id),
        }
    }
}

fn id_of(record: &Value) -> String {
    let id = &record["id"];
    id.as_str().map_or_else(|| id.to_string(), str::to_owned)
}

struct Run {
    server: TestServer<App>,
    random: Random,
    categories: Model,
    products: Model,
    /// A category and a product; where one of them is in the archive, so is the link.
    links: BTreeSet<(String, String)>,
    made: usize,
}

#[tokio::test]
async fn links_and_versions_agree_with_a_model() {
    for seed in [1, 2, 3] {
        let outcome = run(seed, None).await;
        assert_eq!(outcome, Ok(()), "seed {seed}");
    }
}

/// The negative controls: a version that was not raised, and a link that is lost.
#[tokio::test]
async fn what_is_not_raised_or_lost_is_noticed() {
    for wrong in [
        "update products set version = version - 1 where id in (select id from products limit 1)",
        "delete from category_products where category_id in (select max(category_id) from category_products)",
    ] {
        assert!(run(4, Some(wrong)).await.is_err(), "{wrong}");
    }
}

async fn run(seed: u64, wrong: Option<&'static str>) -> Result<(), String> {
    let mut run = Run {
        server: super::start().await,
        random: Random(seed),
        categories: Model::default(),
        products: Model::default(),
        links: BTreeSet::new(),
        made: 0,
    };
    for step in 0..STEPS {
        let stepped = run.step().await;
        stepped.map_err(|error| format!("step {step}: {error}"))?;
    }
    if let Some(wrong) = wrong {
        let sql = Sql::new(wrong);
        let changed = run.server.app().db.execute(&sql, Vec::new()).await;
        assert!(changed.is_ok_and(|rows| rows > 0), "{wrong}");
    }
    run.agrees(End::Category).await?;
    run.agrees(End::Product).await
}

impl Run {
    async fn step(&mut self) -> Result<(), String> {
        let end = [End::Category, End::Product][self.random.below(2)];
        match self.random.below(8) {
            0 | 1 => self.create(end).await,
            2..=4 => self.change(end).await,
            5 => self.remove(end).await,
            _ => self.restore(end).await,
        }
    }

    fn model(&mut self, end: End) -> &mut Model {
        match end {
            End::Category => &mut self.categories,
            End::Product => &mut self.products,
        }
    }

    fn pair(end: End, own: &str, other: &str) -> (String, String) {
        match end {
            End::Category => (own.to_owned(), other.to_owned()),
            End::Product => (other.to_owned(), own.to_owned()),
        }
    }

    /// The live records that a live one is linked with.
    fn linked(&self, end: End, id: &str) -> BTreeSet<String> {
        let others = match end {
            End::Category => &self.products.live,
            End::Product => &self.categories.live,
        };
        let is_linked = |other: &&String| self.links.contains(&Self::pair(end, id, other));
        others.keys().filter(is_linked).cloned().collect()
    }

    fn raise(&mut self, end: End, ids: impl IntoIterator<Item = String>) {
        for id in ids {
            if let Some(known) = self.model(end).live.get_mut(&id) {
                known.version += 1;
            }
        }
    }

    /// Some live records, as they are chosen.
    fn some(&mut self, end: End) -> BTreeSet<String> {
        let ids: Vec<String> = self.model(end).live.keys().cloned().collect();
        ids.into_iter()
            .filter(|_| self.random.below(3) == 0)
            .take(10)
            .collect()
    }

    fn links_body(end: End, others: &BTreeSet<String>) -> Value {
        let ids = others.iter().map(|id| end.other().json(id));
        json!({ end.links(): ids.collect::<Vec<_>>() })
    }

    async fn create(&mut self, end: End) -> Result<(), String> {
        self.made += 1;
        let others = self.some(end.other());
        let mut body = Self::links_body(end, &others);
        let key = match end {
            End::Category => format!("k{}", self.random.below(8)),
            End::Product => format!("K{}", self.random.below(8)),
        };
        body[end.key()] = json!(key);
        body["name"] = json!(format!("n{}", self.made));
        let mut parent = None;
        if end == End::Category {
            parent = self.random.of(self.categories.live.keys());
            body["parent_id"] = parent.as_ref().map_or(Value::Null, |it| end.json(it));
        } else {
            body["price"] = json!("1.00");
        }
        let taken = self.model(end).live.values().any(|it| it.key == key);
        let answer = self
            .server
            .post(&format!("/v1/{}", end.plural()), body)
            .await;
        expect("create", &answer, if taken { &[409] } else { &[201] })?;
        if !taken {
            let id = id_of(&answer.body);
            let known = Known {
                key,
                parent,
                version: 1,
            };
            self.links
                .extend(others.iter().map(|it| Self::pair(end, &id, it)));
            self.model(end).live.insert(id, known);
            self.raise(end.other(), others);
        }
        Ok(())
    }

    /// Other links, and with them other versions of those that are added or left out.
    async fn change(&mut self, end: End) -> Result<(), String> {
        let ids: Vec<String> = self.model(end).live.keys().cloned().collect();
        let Some(id) = self.random.of(ids.iter()) else {
            return Ok(());
        };
        let (before, after) = (self.linked(end, &id), self.some(end.other()));
        let path = format!("/v1/{}/{id}", end.plural());
        let body = Self::links_body(end, &after);
        let answer = self.server.patch(&path, body).await;
        expect("change", &answer, &[200])?;
        for other in &before {
            self.links.remove(&Self::pair(end, &id, other));
        }
        self.links
            .extend(after.iter().map(|it| Self::pair(end, &id, it)));
        let differing: Vec<String> = before.symmetric_difference(&after).cloned().collect();
        self.raise(end.other(), differing);
        self.raise(end, [id]);
        Ok(())
    }

    /// Whatever was linked with it shows it no more, and whatever was below it is on top.
    async fn remove(&mut self, end: End) -> Result<(), String> {
        let ids: Vec<String> = self.model(end).live.keys().cloned().collect();
        let Some(id) = self.random.of(ids.iter()) else {
            return Ok(());
        };
        let path = format!("/v1/{}/{id}", end.plural());
        let answer = self.server.request(Method::DELETE, &path).send().await;
        expect("remove", &answer, &[204])?;
        let others = self.linked(end, &id);
        self.raise(end.other(), others);
        let model = self.model(end);
        if let Some(known) = model.live.remove(&id) {
            model.archived.insert(id.clone(), known);
        }
        if end == End::Category {
            let below = self.categories.live.values_mut();
            for child in below.filter(|it| it.parent.as_ref() == Some(&id)) {
                child.parent = None;
                child.version += 1;
            }
        }
        Ok(())
    }

    async fn restore(&mut self, end: End) -> Result<(), String> {
        let archived: Vec<String> = self.model(end).archived.keys().cloned().collect();
        let Some(id) = self.random.of(archived.iter()) else {
            return Ok(());
        };
        let Some(mut known) = self.model(end).archived.get(&id).cloned() else {
            return Ok(());
        };
        let plural = end.plural();
        let list = format!("/v1/archive/{plural}?page_size=1000");
        let list = self.server.get(&list).await.body[plural].clone();
        let mut found = list.as_array().into_iter().flatten();
        let Some(found) = found.find(|it| id_of(it) == id) else {
            return Err(format!("{id} is not in the archive"));
        };
        let mut body = json!({});
        let path = if self.random.below(3) == 0 {
            format!("batches/{}", text_of(found, "archive_batch"))
        } else {
            if self.random.below(2) == 0 {
                known.key = format!("{}9", known.key);
                body[end.key()] = json!(known.key);
            }
            if end == End::Category && self.random.below(2) == 0 {
                known.parent = None;
                body["parent_id"] = Value::Null;
            }
            format!("{plural}/{}", text_of(found, "archive_id"))
        };
        let path = format!("/v1/archive/{path}/restore");
        let answer = self.server.post(&path, body).await;
        let taken = self.model(end).live.values().any(|it| it.key == known.key);
        let is_live = |it: &String| self.categories.live.contains_key(it);
        let orphan = !known.parent.as_ref().is_none_or(is_live);
        if taken || orphan {
            return expect("restore", &answer, &[409]);
        }
        expect("restore", &answer, &[200])?;
        known.version += 1;
        self.model(end).archived.remove(&id);
        self.model(end).live.insert(id.clone(), known);
        let others = self.linked(end, &id);
        self.raise(end.other(), others);
        Ok(())
    }

    /// Whether every record is where the model has it, as it is there, with its links.
    async fn agrees(&self, end: End) -> Result<(), String> {
        let plural = end.plural();
        let model = match end {
            End::Category => &self.categories,
            End::Product => &self.products,
        };
        for (prefix, records) in [("", &model.live), ("archive/", &model.archived)] {
            let path = format!("/v1/{prefix}{plural}?page_size=1000");
            let page = self.server.get(&path).await;
            let found = page.body[plural].as_array().cloned().unwrap_or_default();
            if found.len() != records.len() {
                return Err(format!("{path}: {} of {}", found.len(), records.len()));
            }
            for record in &found {
                let id = id_of(record);
                let parent = &record["parent_id"];
                let known = Known {
                    key: text_of(record, end.key()).to_owned(),
                    parent: (!parent.is_null()).then(|| parent.to_string()),
                    version: record["version"].as_i64().unwrap_or_default(),
                };
                if records.get(&id) != Some(&known) {
                    return Err(format!("{path}: {record} and not {:?}", records.get(&id)));
                }
                let shown = record[end.links()].as_array().into_iter().flatten();
                let shown: BTreeSet<String> = shown
                    .map(|it| it.as_str().map_or_else(|| it.to_string(), str::to_owned))
                    .collect();
                if prefix.is_empty() && shown != self.linked(end, &id) {
                    return Err(format!("{path}: other links: {record}"));
                }
            }
        }
        Ok(())
    }
}
