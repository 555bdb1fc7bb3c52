//! A small service as a generated one would be, with a few routes that misbehave.

use std::time::Duration;

use svcgen_runtime::axum::extract::{Path, State};
use svcgen_runtime::axum::http::StatusCode;
use svcgen_runtime::axum::routing::{get, post, put};
use svcgen_runtime::axum::{Json, Router, body::Bytes};
use svcgen_runtime::db::{Db, DbError, FromRow, Migration, Row, Scaled, Sql};
use svcgen_runtime::http::version_tag;
use svcgen_runtime::input::{decimal, text};
use svcgen_runtime::rust_decimal::Decimal;
use svcgen_runtime::serde::Serialize;
use svcgen_runtime::serde_json::{Value, json};
use svcgen_runtime::uuid::Uuid;
use svcgen_runtime::{
    Body, Caller, Conditions, Constraint, Created, Error, Id, Listing, NoContent, Object,
    PageTokens, Read, Removal, Resources, Service, StartError, Tag, Tagged, dec, params,
};

#[derive(Clone)]
pub struct Notes {
    pub db: Db,
    pub pages: PageTokens,
}

impl Service for Notes {
    const NAME: &'static str = "notes";
    const VERSION: &'static str = "1.2.3";
    const MIGRATIONS: &'static [Migration] = &[Migration::new("0001_initial", SQLITE, POSTGRES)];
    const OPENAPI: Option<&'static str> = Some(include_str!("openapi.json"));

    async fn start(resources: Resources) -> Result<Self, StartError> {
        if let Some(wait) = resources.config.app.get("start_delay_ms") {
            let wait = wait
                .as_integer()
                .and_then(|it| it.try_into().ok())
                .unwrap_or_default();
            sleep(Duration::from_millis(wait)).await;
        }
        Ok(Self {
            db: resources.db,
            pages: resources.pages,
        })
    }

    fn router(self) -> Router {
        Router::new()
            .route("/v1/notes", get(list).post(create))
            .route("/v1/notes/{id}", get(find).patch(change).delete(remove))
            .route("/v1/notes/{id}/whole", put(change))
            .route("/v1/caller", get(async |caller: Caller| caller.subject))
            .route("/long/{size}", get(long))
            .route(
                "/long/{size}/packed",
                get(async || ([("content-encoding", "identity")], "x".repeat(5000))),
            )
            .route(
                "/long/{size}/kept",
                get(async || {
                    (
                        [("cache-control", "no-transform"), ("vary", "Cookie")],
                        "x".repeat(5000),
                    )
                }),
            )
            .route("/misbehave/panic", get(panics))
            .route("/misbehave/slow/{ms}", get(slow).post(slow))
            .route("/misbehave/leak", get(leak))
            .route(
                "/misbehave/refuse",
                get(async || (StatusCode::FORBIDDEN, "not you")),
            )
            .route(
                "/misbehave/fail",
                get(async || (StatusCode::BAD_GATEWAY, "host 10.0.0.7 is down")),
            )
            .route("/misbehave/bare", get(async || StatusCode::CONFLICT))
            .route(
                "/misbehave/page",
                get(async || {
                    (
                        StatusCode::NOT_FOUND,
                        [("content-type", "text/html")],
                        "<h1>no</h1>",
                    )
                }),
            )
            .route(
                "/plain/json",
                post(async |Json(value): Json<Value>| Json(value)),
            )
            .route(
                "/plain/bytes",
                post(async |bytes: Bytes| bytes.len().to_string()),
            )
            .with_state(self)
    }
}

async fn sleep(wait: Duration) {
    tokio::time::sleep(wait).await;
}

const SQLITE: &str = "create table notes (
    id blob primary key not null, title text not null, price integer not null, version integer not null default 1,
    constraint notes_title_key unique (title), constraint notes_price_check check (price >= 0)) strict;";
const POSTGRES: &str = "create table notes (
    id uuid primary key, title text not null, price numeric(12,2) not null, version bigint not null default 1,
    constraint notes_title_key unique (title), constraint notes_price_check check (price >= 0));";

#[derive(Debug, Serialize)]
pub struct Note {
    pub id: Uuid,
    pub title: String,
    pub price: Decimal,
    pub version: i64,
}

impl FromRow for Note {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        let price = row.get::<Scaled<12, 2>>(2)?.0;
        Ok(Self {
            id: row.get(0)?,
            title: row.get(1)?,
            price,
            version: row.get(3)?,
        })
    }
}

impl Tag for Note {
    fn entity_tag(&self) -> Option<String> {
        Some(version_tag(self.version))
    }
}

pub struct NewNote {
    title: String,
    price: Decimal,
}

impl Read for NewNote {
    fn read(body: &mut Object) -> Option<Self> {
        let title = body.required("title", text().min(1).max(20));
        // One less than the database allows, so that its own check can be reached.
        let price = body.or("price", decimal(12, 2).min(dec!(-1)), dec!(0));
        body.ignore(&["id", "version"]);
        Some(Self {
            title: title?,
            price: price?,
        })
    }
}

