//! A random sequence of creates, changes, removals and restores of records that refer to their own
//! kind agrees with a model in memory: what goes along, what is cleared, what is detached and tied
//! again, and what keeps a record.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use svcgen_runtime::db::Sql;
use svcgen_runtime::testing::{Answer, TestServer};
use types::app::App;

use crate::{NODES, start};

const STEPS: usize = 220;

/// The references of a node, each with another word on removals.
const CASCADES: usize = 0;
const IS_CLEARED: usize = 1;
const IS_DETACHED: usize = 2;
const RESTRICTS: usize = 3;
const REFERENCES: [&str; 4] = ["parent_id", "original_id", "guardian_id", "rival_id"];

/// What the model knows of a node.
#[derive(Debug, Clone, PartialEq, Default)]
struct Known {
    name: String,
    refers: [Option<String>; 4],
}

struct Family {
    server: TestServer<App>,
    random: Random,
    live: BTreeMap<String, Known>,
    /// With the number of the removal.
    archived: BTreeMap<String, (usize, Known)>,
    /// Who was detached from whom, the last one last.
    detached: Vec<(String, String)>,
    removals: usize,
}

/// `SplitMix64`: the same sequence for the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % most as u64).unwrap_or_default()
    }

    fn of(&mut self, ids: &[String]) -> Option<String> {
        (!ids.is_empty()).then(|| ids[self.below(ids.len())].clone())
    }
}

#[tokio::test]
async fn a_family_agrees_with_a_model() {
    for seed in [1, 2, 3, 4] {
        let outcome = run(seed, None).await;
        assert_eq!(outcome, Ok(()), "seed {seed}");
    }
}

/// The negative controls: a tie that is cut, one that is made up, and an archived record that is lost.
#[tokio::test]
async fn what_is_lost_or_made_up_is_noticed() {
    for wrong in [
        "update nodes set guardian_id = null where id in (select id from nodes where guardian_id is not null limit 1)",
        "update nodes set original_id = id where id in (select id from nodes where original_id is null limit 1)",
        "delete from nodes_archive where archive_id in (select archive_id from nodes_archive limit 1)",
    ] {
        assert!(run(5, Some(wrong)).await.is_err(), "{wrong}");
    }
}

async fn run(seed: u64, wrong: Option<&'static str>) -> Result<(), String> {
    let mut family = Family {
        server: start().await,
        random: Random(seed),
        live: BTreeMap::new(),
        archived: BTreeMap::new(),
        detached: Vec::new(),
        removals: 0,
    };
    for step in 0..STEPS {
        let outcome = match family.random.below(7) {
            0 | 1 => family.create().await,
            2 | 3 => family.change().await,
            4 => family.remove().await,
            _ => family.restore().await,
        };
        outcome.map_err(|error| format!("step {step}: {error}"))?;
    }
    family.agrees().await?;
    if let Some(wrong) = wrong {
        let wrong = Sql::new(wrong);
        let done = family.server.app().db.execute(&wrong, Vec::new()).await;
        assert_eq!(done.ok(), Some(1), "there is something to get wrong");
        family.agrees().await?;
    }
    Ok(())
}

impl Family {
    fn ids(&self) -> Vec<String> {
        let ids = self.live.keys().chain(self.archived.keys());
        ids.cloned().collect()
    }

    /// What is wrong with a node of this name and these references, by status.
    fn refusals(&self, id: Option<&String>, node: &Known) -> Vec<u16> {
        let mut refusals = Vec::new();
        let others = self.live.iter().filter(|it| Some(it.0) != id);
        if others.into_iter().any(|it| it.1.name == node.name) {
            refusals.push(409);
        }
        let mut refers = node.refers.iter().flatten();
        if refers.any(|it| !self.live.contains_key(it)) {
            refusals.push(422);
        }
        refusals
    }

