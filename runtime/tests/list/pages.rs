//! Pages under concurrent writes: nothing twice, and nothing left out that stood throughout.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use svcgen_runtime::db::Db;
use svcgen_runtime::list::{Page, Table};
use svcgen_runtime::uuid::Uuid;
use tokio::runtime::Handle;

use crate::parcels::{self, ORDERED, PARCELS, PLAIN, Parcel, TIED};
use crate::random::Random;
use crate::reference::{Condition, condition};
use crate::{listing, support, tokens};

const ROWS: usize = 80;

/// How the pages of a walk are asked for.
#[derive(Clone, Copy, PartialEq)]
enum By {
    Cursor,
    /// By counting: what the walk must tell apart from a good one.
    Offset,
}

/// When others write.
#[derive(Clone, Copy, PartialEq)]
enum Writes {
    /// Between two pages.
    Between,
    /// At any moment, in a thread of their own.
    Beside,
}

/// A list that is walked while others write.
struct Walk<'a> {
    table: &'static Table,
    db: &'a Db,
    writes: Writes,
    standing: &'a [Parcel],
    passing: Vec<Uuid>,
    random: Random,
}

impl Walk<'_> {
    /// Somebody else inserts and deletes, but leaves alone what stands throughout.
    async fn write(&mut self) {
        if self.writes == Writes::Beside {
            return;
        }
        for _ in 0..self.random.below(6) {
            if self.random.perhaps() || self.passing.is_empty() {
                let parcel = parcels::parcel(&mut self.random);
                parcels::insert(self.db, &parcel).await.unwrap();
                self.passing.push(parcel.id);
            } else {
                let at = self.random.below(self.passing.len());
                parcels::delete(self.db, self.passing.swap_remove(at)).await;
            }
        }
    }

    /// All pages of a filter and an order, there and back again.
    async fn pages(&mut self, condition: &Condition, order: &str, by: By) -> Result<(), String> {
        let filter = condition.text();
        let mut seen: Vec<Uuid> = Vec::new();
        let mut token = String::new();
        let mut way_back = String::new();
        loop {
            let size = (1 + self.random.below(12)).to_string();
            let skip = seen.len().to_string();
            let mut asked = vec![
                ("filter", filter.as_str()),
                ("order_by", order),
                ("page_size", &size),
            ];
            asked.push(match by {
                By::Cursor => ("page_token", &token),
                By::Offset => ("skip", &skip),
            });
            let listing = listing(&asked).await.unwrap();
            let page = self
                .table
                .page::<Parcel>(self.db, &tokens(), None, &listing)
                .await;
            let page = page.map_err(|error| format!("{error:?}"))?;
            check(&page.records, condition)?;
            seen.extend(page.records.iter().map(|it| it.id));
            if !page.previous_page_token.is_empty() {
                way_back = page.previous_page_token;
            }
            token = page.next_page_token;
            self.write().await;
            if token.is_empty() {
                break;
            }
        }
        self.complete(&seen, condition)?;
        if by == By::Cursor && !way_back.is_empty() {
            self.back(condition, &filter, order, way_back, &seen)
                .await?;
        }
        Ok(())
    }

    /// From the last page to the first, by the tokens of the page before.
    async fn back(
        &mut self,
        condition: &Condition,
        filter: &str,
        order: &str,
        mut token: String,
        there: &[Uuid],
    ) -> Result<(), String> {
        let mut seen: Vec<Uuid> = Vec::new();
        while !token.is_empty() {
            let asked = [
                ("filter", filter),
                ("order_by", order),
                ("page_token", token.as_str()),
                ("page_size", "7"),
            ];
            let listing = listing(&asked).await.unwrap();
            let page = self
                .table
                .page::<Parcel>(self.db, &tokens(), None, &listing)
                .await;
            let page = page.map_err(|error| format!("back: {error:?}"))?;
            check(&page.records, condition)?;
            let mut ids: Vec<Uuid> = page.records.iter().map(|it| it.id).collect();
            ids.extend(seen);
            seen = ids;
            token = page.previous_page_token;
            self.write().await;
        }
        let twice = seen.iter().collect::<BTreeSet<_>>().len() != seen.len();
        if twice {
            return Err("something comes twice on the way back".to_owned());
        }
        // What stood, on this way as on the other: the same, in the same order, as far as the last page.
        let stood = |ids: &[Uuid]| -> Vec<Uuid> {
            let stands = |id: &&Uuid| self.standing.iter().any(|row| row.id == **id);
            ids.iter().filter(stands).copied().collect()
        };
        let (there, back) = (stood(there), stood(&seen));
        if there[..back.len().min(there.len())] != back[..] {
            return Err("the way back is another one".to_owned());
        }
        Ok(())
    }

    fn complete(&self, seen: &[Uuid], condition: &Condition) -> Result<(), String> {
        let once: BTreeSet<&Uuid> = seen.iter().collect();
        if once.len() != seen.len() {
            return Err("something comes twice".to_owned());
        }
        let missing = self
            .standing
            .iter()
            .find(|row| condition.holds(row) && !once.contains(&row.id));
        missing.map_or(Ok(()), |row| Err(format!("left out: {row:?}")))
    }
}