pub struct NoteChanges {
    title: Option<String>,
}

impl Read for NoteChanges {
    fn read(body: &mut Object) -> Option<Self> {
        body.immutable(&["price"]);
        let title = body.change("title", text().min(1).max(20));
        Some(Self { title: title? })
    }
}

const CONSTRAINTS: &[Constraint] = &[
    Constraint::unique("notes_title_key", "notes", &["title"], "/title"),
    Constraint::check("notes_price_check", "/price"),
];
const LIST: Sql = Sql::new("select id, title, price, version from notes order by id limit $1");
const LIST_AFTER: Sql =
    Sql::new("select id, title, price, version from notes where id > $2 order by id limit $1");
const FIND: Sql = Sql::new("select id, title, price, version from notes where id = $1");
const INSERT: Sql = Sql::new(
    "insert into notes (id, title, price) values ($1, $2, $3) returning id, title, price, version",
);
const CHANGE: Sql = Sql::new(
    "update notes set title = coalesce($2, title), version = version + 1
     where id = $1 and version = coalesce($3, version) returning id, title, price, version",
);
const REMOVE: Sql = Sql::new("delete from notes where id = $1");
const SCOPE: &str = "notes";

#[derive(Serialize)]
struct NotePage {
    notes: Vec<Note>,
    next_page_token: String,
}

async fn list(State(app): State<Notes>, listing: Listing) -> Result<Json<NotePage>, Error> {
    let size = listing.page_size(50, 500);
    let rows = match listing.cursor::<Uuid>(&app.pages, SCOPE)? {
        None => app.db.fetch_all::<Note>(&LIST, params![size + 1]).await?,
        Some(id) => app.db.fetch_all(&LIST_AFTER, params![size + 1, id]).await?,
    };
    let (notes, next_page_token) = app.pages.page(rows, size, SCOPE, |last| last.id)?;
    Ok(Json(NotePage {
        notes,
        next_page_token,
    }))
}

async fn create(
    State(app): State<Notes>,
    _caller: Caller,
    Body(new): Body<NewNote>,
) -> Result<Created<Note>, Error> {
    let values = params![Uuid::now_v7(), new.title, Scaled::<12, 2>(new.price)];
    let made = app.db.write_one::<Note>(&INSERT, values).await;
    let note = made.map_err(|error| Error::from(error).constrained(CONSTRAINTS))?;
    Ok(Created::new(format!("/v1/notes/{}", note.id), note))
}

async fn find(State(app): State<Notes>, Id(id): Id<Uuid>) -> Result<Tagged<Note>, Error> {
    let note = app.db.fetch_optional(&FIND, params![id]).await?;
    note.map(Tagged).ok_or_else(|| Error::not_found("note", id))
}

async fn change(
    State(app): State<Notes>,
    Id(id): Id<Uuid>,
    conditions: Conditions,
    Body(changes): Body<NoteChanges>,
) -> Result<Tagged<Note>, Error> {
    let values = params![id, changes.title, conditions.expected()?];
    match app.db.write_optional::<Note>(&CHANGE, values).await {
        Ok(Some(note)) => Ok(Tagged(note)),
        Ok(None) => Err(Error::precondition_failed("The note has another version.")),
        Err(error) => Err(Error::from(error).constrained(CONSTRAINTS)),
    }
}

async fn remove(
    State(app): State<Notes>,
    Id(id): Id<Uuid>,
    conditions: Conditions,
    removal: Removal,
) -> Result<NoContent, Error> {
    conditions.expected()?;
    if removal.reason.is_none() {
        return Err(Error::bad_request(
            "REASON_REQUIRED",
            "Say why, in `reason`.",
        ));
    }
    match app.db.execute(&REMOVE, params![id]).await? {
        0 => Err(Error::not_found("note", id)),
        _ => Ok(NoContent),
    }
}

/// A record of this many characters.
#[derive(Serialize)]
struct Long {
    text: String,
}

impl Tag for Long {
    fn entity_tag(&self) -> Option<String> {
        Some(version_tag(7))
    }
}

async fn long(Path(size): Path<usize>) -> Tagged<Long> {
    let text = "All work and no play. ".chars().cycle().take(size);
    Tagged(Long {
        text: text.collect(),
    })
}

async fn panics() -> &'static str {
    if true {
        panic!("the secret is swordfish")
    } else {
        ""
    }
}

async fn slow(Path(ms): Path<u64>, body: Bytes) -> Json<Value> {
    tokio::time::sleep(Duration::from_millis(ms)).await;
    Json(json!({"slept": ms, "body": body.len()}))
}

async fn leak() -> Result<NoContent, Error> {
    Err(Error::internal(
        "connection to postgres://app:swordfish@db failed",
    ))
}
