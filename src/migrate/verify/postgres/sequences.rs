//! The counters of ids: whose each is, and that none goes back where it has given out ids.

use std::collections::BTreeMap;

use postgres::{Client, Error};

use super::super::{Unproved, Way};
use crate::dialect::{quoted, text_literal};
use crate::tables::{Schema, delta::Delta};

/// The last id that each table gave out.
pub type Counters = BTreeMap<String, i64>;

const COUNTERS: &str = "
select t.relname::text, coalesce(s.last_value, 0)
from pg_class q
join pg_depend d on d.objid = q.oid and d.classid = 'pg_class'::regclass and d.deptype in ('a', 'i')
join pg_class t on t.oid = d.refobjid
join pg_sequences s on s.schemaname = current_schema() and s.sequencename = q.relname
where q.relkind = 'S' and q.relnamespace = current_schema()::regnamespace";

/// Gives out ids, and takes their rows away again: no id may be given out twice.
pub fn count_up(client: &mut Client, schema: &Schema) -> Result<(), Error> {
    let mut sql = String::new();
    for table in schema.tables.iter().filter(|it| it.identity) {
        for key in &table.primary_key {
            let (name, column) = (quoted(&table.name), quoted(key));
            sql.extend([format!(
                "select setval(pg_get_serial_sequence({}, {}), 1000 + greatest(0, (select max({column}) from {name})));\n",
                text_literal(&name),
                text_literal(key)
            )]);
        }
    }
    client.batch_execute(&sql)
}

/// Where the counters stand.
pub fn counters(client: &mut Client) -> Result<Counters, Error> {
    let rows = client.query(COUNTERS, &[])?;
    rows.iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .collect()
}

/// Whether no counter of a table that stays went back on the way.
pub fn compare(
    client: &mut Client,
    delta: &Delta,
    before: &Counters,
    way: Way,
) -> Result<(), Unproved> {
    let after = counters(client)?;
    for pair in &delta.pairs {
        let now = match way {
            Way::There => &pair.new,
            Way::Back => &pair.old,
        };
        let was = before.get(&pair.old.name);
        let is_one = pair.old.identity && pair.new.identity;
        if is_one && after.get(&now.name) < was {
            let what = format!("ids of `{}` would be given out a second time", now.name);
            return Err(Unproved::Rows(what, way));
        }
    }
    Ok(())
}
