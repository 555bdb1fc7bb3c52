//! What keeps a record of the clinic, what goes with it, and what is only cut loose.

use clinic::app::App;
use serde_json::{Value, json};
use svcgen_runtime::axum::http::Method;
use svcgen_runtime::db::Sql;
use svcgen_runtime::testing::{Answer, TestServer};

const API: &str = "/api/v1";

async fn start() -> TestServer<App> {
    TestServer::start_with(|config| config.caller.header = Some("x-caller".to_owned())).await
}

async fn count(server: &TestServer<App>, table: &str) -> i64 {
    let sql = format!("select count(*) from {table}");
    let counted = server
        .app()
        .db
        .fetch_one::<(i64,)>(&Sql::owned(sql.clone(), sql), Vec::new())
        .await;
    counted.expect("a count").0
}

async fn create(server: &TestServer<App>, plural: &str, body: Value) -> Value {
    let request = server.request(Method::POST, &format!("{API}/{plural}"));
    let answer = request.keyed().json(body).send().await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.body
}

async fn remove(server: &TestServer<App>, plural: &str, record: &Value) -> Answer {
    let id = record["id"].as_str().unwrap_or_default();
    let request = server.request(
        Method::DELETE,
        &format!("{API}/{plural}/{id}?reason=asked%20to"),
    );
    let request = request.header("x-caller", "desk");
    request.header("if-match", "*").send().await
}

struct Records {
    doctor: Value,
    patient: Value,
    appointment: Value,
    visit: Value,
}

async fn records(server: &TestServer<App>) -> Records {
    let doctor = create(
        server,
        "practitioners",
        json!({"id": "dr-a", "name": "Dr A"}),
    )
    .await;
    let patient = json!({
        "record_number": "P000001", "family_name": "B", "given_name": "C", "born_on": "1950-02-28", "sex": "unknown",
        "practitioner_id": "dr-a", "portal_pin": "123456",
    });
    let patient = create(server, "patients", patient).await;
    let appointment = json!({"patient_id": patient["id"], "practitioner_id": "dr-a", "starts_at": "2026-05-04T08:00:00Z"});
    let appointment = create(server, "appointments", appointment).await;
    let visit = json!({
        "patient_id": patient["id"], "practitioner_id": "dr-a", "appointment_id": appointment["id"], "complaint": "cough",
    });
    let visit = create(server, "visits", visit).await;
    for code in ["8867-4", "8310-5"] {
        let observation = json!({"visit_id": visit["id"], "code": code, "value": "36.600000", "samples": ["1.5"]});
        create(server, "observations", observation).await;
    }
    create(
        server,
        "prescriptions",
        json!({"visit_id": visit["id"], "substance": "tea", "dose": "0.001"}),
    )
    .await;
    Records {
        doctor,
        patient,
        appointment,
        visit,
    }
}

const TABLES: &[(&str, i64)] = &[
    ("practitioners", 1),
    ("patients", 1),
    ("appointments", 1),
    ("visits", 1),
    ("observations", 2),
    ("prescriptions", 1),
];

#[tokio::test]
async fn restrict_refuses_and_changes_nothing() {
    let server = start().await;
    let records = records(&server).await;
    for (plural, record) in [
        ("patients", &records.patient),
        ("practitioners", &records.doctor),
    ] {
        let refused = remove(&server, plural, record).await;
        assert_eq!(refused.status, 409, "{plural}: {}", refused.body);
        assert_eq!(refused.header("content-type"), "application/problem+json");
    }
    for (table, rows) in TABLES {
        assert_eq!(count(&server, table).await, *rows, "{table}");
        assert_eq!(
            count(&server, &format!("{table}_archive")).await,
            0,
            "{table}_archive"
        );
    }
    assert_eq!(count(&server, "archive_references").await, 0);
    let path = format!(
        "{API}/patients/{}",
        records.patient["id"].as_str().unwrap_or_default()
    );
    assert_eq!(server.get(&path).await.body, records.patient);
}

