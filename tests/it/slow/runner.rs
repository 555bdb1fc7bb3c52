//! The cases of `tests/migrate` by the runner that services have, on both engines: there and back,
//! with hostile rows, against the same oracle as every migration that is written.

use std::cell::RefCell;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use postgres::{Client, NoTls};
use rusqlite::Connection;
use svcgen::migrate::Migration;
use svcgen::migrate::verify::{self, Way, replay::Stopped};

use super::cargo::{cargo, repository, scratch, succeed, target};
use super::postgres::Server;
use super::{are_asked_for, step};
use crate::migrate::{VARIANTS, cases};

/// The program that runs migrations as a service does.
struct Runner {
    child: Child,
    answers: BufReader<ChildStdout>,
}

impl Runner {
    fn start() -> Self {
        let build = [
            "build",
            "--quiet",
            "-p",
            "svcgen-runtime",
            "--example",
            "apply_scripts",
        ];
        step("build the runner", || {
            succeed(cargo(&repository()).args(build));
        });
        let mut child = Command::new(target().join("debug/examples/apply_scripts"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the runner starts");
        let answers = BufReader::new(child.stdout.take().expect("its answers"));
        Self { child, answers }
    }

    /// Runs the migration of a folder on a database.
    fn run(&mut self, url: &str, folder: &Path, way: Way) -> Result<(), Stopped> {
        let way = match way {
            Way::There => "up",
            Way::Back => "down",
        };
        let line = format!("{url}\t{}\t{way}\n", folder.display());
        let orders = self.child.stdin.as_mut().expect("its orders");
        orders.write_all(line.as_bytes()).expect("it listens");
        let mut answer = String::new();
        self.answers.read_line(&mut answer).expect("it answers");
        match answer.trim_end() {
            "ok" => Ok(()),
            other => Err(Stopped::Failed {
                title: "the runner".to_owned(),
                message: other.to_owned(),
            }),
        }
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

fn write(migration: &Migration, folder: &Path) {
    fs::create_dir_all(folder).expect("created");
    for (name, text) in &migration.files {
        fs::write(folder.join(name), text).expect("written");
    }
}

#[test]
fn every_case_goes_there_and_back_by_the_runner_of_services() {
    if !are_asked_for("every_case_goes_there_and_back_by_the_runner_of_services") {
        return;
    }
    let directory = scratch("runner");
    let runner = RefCell::new(Runner::start());
    let server = Server::start();
    let url = server.url("postgres");
    let mut client = Client::connect(&url, NoTls).expect("connected");
    // The runner's own connections meet the tables where the proof makes them.
    let there = format!(
        "alter database postgres set search_path = svcgen_proof_{}",
        std::process::id()
    );
    client.batch_execute(&there).expect("set");
    refuses_what_is_wrong(&runner, &directory.join("wrong"));
    let mut wrong = Vec::new();
    let mut count = 0;
    for (index, case) in cases().into_iter().flat_map(|(_, cases)| cases).enumerate() {
        // Each case with one kind of identifiers; the statements are the same for all of them.
        let variant = VARIANTS[index % VARIANTS.len()];
        let ready = case.ready(variant);
        let Some(migration) = &ready.migration else {
            continue;
        };
        let folder = directory.join(format!("case{index}"));
        write(migration, &folder);
        let rows = verify::rows::hostile(&ready.old, &ready.diff.delta);
        let (old, diff) = (&ready.old, &ready.diff);
        let mut on_sqlite = on_sqlite(&runner, &folder);
        let sqlite = verify::by(&mut on_sqlite, old, diff, migration, &rows);
        let mut on_postgres =
            |_: &mut Client, _: &str, way| runner.borrow_mut().run(&url, &folder, way);
        let postgres =
            verify::postgres::by(&mut on_postgres, &mut client, old, diff, migration, &rows);
        for (engine, outcome) in [("SQLite", sqlite), ("PostgreSQL", postgres)] {
            count += 1;
            if let Err(error) = outcome {
                wrong.push(format!(
                    "{} ({}), {engine}: {error}",
                    case.about, variant.name
                ));
            }
        }
        fs::remove_dir_all(&folder).expect("removed");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 300, "only {count} runs");
}

/// A script that loses rows is refused, so it is the runner that is asked.
fn refuses_what_is_wrong(runner: &RefCell<Runner>, folder: &Path) {
    fs::create_dir_all(folder).expect("created");
    let script =
        "-- svcgen:step transaction Loses a row.\n-- svcgen:keep kept\ndelete from kept;\n";
    fs::write(folder.join("sqlite.sql"), script).expect("written");
    let path = folder.join("wrong.db");
    let connection = Connection::open(&path).expect("open");
    let rows = "create table kept (id integer primary key) strict; insert into kept values (1);";
    connection.execute_batch(rows).expect("made");
    let url = format!("sqlite://{}", path.display());
    let refused = runner.borrow_mut().run(&url, folder, Way::There);
    let said = refused.expect_err("a row was lost").to_string();
    assert!(said.contains("kept"), "{said}");
}

/// Runs a migration on a copy of a database, in a file, which takes the place of the database.
fn on_sqlite<'a>(
    runner: &'a RefCell<Runner>,
    folder: &'a Path,
) -> impl FnMut(Connection, &str, Way) -> Result<Connection, Stopped> + 'a {
    let mut path = PathBuf::new();
    let mut number = 0;
    move |connection, _, way| {
        if way == Way::There {
            number += 1;
            path = folder.join(format!("{number}.db"));
            let copy = path.to_str().expect("a path");
            connection
                .execute("vacuum into ?1", [copy])
                .expect("copied");
        }
        drop(connection);
        let url = format!("sqlite://{}", path.display());
        runner.borrow_mut().run(&url, folder, way)?;
        Ok(Connection::open(&path).expect("open"))
    }
}
