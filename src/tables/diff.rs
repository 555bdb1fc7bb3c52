//! What became of the tables of the last generation, as far as the schema says.
//!
//! Nothing is guessed. A rename is a rename because the schema says `was:`; where something
//! went and something like it came, and the schema says nothing, that is a [`Question`]. What
//! is no longer in the schema stays in the database, retired, until the schema says that it
//! is dropped.

mod archive;
mod columns;
pub use columns::{former, with_values};
mod target;

use super::build::{archive_name, archive_of};
use super::change;
pub use super::change::Change;
use super::delta::{Delta, Pair, stash_name};
use super::intent::Intent;
use super::question::{About, Answer, Edit, Question};
use super::{Schema, Table, TableKind};

/// What became of the old tables.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diff {
    /// The tables as the database will have them: the new ones, and what is retired.
    pub target: Schema,
    /// Old and new, matched.
    pub delta: Delta,
    /// The differences, one by one.
    pub changes: Vec<Change>,
    /// What the schema has to say first. When there are any, the rest is a draft.
    pub questions: Vec<Question>,
}

/// What turns `old` into `new`.
pub fn diff(old: &Schema, new: &Schema, intent: &Intent) -> Diff {
    let mut matching = Matching {
        old,
        new,
        intent,
        pairs: Vec::new(),
        questions: Vec::new(),
    };
    let left = matching.match_tables();
    let pairs = matching.pairs.clone();
    let mut delta = Delta::default();
    let mut tables = Vec::new();
    for table in new.tables.iter().chain(&left) {
        let pair = pairs.iter().find(|(_, new)| *new == table.name);
        if let Some(before) = pair.and_then(|(before, _)| old.table(before)) {
            let pair = matching.pair(before, table);
            tables.push(pair.new.clone());
            delta.pairs.push(pair);
        } else {
            let table = matching.created(table);
            tables.push(table.clone());
            delta.created.push(table);
        }
    }
    archive::follow(old, intent, &mut delta, &mut tables);
    archive::retire(&left, &mut delta, &mut tables);
    for table in &old.tables {
        if pairs.iter().any(|(before, _)| *before == table.name) {
            continue;
        }
        match matching.end_of(table) {
            End::Dropped => delta.dropped.push(table.clone()),
            End::Stashed => {
                let number = format!("{:04}", intent.migration);
                let name = stash_name(&number, &table.name);
                delta.pairs.push(Pair::to_stash(table, name));
            }
            End::Retired => {
                let kept = target::retired_table(table);
                tables.push(kept.clone());
                delta.pairs.push(Pair {
                    new: kept,
                    ..Pair::same(table)
                });
            }
        }
    }
    archive::unguard(&mut delta, &mut tables);
    tables.sort_by(|a, b| a.name.cmp(&b.name));
    let mut questions = matching.questions;
    // Whose identifiers change, drags every reference along; one question is enough.
    if questions.iter().any(|it| it.about == About::Identity) {
        questions.retain(|it| it.about != About::Type);
    }
    Diff {
        target: Schema { tables },
        changes: change::of(&delta),
        delta,
        questions,
    }
}

/// What becomes of a table that is nothing of the new ones.
enum End {
    /// It goes with all its rows.
    Dropped,
    /// It goes, and its rows are kept under another name.
    Stashed,
    /// It stays.
    Retired,
}

/// Which table became which, while it is found out.
struct Matching<'a> {
    old: &'a Schema,
    new: &'a Schema,
    intent: &'a Intent,
    /// Old names and new names.
    pairs: Vec<(String, String)>,
    questions: Vec<Question>,
}

impl<'a> Matching<'a> {
    /// Matches all tables; returns the archives that were switched off, as they would be.
    fn match_tables(&mut self) -> Vec<Table> {
        for table in self.of_kind(TableKind::Live) {
            let before = self.renamed_from(table);
            self.take(before, table);
        }
        for table in self.of_kind(TableKind::Link) {
            let before = self.link_before(table);
            self.take(before, table);
        }
        let new = self.new;
        for table in &new.tables {
            if !matches!(table.kind, TableKind::Live | TableKind::Link) {
                let before = self.follower_before(table);
                self.take(before, table);
            }
        }
        let left = self.archives_left();
        for table in &left {
            let before = self.follower_before(table);
            self.take(before, table);
        }
        self.ask_about_tables();
        self.ask_about_taken_names();
        left
    }

    /// The archives of tables that have none now: they go on following their tables, so that what
    /// they hold is found when they are switched on again.
    fn archives_left(&self) -> Vec<Table> {
        let tables = self.new.tables.iter();
        let tables = tables.filter(|it| matches!(it.kind, TableKind::Live | TableKind::Link));
        tables
            .filter(|it| self.new.table(&archive_name(&it.name)).is_none())
            .map(archive_of)
            .filter(|it| {
                let before = self.follower_before(it);
                before.is_some_and(|it| {
                    it.kind == TableKind::Archive && matches!(self.end_of(it), End::Retired)
                })
            })
            .collect()
    }

