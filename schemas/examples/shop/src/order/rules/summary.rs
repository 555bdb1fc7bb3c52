//! `GET /v1/orders/{id}/summary`: an order at a glance, by a query of its own.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use rust_decimal::Decimal;
use serde::Serialize;
use svcgen_runtime::db::{DbError, FromRow, Row, Scaled, Sql};
use svcgen_runtime::{Error, Id, params};
use uuid::Uuid;

use crate::app::App;
use crate::order::OrderStatus;

/// An order at a glance.
#[derive(Debug, Serialize)]
struct Summary {
    number: String,
    customer: String,
    status: OrderStatus,
    /// How many different products.
    lines: i64,
    /// How many pieces.
    pieces: i64,
    total: Decimal,
}

impl FromRow for Summary {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            number: row.get(0)?,
            customer: row.get(1)?,
            status: row.get(2)?,
            lines: row.get(3)?,
            pieces: row.get(4)?,
            total: row.get::<Scaled<12, 2>>(5)?.0,
        })
    }
}

const SUMMARY: Sql = Sql::new(
    "select orders.number, customers.name, orders.status,
         count(order_lines.id), coalesce(sum(order_lines.quantity), 0), orders.total
     from orders
     join customers on customers.id = orders.customer_id
     left join order_lines on order_lines.order_id = orders.id
     where orders.id = $1
     group by orders.id, customers.id",
);

/// The route of the summary.
pub fn routes() -> Router<App> {
    Router::new().route("/v1/orders/{id}/summary", get(summary))
}

async fn summary(State(app): State<App>, Id(id): Id<Uuid>) -> Result<Json<Summary>, Error> {
    let found = app.db.fetch_optional(&SUMMARY, params![id]).await?;
    found.map(Json).ok_or_else(|| Error::not_found("order", id))
}
