//! What a migration is called: what somebody would write over it who knows what was meant.
//!
//! What only follows from something else is not told: the archive that changes with its table, the
//! index of a column that comes, the reference to a table that goes. Of what is left, the
//! alike is told together; and where that is still too much, only the tables are named.

use crate::tables::TableKind;
use crate::tables::build::archive_name;
use crate::tables::change::Change;
use crate::tables::delta::{Delta, Pair};

/// How long a name may be.
const LONGEST: usize = 60;

/// How many things of a list are named.
const NAMED: usize = 3;

/// What the changes are about, in the characters of a folder's name.
pub fn of(changes: &[Change], delta: &Delta) -> String {
    let physical: Vec<&Change> = changes.iter().filter(|it| it.is_physical()).collect();
    // What stays behind is told where the databases have to do something for it.
    let is_told = |change: &&Change| match change {
        Change::RetireTable { table } => physical.iter().any(|it| it.table() == table),
        Change::RetireColumn { table, column } => {
            physical.iter().any(|it| is_of(it, table, column))
        }
        _ => true,
    };
    let told: Vec<&Change> = changes.iter().filter(is_told).collect();
    let whole = Whole {
        changes: &told,
        delta,
    };
    let mut told: Vec<&Change> = told.clone();
    told.retain(|it| !whole.follows(it));
    if told.is_empty() {
        told.extend(physical.first());
    }
    let mut phrases: Vec<Phrase> = Vec::new();
    for change in told {
        let phrase = Phrase::of(change);
        match phrases.iter_mut().find(|it| it.is_like(&phrase)) {
            Some(like) => like.add(phrase),
            None => phrases.push(phrase),
        }
    }
    let mut title = joined(&phrases);
    title.retain(|c| c.is_ascii_alphanumeric() || c == '_');
    title.truncate(LONGEST);
    title.trim_end_matches('_').to_owned()
}

/// One or two phrases, or the tables that they are about.
fn joined(phrases: &[Phrase]) -> String {
    let texts: Vec<String> = phrases.iter().map(Phrase::text).collect();
    let whole = texts.join("_and_");
    if texts.len() <= 2 && whole.len() <= LONGEST {
        return whole;
    }
    let mut tables: Vec<&str> = Vec::new();
    for table in phrases.iter().flat_map(Phrase::tables) {
        if !tables.contains(&table) {
            tables.push(table);
        }
    }
    let all = format!("change_{}", list(&tables, NAMED));
    if all.len() <= LONGEST {
        return all;
    }
    format!("change_{}", list(&tables, 1))
}

/// `a`, `a_and_b`, `a_b_and_c`, `a_b_c_and_4_more`.
fn list(things: &[&str], named: usize) -> String {
    let (shown, more) = things.split_at(things.len().min(named));
    match (shown, more.len()) {
        ([], _) => String::new(),
        ([one], 0) => (*one).to_owned(),
        ([first @ .., last], 0) => format!("{}_and_{last}", first.join("_")),
        (shown, more) => format!("{}_and_{more}_more", shown.join("_")),
    }
}

/// What is done to things of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    Create,
    Drop,
    Rename,
    Add,
    DropOf,
    RenameOf,
    RetireOf,
    UniqueOf,
    ChangeOf,
    Change,
    Retire,
    Index,
    Unindex,
    Archive,
    Unarchive,
    Search,
    Unsearch,
}

/// What is done to some things alike.
struct Phrase {
    verb: Verb,
    /// The table that the things are of; for tables themselves none.
    of: Option<String>,
    /// Columns or tables.
    things: Vec<String>,
    /// What those with new names were called.
    was: Vec<String>,
}

impl Phrase {
    fn of(change: &Change) -> Self {
        let table = change.table().to_owned();
        let (verb, column, was) = match change {
            Change::CreateTable(new) if new.kind == TableKind::Archive => {
                let live = table.strip_suffix("_archive").unwrap_or(&table).to_owned();
                return Self::of_tables(Verb::Archive, live, None);
            }
            Change::AddIndex { index, .. } if index.unique => {
                let columns = index.terms.iter().map(|it| it.column.clone());
                return Self {
                    verb: Verb::UniqueOf,
                    of: Some(table),
                    things: columns.collect(),
                    was: Vec::new(),
                };
            }
            Change::CreateTable(_) => (Verb::Create, None, None),
            Change::DropTable { .. } => (Verb::Drop, None, None),
            Change::RenameTable { from, .. } => (Verb::Rename, None, Some(from)),
            Change::AddColumn { column, .. } => (Verb::Add, Some(&column.name), None),
            Change::DropColumn { column, .. } => (Verb::DropOf, Some(&column.name), None),
            Change::RenameColumn { from, to, .. } => (Verb::RenameOf, Some(to), Some(from)),
            Change::ChangeType { column, .. }
            | Change::Convert { column, .. }
            | Change::Relax { column, .. }
            | Change::Require { column, .. }
            | Change::ChangeDefault { column, .. }
            | Change::RenameValues { column, .. }
            | Change::ChangeCheck { column, .. } => (Verb::ChangeOf, Some(column), None),
            Change::RetireColumn { column, .. } => (Verb::RetireOf, Some(column), None),
            Change::AddForeignKey { key, .. } | Change::DropForeignKey { key, .. } => {
                (Verb::ChangeOf, Some(&key.column), None)
            }
            Change::RetireTable { .. } => (Verb::Retire, None, None),
            Change::RenameConstraint { .. } | Change::ChangeKey { .. } => {
                (Verb::Change, None, None)
            }
            Change::AddIndex { .. } | Change::RenameIndex { .. } => (Verb::Index, None, None),
            Change::DropIndex { .. } => (Verb::Unindex, None, None),
            Change::Guard { .. } => (Verb::Archive, None, None),
            Change::Unguard { .. } => (Verb::Unarchive, None, None),
            Change::AddSearch { .. } => (Verb::Search, None, None),
            Change::DropSearch { .. } => (Verb::Unsearch, None, None),
        };
        let Some(column) = column else {
            return Self::of_tables(verb, table, was);
        };
        Self {
            verb,
            of: Some(table),
            things: vec![column.clone()],
            was: was.into_iter().cloned().collect(),
        }
    }

