//! What holds for orders: they begin as drafts, move only forward, and give back what
//! they hold when they end before they are sent.

mod summary;

use axum::Router;
use jiff::Timestamp;
use rust_decimal::Decimal;
use svcgen_runtime::db::{Sql, Transaction};
use svcgen_runtime::hooks::{Inside, InsideChange};
use svcgen_runtime::{Caller, Error, Violations, params};
use uuid::Uuid;

use super::hooks::Rules;
use super::{NewOrder, Order, OrderChanges, OrderStatus, queries};
use crate::app::App;

/// What holds for orders beyond the schema.
#[derive(Debug, Clone, Copy, Default)]
pub struct OrderRules;

impl Rules for OrderRules {
    fn check_new(&self, new: &NewOrder, found: &mut Violations) {
        if new.status != OrderStatus::Draft {
            found.add("/status", "NOT_A_DRAFT", "An order begins as a draft.");
        }
    }

    async fn before_create(
        &self,
        _app: &App,
        _caller: &Caller,
        new: &mut NewOrder,
    ) -> Result<(), Error> {
        // Whatever was sent: the lines make the total, and drafts are not placed.
        new.total = Decimal::ZERO;
        new.placed_at = None;
        Ok(())
    }

    async fn before_change(
        &self,
        app: &App,
        _caller: &Caller,
        id: Uuid,
        changes: &mut OrderChanges,
    ) -> Result<(), Error> {
        changes.total = None;
        changes.placed_at = None;
        if changes.status == Some(OrderStatus::Placed) {
            let current = queries::find(app, id).await?;
            if current.placed_at.is_none() {
                changes.placed_at = Some(Some(Timestamp::now()));
            }
        }
        Ok(())
    }

    fn inside_change(&self) -> Option<InsideChange<Order>> {
        Some(|tx, _caller, before, after| Box::pin(moved(tx, before, after)))
    }

    fn inside_remove(&self) -> Option<Inside<Order>> {
        Some(|tx, _caller, order| Box::pin(give_back(tx, order)))
    }

    fn routes(&self) -> Router<App> {
        summary::routes()
    }
}

impl OrderStatus {
    /// Whether an order that stands here may stand there next.
    fn may_become(self, next: Self) -> bool {
        self == next
            || matches!(
                (self, next),
                (Self::Draft, Self::Placed | Self::Cancelled)
                    | (Self::Placed, Self::Paid | Self::Cancelled)
                    | (Self::Paid, Self::Shipped | Self::Cancelled)
                    | (Self::Shipped, Self::Delivered)
            )
    }

    /// Whether what was ordered still lies in the warehouse, promised.
    fn holds_stock(self) -> bool {
        matches!(self, Self::Draft | Self::Placed | Self::Paid)
    }
}

/// An order has changed: only forward, and what a cancelled one held is free again.
async fn moved(tx: &mut Transaction<'static>, before: &Order, after: &Order) -> Result<(), Error> {
    if !before.status.may_become(after.status) {
        let detail = format!(
            "An order that is {} cannot become {}.",
            before.status, after.status
        );
        return Err(Error::failed_precondition("STATUS_GOES_FORWARD", detail));
    }
    if after.status == OrderStatus::Cancelled {
        give_back(tx, before).await?;
    }
    Ok(())
}

/// Puts what an order holds back on the shelves.
const GIVE_BACK: Sql = Sql::new(
    "update products
     set stock = stock + (select quantity from order_lines
                          where order_id = $1 and product_id = products.id),
         version = version + 1,
         updated_at = $2
     where id in (select product_id from order_lines where order_id = $1)",
);

async fn give_back(tx: &mut Transaction<'static>, order: &Order) -> Result<(), Error> {
    if order.status.holds_stock() {
        tx.execute(&GIVE_BACK, params![order.id, Timestamp::now()])
            .await?;
    }
    Ok(())
}
