//! `svcgen migrate`: the migrations of a project, read.

use crate::support::Place;

#[test]
fn migrations_are_listed_and_shown() {
    let place = Place::notes();
    let listed = place.svcgen(&["migrate", "list"]);
    assert_eq!(listed.status, 0, "{}", listed.stderr);
    assert!(
        listed.stdout.starts_with("0001_initial: "),
        "{}",
        listed.stdout
    );
    let shown = place.svcgen(&["migrate", "show"]);
    assert_eq!(shown.status, 0, "{}", shown.stderr);
    for words in [
        "create `notes`",
        "On sqlite",
        "On postgres",
        "one transaction",
    ] {
        assert!(shown.stdout.contains(words), "{words}: {}", shown.stdout);
    }
    let sql = place.svcgen(&[
        "migrate",
        "show",
        "0001",
        "--database",
        "sqlite",
        "--sql",
        "--down",
    ]);
    assert!(sql.stdout.contains("drop table"), "{}", sql.stdout);
    assert!(!sql.stdout.contains("On postgres"), "{}", sql.stdout);
    let json = place.svcgen(&["migrate", "show", "--format", "json"]);
    let plan: serde_json::Value = serde_json::from_str(&json.stdout).expect("JSON");
    assert_eq!(plan["id"], "0001_initial");
    assert!(plan["postgres"]["up"][0]["lock"].is_string());
    let unknown = place.svcgen(&["migrate", "show", "0009"]);
    assert_eq!(unknown.status, 2, "{}", unknown.stdout);
    assert!(
        unknown.stderr.contains("0001_initial"),
        "{}",
        unknown.stderr
    );
}

#[test]
fn an_edited_migration_is_told_of() {
    let place = Place::notes();
    let path = place.root().join("migrations/0001_initial/sqlite.sql");
    let text = std::fs::read_to_string(&path).expect("read");
    // Another kind of line end is no edit.
    std::fs::write(&path, text.replace('\n', "\r\n")).expect("written");
    assert_eq!(place.svcgen(&["migrate", "list"]).status, 0);
    std::fs::write(&path, text + "select 1;\n").expect("written");
    let listed = place.svcgen(&["migrate", "list"]);
    assert_eq!(listed.status, 3, "{}", listed.stderr);
    assert!(listed.stdout.contains("EDITED"), "{}", listed.stdout);
}

#[test]
fn a_server_that_was_named_for_the_proof_and_does_not_answer_stops_the_migration() {
    let place = Place::notes();
    place.put(
        "entities/note.yaml",
        "entity: Note\nfields: { title: string, body: text?, pages: int? }\n",
    );
    let before = place.tree();
    let url = "postgres://svcgen@127.0.0.1:1/none";
    let ended = place.svcgen(&["generate", "--postgres-url", url]);
    ended.is(
        3,
        &[
            "the server that was named for its proof does not answer",
            "--no-postgres-proof",
        ],
    );
    assert!(before == place.tree(), "something was written");
    let both = ["generate", "--postgres-url", url, "--no-postgres-proof"];
    assert_eq!(place.svcgen(&both).status, 2);
    // Where nothing changes, nothing is proved, and no server is asked.
    place.ok(&["generate", "--no-postgres-proof"]).is(
        0,
        &["Proved 0002_add_pages_to_notes there and back, on SQLite"],
    );
    place.ok(&["generate", "--postgres-url", url]);
}

/// The statements of the way there of the last migration.
fn last_script(place: &Place, name: &str) -> String {
    let listed = place.ok(&["migrate", "list"]).stdout;
    let last = listed.lines().last().expect("a migration");
    let id = last.split(':').next().expect("an id");
    place.read(&format!("migrations/{id}/{name}"))
}

/// Runs the migrations of a project on a database in memory, with rows after the first.
fn run(place: &Place, rows: &str) -> rusqlite::Connection {
    let connection = rusqlite::Connection::open_in_memory().expect("open");
    let listed = place.ok(&["migrate", "list"]).stdout;
    for (index, line) in listed.lines().enumerate() {
        let id = line.split(':').next().expect("an id");
        let text = place.read(&format!("migrations/{id}/sqlite.sql"));
        svcgen::migrate::verify::replay::run(&connection, &text)
            .unwrap_or_else(|error| panic!("{id}: {error}"));
        if index == 0 {
            connection.execute_batch(rows).expect("rows");
        }
    }
    connection
}

const ROWS: &str = "insert into notes (id, title, body, created_at, updated_at) values (x'00112233445566778899aabbccddeeff', '7', 'long', 0, 0)";