    fn of_tables(verb: Verb, table: String, was: Option<&String>) -> Self {
        Self {
            verb,
            of: None,
            things: vec![table],
            was: was.into_iter().cloned().collect(),
        }
    }

    fn is_like(&self, other: &Self) -> bool {
        // Of two that are unique each by itself nobody would say that both together are.
        self.verb == other.verb && self.of == other.of && self.verb != Verb::UniqueOf
    }

    fn add(&mut self, like: Self) {
        for thing in like.things {
            if !self.things.contains(&thing) {
                self.things.push(thing);
            }
        }
        self.was.extend(like.was);
    }

    fn tables(&self) -> impl Iterator<Item = &str> {
        let own = self.things.iter().filter(|_| self.of.is_none());
        self.of.iter().chain(own).map(String::as_str)
    }

    fn text(&self) -> String {
        let listed = |names: &[String]| {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            list(&names, NAMED)
        };
        let (things, was) = (listed(&self.things), listed(&self.was));
        let of = self.of.as_deref().unwrap_or_default();
        let is_one = self.things.len() == 1;
        match self.verb {
            Verb::Create => format!("create_{things}"),
            Verb::Drop => format!("drop_{things}"),
            Verb::Rename if is_one => format!("rename_{was}_to_{things}"),
            Verb::Rename => format!("rename_{was}"),
            Verb::Add => format!("add_{things}_to_{of}"),
            Verb::DropOf => format!("drop_{things}_of_{of}"),
            Verb::RenameOf if is_one => format!("rename_{was}_of_{of}_to_{things}"),
            Verb::RenameOf => format!("rename_{was}_of_{of}"),
            Verb::RetireOf => format!("retire_{things}_of_{of}"),
            Verb::UniqueOf => format!("make_{things}_of_{of}_unique"),
            Verb::ChangeOf => format!("change_{things}_of_{of}"),
            Verb::Change => format!("change_{things}"),
            Verb::Retire => format!("retire_{things}"),
            Verb::Index => format!("index_{things}"),
            Verb::Unindex => format!("drop_index_of_{things}"),
            Verb::Archive => format!("archive_{things}"),
            Verb::Unarchive => format!("stop_archiving_{things}"),
            Verb::Search => format!("search_{things}"),
            Verb::Unsearch => format!("stop_searching_{things}"),
        }
    }
}

/// All changes, and what stands behind them.
struct Whole<'a> {
    changes: &'a [&'a Change],
    delta: &'a Delta,
}