    /// Some of a node's members, most of which lead to nodes that are there.
    fn members(&mut self, node: &mut Known, most: usize) -> Value {
        let mut body = Map::new();
        let live: Vec<String> = self.live.keys().cloned().collect();
        for (number, name) in REFERENCES.iter().enumerate() {
            if self.random.below(10) >= most {
                continue;
            }
            let from = if self.random.below(8) == 0 {
                self.ids()
            } else {
                live.clone()
            };
            let to = match self.random.below(6) {
                0 => None,
                _ => self.random.of(&from),
            };
            body.insert((*name).to_owned(), json!(to));
            node.refers[number] = to;
        }
        if node.name.is_empty() || self.random.below(4) == 0 {
            node.name = format!("n{}", self.random.below(40));
            body.insert("name".to_owned(), json!(node.name));
        }
        Value::Object(body)
    }

    async fn create(&mut self) -> Result<(), String> {
        let mut node = Known::default();
        let body = self.members(&mut node, 4);
        let answer = self.server.post(NODES, body).await;
        let refusals = self.refusals(None, &node);
        expect("create", &answer, 201, &refusals)?;
        if refusals.is_empty() {
            self.live.insert(text(&answer.body, "id"), node);
        }
        Ok(())
    }

    async fn change(&mut self) -> Result<(), String> {
        let Some(id) = self.random.of(&self.ids()) else {
            return Ok(());
        };
        let mut node = self.live.get(&id).cloned().unwrap_or_default();
        let body = self.members(&mut node, 3);
        let answer = self.server.patch(&format!("{NODES}/{id}"), body).await;
        let refusals = if self.live.contains_key(&id) {
            self.refusals(Some(&id), &node)
        } else {
            vec![404]
        };
        expect("change", &answer, 200, &refusals)?;
        if refusals.is_empty() {
            self.live.insert(id, node);
        }
        Ok(())
    }

    /// The node and all that is below it.
    fn going(&self, id: &str) -> BTreeSet<String> {
        let mut going = BTreeSet::from([id.to_owned()]);
        loop {
            let before = going.len();
            for (child, node) in &self.live {
                if node.refers[CASCADES]
                    .as_ref()
                    .is_some_and(|it| going.contains(it))
                {
                    going.insert(child.clone());
                }
            }
            if going.len() == before {
                return going;
            }
        }
    }

    async fn remove(&mut self) -> Result<(), String> {
        let Some(id) = self.random.of(&self.ids()) else {
            return Ok(());
        };
        let answer = self.server.delete(&format!("{NODES}/{id}")).await;
        if !self.live.contains_key(&id) {
            return expect("remove", &answer, 0, &[404]);
        }
        let going = self.going(&id);
        let leads = |node: &Known, number: usize| {
            let refers = node.refers[number].as_ref();
            refers.is_some_and(|it| going.contains(it))
        };
        let mut stay = self.live.iter().filter(|it| !going.contains(it.0));
        if stay.any(|it| leads(it.1, RESTRICTS)) {
            return expect("remove", &answer, 0, &[409]);
        }
        expect("remove", &answer, 204, &[])?;
        self.removals += 1;
        let mut detached = Vec::new();
        for (row, node) in &mut self.live {
            if going.contains(row) {
                continue;
            }
            if leads(node, IS_CLEARED) {
                node.refers[IS_CLEARED] = None;
            }
            if leads(node, IS_DETACHED)
                && let Some(target) = node.refers[IS_DETACHED].take()
            {
                detached.push((row.clone(), target));
            }
        }
        self.detached.extend(detached);
        for id in going {
            if let Some(node) = self.live.remove(&id) {
                self.archived.insert(id, (self.removals, node));
            }
        }
        Ok(())
    }

