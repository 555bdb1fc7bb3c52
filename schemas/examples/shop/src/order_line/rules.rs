//! What holds for order lines: while the order is a draft they take from the stock what
//! they promise, and make its total. All of it happens in the line's own transaction.

use jiff::Timestamp;
use svcgen_runtime::db::{Sql, Transaction};
use svcgen_runtime::hooks::{Inside, InsideChange};
use svcgen_runtime::{Error, params};
use uuid::Uuid;

use super::OrderLine;
use super::hooks::Rules;

/// What holds for order lines beyond the schema.
#[derive(Debug, Clone, Copy, Default)]
pub struct OrderLineRules;

impl Rules for OrderLineRules {
    fn inside_create(&self) -> Option<Inside<OrderLine>> {
        Some(|tx, _caller, line| {
            Box::pin(async move {
                take(tx, line.product_id, line.quantity).await?;
                count(tx, line.order_id, None).await
            })
        })
    }

    fn inside_change(&self) -> Option<InsideChange<OrderLine>> {
        Some(|tx, _caller, before, after| {
            Box::pin(async move {
                take(tx, after.product_id, after.quantity - before.quantity).await?;
                count(tx, after.order_id, None).await
            })
        })
    }

    fn inside_remove(&self) -> Option<Inside<OrderLine>> {
        Some(|tx, _caller, line| {
            Box::pin(async move {
                take(tx, line.product_id, -line.quantity).await?;
                count(tx, line.order_id, Some(line.id)).await
            })
        })
    }
}

/// Takes pieces of a product from the stock; a negative number gives them back.
const TAKE: Sql = Sql::new(
    "update products
     set stock = stock - $2, version = version + 1, updated_at = $3
     where id = $1 and (stock >= $2 and available or $2 < 0)",
);

async fn take(tx: &mut Transaction<'static>, product: Uuid, pieces: i32) -> Result<(), Error> {
    let taken = tx
        .execute(&TAKE, params![product, pieces, Timestamp::now()])
        .await?;
    if taken == 0 {
        let detail = format!("There are not {pieces} of the product `{product}` to sell.");
        return Err(Error::failed_precondition("OUT_OF_STOCK", detail));
    }
    Ok(())
}

/// The total of a draft's lines, without one that is about to go. SQLite keeps decimals
/// as whole numbers of their last digit: cents here, and ten-thousandths of a discount.
const COUNT: Sql = Sql::each(
    "update orders
     set total = (select coalesce(sum((quantity * price * (10000 - discount) + 5000) / 10000), 0)
                  from order_lines where order_id = $1 and coalesce(id <> $2, true)),
         version = version + 1,
         updated_at = $3
     where id = $1 and status = 'draft'",
    "update orders
     set total = (select coalesce(sum(round(quantity * price * (1 - discount), 2)), 0)
                  from order_lines where order_id = $1 and coalesce(id <> $2, true)),
         version = version + 1,
         updated_at = $3
     where id = $1 and status = 'draft'",
);

async fn count(
    tx: &mut Transaction<'static>,
    order: Uuid,
    without: Option<Uuid>,
) -> Result<(), Error> {
    let counted = tx
        .execute(&COUNT, params![order, without, Timestamp::now()])
        .await?;
    if counted == 0 {
        return Err(Error::failed_precondition(
            "NOT_A_DRAFT",
            "The lines of an order change only while it is a draft.",
        ));
    }
    Ok(())
}
