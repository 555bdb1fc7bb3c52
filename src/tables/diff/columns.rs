//! Which column became which, and what the schema has to say about it first.

use super::super::convert::{self, Fit};
use super::super::delta::{ColumnPair, Pair, Source};
use super::super::intent::TableIntent;
use super::super::question::{About, Answer, Edit, Question};
use super::super::{Check, CheckRule, Column, ColumnType, Fill, Table, rules};
use super::{Matching, is_automatic, target};

impl Matching<'_> {
    /// A table before and after, its columns matched.
    pub(super) fn pair(&mut self, old: &Table, new: &Table) -> Pair {
        let nothing = TableIntent::default();
        let said = self.intent.table(&new.name).unwrap_or(&nothing);
        let mut pair = Pair {
            old: old.clone(),
            new: new.clone(),
            columns: Vec::new(),
            stashed: Vec::new(),
            is_stash: false,
        };
        for column in &new.columns {
            let source = source(&pair, column, said);
            pair.columns.push(ColumnPair {
                name: column.name.clone(),
                source,
            });
        }
        self.ask_about_lost_names(&pair, said);
        self.let_go(&mut pair, said);
        for column in &new.columns {
            self.ask_about_taken_name(&pair, column);
            self.ask_about_copy(&pair, column);
            self.ask_about_column(&pair, column);
        }
        target::settle(&mut pair);
        pair
    }

    /// What nothing became of: dropped where the schema says so, retired otherwise.
    fn let_go(&mut self, pair: &mut Pair, said: &TableIntent) {
        let old = pair.old.clone();
        let gone: Vec<&Column> = old
            .columns
            .iter()
            .filter(|column| pair.new_of(&column.name).is_none())
            .collect();
        let came: Vec<String> = pair
            .columns
            .iter()
            .filter(|it| matches!(it.source, Source::New { .. }) && !is_automatic(&it.name))
            .map(|it| it.name.clone())
            .collect();
        for column in gone {
            let is_in = |names: &[String]| names.contains(&column.name);
            let once = self.intent.allow.drops && !column.past.retired && !is_in(&said.kept);
            // Without a part of its key no row could be told to whom a copy belongs; there are none,
            // for a new part of a key comes into an empty table only.
            let can_be_kept = !old.primary_key.contains(&column.name);
            let is_to_be_kept = target::lets_go(&old) && is_in(&said.stashed)
                || (once || is_in(&said.dropped)) && self.intent.allow.stash;
            if can_be_kept && is_to_be_kept {
                pair.stashed.push(column.name.clone());
                continue;
            }
            if target::lets_go(&old) && (is_in(&said.dropped) || once) {
                continue;
            }
            if !is_in(&said.kept) && !column.past.retired && target::lets_go(&old) {
                self.ask_about_rename(pair, column, &came);
            }
            let kept = target::retired_column(column);
            pair.columns.push(ColumnPair {
                name: kept.name.clone(),
                source: Source::Column {
                    name: column.name.clone(),
                    values: Vec::new(),
                    fill: None,
                },
            });
            if let Some(check) = old.check_of(&column.name) {
                pair.new.checks.push(check.clone());
            }
            pair.new.columns.push(kept);
        }
    }

    fn ask_about_rename(&mut self, pair: &Pair, gone: &Column, came: &[String]) {
        if is_automatic(&gone.name) {
            return;
        }
        let like: Vec<&String> = came
            .iter()
            .filter(|name| {
                let column = pair.new.column(name);
                column.is_some_and(|it| is_like(gone.ty, it.ty))
            })
            .collect();
        if like.is_empty() {
            return;
        }
        let table = &pair.new.name;
        let entity = self.intent.entity(table).to_owned();
        let mut answers: Vec<Answer> = like
            .iter()
            .map(|name| Answer {
                means: format!("it is `{name}` now"),
                edit: Edit::FieldWas {
                    entity: entity.clone(),
                    field: self.intent.field(table, name).to_owned(),
                    was: gone.name.clone(),
                },
            })
            .collect();
        answers.push(Answer {
            means: "it goes, with all its values".to_owned(),
            edit: Edit::Drop {
                entity: Some(entity.clone()),
                name: gone.name.clone(),
            },
        });
        answers.push(Answer {
            means: "it goes, and its values are kept in a table beside the schema".to_owned(),
            edit: Edit::Stash {
                entity: Some(entity.clone()),
                name: gone.name.clone(),
            },
        });
        answers.push(Answer {
            means: "it is something else, and its values stay in the database".to_owned(),
            edit: Edit::Keep {
                entity: Some(entity),
                name: gone.name.clone(),
            },
        });
        let names: Vec<String> = like.iter().map(|it| format!("`{it}`")).collect();
        self.questions.push(Question {
            about: About::Rename,
            message: format!(
                "the column `{}` of `{table}` went, and {} came: was it renamed?",
                gone.name,
                names.join(" and ")
            ),
            answers,
        });
    }

    /// A column cannot become one that is there already, and goes on under its name.
    fn ask_about_lost_names(&mut self, pair: &Pair, said: &TableIntent) {
        let is_live = |name: &str| pair.old.column(name).is_some_and(|it| !it.past.retired);
        for column in pair.new.columns.iter().filter(|it| is_live(&it.name)) {
            let about = said.columns.get(&column.name);
            let mut lost = about.into_iter().flat_map(|it| &it.was).filter(|was| {
                let is_needed = pair.new.column(was).is_some() || pair.new_of(was).is_some();
                is_live(was) && !is_needed
            });
            let Some(was) = lost.next() else { continue };
            self.questions.push(Question {
                about: About::StillThere,
                message: format!(
                    "`{name}` of `{table}` says that it was `{was}`, but there is a `{name}` already, whose \
                     values it has; in steps: rename that one or let go of it, run `svcgen generate`, then \
                     give its name to `{was}`; where that was done long ago, remove `was:`",
                    name = column.name,
                    table = pair.new.name,
                ),
                answers: Vec::new(),
            });
        }
    }

    /// A column that the schema no longer has is still there, and its name is not free.
    fn ask_about_taken_name(&mut self, pair: &Pair, column: &Column) {
        let Some(before) = pair.old_of(&column.name) else {
            return;
        };
        let taken = pair.old.column(&column.name);
        if before.name == column.name || !taken.is_some_and(|it| it.past.retired) {
            return;
        }
        let (table, entity) = (&pair.new.name, self.intent.entity(&pair.new.name));
        self.questions.push(Question {
            about: About::StillThere,
            message: format!(
                "`{before}` of `{table}` cannot be called `{name}`: the schema once had a field of that name, \
                 whose values are still in the database; in steps: give `{before}` its old name back, write \
                 `dropped: [{name}]` or `stashed: [{name}]` into `{entity}`, run `svcgen generate`, then rename",
                before = before.name,
                name = column.name,
            ),
            answers: Vec::new(),
        });
    }

    /// Rows that are there get another column's value, which has to be one of this column too.
    fn ask_about_copy(&mut self, pair: &Pair, column: &Column) {
        let said = self.intent.column(&pair.new.name, &column.name);
        let Some(Fill::Copy(name)) = said.and_then(|it| it.fill.as_ref()) else {
            return;
        };
        let Some(other) = pair.new.column(name) else {
            return;
        };
        if convert::fit(other.ty, column.ty).is_none() {
            self.questions.push(Question {
                about: About::Type,
                message: format!(
                    "`{}` of `{}` is to be filled from `{name}`, and there is no way from {} to {}; \
                     write an expression, as in `backfill: {{ sql: \"…\" }}`",
                    column.name,
                    pair.new.name,
                    convert::name(other.ty),
                    convert::name(column.ty),
                ),
                answers: Vec::new(),
            });
        }
    }

    /// What has to be said before a column can become what it is to be.
    fn ask_about_column(&mut self, pair: &Pair, column: &Column) {
        if pair.new.kind == super::TableKind::Archive {
            return;
        }
        let Some(before) = pair.old_of(&column.name) else {
            return self.ask_about_new(pair, column);
        };
        let table = pair.new.name.clone();
        let said = self.intent.column(&table, &column.name);
        let may_narrow = self.intent.allow.narrowing || said.is_some_and(|it| it.narrow);
        let fit = convert::fit(before.ty, column.ty);
        let entity = self.intent.entity(&table).to_owned();
        let field = self.intent.field(&table, &column.name).to_owned();
        if before.ty != column.ty && pair.new.primary_key.contains(&column.name) {
            return self.refuse_identity(&table);
        }
        if fit.is_none() {
            self.questions.push(Question {
                about: About::Type,
                message: format!(
                    "`{}` of `{table}` is {} and would be {}, and there is no way from one to the other; \
                     add a field of another name, with a `backfill:`, and drop this one later",
                    column.name,
                    convert::name(before.ty),
                    convert::name(column.ty)
                ),
                answers: Vec::new(),
            });
            return;
        }
        let narrow = |message: String| Question {
            about: About::Narrowing,
            message,
            answers: vec![Answer {
                means: "rows that do not fit stop the migration, with a sample of them".to_owned(),
                edit: Edit::Narrow {
                    entity: entity.clone(),
                    field: field.clone(),
                },
            }],
        };
        if fit > Some(Fit::Wider) && !may_narrow {
            self.questions.push(narrow(format!(
                "`{}` of `{table}` is {} and would be {}, which {}",
                column.name,
                convert::name(before.ty),
                convert::name(column.ty),
                if fit == Some(Fit::Lossy) {
                    "says less"
                } else {
                    "not every value fits"
                }
            )));
        }
        let values = renamed(pair, &column.name);
        let old_rules = with_values(pair.old.check_of(&before.name), &values);
        let new_rules = pair
            .new
            .check_of(&column.name)
            .map(|it| it.rules.as_slice());
        if rules::narrows(&old_rules, new_rules.unwrap_or_default()) && !may_narrow {
            self.questions.push(narrow(format!(
                "`{}` of `{table}` may hold {} and would have to hold {}",
                column.name,
                rules::describe(&old_rules),
                rules::describe(new_rules.unwrap_or_default())
            )));
        }
        let filled = said.is_some_and(|it| it.fill.is_some());
        if before.nullable && !column.nullable && !filled && !may_narrow {
            let asks = "becomes required: what do the rows get that have none?";
            self.ask_what_rows_get(&table, &column.name, asks);
        }
    }

    /// Rows that are there have no value of a column that is new.
    fn ask_about_new(&mut self, pair: &Pair, column: &Column) {
        let table = &pair.new.name;
        let source = pair.columns.iter().find(|it| it.name == column.name);
        let is_filled = !matches!(
            source.map(|it| &it.source),
            Some(Source::New { fill: None })
        );
        let said = self.intent.column(table, &column.name);
        let may_stop = self.intent.allow.narrowing || said.is_some_and(|it| it.narrow);
        let comes_by_itself = said.is_none_or(|it| it.field.is_empty());
        let may_be_another = self.may_be_renamed(table, &column.name);
        if column.nullable
            || column.default.is_some()
            || is_filled
            || may_stop
            || comes_by_itself
            || may_be_another
        {
            return;
        }
        let asks = "is new and required: what do the rows get that are there?";
        self.ask_what_rows_get(table, &column.name, asks);
    }

    /// Whether it is asked already if this column is one that went.
    fn may_be_renamed(&self, table: &str, column: &str) -> bool {
        let own = (self.intent.entity(table), self.intent.field(table, column));
        let answers = self.questions.iter().flat_map(|it| &it.answers);
        answers
            .filter_map(|it| match &it.edit {
                Edit::FieldWas { entity, field, .. } => Some((entity.as_str(), field.as_str())),
                _ => None,
            })
            .any(|it| it == own)
    }

    fn ask_what_rows_get(&mut self, table: &str, column: &str, asks: &str) {
        let entity = self.intent.entity(table).to_owned();
        let field = self.intent.field(table, column).to_owned();
        self.questions.push(Question {
            about: About::Required,
            message: format!("`{column}` of `{table}` {asks}"),
            answers: vec![
                Answer {
                    means: "they get a value".to_owned(),
                    edit: Edit::Backfill {
                        entity: entity.clone(),
                        field: field.clone(),
                    },
                },
                Answer {
                    means: "there are none; any that is there stops the migration".to_owned(),
                    edit: Edit::Narrow { entity, field },
                },
            ],
        });
    }

    fn refuse_identity(&mut self, table: &str) {
        self.questions.push(Question {
            about: About::Identity,
            message: format!(
                "the identifiers of `{table}` would have another type, and every reference to them with them; \
                 add an entity with the new type of id, move the records, and drop this one later"
            ),
            answers: Vec::new(),
        });
    }
}