#[tokio::test]
async fn cascade_takes_along_and_set_null_cuts() {
    let server = start().await;
    let records = records(&server).await;
    // The appointment goes alone; the visit that came of it stays and knows none.
    assert_eq!(
        remove(&server, "appointments", &records.appointment)
            .await
            .status,
        204
    );
    let path = format!(
        "{API}/visits/{}",
        records.visit["id"].as_str().unwrap_or_default()
    );
    let visit = server.get(&path).await.body;
    assert_eq!(
        (&visit["appointment_id"], &visit["version"]),
        (&Value::Null, &json!(2))
    );
    // The visit goes with all that was found and prescribed.
    let removed = remove(&server, "visits", &records.visit).await;
    assert_eq!(removed.status, 204, "{}", removed.body);
    for (table, rows) in &TABLES[3..] {
        assert_eq!(count(&server, table).await, 0, "{table}");
        assert_eq!(
            count(&server, &format!("{table}_archive")).await,
            *rows,
            "{table}_archive"
        );
    }
    let batches = "select count(*) from (
            select archive_batch from visits_archive union select archive_batch from observations_archive
            union select archive_batch from prescriptions_archive
        ) as batches";
    let batches = server
        .app()
        .db
        .fetch_one::<(i64,)>(&Sql::new(batches), Vec::new())
        .await;
    assert_eq!(batches.expect("a count").0, 1);
    let who = Sql::new("select archived_by, archive_reason from observations_archive limit 1");
    let who = server
        .app()
        .db
        .fetch_one::<(String, String)>(&who, Vec::new())
        .await;
    assert_eq!(
        who.expect("a row"),
        ("desk".to_owned(), "asked to".to_owned())
    );
    assert_eq!(
        remove(&server, "patients", &records.patient).await.status,
        204
    );
    assert_eq!(count(&server, "patients_archive").await, 1);
}

#[tokio::test]
async fn detach_cuts_and_remembers() {
    let server = start().await;
    let records = records(&server).await;
    for (plural, record) in [
        ("visits", &records.visit),
        ("appointments", &records.appointment),
    ] {
        assert_eq!(remove(&server, plural, record).await.status, 204);
    }
    let other = create(
        &server,
        "practitioners",
        json!({"id": "dr-b", "name": "Dr B", "substitute_ids": ["dr-a"]}),
    )
    .await;
    assert_eq!(other["substitute_ids"], json!(["dr-a"]));
    let removed = remove(&server, "practitioners", &records.doctor).await;
    assert_eq!(removed.status, 204, "{}", removed.body);
    let path = format!(
        "{API}/patients/{}",
        records.patient["id"].as_str().unwrap_or_default()
    );
    assert_eq!(server.get(&path).await.body["practitioner_id"], Value::Null);
    let remembered =
        Sql::new("select table_name, column_name, row_id, target_id from archive_references");
    let remembered = server
        .app()
        .db
        .fetch_one::<(String, String, String, String)>(&remembered, Vec::new())
        .await;
    let (table, column, row, target) = remembered.expect("one reference");
    assert_eq!(
        (table.as_str(), column.as_str(), target.as_str()),
        ("patients", "practitioner_id", "dr-a")
    );
    assert_eq!(
        row.to_lowercase().replace('-', ""),
        records.patient["id"]
            .as_str()
            .unwrap_or_default()
            .replace('-', "")
    );
    let found = server.get(&format!("{API}/practitioners/dr-b")).await;
    assert_eq!(found.body["substitute_ids"], json!([]));
}

#[tokio::test]
async fn a_batch_comes_back_though_its_parent_was_removed_once_more_since() {
    let server = start().await;
    let records = records(&server).await;
    assert_eq!(remove(&server, "visits", &records.visit).await.status, 204);
    let archived = server.get(&format!("{API}/archive/visits")).await;
    let batch = archived.body["visits"][0]["archive_batch"].as_str();
    let batch = batch.expect("a batch");

    let again = json!({
        "id": records.visit["id"], "patient_id": records.patient["id"], "practitioner_id": "dr-a", "complaint": "none",
    });
    let again = create(&server, "visits", again).await;
    assert_eq!(remove(&server, "visits", &again).await.status, 204);

    let path = format!("{API}/archive/batches/{batch}/restore");
    let back = server.request(Method::POST, &path).send().await;
    assert_eq!(back.status, 200, "{}", back.body);
    for (table, rows) in TABLES {
        assert_eq!(count(&server, table).await, *rows, "{table}");
    }
    assert_eq!(count(&server, "visits_archive").await, 1);
}