    fn of_kind(&self, kind: TableKind) -> Vec<&'a Table> {
        let tables = self.new.tables.iter();
        tables.filter(|table| table.kind == kind).collect()
    }

    fn take(&mut self, before: Option<&Table>, table: &Table) {
        let Some(before) = before else { return };
        if before.kind != table.kind {
            self.questions.push(Question {
                about: About::Kind,
                message: format!(
                    "the table `{}` would have to hold something else than it does; give it another name",
                    table.name
                ),
                answers: Vec::new(),
            });
        }
        self.pairs.push((before.name.clone(), table.name.clone()));
    }

    /// The table that this one was: the one that `was:` names, as long as it is there under
    /// that name only; otherwise the one of its own name.
    fn renamed_from(&mut self, table: &Table) -> Option<&'a Table> {
        let own = self.old.table(&table.name);
        let said = self.intent.table(&table.name)?;
        let mut before = said.was.iter().filter(|was| **was != table.name);
        let before = before.find_map(|was| self.old.table(was));
        match (own, before) {
            (Some(own), Some(before))
                if !own.past.retired
                    && !before.past.retired
                    && self.new.table(&before.name).is_none() =>
            {
                self.questions.push(Question {
                    about: About::StillThere,
                    message: format!(
                        "`{entity}` says that it was `{was}`, but there is a `{own}` already, whose records it \
                         has; in steps: rename that one or let go of it, run `svcgen generate`, then give its \
                         name to `{was}`; where that was done long ago, remove `was:`",
                        entity = said.entity,
                        was = before.name,
                        own = own.name,
                    ),
                    answers: Vec::new(),
                });
                Some(own)
            }
            (Some(own), _) if !own.past.retired => Some(own),
            (_, Some(before)) if self.new.table(&before.name).is_some() => {
                self.questions.push(Question {
                    about: About::StillThere,
                    message: format!(
                        "`{}` says that it was `{}`, which the schema still has; remove `was:`, or the other",
                        said.entity, before.name
                    ),
                    answers: Vec::new(),
                });
                own
            }
            (Some(own), Some(_)) => {
                self.questions.push(Question {
                    about: About::StillThere,
                    message: format!(
                        "`{}` would get the name of `{}`, a table that was kept and is still in the database; \
                         give it another `plural:`, or let go of that table first",
                        said.entity, own.name
                    ),
                    answers: Vec::new(),
                });
                Some(own)
            }
            (own, None) => own,
            (None, before) => before,
        }
    }

    /// A link table keeps its name, or follows a renamed entity.
    fn link_before(&self, table: &Table) -> Option<&'a Table> {
        if let Some(own) = self.old.table(&table.name) {
            return Some(own);
        }
        let renamed = |new: &String| {
            let pair = self.pairs.iter().find(|(_, after)| after == new);
            pair.map_or_else(|| new.clone(), |(before, _)| before.clone())
        };
        let follows = table
            .foreign_keys
            .iter()
            .any(|key| renamed(&key.table) != key.table);
        let mut targets: Vec<String> = table
            .foreign_keys
            .iter()
            .map(|key| renamed(&key.table))
            .collect();
        targets.sort_unstable();
        let mut like = self.old.tables.iter().filter(|it| {
            let mut theirs: Vec<String> = it
                .foreign_keys
                .iter()
                .map(|key| key.table.clone())
                .collect();
            theirs.sort_unstable();
            it.kind == TableKind::Link
                && !it.past.retired
                && theirs == targets
                && self.new.table(&it.name).is_none()
        });
        match (follows, like.next(), like.next()) {
            (true, Some(one), None) => Some(one),
            _ => None,
        }
    }

    /// An archive follows its table; the others have one name for ever.
    fn follower_before(&self, table: &Table) -> Option<&'a Table> {
        let live = self
            .pairs
            .iter()
            .find(|(_, new)| archive_name(new) == table.name);
        live.and_then(|(before, _)| self.old.table(&archive_name(before)))
            .or_else(|| self.old.table(&table.name))
    }

    fn is_taken(&self, old: &str) -> bool {
        self.pairs.iter().any(|(before, _)| before == old)
    }

    /// What becomes of a table that nothing became of, as the schema says, or the caller.
    fn end_of(&self, table: &Table) -> End {
        let Intent {
            dropped,
            stashed,
            kept,
            allow,
            ..
        } = self.intent;
        let said = |names: &[String]| names.contains(&table.name);
        // Removed records are kept until their archive is called by its name.
        let is_archive = table.kind == TableKind::Archive;
        let once = allow.drops && !is_archive && !table.past.retired && !said(kept);
        if said(stashed) || (said(dropped) || once) && allow.stash {
            End::Stashed
        } else if said(dropped) || once {
            End::Dropped
        } else {
            End::Retired
        }
    }

    /// A table cannot get the name of one that stays: the archive of a former entity, say.
    fn ask_about_taken_names(&mut self) {
        let stays = |name: &String| {
            self.old.table(name).is_some() && self.pairs.iter().all(|(before, _)| before != name)
        };
        let renamed = self.pairs.iter().filter(|(before, now)| before != now);
        let taken: Vec<Question> = renamed
            .filter(|(_, now)| stays(now))
            .map(|(before, now)| Question {
                about: About::StillThere,
                message: format!(
                    "`{before}` cannot become `{now}`: a table of that name is still in the database, with \
                     what a former entity has left there; give the entity another name"
                ),
                answers: Vec::new(),
            })
            .collect();
        self.questions.extend(taken);
    }

    /// A table that went, and one like it that came: the schema has to say whether it is the same.
    fn ask_about_tables(&mut self) {
        let gone = self.old.tables.iter().filter(|table| {
            let said = [
                &self.intent.dropped,
                &self.intent.stashed,
                &self.intent.kept,
            ];
            !table.past.retired
                && !self.is_taken(&table.name)
                && matches!(table.kind, TableKind::Live | TableKind::Link)
                && !said.iter().any(|names| names.contains(&table.name))
        });
        let came: Vec<&Table> = self
            .new
            .tables
            .iter()
            .filter(|table| self.pairs.iter().all(|(_, new)| *new != table.name))
            .collect();
        let mut questions = Vec::new();
        for table in gone {
            let like: Vec<&&Table> = came.iter().filter(|it| is_like(table, it)).collect();
            if like.is_empty() {
                continue;
            }
            let mut answers: Vec<Answer> = like
                .iter()
                .map(|it| self.renamed_answer(table, it))
                .collect();
            answers.push(Answer {
                means: "it goes, with all its rows".to_owned(),
                edit: Edit::Drop {
                    entity: None,
                    name: table.name.clone(),
                },
            });
            answers.push(Answer {
                means: "it goes, and its rows are kept in a table beside the schema".to_owned(),
                edit: Edit::Stash {
                    entity: None,
                    name: table.name.clone(),
                },
            });
            answers.push(Answer {
                means: "it is something else, and its rows stay in the database".to_owned(),
                edit: Edit::Keep {
                    entity: None,
                    name: table.name.clone(),
                },
            });
            let names: Vec<String> = like.iter().map(|it| format!("`{}`", it.name)).collect();
            questions.push(Question {
                about: About::Rename,
                message: format!(
                    "the table `{}` went, and {} came: was it renamed?",
                    table.name,
                    names.join(" and ")
                ),
                answers,
            });
        }
        self.questions.extend(questions);
    }

    fn renamed_answer(&self, gone: &Table, came: &Table) -> Answer {
        let entity = self.intent.entity(&came.name).to_owned();
        let edit = match came.kind {
            TableKind::Link => Edit::Through {
                entity,
                table: gone.name.clone(),
            },
            _ => Edit::EntityWas {
                entity,
                was: gone.name.clone(),
            },
        };
        let means = match came.kind {
            TableKind::Link => format!("it is `{}`, and keeps its name", came.name),
            _ => format!("it is `{}` now", came.name),
        };
        Answer { means, edit }
    }

    /// A table that was not there; whose name another had before gets an origin of its own.
    fn created(&self, table: &Table) -> Table {
        let mut table = table.clone();
        let taken = self.old.tables.iter().map(Table::origin);
        table.past.origin = target::fresh_origin(&table.name, taken);
        table
    }
}

