//! What the steps of a plan cost, which whoever runs them should know.

use std::collections::BTreeSet;

use crate::tables::delta::Delta;

use super::{Code, Finding, finding};
use crate::migrate::Plan;
use crate::migrate::script::Mode;
use crate::migrate::step::{self, Lock};

/// Rebuilds on SQLite.
pub fn of_sqlite(plan: &Plan, delta: &Delta) -> Vec<Finding> {
    let mut findings = Vec::new();
    for step in plan.up.iter().filter(|step| !step.carries.is_empty()) {
        let table = &step.table;
        let Some(pair) = delta.pair(table) else {
            continue;
        };
        let mut found = |code, message: String| findings.push(finding(code, table, message));
        if step.keeps.len() > 1 {
            found(
                Code::Sl01,
                format!(
                    "the rebuild of `{table}` would delete the rows that refer to it, if foreign keys were on"
                ),
            );
        }
        if pair.new.identity {
            found(
                Code::Sl02,
                format!("the rebuild of `{table}` carries the mark of ids that were given out"),
            );
        }
        if pair.new.guarded || !pair.new.indexes.is_empty() {
            found(
                Code::Sl03,
                format!("the rebuild of `{table}` makes its indexes and triggers again"),
            );
        }
        let retyped = pair
            .new
            .columns
            .iter()
            .any(|it| pair.old_of(&it.name).is_some_and(|old| old.ty != it.ty));
        if retyped {
            found(Code::Sl04, format!("`{table}` changes a type"));
        }
        found(
            Code::Sl07,
            format!("the rebuild of `{table}` copies every row"),
        );
    }
    findings
}

/// What takes its time on PostgreSQL.
pub fn of_postgres(plan: &Plan) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, step) in plan.up.iter().enumerate() {
        if step.lock == Lock::AccessExclusiveRewrite {
            let message = format!("`{}` is rewritten while everybody waits", step.table);
            findings.push(finding(Code::Pg101, &step.table, message));
        }
        if step.lock == Lock::AccessExclusiveScan {
            let checks = step::under_its_lock(&plan.up, at);
            let checked: BTreeSet<&String> = checks.iter().flat_map(|it| &it.locks).collect();
            let read = if checked.is_empty() {
                BTreeSet::from([&step.table])
            } else {
                checked
            };
            findings.extend(read.into_iter().map(|table| {
                let message = format!("every row of `{table}` is read while everybody waits");
                finding(Code::Pg111, table, message)
            }));
        }
        match step.mode {
            Mode::Batches => {
                let message = format!("rows of `{}` are filled a batch at a time", step.table);
                findings.push(finding(Code::Pg102, &step.table, message));
            }
            Mode::Autocommit if step.sql.contains(" index ") => {
                let message = format!(
                    "an index of `{}` is made outside of a transaction",
                    step.table
                );
                findings.push(finding(Code::Pg103, &step.table, message));
            }
            Mode::Check | Mode::Transaction | Mode::Autocommit => {}
        }
    }
    findings
}
