//! From a database that exists to a service over it: imported, generated, built, taken over with
//! its rows, served, and migrated further, on both engines.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::cargo::{cargo, generate, repository, scratch, succeed, target, workspace};
use super::postgres::Server;
use super::running::Running;
use super::{are_asked_for, step};
use crate::adopt::{Old, Schema, matched, values};
use crate::import::cases;
use postgres::{Client, NoTls};
use rusqlite::Connection;
use serde_json::{Value, json};

const CUSTOMER: &str = "00000000-0000-4000-8000-000000000001";

#[test]
fn a_service_takes_over_a_database() {
    if !are_asked_for("a_service_takes_over_a_database") {
        return;
    }
    let directory = scratch("adopt");
    let market = |engine: &str| {
        let case = cases(engine).into_iter().find(|(name, _)| name == "market");
        fs::read_to_string(case.expect("the market").1).expect("the case")
    };
    let file = directory.join("old.db");
    let old = Connection::open(&file).expect("opened");
    old.execute_batch(&market("sqlite")).expect("filled");
    drop(old);
    let server = Server::start();
    let url = server.url("postgres");
    let mut client = Client::connect(&url, NoTls).expect("connected");
    client.batch_execute(&market("postgres")).expect("filled");
    let project = directory.join("market");
    let import = [
        "import", "--from", &url, "--into", "schema", "--name", "market",
    ];
    svcgen(&directory, &import);
    // What the schema says more than the database did.
    let product = directory.join("schema/entities/product.yaml");
    let text = fs::read_to_string(&product).expect("read");
    let searched = text.replace(
        "type: string, max: 120",
        "type: string, max: 120, searchable: true",
    );
    assert_ne!(searched, text, "a name of at most 120 characters");
    fs::write(&product, searched).expect("written");
    let runtime = repository().join("runtime");
    let runtime = ["--runtime-path", runtime.to_str().expect("UTF-8")];
    generate("market", &directory.join("schema"), &project, &runtime);
    workspace(&directory, &["market"]);
    let file = file.to_str().expect("UTF-8");
    let scripts = [(file, "sqlite"), (url.as_str(), "postgres")].map(|(from, name)| {
        let told = svcgen(&project, &["migrate", "adopt", "--from", from]);
        let path = directory.join(format!("adopt.{name}.sql"));
        fs::write(&path, told.stdout).expect("written");
        path
    });
    let before = step("build the service", || build(&project, "market-before"));
    let entity = project.join("entities/supplier.yaml");
    let text = fs::read_to_string(&entity).expect("read");
    let grown = text.replace("fields:\n", "fields:\n  stars: { type: int, default: 3 }\n");
    fs::write(&entity, grown).expect("written");
    svcgen(&project, &["generate"]);
    let after = step("build it with one more migration", || {
        build(&project, "market-after")
    });
    let sqlite = format!("sqlite://{file}");
    for (url, script) in [(&sqlite, &scripts[0]), (&url, &scripts[1])] {
        step("take over, serve, migrate", || {
            take_over(&before, &after, url, script);
        });
    }
    let kept = "select count(*) from svcgen_adopted_orders_table";
    let count: i64 = client.query_one(kept, &[]).expect("kept").get(0);
    assert_eq!(count, 2);
}

