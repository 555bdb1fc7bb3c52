//! Columns that leave, on PostgreSQL: with their values, or with these copied away.

use crate::dialect::quoted;
use crate::tables::change::{Change, Class, Reversible};
use crate::tables::{Column, TableKind};

use super::super::script::Mode;
use super::super::step::{Lock, Place, Step};
use super::super::{Way, checks};
use super::columns::Columns;

impl Columns<'_> {
    /// Drops a column with its values.
    pub fn drop(&self, change: &Change, column: &Column) -> Vec<Step> {
        let (place, table) = self.leaves(self.is_in_the_way(&column.name));
        let sql = format!(
            "alter table {} drop column {};\n",
            quoted(table),
            quoted(&column.name)
        );
        let title = format!("Drops `{}` of `{table}` with its values.", column.name);
        let step = self.step(change, place, title, sql);
        if self.pair.old.kind != TableKind::Archive || self.way == Way::Back {
            return vec![step];
        }
        vec![
            checks::may_lose(table, &column.name).under_lock(place),
            step.run(Mode::Transaction, Lock::AccessExclusiveScan),
        ]
    }

    /// When a column leaves its table, and what the table is called then.
    fn leaves(&self, is_in_the_way: bool) -> (Place, &str) {
        if is_in_the_way {
            // What takes its name needs it gone, under the table's old name still.
            (Place::Clear, &self.pair.old.name)
        } else {
            (Place::Contract, &self.pair.new.name)
        }
    }

    fn is_in_the_way(&self, old: &str) -> bool {
        self.pair.new.column(old).is_some() && self.pair.new_of(old).is_none()
    }

    /// Copies away what is wanted back perhaps, and drops it.
    ///
    /// The old release writes these columns until they are gone, so nobody may get in between. To
    /// copy first, and under the lock only what changed since, would have to read both tables whole
    /// there as well, for nothing marks the rows that changed; and a weaker lock for the copy, made
    /// stronger for the drop, is one that a writer with an open transaction never lets happen.
    pub fn put_away(&self) -> Option<Step> {
        let stashed = &self.pair.stashed;
        if stashed.is_empty() {
            return None;
        }
        let early = stashed.iter().any(|it| self.is_in_the_way(it));
        let (place, table) = self.leaves(early);
        let keys = self.pair.old.primary_key.iter().map(|key| {
            let now = self.pair.new_of(key).filter(|_| !early).unwrap_or(key);
            format!("{} as {}", quoted(now), quoted(key))
        });
        let columns = stashed.iter().map(|it| quoted(it));
        let drops: Vec<String> = (stashed.iter())
            .map(|it| format!("drop column {}", quoted(it)))
            .collect();
        let name = quoted(table);
        let sql = format!(
            "lock table {name} in access exclusive mode;\n\
             create table {} as select {} from {name};\n\
             alter table {name} {};\n",
            quoted(self.stash),
            keys.chain(columns).collect::<Vec<_>>().join(", "),
            drops.join(",\n    ")
        );
        let said: Vec<String> = stashed.iter().map(|it| format!("`{it}`")).collect();
        let title = format!(
            "Moves {} of `{table}` to `{}`.",
            said.join(", "),
            self.stash
        );
        let step = Step::new(place, table, title, sql);
        let step = step.run(Mode::Transaction, Lock::AccessExclusiveScan);
        Some(step.grave(Class::Data, Reversible::Lossy))
    }
}
