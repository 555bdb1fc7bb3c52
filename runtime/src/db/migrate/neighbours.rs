//! Tables of others in a database in which no migration has been applied yet.
//!
//! Somebody may have meant the service to take them over, and would find it empty. Others share
//! a schema on purpose: with a second service, with a tool's notes, with what an extension keeps
//! in it. A migration tool that builds upon tables it did not make, as Flyway does, has to
//! refuse all of these. The first migration here makes every table that the service needs,
//! fails where one of that name is there, and touches no other; so nothing is lost by going on,
//! and a refusal would stop the unattended start of those who share. They are named in a
//! warning, with what to do. What an extension owns is nobody's to take over, and not named.

use super::{Event, Ledger, Watcher};

/// As many as a line of a log has room for.
const SHOWN: usize = 10;

/// Tells of tables that were there before the first migration.
pub(super) fn tell(watcher: &Watcher, tables: Vec<String>) {
    if !tables.is_empty() {
        watcher(&Event::Neighbours { tables });
    }
}

impl Ledger {
    /// Whether no migration was applied, nor begun.
    pub(super) fn is_new(&self) -> bool {
        self.entries.is_empty() && self.unfinished.is_none()
    }
}

/// What is said of them.
pub(crate) fn told(tables: &[String]) -> String {
    let shown: Vec<String> = tables
        .iter()
        .take(SHOWN)
        .map(|it| format!("`{it}`"))
        .collect();
    let more = match tables.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!(
        "the database has tables that no migration of this service has made: {}{more}; they stay as they are, and the \
         service begins empty beside them. If it is to have their rows, take the migrations back with `migrate down` \
         and the tables over with `migrate adopt`",
        shown.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_a_line_has_room_for_are_counted() {
        let tables: Vec<String> = (0..12).map(|it| format!("t{it}")).collect();
        let told = told(&tables);
        assert!(told.contains("`t9` and 2 more;"), "{told}");
    }
}