/// Whether all of them fit the filter.
fn check(records: &[Parcel], condition: &Condition) -> Result<(), String> {
    match records.iter().find(|row| !condition.holds(row)) {
        Some(row) => Err(format!("does not fit the filter: {row:?}")),
        None => Ok(()),
    }
}

/// Up to four fields, each in either direction, with nulls at either end.
fn order(random: &mut Random) -> String {
    let mut fields = ORDERED.to_vec();
    let terms = (0..random.below(5)).map(|_| {
        let field = fields.swap_remove(random.below(fields.len()));
        let direction = random.of(&["", " asc", " desc"]);
        let nulls = random.of(&["", "", " nulls first", " nulls last"]);
        format!("{field}{direction}{nulls}")
    });
    terms.collect::<Vec<_>>().join(", ")
}

/// The first walk that repeats or leaves out something, on either engine.
async fn broken(table: &'static Table, by: By, writes: Writes, walks: u64) -> Option<String> {
    let sqlite = match writes {
        Writes::Between => support::memory().await,
        // In memory nobody reads while somebody writes.
        Writes::Beside => support::sqlite().await,
    };
    for db in [sqlite, support::postgres().await] {
        parcels::create(&db.db).await;
        let mut random = Random::new(5);
        let standing: Vec<Parcel> = (0..ROWS).map(|_| parcels::parcel(&mut random)).collect();
        for row in &standing {
            parcels::insert(&db.db, row).await.unwrap();
        }
        let others = (writes == Writes::Beside).then(|| Others::start(db.db.clone()));
        let mut walk = Walk {
            table,
            db: &db.db,
            writes,
            standing: &standing,
            passing: Vec::new(),
            random,
        };
        for number in 0..walks {
            let order = order(&mut walk.random);
            let depth = walk.random.below(2);
            let condition = condition(&mut walk.random, depth);
            if let Err(problem) = walk.pages(&condition, &order, by).await {
                return Some(format!(
                    "{} {number}: `{}` by `{order}`: {problem}",
                    db.label,
                    condition.text()
                ));
            }
        }
        if let Some(others) = others {
            let written = others.stop();
            assert!(written > walks, "{}: {written} writes beside", db.label);
        }
    }
    None
}

/// A thread that inserts and deletes rows of its own until it is told to stop.
struct Others {
    are_done: Arc<AtomicBool>,
    thread: Option<JoinHandle<u64>>,
}

impl Others {
    fn start(db: Db) -> Self {
        let are_done = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&are_done);
        let write = async move {
            let (mut random, mut passing, mut written) = (Random::new(6), Vec::new(), 0);
            while !asked.load(Ordering::Relaxed) {
                if passing.len() < 40 || (random.perhaps() && passing.len() < 120) {
                    let parcel = parcels::parcel(&mut random);
                    parcels::insert(&db, &parcel).await.unwrap();
                    passing.push(parcel.id);
                } else {
                    let at = random.below(passing.len());
                    parcels::delete(&db, passing.swap_remove(at)).await;
                }
                written += 1;
            }
            written
        };
        let handle = Handle::current();
        let thread = std::thread::spawn(move || handle.block_on(write));
        Self {
            are_done,
            thread: Some(thread),
        }
    }

    /// Tells how often they have written.
    fn stop(mut self) -> u64 {
        self.are_done.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap()
    }
}