fn svcgen(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(crate::support::SVCGEN);
    let output = command.args(arguments).current_dir(directory).output();
    let output = output.expect("svcgen runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    output
}

fn build(project: &Path, name: &str) -> PathBuf {
    succeed(cargo(project).args(["build", "--quiet"]));
    let kept = project.with_file_name(name);
    fs::copy(target().join("debug/market"), &kept).expect("copied");
    kept
}

/// Runs `migrate …` of the service: whether it succeeded, and all that it said.
fn migrate(program: &Path, url: &str, arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new(program);
    command
        .arg("migrate")
        .args(arguments)
        .args(["--database-url", url])
        .current_dir(program.parent().expect("a directory"));
    let output = command.output().expect("the service runs");
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

fn take_over(before: &Path, after: &Path, url: &str, script: &Path) {
    let script = script.to_str().expect("UTF-8");
    // As it is it is not what the migrations make, and what to do is told.
    let (done, said) = migrate(before, url, &["adopt"]);
    assert!(
        !done && said.contains("svcgen migrate adopt --from"),
        "{said}"
    );
    let (done, said) = migrate(before, url, &["adopt", "--script", script, "--dry-run"]);
    assert!(done && said.contains("would record 0001_initial"), "{said}");
    let (_, said) = migrate(before, url, &["status"]);
    assert!(said.contains("0001_initial: pending"), "{said}");
    let json = ["adopt", "--script", script, "--format", "json"];
    let (done, said) = migrate(before, url, &json);
    assert!(done && said.contains("\"0001_initial\""), "{said}");
    let running = Running::start(before, url);
    let (status, product) = running.call("GET", "/v1/products/1", &Value::Null);
    assert_eq!(status, 200, "{product}");
    assert_eq!(product["name"], "Hammer");
    assert_eq!(product["unit_price"], "12.50");
    assert_eq!(product["attributes"], json!({"head": "steel"}));
    assert_eq!(product["added_on"], "2026-01-02");
    let (_, found) = running.call("GET", "/v1/products?search=hammer", &Value::Null);
    assert_eq!(found["products"][0]["name"], "Hammer", "{found}");
    let customer = format!("/v1/customers/{CUSTOMER}");
    let (status, found) = running.call("GET", &customer, &Value::Null);
    assert_eq!(status, 200, "{found}");
    assert_eq!(found["created_at"], "2026-01-01T10:00:00Z");
    assert_eq!(found["full_name"], "Ann O'Neill");
    let (_, orders) = running.call("GET", "/v1/orders", &Value::Null);
    let placed: Vec<&Value> = orders["orders"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|it| &it["placed_at"])
        .collect();
    assert!(
        placed.contains(&&json!("2026-02-03T04:05:06.123456Z")),
        "{orders}"
    );
    // Ids go on where the old table left off: its last supplier is gone, and its id was given out.
    let new = json!({"company_name": "New"});
    let (status, supplier) = running.call("POST", "/v1/suppliers", &new);
    assert_eq!(status, 201, "{supplier}");
    let id = supplier["id"]
        .as_str()
        .and_then(|it| it.parse::<i64>().ok());
    let id = id.or_else(|| supplier["id"].as_i64());
    assert!(id.is_some_and(|it| it == 4 || it == 10), "{supplier}");
    // An address leaves by way of its archive, as if it had always been there.
    assert_eq!(
        running.call("DELETE", "/v1/addresses/1", &Value::Null).0,
        204
    );
    drop(running);
    let running = Running::start(after, url);
    let (_, supplier) = running.call("GET", "/v1/suppliers/1", &Value::Null);
    assert_eq!(supplier["company_name"], "Acme");
    assert_eq!(supplier["stars"], 3, "{supplier}");
    drop(running);
    let (done, said) = migrate(after, url, &["status"]);
    assert!(
        done && !said.contains("pending") && !said.contains("not as its last"),
        "{said}"
    );
}

/// What a cast would change, or a service could not read, is found before anything is moved; and
/// rows get to where they belong through renames, as on SQLite.
#[test]
fn values_and_links_of_postgres_are_kept_or_named() {
    if !are_asked_for("values_and_links_of_postgres_are_kept_or_named") {
        return;
    }
    let server = Server::start();
    let url = server.url("postgres");
    values::values_of_postgres_are_kept_or_named(&url);
    matched::links_keep_their_ends_on(&|sql| Old::postgres(&url, sql));
}

/// Every database that is imported in the tests can be taken over, whatever is in it.
#[test]
fn the_databases_of_others_on_postgres_are_taken_over() {
    if !are_asked_for("the_databases_of_others_on_postgres_are_taken_over") {
        return;
    }
    let server = Server::start();
    for (name, path) in cases("postgres") {
        let sql = fs::read_to_string(path).expect("the case");
        let mut old = Old::postgres(&server.url("postgres"), &sql);
        let script = Schema::of(&old).adoption().script;
        old.run(&script)
            .unwrap_or_else(|error| panic!("{name}: {error}\n{script}"));
    }
}

/// A table has its own rows, and not once more those of the tables that inherit from it.
#[test]
fn rows_of_heirs_are_copied_once() {
    if !are_asked_for("rows_of_heirs_are_copied_once") {
        return;
    }
    let server = Server::start();
    let mut old = Old::postgres(
        &server.url("postgres"),
        "create table cities (id bigint primary key, name text not null);
        create table capitals (primary key (id)) inherits (cities);
        create table logs (id bigint primary key, day date not null) partition by range (id);
        create table logs_1 partition of logs for values from (0) to (10);
        create table svcgen_migrations (id text primary key);
        insert into cities values (1, 'Basel');
        insert into capitals values (2, 'Bern');
        insert into logs values (1, '2026-01-02');",
    );
    assert!(!old.catalogue().is_ours, "its ledger is empty");
    let script = Schema::of(&old).adoption().script;
    old.run(&script)
        .unwrap_or_else(|error| panic!("{error}\n{script}"));
    for table in ["cities", "capitals", "logs"] {
        let counted = old.value(&format!("select count(*) from {table}"));
        assert_eq!(counted, "1", "{table}");
    }
    old.execute("insert into svcgen_migrations values ('0001_initial')");
    assert!(old.catalogue().is_ours);
}
