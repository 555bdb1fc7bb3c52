//! What the runtime costs each request, against axum alone.
//!
//! `http_overhead bare` serves one handler by `axum::serve` on port 18081;
//! `http_overhead` serves the same one through the runtime (`/memory/{id}`), and
//! a row of the database (`/row/{id}`), as a service of the name `overhead`.
//! Load both in one run, for example `wrk -c 64 -d 10 http://127.0.0.1:18081/memory/1`.

use std::process::ExitCode;

use svcgen_runtime::axum::extract::{Path, State};
use svcgen_runtime::axum::routing::get;
use svcgen_runtime::axum::{self, Router, http::header};
use svcgen_runtime::db::{Db, DbError, FromRow, Migration, Row, Sql};
use svcgen_runtime::http::version_tag;
use svcgen_runtime::serde::Serialize;
use svcgen_runtime::{Error, Id, Resources, Service, StartError, Tag, Tagged, params};

const BYTES: &[u8] = br#"{"id":1,"name":"A row of about a hundred bytes, as many are","status":"open","total":"12.50","version":1}"#;
const FIND: Sql = Sql::new("select id, name, version from things where id = $1");

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some("bare") {
        bare();
        return ExitCode::SUCCESS;
    }
    svcgen_runtime::run::<Overhead>()
}

/// axum and nothing else.
fn bare() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let Ok(runtime) = runtime else { return };
    runtime.block_on(async {
        let router = Router::new().route("/memory/{id}", get(memory));
        if let Ok(listener) = tokio::net::TcpListener::bind("127.0.0.1:18081").await {
            let _ = axum::serve(listener, router).await;
        }
    });
}

async fn memory(Path(_id): Path<i64>) -> impl axum::response::IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], BYTES)
}

#[derive(Clone)]
struct Overhead {
    db: Db,
}

impl Service for Overhead {
    const NAME: &'static str = "overhead";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const MIGRATIONS: &'static [Migration] = &[Migration::new("0001_initial", "create table things (id integer primary key, name text not null, version integer not null) strict;
                 insert into things values (1, 'A row of about a hundred bytes, as many are, to be a fair match', 1);", "create table things (id bigint primary key, name text not null, version bigint not null);
                 insert into things values (1, 'A row of about a hundred bytes, as many are, to be a fair match', 1);")];

    async fn start(resources: Resources) -> Result<Self, StartError> {
        Ok(Self { db: resources.db })
    }

    fn router(self) -> Router {
        Router::new()
            .route("/memory/{id}", get(memory))
            .route("/row/{id}", get(row))
            .with_state(self)
    }
}

#[derive(Serialize)]
#[serde(crate = "svcgen_runtime::serde")]
struct Thing {
    id: i64,
    name: String,
    version: i64,
}

impl FromRow for Thing {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            id: row.get(0)?,
            name: row.get(1)?,
            version: row.get(2)?,
        })
    }
}

impl Tag for Thing {
    fn entity_tag(&self) -> Option<String> {
        Some(version_tag(self.version))
    }
}

async fn row(State(app): State<Overhead>, Id(id): Id<i64>) -> Result<Tagged<Thing>, Error> {
    let thing = app.db.fetch_optional(&FIND, params![id]).await?;
    thing
        .map(Tagged)
        .ok_or_else(|| Error::not_found("thing", id))
}
