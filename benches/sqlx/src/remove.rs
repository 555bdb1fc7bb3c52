//! Removing a customer into the archive as one writes it by hand: a transaction that looks, copies
//! and deletes. The tables are those that the generated service's migrations made, without the guards.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use sqlx::postgres::PgPool;
use sqlx::sqlite::SqlitePool;
use uuid::Uuid;

use crate::Failure;

const FOUND: &str = "select version from customers where id = $1";
const ARCHIVE: &str = "insert into customers_archive
    (archive_id, archive_batch, archived_at, archived_by, archive_reason, archive_request,
    archive_root, archive_root_id, archive_schema, archive_purge_after,
    id, email, name, phone, password_hash, newsletter, credit_limit, version, created_at, updated_at)
    select $2, $3, $4, 'bench', $5, 'none', 'customers', $6, 1, $7,
    id, email, name, phone, password_hash, newsletter, credit_limit, version, created_at, updated_at
    from customers where id = $1";
const DELETE: &str = "delete from customers where id = $1";

#[derive(Deserialize)]
pub struct Why {
    reason: String,
}

/// On PostgreSQL.
pub async fn postgres(
    State(pool): State<PgPool>,
    Path(id): Path<Uuid>,
    Query(why): Query<Why>,
) -> Result<StatusCode, Failure> {
    let now = chrono::Utc::now();
    let mut tx = pool.begin().await?;
    let found: Option<(i64,)> =
        sqlx::query_as("select version from customers where id = $1 for update")
            .bind(id)
            .fetch_optional(&mut *tx)
            .await?;
    if found.is_none() {
        return Err(Failure(StatusCode::NOT_FOUND));
    }
    let copied = sqlx::query(ARCHIVE)
        .bind(id)
        .bind(Uuid::now_v7())
        .bind(Uuid::now_v7())
        .bind(now)
        .bind(why.reason)
        .bind(id.to_string())
        .bind(now + chrono::Months::new(84));
    copied.execute(&mut *tx).await?;
    sqlx::query(DELETE).bind(id).execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// On SQLite, with the settings of the generated service.
pub async fn sqlite(
    State(pool): State<SqlitePool>,
    Path(id): Path<Uuid>,
    Query(why): Query<Why>,
) -> Result<StatusCode, Failure> {
    let now = chrono::Utc::now();
    let mut tx = pool.begin_with("begin immediate").await?;
    let found: Option<(i64,)> = sqlx::query_as(FOUND)
        .bind(id)
        .fetch_optional(&mut *tx)
        .await?;
    if found.is_none() {
        return Err(Failure(StatusCode::NOT_FOUND));
    }
    let copied = sqlx::query(ARCHIVE)
        .bind(id)
        .bind(Uuid::now_v7())
        .bind(Uuid::now_v7())
        .bind(now.timestamp_micros())
        .bind(why.reason)
        .bind(id.to_string())
        .bind((now + chrono::Months::new(84)).timestamp_micros());
    copied.execute(&mut *tx).await?;
    sqlx::query(DELETE).bind(id).execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whether the customer is there: what a script waits for.
pub async fn exists(
    State(pool): State<SqlitePool>,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, Failure> {
    let found: Option<(i64,)> = sqlx::query_as(FOUND).bind(id).fetch_optional(&pool).await?;
    found
        .map(|_| StatusCode::OK)
        .ok_or(Failure(StatusCode::NOT_FOUND))
}