/// Where a column's values come from.
fn source(pair: &Pair, column: &Column, said: &TableIntent) -> Source {
    let (old, new) = (&pair.old, &pair.new);
    let about = said.columns.get(&column.name);
    let fill = about.and_then(|it| it.fill.clone());
    let own = old.column(&column.name).filter(|it| !it.past.retired);
    let renamed = about
        .into_iter()
        .flat_map(|it| &it.was)
        .filter(|was| **was != column.name && new.column(was).is_none())
        .find_map(|was| old.column(was))
        // Both ends of a link may have been called like one of a former link.
        .filter(|it| pair.new_of(&it.name).is_none());
    let before = own.or(renamed).or_else(|| old.column(&column.name));
    match before {
        None => Source::New {
            // The default fills by itself.
            fill: fill.filter(|it| column.default.clone().map(Fill::Value).as_ref() != Some(it)),
        },
        Some(before) => Source::Column {
            name: before.name.clone(),
            values: value_renames(old, before, about.map_or(&[][..], |it| &it.values)),
            fill: fill.filter(|_| before.nullable && !column.nullable),
        },
    }
}

/// The renames of an enum's values that have not been made yet.
fn value_renames(old: &Table, before: &Column, said: &[(String, String)]) -> Vec<(String, String)> {
    let known = old
        .check_of(&before.name)
        .into_iter()
        .flat_map(|check| &check.rules)
        .find_map(|rule| match rule {
            CheckRule::OneOf(values) => Some(values.as_slice()),
            _ => None,
        })
        .unwrap_or_default();
    let is_to_be_made = |(was, now): &&(String, String)| known.contains(was) && was != now;
    said.iter().filter(is_to_be_made).cloned().collect()
}

