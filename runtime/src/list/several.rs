//! Several records by their ids, each of which must be there.

use std::fmt::Display;
use std::hash::Hash;

use super::{Table, Through};
use crate::Error;
use crate::db::{Db, FromColumn, FromRow, IntoValue};
use crate::input::Violations;

impl Table {
    /// The records of these ids, in this order.
    ///
    /// # Errors
    ///
    /// 404 with every id of which there is no record; `kind` is a word for people, such as `order`.
    pub async fn several<T, K>(
        &'static self,
        db: &Db,
        kind: &str,
        ids: &[K],
    ) -> Result<Vec<T>, Error>
    where
        T: FromRow + Clone + Send + 'static,
        K: FromColumn + IntoValue + Clone + Display + Eq + Hash + Send + 'static,
    {
        let found = self
            .belonging::<T, K>(db, Through::Key, ids.iter().cloned())
            .await?;
        let mut records = Vec::with_capacity(ids.len());
        let mut missing = Violations::new();
        let mut first = None;
        for (index, id) in ids.iter().enumerate() {
            if let Some(record) = found.get(id).and_then(|it| it.first()) {
                records.push(record.clone());
            } else {
                first = first.or(Some(id));
                let detail = format!("There is no {kind} `{id}`.");
                missing.add_parameter(format!("ids[{index}]"), "NOT_FOUND", detail);
            }
        }
        match first {
            None => Ok(records),
            Some(id) => Err(Error::not_found(kind, id).with_violations(missing)),
        }
    }
}