/// Whether two tables are so much alike that one may have been the other.
fn is_like(gone: &Table, came: &Table) -> bool {
    if gone.kind != came.kind {
        return false;
    }
    let own = |table: &Table| -> Vec<(String, super::ColumnType)> {
        table
            .columns
            .iter()
            .filter(|it| !is_automatic(&it.name) && !it.past.retired)
            .map(|it| (it.name.clone(), it.ty))
            .collect()
    };
    let (gone, came) = (own(gone), own(came));
    let shared = gone.iter().filter(|it| came.contains(it)).count();
    shared * 2 >= gone.len().min(came.len()) && shared > 0 || gone.is_empty() && came.is_empty()
}

/// Whether a column comes by itself.
fn is_automatic(column: &str) -> bool {
    matches!(column, "id" | "version" | "created_at" | "updated_at")
}

/// The tables such that each stands after those it refers to, by name otherwise.
///
/// The check of the schema refuses cycles of required references. Where optional
/// ones close a cycle, the rest follows by name: SQLite takes a reference to a
/// table that is yet to come, and the PostgreSQL migration adds such keys last.
pub fn creation_order(tables: &[Table]) -> Vec<&Table> {
    let mut ordered: Vec<&Table> = Vec::new();
    let mut waiting: Vec<&Table> = tables.iter().collect();
    while !waiting.is_empty() {
        let ready = waiting.iter().position(|table| {
            table.foreign_keys.iter().all(|key| {
                key.table == table.name
                    || ordered.iter().any(|done| done.name == key.table)
                    || tables.iter().all(|other| other.name != key.table)
            })
        });
        ordered.push(waiting.remove(ready.unwrap_or(0)));
    }
    ordered
}

#[cfg(test)]
mod tests;