    async fn restore(&mut self) -> Result<(), String> {
        let archived: Vec<String> = self.archived.keys().cloned().collect();
        let Some(id) = self.random.of(&archived) else {
            return Ok(());
        };
        let list = format!("/v1/archive/nodes?filter=id%3D%22{id}%22");
        let list = self.server.get(&list).await;
        let found = list.body["nodes"].as_array().map_or(0, Vec::len);
        if found != 1 {
            return Err(format!("{id} is {found} times in the archive"));
        }
        let whole = self.random.below(3) > 0;
        let entry = &list.body["nodes"][0];
        let path = if whole {
            format!("batches/{}", text(entry, "archive_batch"))
        } else {
            format!("nodes/{}", text(entry, "archive_id"))
        };
        let path = format!("/v1/archive/{path}/restore");
        let answer = self.server.post(&path, json!({})).await;

        let removal = self.archived[&id].0;
        let back: BTreeMap<String, Known> = self
            .archived
            .iter()
            .filter(|it| {
                if whole {
                    it.1.0 == removal
                } else {
                    *it.0 == id
                }
            })
            .map(|(id, (_, node))| (id.clone(), node.clone()))
            .collect();
        let is_taken = |node: &Known| self.live.values().any(|it| it.name == node.name);
        let is_lost = |it: &String| !self.live.contains_key(it) && !back.contains_key(it);
        let taken = back.values().any(is_taken);
        let lost = back
            .values()
            .any(|node| node.refers.iter().flatten().any(is_lost));
        if taken || lost {
            expect("restore", &answer, 0, &[409])?;
            let told = answer.body["errors"].to_string();
            for (is, code) in [(taken, "UNIQUE_TAKEN"), (lost, "PARENT_ARCHIVED")] {
                if told.contains(code) != is {
                    return Err(format!("{code} should be {is}: {told}"));
                }
            }
            return Ok(());
        }
        expect("restore", &answer, 200, &[])?;
        self.archived.retain(|id, _| !back.contains_key(id));
        self.live.extend(back);
        self.tie();
        Ok(())
    }

    /// Who was detached belongs to the other again once both are there, unless it has found another one.
    fn tie(&mut self) {
        let both =
            |it: &(String, String)| self.live.contains_key(&it.0) && self.live.contains_key(&it.1);
        let (tied, left) = self.detached.drain(..).partition(both);
        self.detached = left;
        let tied: Vec<(String, String)> = tied;
        for (row, target) in tied.into_iter().rev() {
            if let Some(node) = self.live.get_mut(&row) {
                node.refers[IS_DETACHED].get_or_insert(target);
            }
        }
    }

    /// Whether every node is where the model has it, and nothing else is anywhere.
    async fn agrees(&self) -> Result<(), String> {
        let archived = self
            .archived
            .iter()
            .map(|(id, it)| (id.clone(), it.1.clone()));
        for (path, expected) in [
            (NODES, self.live.clone()),
            ("/v1/archive/nodes", archived.collect()),
        ] {
            let page = self.server.get(&format!("{path}?page_size=1000")).await;
            let known = |node: &Value| {
                let refers = REFERENCES.map(|it| node[it].as_str().map(str::to_owned));
                let name = text(node, "name");
                (text(node, "id"), Known { name, refers })
            };
            let nodes = page.body["nodes"].as_array().cloned().unwrap_or_default();
            let found: BTreeMap<String, Known> = nodes.iter().map(known).collect();
            if nodes.len() != expected.len() || found != expected {
                return Err(format!("{path}: {found:#?}\nand not {expected:#?}"));
            }
        }
        Ok(())
    }
}

fn text(record: &Value, member: &str) -> String {
    record[member].as_str().unwrap_or_default().to_owned()
}

/// The status, or one of the refusals where there are any.
fn expect(what: &str, answer: &Answer, status: u16, refusals: &[u16]) -> Result<(), String> {
    let expected = if refusals.is_empty() {
        &[status][..]
    } else {
        refusals
    };
    if expected.contains(&answer.status.as_u16()) {
        return Ok(());
    }
    Err(format!(
        "{what}: {} and not {expected:?}: {}",
        answer.status, answer.body
    ))
}