fn renamed(pair: &Pair, column: &str) -> Vec<(String, String)> {
    let pair = pair.columns.iter().find(|it| it.name == column);
    match pair.map(|it| &it.source) {
        Some(Source::Column { values, .. }) => values.clone(),
        _ => Vec::new(),
    }
}

/// What a value is called that goes while another takes its name.
pub fn former(value: &str) -> String {
    format!("the former {value}")
}

/// A check's rules, an enum's values under their new names.
pub fn with_values(check: Option<&Check>, values: &[(String, String)]) -> Vec<CheckRule> {
    let rules = check.map_or(&[][..], |it| &it.rules);
    let rename = |value: &String| {
        let pair = values.iter().find(|(was, _)| was == value);
        let is_taken = values.iter().any(|(_, now)| now == value);
        match pair {
            Some((_, now)) => now.clone(),
            None if is_taken => former(value),
            None => value.clone(),
        }
    };
    rules
        .iter()
        .map(|rule| match rule {
            CheckRule::OneOf(values) => CheckRule::OneOf(values.iter().map(rename).collect()),
            other => other.clone(),
        })
        .collect()
}

/// Whether a column that came may be one that went, by their types.
fn is_like(gone: ColumnType, came: ColumnType) -> bool {
    let is_number = |ty| {
        matches!(
            ty,
            ColumnType::Int | ColumnType::Bigint | ColumnType::Float | ColumnType::Decimal { .. }
        )
    };
    gone == came || is_number(gone) && is_number(came)
}

/// What an archived row that lacks a column gets when it is restored.
pub fn fill_of(said: Option<&TableIntent>, live: Option<&Table>, column: &str) -> Option<Fill> {
    let default = live
        .and_then(|it| it.column(column))
        .and_then(|it| it.default.clone())
        .map(Fill::Value);
    said.and_then(|it| it.columns.get(column))
        .and_then(|it| it.fill.clone())
        .or(default)
}
