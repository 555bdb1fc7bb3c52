//! Holding the records of a batch before any of them is written.

use super::Targeted;
use crate::Error;
use crate::db::{FromRow, Sql, Transaction, Value};
use crate::http::Element;

/// The records of a batch, each held until the transaction ends, in the order of the request;
/// `None` where there is no such record.
///
/// They are held in the order of their ids, so that no two batches wait for each other.
/// `values` says what the statement `lock` takes for an element.
///
/// # Errors
///
/// That of the first element whose record cannot be held.
pub async fn hold<T, R>(
    transaction: &mut Transaction<'_>,
    lock: &Sql,
    targets: &[T],
    values: impl Fn(&T) -> Result<Vec<Value>, Error>,
) -> Result<Vec<Option<R>>, Error>
where
    T: Targeted,
    T::Id: Ord,
    R: FromRow + Send + 'static,
{
    let mut order: Vec<usize> = (0..targets.len()).collect();
    order.sort_by(|a, b| targets[*a].id().cmp(targets[*b].id()));
    let mut rows = Vec::with_capacity(order.len());
    for at in &order {
        let values = values(&targets[*at]);
        rows.push(values.map_err(|error| error.of_element(*at, Element::Record))?);
    }
    let held = transaction.optional_each::<R>(lock, rows).await;
    let held = held.map_err(|failed| {
        let index = order.get(failed.index).copied().unwrap_or_default();
        Error::from(failed.error).of_element(index, Element::Record)
    })?;
    let mut found: Vec<Option<R>> = targets.iter().map(|_| None).collect();
    for (at, record) in order.into_iter().zip(held) {
        found[at] = record;
    }
    Ok(found)
}