impl Whole<'_> {
    /// Whether a change goes without saying, because of another.
    fn follows(&self, change: &Change) -> bool {
        let table = change.table();
        if let Some(live) = table.strip_suffix("_archive")
            && self.has(|it| it.table() == live && !matches!(it, Change::Unguard { .. }))
        {
            // An archive that comes with its table, changes with it, or begins.
            return !matches!(change, Change::CreateTable(_) | Change::DropTable { .. })
                || self.has(|it| matches!(it, Change::CreateTable(new) if new.name == live));
        }
        let is_retired =
            |it: &Change| matches!(it, Change::RetireTable { table: of } if of == table);
        if !is_retired(change) && self.has(is_retired) {
            return true;
        }
        match change {
            Change::CreateTable(new) => match new.kind {
                TableKind::Live => false,
                TableKind::Archive => self.is_of_links(table),
                TableKind::Link => new.foreign_keys.iter().any(|key| self.creates(&key.table)),
                TableKind::ArchiveReferences | TableKind::Idempotency => {
                    self.has(|it| it.table() != table)
                }
            },
            Change::DropTable { table, .. } => {
                let mut keys = table.foreign_keys.iter();
                table.kind == TableKind::Link && keys.any(|key| self.drops(&key.table))
            }
            Change::DropColumn { column, .. } => {
                let key = self.pair(table).and_then(|it| it.old.key_of(&column.name));
                key.is_some_and(|it| self.drops(&it.table))
            }
            Change::RenameTable { .. } => {
                let pair = self.pair(table).filter(|it| it.new.kind == TableKind::Link);
                let mut keys = pair.into_iter().flat_map(|it| &it.new.foreign_keys);
                keys.any(|key| self.renames(&key.table))
            }
            Change::RenameColumn { to, .. } => {
                let pair = self.pair(table).filter(|it| it.new.kind == TableKind::Link);
                let key = pair.and_then(|it| it.new.key_of(to));
                key.is_some_and(|it| self.renames(&it.table))
            }
            Change::Guard { table } => self.creates(table) || self.creates(&archive_name(table)),
            Change::Unguard { table } => self.drops(&archive_name(table)),
            Change::ChangeDefault { column, .. }
            | Change::ChangeCheck { column, .. }
            | Change::Convert { column, .. } => {
                self.has(|it| is_main(it) && is_of(it, table, column))
            }
            Change::ChangeType { column, .. }
            | Change::Relax { column, .. }
            | Change::Require { column, .. }
            | Change::RenameValues { column, .. } => {
                let is_first = |it: &Change| {
                    matches!(
                        it,
                        Change::RenameColumn { .. } | Change::RetireColumn { .. }
                    )
                };
                self.has(|it| is_first(it) && is_of(it, table, column))
            }
            Change::DropIndex { .. } | Change::DropSearch { .. } => {
                let begins =
                    |it: &Change| matches!(it, Change::AddIndex { .. } | Change::AddSearch { .. });
                self.has(|it| it.table() == table && (begins(it) || is_main(it) || refers(it)))
            }
            Change::AddIndex { .. }
            | Change::RenameIndex { .. }
            | Change::RenameConstraint { .. }
            | Change::ChangeKey { .. } => {
                self.has(|it| it.table() == table && (is_main(it) || refers(it)))
            }
            Change::AddForeignKey { .. }
            | Change::DropForeignKey { .. }
            | Change::AddSearch { .. } => self.has(|it| it.table() == table && is_main(it)),
            Change::RetireTable { .. } | Change::RetireColumn { .. } | Change::AddColumn { .. } => {
                false
            }
        }
    }

    /// Whether an archive of links begins along with one of records.
    fn is_of_links(&self, archive: &str) -> bool {
        let kind = |archive: &str| {
            let live = archive.strip_suffix("_archive");
            live.and_then(|it| self.pair(it)).map(|it| it.new.kind)
        };
        let begins = |it: &Change| {
            matches!(it, Change::CreateTable(_)) && kind(it.table()) == Some(TableKind::Live)
        };
        kind(archive) == Some(TableKind::Link) && self.has(begins)
    }

    fn has(&self, is_it: impl Fn(&Change) -> bool) -> bool {
        self.changes.iter().any(|it| is_it(it))
    }

    fn pair(&self, table: &str) -> Option<&Pair> {
        self.delta.pair(table)
    }

    fn creates(&self, table: &str) -> bool {
        self.has(|it| matches!(it, Change::CreateTable(_)) && it.table() == table)
    }

    fn drops(&self, table: &str) -> bool {
        self.has(|it| matches!(it, Change::DropTable { .. }) && it.table() == table)
    }

    fn renames(&self, table: &str) -> bool {
        self.has(|it| matches!(it, Change::RenameTable { .. }) && it.table() == table)
    }
}

/// Whether a change is of this column, by its new name.
fn is_of(change: &Change, table: &str, column: &str) -> bool {
    let name = match change {
        Change::AddColumn { column, .. } | Change::DropColumn { column, .. } => &column.name,
        Change::RenameColumn { to, .. } => to,
        Change::RetireColumn { column, .. }
        | Change::ChangeType { column, .. }
        | Change::Convert { column, .. }
        | Change::Relax { column, .. }
        | Change::Require { column, .. }
        | Change::ChangeDefault { column, .. }
        | Change::RenameValues { column, .. }
        | Change::ChangeCheck { column, .. } => column,
        Change::AddForeignKey { key, .. } | Change::DropForeignKey { key, .. } => &key.column,
        _ => return false,
    };
    change.table() == table && name == column
}

/// Whether a reference begins or ends.
fn refers(change: &Change) -> bool {
    matches!(
        change,
        Change::AddForeignKey { .. } | Change::DropForeignKey { .. }
    )
}

/// Whether a change is one that rules, indexes, references and searches follow.
fn is_main(change: &Change) -> bool {
    matches!(
        change,
        Change::RenameTable { .. }
            | Change::AddColumn { .. }
            | Change::DropColumn { .. }
            | Change::RenameColumn { .. }
            | Change::RetireColumn { .. }
            | Change::ChangeType { .. }
            | Change::RenameValues { .. }
            | Change::Relax { .. }
            | Change::Require { .. }
    )
}
