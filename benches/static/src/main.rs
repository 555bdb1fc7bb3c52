//! What axum alone can do: the answers of the shop's customers, without a database.
//!
//! `bench-static PORT bytes` sends bytes that were made at the start;
//! `bench-static PORT structs` reads requests into structs and writes structs as
//! JSON, as any service has to that does not keep its answers.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How long a sealed token of the shop is here.
const TOKEN: usize = 172;

/// A customer as the shop answers with it.
#[derive(Debug, Clone, Serialize)]
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

#[derive(Debug, Clone, Serialize)]
struct Page {
    customers: Vec<Customer>,
    next_page_token: String,
    previous_page_token: String,
}

#[derive(Clone)]
struct Kept {
    customer: Bytes,
    page: Bytes,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let port = arguments.next().ok_or("a port is missing")?;
    let router = match arguments.next().as_deref() {
        Some("bytes") => bytes()?,
        Some("structs") => structs(),
        _ => return Err("`bytes` or `structs` is missing".into()),
    };
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    axum::serve(listener, router).await?;
    Ok(())
}

fn bytes() -> Result<Router, serde_json::Error> {
    let kept = Kept {
        customer: serde_json::to_vec(&customer(Uuid::now_v7()))?.into(),
        page: serde_json::to_vec(&page())?.into(),
    };
    let find = get(async move |State(kept): State<Kept>| json(kept.customer));
    let list = get(async move |State(kept): State<Kept>| json(kept.page)).post(
        async move |State(kept): State<Kept>, _: Bytes| (StatusCode::CREATED, json(kept.customer)),
    );
    Ok(Router::new()
        .route("/v1/customers/{id}", find)
        .route("/v1/customers", list)
        .with_state(kept))
}

fn json(bytes: Bytes) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], bytes)
}

fn structs() -> Router {
    Router::new()
        .route("/v1/customers/{id}", get(find))
        .route("/v1/customers", get(list).post(create))
        .with_state(page())
}

async fn find(Path(id): Path<Uuid>) -> impl IntoResponse {
    Json(customer(id))
}

async fn list(State(page): State<Page>) -> impl IntoResponse {
    Json(page)
}

async fn create(Json(new): Json<NewCustomer>) -> impl IntoResponse {
    let now = Utc::now();
    let customer = Customer {
        id: Uuid::now_v7(),
        email: new.email,
        name: new.name,
        phone: new.phone,
        newsletter: new.newsletter,
        credit_limit: new.credit_limit,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    (StatusCode::CREATED, Json(customer))
}

fn page() -> Page {
    Page {
        customers: (0..20).map(|_| customer(Uuid::now_v7())).collect(),
        next_page_token: "x".repeat(TOKEN),
        previous_page_token: "x".repeat(TOKEN),
    }
}

/// As long as a row of the seed.
fn customer(id: Uuid) -> Customer {
    let now = DateTime::from_timestamp_nanos(1_790_000_000_123_456_000);
    Customer {
        id,
        email: "customer-012345@example.com".to_owned(),
        name: "Customer number 012345".to_owned(),
        phone: Some("+4930123456".to_owned()),
        newsletter: true,
        credit_limit: Decimal::new(12345, 2),
        version: 1,
        created_at: now,
        updated_at: now,
    }
}
