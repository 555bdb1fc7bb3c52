//! The customers of the shop as one writes them by hand on axum and sqlx.
//!
//! `bench-sqlx PORT URL`: on SQLite removals alone; on PostgreSQL the same table and the same JSON as the generated
//! service, and less of everything else: no checks beyond the types, no
//! problem details, no entity tags, no timeouts.

mod remove;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use std::str::FromStr as _;
use uuid::Uuid;

const FIND: &str =
    "select id, email, name, phone, newsletter, credit_limit, version, created_at, updated_at
    from customers where id = $1";
const LIST: &str =
    "select id, email, name, phone, newsletter, credit_limit, version, created_at, updated_at
    from customers order by name, id limit $1";
const LIST_AFTER: &str =
    "select id, email, name, phone, newsletter, credit_limit, version, created_at, updated_at
    from customers where (name, id) > ($2, $3) order by name, id limit $1";
const INSERT: &str = "insert into customers
    (id, email, name, phone, newsletter, credit_limit, version, created_at, updated_at)
    values ($1, $2, $3, $4, $5, $6, 1, $7, $7)
    returning id, email, name, phone, newsletter, credit_limit, version, created_at, updated_at";

#[derive(Debug, Serialize, sqlx::FromRow)]
struct Customer {
    id: Uuid,
    email: String,
    name: String,
    phone: Option<String>,
    newsletter: bool,
    credit_limit: Decimal,
    version: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

#[derive(Debug, Deserialize)]
struct NewCustomer {
    email: String,
    name: String,
    phone: Option<String>,
    #[serde(default)]
    newsletter: bool,
    #[serde(default)]
    credit_limit: Decimal,
}

#[derive(Debug, Deserialize)]
struct Listing {
    page_size: Option<i64>,
    page_token: Option<String>,
}

#[derive(Debug, Serialize)]
struct Page {
    customers: Vec<Customer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

pub struct Failure(StatusCode);

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        eprintln!("{error}");
        Self(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        self.0.into_response()
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let port = arguments.next().ok_or("a port is missing")?;
    let url = arguments.next().ok_or("a URL is missing")?;
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    if url.starts_with("sqlite:") {
        return Ok(axum::serve(listener, sqlite(&url).await?).await?);
    }
    let pool = PgPoolOptions::new()
        .max_connections(8)
        .test_before_acquire(false)
        .connect(&url)
        .await?;
    let router = Router::new()
        .route("/v1/customers/{id}", get(find).delete(remove::postgres))
        .route("/v1/customers", get(list).post(create))
        .with_state(pool);
    axum::serve(listener, router).await?;
    Ok(())
}

/// Removals alone, on SQLite with `synchronous=full`, as the generated service has it.
async fn sqlite(url: &str) -> Result<Router, sqlx::Error> {
    let options = SqliteConnectOptions::from_str(url)?
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(std::time::Duration::from_secs(10));
    // SQLite has one writer at a time: who waits for the pool's only connection does not poll a lock.
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .test_before_acquire(false)
        .connect_with(options)
        .await?;
    let customer = get(remove::exists).delete(remove::sqlite);
    Ok(Router::new()
        .route("/v1/customers/{id}", customer)
        .with_state(pool))
}

async fn find(State(pool): State<PgPool>, Path(id): Path<Uuid>) -> Result<Json<Customer>, Failure> {
    let found = sqlx::query_as(FIND).bind(id).fetch_optional(&pool).await?;
    found.map(Json).ok_or(Failure(StatusCode::NOT_FOUND))
}

async fn list(
    State(pool): State<PgPool>,
    Query(listing): Query<Listing>,
) -> Result<Json<Page>, Failure> {
    let size = listing.page_size.unwrap_or(50).clamp(1, 1000);
    let mut customers: Vec<Customer> = match listing.page_token {
        None => sqlx::query_as(LIST).bind(size + 1).fetch_all(&pool).await?,
        Some(token) => {
            let (name, id) = open(&token).ok_or(Failure(StatusCode::BAD_REQUEST))?;
            let query = sqlx::query_as(LIST_AFTER)
                .bind(size + 1)
                .bind(name)
                .bind(id);
            query.fetch_all(&pool).await?
        }
    };
    let size = usize::try_from(size).unwrap_or(0);
    let more = customers.len() > size;
    customers.truncate(size);
    let last = customers.last().filter(|_| more);
    let next_page_token = last.map(|last| token(&last.name, last.id));
    Ok(Json(Page {
        customers,
        next_page_token,
    }))
}

async fn create(
    State(pool): State<PgPool>,
    Json(new): Json<NewCustomer>,
) -> Result<(StatusCode, Json<Customer>), Failure> {
    let customer = sqlx::query_as(INSERT)
        .bind(Uuid::now_v7())
        .bind(new.email)
        .bind(new.name)
        .bind(new.phone)
        .bind(new.newsletter)
        .bind(new.credit_limit)
        .bind(Utc::now())
        .fetch_one(&pool)
        .await?;
    Ok((StatusCode::CREATED, Json(customer)))
}

fn token(name: &str, id: Uuid) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::json!([name, id]).to_string())
}

fn open(token: &str) -> Option<(String, Uuid)> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token).ok()?).ok()
}
