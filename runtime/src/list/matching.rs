//! The records that a filter matches, to be removed: by their ids, never more than a batch has.

use super::column::quoted;
use super::filter::check::Condition;
use super::include::padded;
use super::page::{conditions, read_filter};
use super::statement::{Parameters, where_all};
use super::{Mistake, Table};
use crate::Error;
use crate::db::{Db, Engine, FromColumn, IntoValue, Sql, Transaction, Value};
use crate::input::Violations;

/// A filter over a table, understood.
#[derive(Debug)]
pub struct Matching {
    table: &'static Table,
    condition: Condition,
}

impl Table {
    /// Understands a filter by which records are removed.
    ///
    /// # Errors
    ///
    /// 400 where it cannot be understood, or is empty: nobody means every record by saying nothing.
    pub fn matching(&'static self, filter: &str) -> Result<Matching, Error> {
        let condition = read_filter(filter, self).and_then(|condition| {
            let detail = "Is empty. Say which records are meant.";
            condition.ok_or_else(|| Mistake::new(1, detail))
        });
        condition
            .map(|condition| Matching {
                table: self,
                condition,
            })
            .map_err(|mistake| {
                let mut found = Violations::new();
                mistake.note("filter", "INVALID_FILTER", &mut found);
                Error::invalid_parameters(found)
            })
    }
}

impl Matching {
    /// The records that match now, in the order of their ids.
    ///
    /// # Errors
    ///
    /// 400 `TOO_MANY_MATCHES` where there are more than `most`.
    pub async fn ids<K: FromColumn + Send + 'static>(
        &self,
        db: &Db,
        most: usize,
    ) -> Result<Vec<K>, Error> {
        let (sql, values) = self.sql(db.engine(), Which::AtMost(most));
        let ids: Vec<(K,)> = db.fetch_all(&sql, values).await?;
        if ids.len() > most {
            let detail = format!(
                "More than {most} records match, which is the most that one request removes."
            );
            return Err(Error::failed_precondition("TOO_MANY_MATCHES", detail));
        }
        Ok(ids.into_iter().map(|(id,)| id).collect())
    }

    /// Those of the records `asked` for that still match, held until the transaction ends. The last
    /// of them comes first: what refers to another record is made after it, as a rule, and goes before it.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn held<K: FromColumn + IntoValue + Send + 'static>(
        &self,
        transaction: &mut Transaction<'static>,
        asked: Vec<K>,
    ) -> Result<Vec<K>, Error> {
        if asked.is_empty() {
            return Ok(Vec::new());
        }
        let asked = asked.into_iter().map(Value::of).collect();
        let (sql, values) = self.sql(transaction.engine(), Which::These(asked));
        let held: Vec<(K,)> = transaction.fetch_all(&sql, values).await?;
        Ok(held.into_iter().rev().map(|(id,)| id).collect())
    }

    fn sql(&self, engine: Engine, which: Which) -> (Sql, Vec<Value>) {
        let mut parameters = Parameters::new(engine, None);
        let mut conditions = conditions(None, Some(&self.condition), &mut parameters);
        let (table, key) = (quoted(self.table.name), quoted(self.table.key));
        let end = match which {
            // One more than is allowed tells that there are too many.
            Which::AtMost(most) => format!(" limit {}", most.saturating_add(1)),
            Which::These(ids) => {
                let ids = padded(&ids);
                let first = parameters.values.len() + 1;
                let places = (first..first + ids.len()).map(|number| format!("${number}"));
                let places: Vec<String> = places.collect();
                conditions.push(format!("{key} in ({})", places.join(", ")));
                parameters.values.extend(ids);
                match engine {
                    Engine::Sqlite => String::new(),
                    Engine::Postgres => " for update".to_owned(),
                }
            }
        };
        let all = where_all(&conditions);
        let text = format!("select {key} from {table}{all} order by {key}{end}");
        (Sql::at_run_time(text), parameters.values)
    }
}

/// Which of the records that match are read.
enum Which {
    /// All of them, up to one more than so many.
    AtMost(usize),
    /// Those of these ids, which are held.
    These(Vec<Value>),
}