impl Drop for Others {
    fn drop(&mut self) {
        self.are_done.store(true, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn pages_repeat_nothing_and_miss_nothing_while_others_write() {
    assert_eq!(
        broken(&PARCELS, By::Cursor, Writes::Between, 150).await,
        None
    );
}

/// The control: pages by counting repeat or miss something under the same writes.
#[tokio::test]
async fn pages_by_offset_do_not_hold_while_others_write() {
    assert!(
        broken(&PARCELS, By::Offset, Writes::Between, 150)
            .await
            .is_some()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_repeat_nothing_and_miss_nothing_while_others_write_beside() {
    assert_eq!(broken(&PARCELS, By::Cursor, Writes::Beside, 60).await, None);
}

/// One page by a token.
async fn at(table: &'static Table, db: &Db, order: &str, token: &str) -> Page<Parcel> {
    let asked = [
        ("order_by", order),
        ("page_size", "3"),
        ("page_token", token),
    ];
    let listing = listing(&asked).await.unwrap();
    table.page(db, &tokens(), None, &listing).await.unwrap()
}

/// All that one way leads to, from a token on, page by page.
async fn walked(
    table: &'static Table,
    db: &Db,
    order: &str,
    mut token: String,
    is_back: bool,
) -> Vec<Uuid> {
    let mut seen = Vec::new();
    while !token.is_empty() {
        let page = at(table, db, order, &token).await;
        let ids = page.records.iter().map(|it| it.id);
        if is_back {
            seen.splice(0..0, ids);
            token = page.previous_page_token;
        } else {
            seen.extend(ids);
            token = page.next_page_token;
        }
    }
    seen
}

/// Whoever comes to an emptied page gets back to all that is left, whether or not the record
/// at which the page ended is still there.
#[tokio::test]
async fn an_emptied_page_leads_back_to_what_is_left() {
    let orders = [
        (&PARCELS, ""),
        (&PARCELS, "fragile, id"),
        (&PARCELS, "weight desc nulls first, price"),
        (&PARCELS, "id"),
        (&PLAIN, ""),
    ];
    for db in [support::memory().await, support::postgres().await] {
        parcels::create(&db.db).await;
        let mut random = Random::new(11);
        for (table, order) in orders {
            for (is_back, more) in [(true, 0), (true, 1), (false, 0), (false, 1)] {
                let place = format!("{} `{order}` {is_back} {more}", db.label);
                for _ in 0..10 {
                    let parcel = parcels::parcel(&mut random);
                    parcels::insert(&db.db, &parcel).await.unwrap();
                }
                let first = at(table, &db.db, order, "").await;
                let second = at(table, &db.db, order, &first.next_page_token).await;
                let all: Vec<Uuid> = {
                    let rest = walked(table, &db.db, order, first.next_page_token, false).await;
                    let first = first.records.iter().map(|it| it.id);
                    first.chain(rest).collect()
                };
                // Three records before the second page, or all after it; and one of its own.
                let (token, gone) = if is_back {
                    (second.previous_page_token, 0..3 + more)
                } else {
                    (second.next_page_token, 6 - more..all.len())
                };
                for id in &all[gone.clone()] {
                    parcels::delete(&db.db, *id).await;
                }
                let mut left = all;
                left.drain(gone);
                let emptied = at(table, &db.db, order, &token).await;
                assert_eq!(emptied.records, [], "{place}");
                let (further, back) = if is_back {
                    (emptied.previous_page_token, emptied.next_page_token)
                } else {
                    (emptied.next_page_token, emptied.previous_page_token)
                };
                assert_eq!(further, "", "{place}: nothing lies beyond");
                let seen = walked(table, &db.db, order, back.clone(), !is_back).await;
                assert_eq!(seen, left, "{place}");
                // And when that is gone as well, the way leads neither on nor astray.
                for id in left {
                    parcels::delete(&db.db, id).await;
                }
                let nothing = at(table, &db.db, order, &back).await;
                assert_eq!(nothing.records, [], "{place}");
            }
        }
    }
}

/// The negative control: an order in which two records can share a place leaves some of them out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_without_a_tie_break_is_noticed() {
    let broken = broken(&TIED, By::Cursor, Writes::Beside, 60).await;
    assert!(broken.is_some_and(|it| it.contains("left out")));
}
