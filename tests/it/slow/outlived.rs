//! Archived records outlive their schema: what was removed under any of three schemas is listed,
//! and comes back under the last one as it would be had it stayed, or says precisely why not.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::cargo::{cargo, repository, scratch, succeed, target, workspace};
use super::postgres::Server;
use super::running::Running;
use super::{are_asked_for, step};

const TEAM: &str = "entity: Team\nfields:\n  name: string\n";
const TAG: &str = "entity: Tag\nfields:\n  name: string\n";
/// Goes along with its member, and has a rule of its own.
const VISIT: &str =
    "entity: Visit\nfields:\n  member: { type: Member, on_archive: cascade }\n  note: string\n";
const VISIT_RULES: &str = r#"
use svcgen_runtime::Error;
use svcgen_runtime::hooks::Inside;

use super::hooks::Rules;
use super::model::Visit;

/// Some visits stay.
#[derive(Debug, Clone, Copy, Default)]
pub struct VisitRules;

impl Rules for VisitRules {
    fn inside_remove_along(&self) -> Option<Inside<Visit>> {
        Some(|_tx, _caller, visit| {
            Box::pin(async move {
                if visit.note == "stays" {
                    return Err(Error::failed_precondition("VISIT_STAYS", "This visit stays."));
                }
                Ok(())
            })
        })
    }
}
"#;

