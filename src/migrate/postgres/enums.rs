//! Values of enums that get other names, on PostgreSQL.

use crate::dialect::{self, quoted};
use crate::tables::change::Change;

use super::super::script::Mode;
use super::super::step::{Lock, Place, Step};
use super::super::{checks, values};
use super::columns::Columns;

impl Columns<'_> {
    /// Renames values a batch at a time, while the old names may still be written.
    pub fn rename_values(
        &self,
        change: &Change,
        column: &str,
        renamed: &[(String, String)],
    ) -> Option<Step> {
        let new = self.pair.new.column(column)?;
        let (name, table) = (quoted(column), &self.pair.new.name);
        let lacks = has_an_old_name(&name, renamed);
        let value = values::renamed(&name, renamed);
        let title = format!("Renames values of `{column}` of `{table}`.");
        Some(self.filling().batches(new, &lacks, &value, title, change))
    }

    /// That no row has a value that goes while another takes its name, where there is one.
    pub fn is_free(&self, column: &str, renamed: &[(String, String)]) -> Option<Step> {
        checks::are_free(Place::Loosen, self.pair, column, renamed)
    }

    /// Renames values in one transaction that keeps everybody out.
    ///
    /// In batches, rows with the new meaning of a name would stand beside rows that somebody
    /// writes with its old one, and nothing would tell them apart.
    pub fn rename_at_once(
        &self,
        free: Step,
        change: &Change,
        column: &str,
        renamed: &[(String, String)],
    ) -> Vec<Step> {
        let (name, table) = (quoted(column), &self.pair.new.name);
        let rule = self.changes.iter().find_map(|it| match it {
            Change::ChangeCheck {
                column: of,
                from,
                to,
                ..
            } if of == column => Some((it, from, to)),
            _ => None,
        });
        let ty = self.pair.new.column(column).map(|it| it.ty);
        let mut added = match (rule, ty) {
            (Some((of, _, Some(to))), Some(ty)) => self.add_check(of, to, ty, None),
            _ => Vec::new(),
        }
        .into_iter();
        let mut sql = String::new();
        if let Some((_, Some(from), _)) = rule {
            sql.push_str(&self.alter(&format!("drop constraint if exists {}", quoted(&from.name))));
        }
        sql.extend([format!(
            "update {} set {name} = {} where {};\n",
            quoted(table),
            values::renamed(&name, renamed),
            has_an_old_name(&name, renamed)
        )]);
        sql.extend(added.next().map(|it| it.sql));
        let title =
            format!("Renames values of `{column}` of `{table}`, one to the name of another.");
        let step = self.step(change, Place::Loosen, title, sql);
        let mut steps = vec![free.under_lock(Place::Loosen)];
        steps.push(step.run(Mode::Transaction, Lock::AccessExclusiveRewrite));
        steps.extend(added);
        steps
    }
}

fn has_an_old_name(name: &str, renamed: &[(String, String)]) -> String {
    let olds = renamed.iter().map(|(was, _)| dialect::text_literal(was));
    format!("{name} in ({})", olds.collect::<Vec<_>>().join(", "))
}
