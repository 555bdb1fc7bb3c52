//! What must hold once a step is done, asked right after it, by the runner and in the proof.
//!
//! Only what nobody else can undo meanwhile is asked. That a constraint is valid stays so, and so
//! does an index. That no row lacks a value is asked where a rule for new rows is there already,
//! before it is proved for all. How many rows a table has means something only while nobody
//! may write to it: where every row is rewritten under a lock that keeps everybody out, and not
//! while rows are filled a batch at a time.

use crate::dialect::tokens::{Token, tokens};
use crate::dialect::{quoted, text_literal};

use super::super::script::{Keep, Mode};
use super::super::step::{Lock, Place, Step};

/// The same steps with what proves them.
pub fn proved(steps: Vec<Step>) -> Vec<Step> {
    let mut all = Vec::with_capacity(steps.len());
    for mut step in steps {
        if step.lock == Lock::AccessExclusiveRewrite && step.keeps.is_empty() {
            step.keeps.push(Keep::of(&step.table));
        }
        let checks = after(&step);
        all.push(step);
        all.extend(checks);
    }
    all
}

fn after(step: &Step) -> Vec<Step> {
    if !matches!(step.mode, Mode::Transaction | Mode::Autocommit) {
        return Vec::new();
    }
    let tokens = tokens(&step.sql);
    let statements = tokens.split(|it| it.is_mark(";"));
    statements
        .filter_map(|it| validated(step, it).or_else(|| indexed(step, it)))
        .collect()
}

/// `alter table … validate constraint …`
fn validated(step: &Step, statement: &[Token]) -> Option<Step> {
    let at = find(statement, &["validate", "constraint"])?;
    let table = name(statement.get(2)?)?;
    let constraint = name(statement.get(at + 2)?)?;
    let sql = format!(
        "select {0} as constraint_name
where not exists (
    select 1 from pg_constraint
    where conrelid = {1}::regclass and conname = {0} and convalidated
);\n",
        text_literal(constraint),
        text_literal(&quoted(table)),
    );
    let title = format!("The constraint `{constraint}` of `{table}` is valid.");
    Some(check(step, title, sql))
}

/// `create index concurrently …`
fn indexed(step: &Step, statement: &[Token]) -> Option<Step> {
    statement.first().filter(|it| it.is_word("create"))?;
    let mut at = find(statement, &["index", "concurrently"])? + 2;
    if find(&statement[at..], &["if", "not", "exists"]) == Some(0) {
        at += 3;
    }
    let index = name(statement.get(at)?)?;
    let sql = format!(
        "select {} as index_name
where not exists (
    select 1 from pg_index
    where indexrelid = to_regclass({}) and indisvalid
);\n",
        text_literal(index),
        text_literal(&quoted(index)),
    );
    Some(check(step, format!("The index `{index}` is valid."), sql))
}

fn check(step: &Step, title: String, sql: String) -> Step {
    // A step of the precheck's place would be taken for one.
    let place = step.place.max(Place::Unguard);
    Step {
        proves_last: true,
        ..Step::check(place, &step.table, title, sql)
    }
}

fn find(tokens: &[Token], words: &[&str]) -> Option<usize> {
    (0..tokens.len()).find(|at| {
        words
            .iter()
            .enumerate()
            .all(|(index, word)| tokens.get(at + index).is_some_and(|it| it.is_word(word)))
    })
}

fn name(token: &Token) -> Option<&str> {
    match token {
        Token::Word(name) | Token::Name(name) => Some(name),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titles(sql: &str, mode: Mode, lock: Lock) -> Vec<String> {
        let step = Step::new(Place::Index, "notes", "Does it.", sql).run(mode, lock);
        let all = proved(vec![step]);
        assert!(all[1..].iter().all(|it| it.proves_last));
        all.into_iter().skip(1).map(|it| it.title).collect()
    }

    #[test]
    fn what_is_proved_or_built_is_asked_for_after() {
        let validate = "alter table \"order\" validate constraint \"a b\";\n";
        assert_eq!(
            titles(validate, Mode::Transaction, Lock::ShareUpdateExclusive),
            ["The constraint `a b` of `order` is valid."]
        );
        let make = "drop index concurrently if exists i;\ncreate unique index concurrently if not exists i on notes (a);\n";
        assert_eq!(
            titles(make, Mode::Autocommit, Lock::ShareUpdateExclusive),
            ["The index `i` is valid."]
        );
        let harmless = "create index i on notes (a);\nalter table notes add constraint c check (a > 1) not valid;\n";
        assert!(titles(harmless, Mode::Transaction, Lock::None).is_empty());
    }

    #[test]
    fn rows_are_counted_only_where_nobody_writes() {
        let step = |lock| {
            Step::new(Place::Expand, "notes", "Does it.", "select 1;\n")
                .run(Mode::Transaction, lock)
        };
        let kept = |lock| proved(vec![step(lock)])[0].keeps.len();
        assert_eq!(kept(Lock::AccessExclusiveRewrite), 1);
        assert_eq!(kept(Lock::AccessExclusive), 0);
        assert_eq!(kept(Lock::Rows), 0);
    }
}
