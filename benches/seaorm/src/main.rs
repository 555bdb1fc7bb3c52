//! The customers of the shop as one writes them by hand on axum and sea-orm.
//!
//! `bench-seaorm PORT URL`: the same table and the same JSON as the generated
//! service, and less of everything else: no checks beyond the types, no
//! problem details, no entity tags, no timeouts.

mod customer;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Utc;
use rust_decimal::Decimal;
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{
    ActiveModelTrait as _, ConnectOptions, Database, DatabaseConnection, DbErr, EntityTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, Set,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use customer::{ActiveModel, Column, Entity, Model};

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
    page_size: Option<u64>,
    page_token: Option<String>,
}

#[derive(Debug, Serialize)]
struct Page {
    customers: Vec<Model>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

struct Failure(StatusCode);

impl From<DbErr> for Failure {
    fn from(error: DbErr) -> Self {
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
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(8)
        .test_before_acquire(false)
        .sqlx_logging(false);
    let database = Database::connect(options).await?;
    let router = Router::new()
        .route("/v1/customers/{id}", get(find))
        .route("/v1/customers", get(list).post(create))
        .with_state(database);
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    axum::serve(listener, router).await?;
    Ok(())
}

async fn find(
    State(database): State<DatabaseConnection>,
    Path(id): Path<Uuid>,
) -> Result<Json<Model>, Failure> {
    let found = Entity::find_by_id(id).one(&database).await?;
    found.map(Json).ok_or(Failure(StatusCode::NOT_FOUND))
}

async fn list(
    State(database): State<DatabaseConnection>,
    Query(listing): Query<Listing>,
) -> Result<Json<Page>, Failure> {
    let size = listing.page_size.unwrap_or(50).clamp(1, 1000);
    let mut query = Entity::find();
    if let Some(token) = listing.page_token {
        let (name, id) = open(&token).ok_or(Failure(StatusCode::BAD_REQUEST))?;
        // Not `cursor_by`: it asks for `name > $1 or (name = $1 and id > $2)`, for which
        // PostgreSQL reads the index from its beginning, at a hundred times the cost.
        let key = Expr::tuple([Expr::col(Column::Name), Expr::col(Column::Id)]);
        query = query.filter(key.gt(Expr::tuple([Expr::val(name), Expr::val(id)])));
    }
    let mut customers = query
        .order_by_asc(Column::Name)
        .order_by_asc(Column::Id)
        .limit(size + 1)
        .all(&database)
        .await?;
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
    State(database): State<DatabaseConnection>,
    Json(new): Json<NewCustomer>,
) -> Result<(StatusCode, Json<Model>), Failure> {
    let now = Utc::now();
    let customer = ActiveModel {
        id: Set(Uuid::now_v7()),
        email: Set(new.email),
        name: Set(new.name),
        phone: Set(new.phone),
        newsletter: Set(new.newsletter),
        credit_limit: Set(new.credit_limit),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    };
    Ok((StatusCode::CREATED, Json(customer.insert(&database).await?)))
}

fn token(name: &str, id: Uuid) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::json!([name, id]).to_string())
}

fn open(token: &str) -> Option<(String, Uuid)> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token).ok()?).ok()
}
