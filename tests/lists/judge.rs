//! Asks a generated service for each of its lists, and the engine how it reads them.

use serde_json::Value;
use svcgen_runtime::axum::http::Method;
use svcgen_runtime::db::{self, Engine, Sql};
use svcgen_runtime::testing::TestServer;

use crate::{App, sample};

/// The tables are small: only what cannot be avoided is read whole.
const READING: &str = "%20-c%20enable_seqscan%3Doff%20-c%20enable_bitmapscan%3Doff";
/// Nor is anything sorted, but for equal values of the first terms.
const SORTING: &str = "%20-c%20enable_sort%3Doff";
/// Of each list, as many pages one after another.
const PAGES: usize = 3;
/// The records that are made of a list's kind, besides the first.
const RECORDS: usize = 3;

#[tokio::test]
async fn lists_are_served() {
    let facts: Value = serde_json::from_str(include_str!("facts.json")).expect("JSON");
    let mut wrong = Vec::new();
    for list in array(&facts["lists"]) {
        let mut server = start(list).await;
        let path = fill(&server, list).await;
        wrong.extend(judge(&server, &path, list, "served").await);
        let engine = match server.app().db.engine() {
            Engine::Sqlite => "sqlite",
            Engine::Postgres => "postgres",
        };
        for statement in array(&facts["bare"][engine]) {
            let sql = Sql::at_run_time(text(statement).to_owned());
            let done = server.app().db.execute(&sql, Vec::new()).await;
            done.expect(text(statement));
        }
        wrong.extend(judge(&server, &path, list, "served_bare").await);
        // Each server is one more for PostgreSQL to hold connections for.
        server.stop().await;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

async fn start(list: &Value) -> TestServer<App> {
    let start = TestServer::<App>::start_with(|config| {
        if config.db.url.starts_with("postgres") {
            config.db.url.push_str(READING);
            if list["may_sort"] != true {
                config.db.url.push_str(SORTING);
            }
        }
    });
    start.await
}

/// Makes records for a list, and says where it is.
async fn fill(server: &TestServer<App>, list: &Value) -> String {
    let path = text(&list["path"]);
    let Some(of) = list["of"].as_str() else {
        return path.to_owned();
    };
    let mut body = sample(server, of).await;
    let member = list["parent"]["member"].as_str().unwrap_or_default();
    if path.contains("{parent}") && body[member].is_null() {
        let parent = sample(server, text(&list["parent"]["of"])).await;
        body[member] = create(server, text(&list["parent"]["records"]), &parent).await;
    }
    let records = text(&list["records"]);
    create(server, records, &body).await;
    if let Some(unique) = list["unique"].as_object() {
        for number in 1..=RECORDS {
            let mut other = body.clone();
            for (member, kind) in unique {
                other[member] = another(&body[member], text(kind), number);
            }
            create(server, records, &other).await;
        }
    }
    let parent = &body[member];
    let parent = parent
        .as_str()
        .map_or_else(|| parent.to_string(), str::to_owned);
    path.replace("{parent}", &parent)
}

/// Another value of the same form.
fn another(value: &Value, kind: &str, number: usize) -> Value {
    match (kind, value.as_str()) {
        ("timestamp", _) => format!("2026-01-0{number}T09:00:00Z").into(),
        ("number", _) => number.into(),
        ("text", Some(text)) => {
            let mut text = text.to_owned();
            let last = text.pop().unwrap_or('a');
            let alphabet = match last {
                '0'..='9' => '0'..='9',
                'A'..='Z' => 'A'..='Z',
                _ => 'a'..='z',
            };
            let mut from = alphabet
                .collect::<Vec<_>>()
                .into_iter()
                .cycle()
                .skip_while(|it| *it != last);
            text.extend(from.nth(number + RECORDS));
            text.into()
        }
        _ => Value::Null,
    }
}

/// What the engine does otherwise than the advice says.
async fn judge(
    server: &TestServer<App>,
    path: &str,
    list: &Value,
    expected: &str,
) -> Option<String> {
    let plans = plans(server, path).await;
    assert!(!plans.is_empty(), "{path}: nothing was read");
    let engine = server.app().db.engine();
    let mut served = plans.iter().enumerate();
    let are_served = served.all(|(at, plan)| is_served(engine, plan, list, at == 0));
    let is_wrong = are_served != (list[expected] == true);
    is_wrong.then(|| format!("{expected}: {path} {list}\n{plans:#?}"))
}

/// Creates a record, and tells its id.
async fn create(server: &TestServer<App>, path: &str, body: &Value) -> Value {
    let request = server.request(Method::POST, path).keyed();
    let request = request.json(body.clone());
    let answer = request.send().await;
    assert_eq!(answer.status, 201, "{path}: {}", answer.body);
    answer.body["id"].clone()
}

/// The plans of all statements that read the first pages of a list, and then one back.
async fn plans(server: &TestServer<App>, path: &str) -> Vec<Vec<String>> {
    server.app().db.reads();
    let joint = if path.contains('?') { '&' } else { '?' };
    let mut token = String::new();
    for page in 1..=PAGES {
        let url = format!("{path}{joint}page_size=1&page_token={token}");
        let answer = server.get(&url).await;
        assert_eq!(answer.status, 200, "{url}: {}", answer.body);
        let next = if page == PAGES - 1 {
            "previous_page_token"
        } else {
            "next_page_token"
        };
        match answer.body[next].as_str() {
            Some(next) if !next.is_empty() => next.clone_into(&mut token),
            _ => break,
        }
    }
    let mut plans = Vec::new();
    for (sql, values) in server.app().db.reads() {
        // A parent is looked for as well, and that is no list.
        if sql.contains("order by") && sql.contains("limit") {
            let mut plan = vec![sql.clone()];
            plan.extend(explain(server, sql, values).await);
            plans.push(plan);
        }
    }
    server.app().db.reads();
    plans
}

async fn explain(server: &TestServer<App>, sql: String, values: Vec<db::Value>) -> Vec<String> {
    let db = &server.app().db;
    match db.engine() {
        Engine::Sqlite => {
            let plan = db.sqlite_read(move |connection| {
                // An explanation alone does not look whether the indexes are others since.
                connection.query_row("select count(*) from sqlite_schema", [], |_| Ok(()))?;
                let mut plan = connection.prepare(&format!("explain query plan {sql}"))?;
                let steps = plan.raw_query().mapped(|row| row.get(3));
                Ok(steps.collect::<Result<Vec<String>, _>>()?)
            });
            plan.await.expect("a plan")
        }
        Engine::Postgres => {
            let sql = Sql::at_run_time(format!("explain (costs off) {sql}"));
            let rows = db.fetch_all::<(String,)>(&sql, values).await;
            rows.expect("a plan").into_iter().map(|row| row.0).collect()
        }
    }
}

/// Whether the engine begins where the page does, and sorts no more than equal values of the first terms.
fn is_served(engine: Engine, plan: &[String], list: &Value, is_first: bool) -> bool {
    let steps = &plan[1..];
    let may_sort = list["may_sort"] == true;
    // Where a page goes on may be of still fewer records than the value is.
    let fixed = list["fixed"].as_str().filter(|_| is_first || !may_sort);
    let names = |step: &String, before: &str, after: &str| {
        fixed.is_none_or(|it| step.contains(&format!("{before}{it}{after}")))
    };
    match engine {
        Engine::Sqlite => {
            let is_read = |it: &&String| it.starts_with("SCAN ") || it.starts_with("SEARCH ");
            let mut reads = steps.iter().filter(is_read);
            // What comes after the first belongs to the columns that are read from other tables.
            let is_found = reads.next().is_some_and(|it| names(it, "(", "=?"));
            let is_indexed = |it: &String| it.contains(" INDEX ") || it.contains(" PRIMARY KEY ");
            is_found
                && steps.iter().filter(is_read).all(is_indexed)
                && (may_sort || !steps.iter().any(|it| it == "USE TEMP B-TREE FOR ORDER BY"))
        }
        Engine::Postgres => {
            let step = |it: &String| it.trim_start_matches([' ', '-', '>']).to_owned();
            let steps: Vec<String> = steps.iter().map(step).collect();
            let mut conditions = steps.iter().filter(|it| it.starts_with("Index Cond: "));
            // A sort within equal values has another name.
            !steps.iter().any(|it| it.starts_with("Seq Scan"))
                && (may_sort || !sorts(&steps))
                && (fixed.is_none() || conditions.any(|it| names(it, "(", " = ")))
        }
    }
}

/// Whether PostgreSQL sorts more than pages, which are what it has below limits of their own.
fn sorts(steps: &[String]) -> bool {
    let mut sorts = steps.iter().enumerate().filter(|it| it.1 == "Sort");
    sorts.any(|(at, _)| {
        let mut below = steps.iter().skip(at + 2).skip_while(|it| *it == "Append");
        below.next().is_none_or(|it| it != "Limit")
    })
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}