/// The members, and what becomes of them.
const MEMBER: [&str; 3] = [
    "entity: Member
fields:
  name:  string
  level: { type: enum, values: [junior, senior, guest] }
  badge: string
  phone: string?
  nick:  string?
  team:  { type: Team?, on_archive: detach }
  tags:  { many: Tag }
",
    // Renamed, of another type, gone, in the database alone, and new with values for the rows that are there.
    "entity: Member
fields:
  full_name: { type: string, was: name }
  level:     { type: enum, values: [{ name: trainee, was: junior }, senior, guest] }
  badge:     { type: int, narrow: true }
  joined:    { type: date, backfill: 2020-01-31 }
  shout:     { type: string, backfill: { sql: \"upper(full_name)\" } }
  greeting:  { type: string, backfill: { copy: full_name } }
  team:      { type: Team?, on_archive: detach }
  tags:      { many: Tag }
dropped: [phone]
kept: [nick]
",
    // The entity and a reference renamed; a value that went comes again for something else, one
    // goes for good; a field that was dropped comes again with another type.
    "entity: Person
was: Member
fields:
  title:    { type: string, was: full_name }
  level:    { type: enum, values: [trainee, senior, junior], narrow: true }
  badge:    int
  phone:    int?
  joined:   date
  shout:    string
  greeting: text
  squad:    { type: Team?, was: team, on_archive: detach }
  tags:     { many: Tag }
",
];

/// Has no archive in the second age, in which its fields change.
const LETTER: [&str; 3] = [
    "entity: Letter\nfields:\n  subject: string\n  kind: { type: enum, values: [plain, fast] }\n",
    "entity: Note
was: Letter
delete: hard
fields:
  text: { type: string, was: subject }
  kind: { type: enum, values: [slow, { name: express, was: fast }, plain] }
  pages: { type: int, backfill: 3 }
",
    "entity: Note\nfields:\n  text: string\n  kind: { type: enum, values: [slow, express, plain] }\n  pages: int\n",
];

#[test]
fn archived_records_outlive_their_schema() {
    if !are_asked_for("archived_records_outlive_their_schema") {
        return;
    }
    let programs = step("build three ages", build_all);
    let sqlite = scratch("outlived-data");
    let url = format!("sqlite://{}/club.db", sqlite.display());
    step("three ages on SQLite", || outlive(&programs, &url));
    let server = Server::start();
    step("three ages on PostgreSQL", || {
        outlive(&programs, &server.url("postgres"));
    });
}

fn build_all() -> Vec<PathBuf> {
    let directory = scratch("outlived").join("club");
    let schema = scratch("outlived-schema");
    fs::create_dir_all(schema.join("entities")).expect("created");
    fs::write(
        schema.join("svcgen.yaml"),
        "svcgen: 1\nname: club\ndatabases: [sqlite, postgres]\nfeatures: { http: {} }\n",
    )
    .expect("written");
    for (file, text) in [
        ("team", TEAM),
        ("tag", TAG),
        ("visit", VISIT),
        ("member", MEMBER[0]),
        ("letter", LETTER[0]),
    ] {
        fs::write(schema.join(format!("entities/{file}.yaml")), text).expect("written");
    }
    let runtime = repository().join("runtime");
    let runtime = runtime.to_str().expect("UTF-8");
    super::cargo::generate("club", &schema, &directory, &["--runtime-path", runtime]);
    workspace(directory.parent().expect("a parent"), &["club"]);
    fs::write(directory.join("src/visit/rules.rs"), VISIT_RULES).expect("written");
    let mut programs = vec![build(&directory, "age-1")];
    fs::write(directory.join("entities/member.yaml"), MEMBER[1]).expect("written");
    fs::remove_file(directory.join("entities/letter.yaml")).expect("removed");
    fs::write(directory.join("entities/note.yaml"), LETTER[1]).expect("written");
    regenerate(&directory);
    programs.push(build(&directory, "age-2"));
    fs::remove_file(directory.join("entities/member.yaml")).expect("removed");
    fs::write(directory.join("entities/person.yaml"), MEMBER[2]).expect("written");
    let visit = VISIT.replace("type: Member", "type: Person");
    fs::write(directory.join("entities/visit.yaml"), visit).expect("written");
    fs::write(directory.join("entities/note.yaml"), LETTER[2]).expect("written");
    regenerate(&directory);
    programs.push(build(&directory, "age-3"));
    programs
}

fn regenerate(directory: &Path) {
    let mut generate = Command::new(crate::support::SVCGEN);
    generate.args(["generate", "--quiet"]);
    succeed(generate.current_dir(directory));
}

fn build(directory: &Path, name: &str) -> PathBuf {
    succeed(cargo(directory).args(["build", "--quiet"]));
    let kept = directory.with_file_name(name);
    fs::copy(target().join("debug/club"), &kept).expect("copied");
    kept
}

fn outlive(programs: &[PathBuf], url: &str) {
    let first = Running::start(&programs[0], url);
    let (team, tag) = (
        created(&first, "teams", &json!({"name": "a"})),
        created(&first, "tags", &json!({"name": "t"})),
    );
    let member = |name: &str, level: &str, badge: &str| json!({"name": name, "level": level, "badge": badge, "phone": "12", "nick": "ni", "team_id": team, "tag_ids": [tag]});
    let old = created(&first, "members", &member("old", "junior", "7"));
    let guest = created(&first, "members", &member("guest", "guest", "none"));
    created(
        &first,
        "visits",
        &json!({"member_id": old, "note": "first"}),
    );
    let letter = created(
        &first,
        "letters",
        &json!({"subject": "hello", "kind": "fast"}),
    );
    let (status, _) = first.call("DELETE", &format!("/v1/letters/{letter}"), &Value::Null);
    assert_eq!(status, 204);
    // The team goes, and its members are detached; then they go, and in the end the tag.
    assert_eq!(
        first
            .call("DELETE", &format!("/v1/teams/{team}"), &Value::Null)
            .0,
        204
    );
    for id in [&old, &guest] {
        assert_eq!(
            first
                .call("DELETE", &format!("/v1/members/{id}"), &Value::Null)
                .0,
            204
        );
    }
    assert_eq!(
        first
            .call("DELETE", &format!("/v1/tags/{tag}"), &Value::Null)
            .0,
        204
    );
    drop(first);

    let second = Running::start(&programs[1], url);
    let middle = json!({"full_name": "middle", "level": "trainee", "badge": 8, "joined": "2021-02-03", "shout": "M", "greeting": "hi"});
    let middle = created(&second, "members", &middle);
    let (status, listed) = second.call("GET", "/v1/archive/members", &Value::Null);
    assert_eq!(
        (status, listed["members"].as_array().map(Vec::len)),
        (200, Some(2)),
        "{listed}"
    );
    assert_eq!(
        second
            .call("DELETE", &format!("/v1/members/{middle}"), &Value::Null)
            .0,
        204
    );
    drop(second);

    let third = Running::start(&programs[2], url);
    let last = json!({"title": "last", "level": "junior", "badge": 9, "phone": 5, "joined": "2022-02-03", "shout": "L", "greeting": "ho"});
    let last = created(&third, "people", &last);
    a_rule_is_asked_for_what_goes_along(&third, &last);
    assert_eq!(
        third
            .call("DELETE", &format!("/v1/people/{last}"), &Value::Null)
            .0,
        204
    );
    comes_back(&third, &old, &guest, &middle, &last);
    what_was_tied_is_tied_again(&third, &team, &tag, &old);
    an_archive_that_was_off_is_as_if_it_had_been_on(&third, &letter);
}

/// A letter comes back as a note, though its archive did not serve while letters became notes.
fn an_archive_that_was_off_is_as_if_it_had_been_on(service: &Running, letter: &str) {
    let (_, listed) = service.call("GET", "/v1/archive/notes", &Value::Null);
    let archived = listed["notes"][0]["archive_id"]
        .as_str()
        .unwrap_or_default();
    let path = format!("/v1/archive/notes/{archived}/restore");
    let (status, answer) = service.call("POST", &path, &json!({}));
    assert_eq!(status, 200, "{answer} {listed}");
    let (_, found) = service.call("GET", &format!("/v1/notes/{letter}"), &Value::Null);
    let told = (&found["text"], &found["kind"], &found["pages"]);
    assert_eq!(
        told,
        (&json!("hello"), &json!("express"), &json!(3)),
        "{found}"
    );
}

/// A visit that stays keeps the person too, and nothing has happened.
fn a_rule_is_asked_for_what_goes_along(service: &Running, person: &str) {
    let visit = |note: &str| {
        created(
            service,
            "visits",
            &json!({"member_id": person, "note": note}),
        )
    };
    let (stays, goes) = (visit("stays"), visit("goes"));
    let (status, refused) = service.call("DELETE", &format!("/v1/people/{person}"), &Value::Null);
    assert_eq!(
        (status, &refused["reason"]),
        (409, &json!("VISIT_STAYS")),
        "{refused}"
    );
    for (plural, id) in [("people", person), ("visits", &stays), ("visits", &goes)] {
        assert_eq!(
            service
                .call("GET", &format!("/v1/{plural}/{id}"), &Value::Null)
                .0,
            200,
            "{plural}"
        );
    }
    let (status, answer) = service.call(
        "PATCH",
        &format!("/v1/visits/{stays}"),
        &json!({"note": "goes"}),
    );
    assert_eq!(status, 200, "{answer}");
}

/// Each is listed, and comes back as live rows have become.
fn comes_back(service: &Running, old: &str, guest: &str, middle: &str, last: &str) {
    let (_, listed) = service.call("GET", "/v1/archive/people", &Value::Null);
    assert_eq!(
        listed["people"].as_array().map(Vec::len),
        Some(4),
        "{listed}"
    );
    let (status, refused) = restore(service, guest, &json!({}));
    assert_eq!(status, 409, "{refused}");
    let told: Vec<(&str, &str)> = (refused["errors"].as_array().into_iter().flatten())
        .map(|it| {
            (
                it["pointer"].as_str().unwrap_or_default(),
                it["code"].as_str().unwrap_or_default(),
            )
        })
        .collect();
    for wanted in [
        ("/level", "ENUM_VALUE_REMOVED"),
        ("/badge", "VALUE_NOT_CONVERTED"),
        ("/badge", "REQUIRED_VALUE_MISSING"),
    ] {
        assert!(told.contains(&wanted), "{refused}");
    }
    assert!(
        refused.to_string().contains("`none`") && refused.to_string().contains("`guest`"),
        "{refused}"
    );

    let nothing = json!({});
    let overrides = json!({"level": "senior", "badge": 1});
    let people = listed["people"].as_array();
    let mut people = people.into_iter().flatten();
    let its_own = people
        .find(|it| it["id"] == *guest)
        .expect("in the archive");
    let (status, tried) = try_batch(service, its_own, &overrides);
    assert_eq!(status, 200, "{tried}");
    for (id, overrides, expected) in [
        (
            old,
            &nothing,
            json!({"title": "old", "level": "trainee", "badge": 7, "phone": null, "joined": "2020-01-31", "shout": "OLD", "greeting": "old", "version": 3}),
        ),
        (
            guest,
            &overrides,
            json!({"title": "guest", "level": "senior", "badge": 1, "shout": "GUEST"}),
        ),
        (
            middle,
            &nothing,
            json!({"title": "middle", "level": "trainee", "badge": 8, "joined": "2021-02-03", "shout": "M", "greeting": "hi"}),
        ),
        (
            last,
            &nothing,
            json!({"title": "last", "level": "junior", "badge": 9, "phone": 5, "joined": "2022-02-03"}),
        ),
    ] {
        let (status, answer) = restore(service, id, overrides);
        assert_eq!(status, 200, "{answer}");
        let (status, found) = service.call("GET", &format!("/v1/people/{id}"), &Value::Null);
        assert_eq!(status, 200, "{found}");
        for (member, value) in expected.as_object().into_iter().flatten() {
            assert_eq!(&found[member], value, "{member} of {found}");
        }
    }
}

/// Both ends were removed, one after the other and under other names; they are tied when the last
/// of them is back.
fn what_was_tied_is_tied_again(service: &Running, team: &str, tag: &str, person: &str) {
    let path = format!("/v1/people/{person}");
    for (plural, id) in [("teams", team), ("tags", tag)] {
        let (_, listed) = service.call("GET", &format!("/v1/archive/{plural}"), &Value::Null);
        let archived = listed[plural][0]["archive_id"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let (status, answer) = service.call(
            "POST",
            &format!("/v1/archive/{plural}/{archived}/restore"),
            &json!({}),
        );
        assert_eq!(
            (status, &answer["records"][0]["id"]),
            (200, &json!(id)),
            "{answer}"
        );
    }
    let (_, found) = service.call("GET", &path, &Value::Null);
    assert_eq!(
        (&found["squad_id"], &found["tag_ids"]),
        (&json!(team), &json!([tag])),
        "{found}"
    );
}

/// Tries to restore an archived person with all that went along, and with other values.
fn try_batch(service: &Running, archived: &Value, overrides: &Value) -> (u16, Value) {
    let text = |name: &str| archived[name].as_str().unwrap_or_default();
    let batch = text("archive_batch");
    let path = format!("/v1/archive/batches/{batch}/restore?validate_only=true");
    let by_record = json!({"overrides": { text("archive_id"): overrides }});
    service.call("POST", &path, &by_record)
}

/// Restores the only archived person of this id, alone.
fn restore(service: &Running, id: &str, overrides: &Value) -> (u16, Value) {
    let (_, listed) = service.call(
        "GET",
        &format!("/v1/archive/people?filter=id%3D%22{id}%22"),
        &Value::Null,
    );
    let archived = listed["people"][0]["archive_id"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    service.call(
        "POST",
        &format!("/v1/archive/people/{archived}/restore"),
        overrides,
    )
}

fn created(service: &Running, plural: &str, body: &Value) -> String {
    let (status, answer) = service.call("POST", &format!("/v1/{plural}"), body);
    assert_eq!(status, 201, "{plural}: {answer}");
    answer["id"].as_str().unwrap_or_default().to_owned()
}