#[test]
fn a_drop_needs_a_word_and_may_leave_a_copy() {
    let place = Place::notes();
    place.put(
        "entities/note.yaml",
        "entity: Note\nfields: { title: string }\n",
    );
    let before = place.tree();
    let kept = place.svcgen(&["generate", "--dry-run"]);
    kept.is(0, &["it stays in the database with its values"]);
    assert!(!kept.stdout.contains("drop_body"), "{}", kept.stdout);
    let rehearsed = place.svcgen(&["generate", "--allow-drops", "--dry-run"]);
    rehearsed.is(0, &["drop_body_of_notes"]);
    assert!(before == place.tree(), "a rehearsal wrote something");

    place.ok(&["generate", "--allow-drops", "--stash"]);
    let there = run(&place, ROWS);
    let kept: String = there
        .query_row("select body from svcgen_stash_0002_notes", [], |row| {
            row.get(0)
        })
        .expect("the copy");
    assert_eq!(kept, "long");
    assert!(last_script(&place, "postgres.sql").contains("create table svcgen_stash_0002_notes"));
    let back = last_script(&place, "sqlite.down.sql");
    svcgen::migrate::verify::replay::run(&there, &back).expect("back");
    let body: String = there
        .query_row("select body from notes", [], |row| row.get(0))
        .expect("a row");
    assert_eq!(body, "long");
    let stashes = "select count(*) from sqlite_schema where name like 'svcgen_stash%'";
    let left: i64 = there
        .query_row(stashes, [], |row| row.get(0))
        .expect("counted");
    assert_eq!(left, 0, "the copy is still there");
    // The archive keeps what was archived, whatever became of the field.
    assert!(!last_script(&place, "sqlite.sql").contains("drop column archive"));
}

/// The rows of a table that goes are in nobody's way, not even in that of one of its name.
#[test]
fn a_table_that_goes_may_leave_its_rows() {
    let place = Place::notes();
    let note = place.read("entities/note.yaml");
    let service = place.read("svcgen.yaml");
    std::fs::remove_file(place.root().join("entities/note.yaml")).expect("removed");
    place.put(
        "entities/page.yaml",
        "entity: Page\nfields: { number: int }\n",
    );
    place.append("svcgen.yaml", "stashed: [Note]");
    place.ok(&["generate"]);
    let shown = place.ok(&["migrate", "show", "--format", "json"]).stdout;
    let said = "drop `notes`, its rows kept in `svcgen_stash_0002_notes`";
    assert!(shown.contains(said), "{shown}");
    let second = last_script(&place, "sqlite.down.sql");
    place.put("svcgen.yaml", service);
    place.put("entities/note.yaml", note);
    place.ok(&["generate"]);
    let third = last_script(&place, "sqlite.down.sql");

    let there = run(&place, ROWS);
    let count = |table: &str| -> i64 {
        let query = format!("select count(*) from {table}");
        there
            .query_row(&query, [], |row| row.get(0))
            .expect("counted")
    };
    assert_eq!([count("svcgen_stash_0002_notes"), count("notes")], [1, 0]);
    for back in [third, second] {
        svcgen::migrate::verify::replay::run(&there, &back).expect("back");
    }
    assert_eq!(count("notes where body = 'long'"), 1);
    let stashes = count("sqlite_schema where name like 'svcgen_stash%'");
    assert_eq!(stashes, 0, "what kept them is still there");
}

#[test]
fn a_narrower_type_needs_a_word_and_stops_at_rows_that_do_not_fit() {
    let place = Place::notes();
    place.put(
        "entities/note.yaml",
        "entity: Note\nfields: { title: int, body: text? }\n",
    );
    let asked = place.svcgen(&["generate"]);
    asked.is(3, &["`title` of `notes`", "narrow: true"]);
    place.ok(&["generate", "--allow-narrowing"]);
    let there = run(&place, ROWS);
    let title: i64 = there
        .query_row("select title from notes", [], |row| row.get(0))
        .expect("a row");
    assert_eq!(title, 7);
    let postgres = last_script(&place, "postgres.sql");
    assert!(
        postgres.contains("Every `title` of `notes` can become int."),
        "{postgres}"
    );
}

#[test]
fn a_name_that_kept_values_have_is_not_given_to_others() {
    let place = Place::notes();
    let entity = |fields: &str, more: &str| {
        let text = format!("entity: Note\nfields: {{ title: string, {fields} }}\n{more}");
        place.put("entities/note.yaml", &text);
    };
    entity("text: text?", "kept: [body]\n");
    place.ok(&["generate"]);
    let before = place.tree();
    entity("body: { type: text, nullable: true, was: text }", "");
    let refused = place.svcgen(&["generate"]);
    refused.is(3, &["values are still in the database", "stashed: [body]"]);
    place.put("entities/note.yaml", "");
    entity("text: text?", "kept: [body]\n");
    assert!(before == place.tree(), "a refusal wrote something");

    // As it says.
    entity("text: text?", "stashed: [body]\n");
    place.ok(&["generate"]);
    entity("body: { type: text, nullable: true, was: text }", "");
    place.ok(&["generate"]);
    let there = run(&place, ROWS);
    let kept = "select body from svcgen_stash_0003_notes";
    let kept: String = there
        .query_row(kept, [], |row| row.get(0))
        .expect("the copy");
    assert_eq!(kept, "long");
    let body: Option<String> = there
        .query_row("select body from notes", [], |row| row.get(0))
        .expect("a row");
    assert_eq!(body, None);
}

