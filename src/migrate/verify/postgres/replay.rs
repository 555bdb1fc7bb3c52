//! Runs a script on a PostgreSQL server, as the runner of a service would.

use postgres::{Client, Error, GenericClient, Transaction};

use crate::dialect::quoted;

use super::super::super::script::{self, Mode, ScriptStep};
use super::super::replay::Stopped;
use super::said;

/// Runs a script step by step, as the runner of a service would.
pub fn run(client: &mut Client, text: &str) -> Result<(), Stopped> {
    let steps = script::read(text).map_err(|error| Stopped::Failed {
        title: "reading the script".to_owned(),
        message: error.to_string(),
    })?;
    for (at, step) in steps.iter().enumerate() {
        let failed = |error: Error| Stopped::Failed {
            title: step.title.clone(),
            message: said(&error),
        };
        match step.mode {
            // Part of the transaction of the step after it.
            Mode::Check if !step.locks.is_empty() => {}
            Mode::Check => check(client, step)?,
            Mode::Transaction => {
                let mut transaction = client.transaction().map_err(failed)?;
                let before = steps[..at].iter().rev();
                for step in before.take_while(|it| !it.locks.is_empty()) {
                    for table in &step.locks {
                        let lock = format!("lock table {} in access exclusive mode", quoted(table));
                        transaction.batch_execute(&lock).map_err(failed)?;
                    }
                    check(&mut transaction, step)?;
                }
                let count = |transaction: &mut Transaction<'_>, table: &str| {
                    let sql = format!("select count(*) from {}", quoted(table));
                    let row = transaction.query_one(&sql, &[]);
                    row.and_then(|it| it.try_get::<_, i64>(0)).map_err(failed)
                };
                let mut before = Vec::new();
                for keep in &step.keeps {
                    before.push(count(&mut transaction, &keep.before)?);
                }
                transaction.batch_execute(&step.sql).map_err(failed)?;
                for (keep, before) in step.keeps.iter().zip(before) {
                    let after = count(&mut transaction, &keep.after)?;
                    if after != before {
                        return Err(Stopped::Failed {
                            title: step.title.clone(),
                            message: format!(
                                "`{}` has {after} rows instead of {before}",
                                keep.after
                            ),
                        });
                    }
                }
                transaction.commit().map_err(failed)?;
            }
            Mode::Autocommit => {
                for statement in step.sql.split_inclusive(";\n") {
                    client.batch_execute(statement).map_err(failed)?;
                }
            }
            Mode::Batches => batches(client, &step.sql).map_err(failed)?,
        }
    }
    Ok(())
}

fn check(client: &mut impl GenericClient, step: &ScriptStep) -> Result<(), Stopped> {
    let rows = client
        .simple_query(&step.sql)
        .map_err(|error| Stopped::Failed {
            title: step.title.clone(),
            message: said(&error),
        })?;
    let sample: Vec<String> = rows
        .iter()
        .filter_map(|it| match it {
            postgres::SimpleQueryMessage::Row(row) => {
                let values = (0..row.len()).map(|index| row.get(index).unwrap_or("null"));
                Some(values.collect::<Vec<_>>().join(", "))
            }
            _ => None,
        })
        .collect();
    if sample.is_empty() {
        return Ok(());
    }
    Err(Stopped::Check {
        title: step.title.clone(),
        sample: sample.join("; "),
    })
}

fn batches(client: &mut Client, sql: &str) -> Result<(), Error> {
    let statement = client.prepare(sql.trim_end().trim_end_matches(';'))?;
    let mut last: Option<String> = None;
    loop {
        let row = client.query_one(&statement, &[&last])?;
        last = row.try_get(0)?;
        if last.is_none() {
            return Ok(());
        }
    }
}
