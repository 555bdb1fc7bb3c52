//! The statements of lists, put together from declared columns; every value is a parameter.

use super::column::{Kind, Table, Within, quoted};
use super::order::Key;
use super::search::RANK;
use crate::db::exact;
use crate::db::{Engine, Sql, Value};

/// The values of a statement, in the order of their numbers.
#[derive(Debug)]
pub(crate) struct Parameters {
    pub engine: Engine,
    pub values: Vec<Value>,
}

impl Parameters {
    /// Begins with the values of a fixed condition, whose text counts them from `$1`.
    pub(crate) fn new(engine: Engine, within: Option<&Within>) -> Self {
        let values = within.map_or(Vec::new(), |within| within.values.clone());
        Self { engine, values }
    }

    /// Adds a value, and gives what stands for it in the text.
    pub(crate) fn bind(&mut self, kind: Kind, value: Value) -> String {
        let value = match (kind, self.engine, value) {
            // SQLite has such numbers as texts that sort like them.
            (Kind::Exact { scale }, Engine::Sqlite, Value::Text(text)) => {
                let units = exact::units(&text, scale).unwrap_or_default();
                Value::Text(exact::sortable(units).into())
            }
            (_, _, value) => value,
        };
        self.values.push(value);
        let number = self.values.len();
        match (kind, self.engine) {
            // More digits than the wire format of decimals has here.
            (Kind::Exact { .. }, Engine::Postgres) => {
                format!("cast(cast(${number} as text) as numeric)")
            }
            _ => format!("${number}"),
        }
    }
}

/// What a page is read with.
#[derive(Debug)]
pub(crate) struct Page<'a> {
    pub table: &'a Table,
    /// What holds for every row.
    pub conditions: Vec<String>,
    pub keys: &'a [Key],
    /// The ranges after the cursor; none on the first page.
    pub ranges: Vec<String>,
    /// What the last column of each row is, where rows are ranked.
    pub rank: Option<String>,
    pub limit: i64,
    pub skip: i64,
}

impl Page<'_> {
    /// The statement.
    pub(crate) fn sql(self, parameters: &mut Parameters) -> Sql {
        let order: Vec<String> = self.keys.iter().map(Key::sql).collect();
        let order = order.join(", ");
        let name = quoted(self.table.name);
        let mut record = self.table.record.text(parameters.engine).to_owned();
        // The rank is computed once, before anything is compared with it.
        let (source, conditions) = match &self.rank {
            None => (name.clone(), self.conditions),
            Some(rank) => {
                let column = quoted(RANK);
                record = format!("{record}, {column}");
                let all = where_all(&self.conditions);
                let ranked = format!("(select *, {rank} as {column} from {name}{all}) as {name}");
                (ranked, Vec::new())
            }
        };
        let mut limit = parameters.bind(Kind::Bigint, Value::Int(self.limit));
        if self.skip > 0 {
            let skip = parameters.bind(Kind::Bigint, Value::Int(self.skip));
            limit = format!("{limit} offset {skip}");
        }
        let from = match self.ranges.as_slice() {
            [] | [_] => {
                let mut conditions = conditions;
                conditions.extend(self.ranges);
                format!("{source}{}", where_all(&conditions))
            }
            ranges => {
                // Each range is read no further than the page could need.
                let most = self.limit.saturating_add(self.skip);
                let most = parameters.bind(Kind::Bigint, Value::Int(most));
                let parts: Vec<String> = ranges
                    .iter()
                    .map(|range| {
                        let mut conditions = conditions.clone();
                        conditions.push(range.clone());
                        let all = where_all(&conditions);
                        format!("select * from (select * from {source}{all} order by {order} limit {most}) as part")
                    })
                    .collect();
                format!("({}) as {name}", parts.join(" union all "))
            }
        };
        let text = format!("select {record} from {from} order by {order} limit {limit}");
        Sql::at_run_time(text)
    }
}

/// How many rows fulfil the conditions.
pub(crate) fn count(table: &Table, conditions: &[String]) -> Sql {
    let name = quoted(table.name);
    Sql::at_run_time(format!(
        "select count(*) from {name}{}",
        where_all(conditions)
    ))
}

/// The conditions with ` where ` before them, if there are any.
pub(crate) fn where_all(conditions: &[String]) -> String {
    if conditions.is_empty() {
        String::new()
    } else {
        format!(" where {}", conditions.join(" and "))
    }
}