#[test]
fn rows_are_not_filled_with_values_of_a_type_that_does_not_fit() {
    let place = Place::notes();
    let entity = |more: &str| {
        let fields = format!("title: string, body: text?, {more}");
        let text = format!("entity: Note\nfields: {{ {fields} }}\n");
        place.put("entities/note.yaml", &text);
    };
    entity("seen: { type: timestamp, backfill: { copy: title } }");
    let refused = place.svcgen(&["generate"]);
    refused.is(3, &["`seen` of `notes`", "`backfill: { sql: "]);
    entity("head: { type: string, backfill: { copy: title } }");
    place.ok(&["generate"]);
    let head: String = run(&place, ROWS)
        .query_row("select head from notes", [], |row| row.get(0))
        .expect("a row");
    assert_eq!(head, "7");
}

/// A server without TLS, which tells what else than the wish for it reached it.
fn refusing() -> (u16, std::thread::JoinHandle<Vec<u8>>) {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("its address").port();
    let server = std::thread::spawn(move || {
        let (mut client, _) = listener.accept().expect("a client");
        let mut wish = [0; 8];
        client.read_exact(&mut wish).expect("its wish");
        assert_eq!(wish, [0, 0, 0, 8, 4, 210, 22, 47], "it asks for TLS first");
        client.write_all(b"N").expect("answered");
        let mut rest = Vec::new();
        // Whether it ends well or not: nothing may come.
        let _ = client.read_to_end(&mut rest);
        rest
    });
    (port, server)
}

#[test]
fn nothing_is_sent_in_the_clear_where_tls_is_asked_for() {
    let place = Place::notes();
    place.put(
        "entities/note.yaml",
        "entity: Note\nfields: { title: string, body: text?, pages: int? }\n",
    );
    let before = place.tree();
    let of = |port: u16, mode: &str| {
        format!("postgres://svcgen:secret@127.0.0.1:{port}/none?sslmode={mode}")
    };
    for (command, status) in [
        (&["generate", "--postgres-url"][..], 3),
        (&["import", "--dry-run", "--from"][..], 2),
    ] {
        for mode in ["require", "verify-ca", "verify-full"] {
            let (port, server) = refusing();
            let url = of(port, mode);
            let ended = place.svcgen(&[command, &[url.as_str()]].concat());
            ended.is(status, &["does not support TLS", "nothing was sent to it"]);
            assert!(!ended.stderr.contains("secret"), "{}", ended.stderr);
            assert!(server.join().expect("it ends").is_empty());
        }
    }
    assert!(before == place.tree(), "something was written");
}

/// A restore is asked by as many parameters as there are values that can be overridden.
#[test]
fn a_field_that_only_the_database_still_has_leaves_and_comes_back_with_its_record() {
    let place = Place::notes();
    place.put(
        "entities/note.yaml",
        "entity: Note\nfields: { title: string, stars: { type: int, default: 3 }, pages: int? }\n",
    );
    place.ok(&["generate", "--allow-drops"]);
    let entity = "entity: Note\nfields: { title: string, pages: int? }\nkept: [stars]\n";
    place.put("entities/note.yaml", entity);
    place.ok(&["generate"]);
    let columns = || {
        let queries = place.read("src/note/queries.rs");
        let columns = queries.split("COLUMNS: &str = \"").nth(1).expect("columns");
        columns.split('"').next().expect("their end").to_owned()
    };
    assert!(columns().contains("stars"), "{}", columns());
    let removal = place.read("src/note/removal.rs");
    assert!(removal.contains("queries::COLUMNS"), "{removal}");
    let archive = place.read("src/note/archive.rs");
    for wanted in ["3) as stars", "overrides: 3,"] {
        assert!(archive.contains(wanted), "{wanted}: {archive}");
    }
    assert!(
        archive.contains("$8") && !archive.contains("$9"),
        "{archive}"
    );
    // Whoever lets the archive go of it has nowhere to copy it to.
    let entity = format!("{entity}archive: {{ dropped: [stars] }}\n");
    place.put("entities/note.yaml", entity);
    place.ok(&["generate"]);
    assert!(!columns().contains("stars"), "{}", columns());
    assert!(!place.read("src/note/archive.rs").contains("stars"));
}
