//! The rules by their codes, and what to do about each.

use serde::{Deserialize, Serialize};

/// A rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Code {
    /// A table goes, with all its rows.
    Ds101,
    /// A column goes, with all its values.
    Ds102,
    /// A value of an enum goes.
    Ds103,
    /// Values become values that say less.
    Ds104,
    /// Rows that are there may agree where they must not.
    Mf101,
    /// A required column without a value for rows that are there.
    Mf102,
    /// A rule that rows that are there may break.
    Mf103,
    /// A type that values that are there may not fit.
    Mf104,
    /// A reference that rows that are there may break.
    Mf105,
    /// The release that runs meanwhile still uses the old name of a table.
    Bc101,
    /// The release that runs meanwhile still uses the old name of a column.
    Bc102,
    /// The release that runs meanwhile still uses the old values of an enum.
    Bc103,
    /// The release that runs meanwhile does not fill a required column.
    Bc104,
    /// The release that runs meanwhile reads and writes the old type.
    Bc105,
    /// The release that runs meanwhile still uses what goes.
    Bc106,
    /// The release that runs meanwhile may still write what is no longer allowed.
    Bc107,
    /// Every row is rewritten while everybody waits.
    Pg101,
    /// Every row is filled, a batch at a time.
    Pg102,
    /// A migration outside of a transaction is left half done where it fails.
    Pg103,
    /// An index is made while writers wait.
    Pg104,
    /// An index is dropped while everybody waits for its table.
    Pg105,
    /// A rule is checked on every row while everybody waits.
    Pg106,
    /// A column becomes required by reading every row while everybody waits.
    Pg107,
    /// A unique set or a key builds its index while everybody waits.
    Pg108,
    /// A rule is proved in the transaction that adds it, whose lock nobody gets past.
    Pg109,
    /// Every row is written by one statement, and stays locked until it ends.
    Pg110,
    /// What goes is looked at, or copied away, while everybody waits.
    Pg111,
    /// A value of an enum is used in the transaction that adds it.
    Tx101,
    /// A statement that PostgreSQL refuses inside a transaction.
    Tx102,
    /// A statement outside of a transaction that cannot be run twice.
    Tx103,
    /// A step ends or begins the transaction that it runs in.
    Tx104,
    /// A limit of the runner is taken away.
    To101,
    /// A limit is set for more than its step.
    To102,
    /// A name that PostgreSQL would cut off.
    Nm101,
    /// Two names that differ in case only.
    Nm102,
    /// A reference without an index makes each removal read the whole table.
    Ix101,
    /// Two indexes of the same columns.
    Ix102,
    /// A migration was changed after it had been written.
    In101,
    /// Values that archived rows keep under an old name.
    Ar102,
    /// An archive goes, with every removed record that it has.
    Ar103,
    /// What removed records have of a field goes.
    Ar104,
    /// A table that others refer to is rebuilt: foreign keys must be off before the transaction.
    Sl01,
    /// Ids of a rebuilt table must not be given out again.
    Sl02,
    /// Indexes and triggers of a rebuilt table, and views on it, are made again.
    Sl03,
    /// A type changes: a table that is not STRICT would keep what does not fit.
    Sl04,
    /// A default that is no constant needs a rebuild.
    Sl05,
    /// Ids of removed rows may be given out again.
    Sl06,
    /// A rebuild needs room for the table twice, and time for every row.
    Sl07,
    /// A rebuild that renames the old table first bends the references of others.
    Sl08,
    /// REPLACE deletes the row that is in its way, without a trigger.
    Sl09,
    /// A table without a rowid, or one that counts on it.
    Sl10,
}

/// Every rule.
pub const ALL: [Code; 51] = [
    Code::Ds101,
    Code::Ds102,
    Code::Ds103,
    Code::Ds104,
    Code::Mf101,
    Code::Mf102,
    Code::Mf103,
    Code::Mf104,
    Code::Mf105,
    Code::Bc101,
    Code::Bc102,
    Code::Bc103,
    Code::Bc104,
    Code::Bc105,
    Code::Bc106,
    Code::Bc107,
    Code::Pg101,
    Code::Pg102,
    Code::Pg103,
    Code::Pg104,
    Code::Pg105,
    Code::Pg106,
    Code::Pg107,
    Code::Pg108,
    Code::Pg109,
    Code::Pg110,
    Code::Pg111,
    Code::Tx101,
    Code::Tx102,
    Code::Tx103,
    Code::Tx104,
    Code::To101,
    Code::To102,
    Code::Nm101,
    Code::Nm102,
    Code::Ix101,
    Code::Ix102,
    Code::In101,
    Code::Ar102,
    Code::Ar103,
    Code::Ar104,
    Code::Sl01,
    Code::Sl02,
    Code::Sl03,
    Code::Sl04,
    Code::Sl05,
    Code::Sl06,
    Code::Sl07,
    Code::Sl08,
    Code::Sl09,
    Code::Sl10,
];

impl Code {
    /// As a script writes it to accept it.
    pub fn name(self) -> String {
        format!("{self:?}").to_uppercase()
    }

    /// The code that is called so, in letters of either case.
    pub fn named(name: &str) -> Option<Self> {
        let mut all = ALL.into_iter();
        all.find(|it| it.name().eq_ignore_ascii_case(name))
    }

    /// What it is about, in one line.
    pub fn title(self) -> &'static str {
        match self {
            Self::Ds101 => "A table goes, with all its rows",
            Self::Ds102 => "A column goes, with all its values",
            Self::Ds103 => "A value of an enum goes",
            Self::Ds104 => "Values become values that say less",
            Self::Mf101 => "Rows that are there may agree where they must not",
            Self::Mf102 => "A required column without a value for rows that are there",
            Self::Mf103 => "A rule that rows that are there may break",
            Self::Mf104 => "A type that values that are there may not fit",
            Self::Mf105 => "A reference that rows that are there may break",
            Self::Bc101 => "The release that runs meanwhile still uses the old name of a table",
            Self::Bc102 => "The release that runs meanwhile still uses the old name of a column",
            Self::Bc103 => "The release that runs meanwhile still uses the old values of an enum",
            Self::Bc104 => "The release that runs meanwhile does not fill a required column",
            Self::Bc105 => "The release that runs meanwhile reads and writes the old type",
            Self::Bc106 => "The release that runs meanwhile still uses what goes",
            Self::Bc107 => {
                "The release that runs meanwhile may still write what is no longer allowed"
            }
            Self::Pg101 => "Every row is rewritten while everybody waits",
            Self::Pg102 => "Every row is filled, a batch at a time",
            Self::Pg103 => "A migration outside of a transaction is left half done where it fails",
            Self::Pg104 => "An index is made while writers wait",
            Self::Pg105 => "An index is dropped while everybody waits for its table",
            Self::Pg106 => "A rule is checked on every row while everybody waits",
            Self::Pg107 => "A column becomes required by reading every row while everybody waits",
            Self::Pg108 => "A unique set or a key builds its index while everybody waits",
            Self::Pg109 => {
                "A rule is proved in the transaction that adds it, whose lock nobody gets past"
            }
            Self::Pg110 => "Every row is written by one statement, and stays locked until it ends",
            Self::Pg111 => "What goes is looked at, or copied away, while everybody waits",
            Self::Tx101 => "A value of an enum is used in the transaction that adds it",
            Self::Tx102 => "A statement that PostgreSQL refuses inside a transaction",
            Self::Tx103 => "A statement outside of a transaction that cannot be run twice",
            Self::Tx104 => "A step ends or begins the transaction that it runs in",
            Self::To101 => "A limit of the runner is taken away",
            Self::To102 => "A limit is set for more than its step",
            Self::Nm101 => "A name that PostgreSQL would cut off",
            Self::Nm102 => "Two names that differ in case only",
            Self::Ix101 => "A reference without an index makes each removal read the whole table",
            Self::Ix102 => "Two indexes of the same columns",
            Self::In101 => "A migration was changed after it had been written",
            Self::Ar102 => "Values that archived rows keep under an old name",
            Self::Ar103 => "An archive goes, with every removed record that it has",
            Self::Ar104 => "What removed records have of a field goes",
            Self::Sl01 => {
                "A table that others refer to is rebuilt: foreign keys must be off before the transaction"
            }
            Self::Sl02 => "Ids of a rebuilt table must not be given out again",
            Self::Sl03 => {
                "Indexes and triggers of a rebuilt table, and views on it, are made again"
            }
            Self::Sl04 => "A type changes: a table that is not STRICT would keep what does not fit",
            Self::Sl05 => "A default that is no constant needs a rebuild",
            Self::Sl06 => "Ids of removed rows may be given out again",
            Self::Sl07 => "A rebuild needs room for the table twice, and time for every row",
            Self::Sl08 => {
                "A rebuild that renames the old table first bends the references of others"
            }
            Self::Sl09 => "REPLACE deletes the row that is in its way, without a trigger",
            Self::Sl10 => "A table without a rowid, or one that counts on it",
        }
    }

    /// Why it is worth a word.
    fn why(self) -> &'static str {
        match self {
            Self::Ds101 | Self::Ds102 | Self::Ds103 | Self::Ds104 => {
                "What goes cannot be brought back: the way back makes the table or the column again, and it is empty, \
                 unless its values were copied away."
            }
            Self::Mf101 | Self::Mf102 | Self::Mf103 | Self::Mf104 | Self::Mf105 => {
                "It depends on the rows whether the migration succeeds. It looks for those that do not fit before it \
                 touches anything, and where it finds some it stops, changes nothing, and shows a few of them."
            }
            Self::Bc101
            | Self::Bc102
            | Self::Bc103
            | Self::Bc104
            | Self::Bc105
            | Self::Bc106
            | Self::Bc107 => {
                "While a release takes the place of another, both run for a while over the tables as the new one has \
                 them. What the old one asks for under another name, or writes in another form, fails meanwhile."
            }
            Self::Pg101
            | Self::Pg102
            | Self::Pg103
            | Self::Pg104
            | Self::Pg105
            | Self::Pg106
            | Self::Pg107
            | Self::Pg108
            | Self::Pg109
            | Self::Pg110
            | Self::Pg111 => {
                "A statement that changes a table with many rows can hold up everybody who uses it. Plans avoid that \
                 where PostgreSQL lets them; this one takes a while, or cannot avoid it."
            }
            Self::Tx101 | Self::Tx102 | Self::Tx103 | Self::Tx104 => {
                "A step is one transaction, which the runner begins and commits together with the note that it is done; \
                 what runs outside of one is begun again where it was stopped."
            }
            Self::To101 | Self::To102 => {
                "A statement that waits for a lock keeps everybody waiting who comes after it. The runner gives up after \
                 a moment and tries again, by limits that it sets for each step."
            }
            Self::Nm101 | Self::Nm102 => {
                "Databases and file systems differ in how long names may be, and in whether case tells them apart."
            }
            Self::Ix101 | Self::Ix102 => {
                "An index that is missing makes reading slow; one that is there twice makes writing slow."
            }
            Self::In101 => {
                "A database that has the migration already would not get what was changed, and refuses the service."
            }
            Self::Ar102 => {
                "Removed records are kept as they were. What has become of live rows since then is made up for when \
                 they are restored."
            }
            Self::Ar103 | Self::Ar104 => {
                "Removed records can be restored as long as their archive has all of them. The migration stops where one \
                 of them is on hold, and an archive goes only when none has to be kept any longer; one that nobody \
                 has said for how long to keep goes too."
            }
            Self::Sl01
            | Self::Sl02
            | Self::Sl03
            | Self::Sl04
            | Self::Sl05
            | Self::Sl06
            | Self::Sl07
            | Self::Sl08
            | Self::Sl09
            | Self::Sl10 => {
                "SQLite changes little of a table in place. Everything else makes a new one, copies the rows, drops \
                 the old one and takes its name, and each of these steps has lost somebody's rows."
            }
        }
    }

    /// The page that explains it.
    pub fn page(self) -> String {
        format!(
            "{code}: {title}\n\n{why}\n\nWhat to do: {fix}.\n\nA line `-- nolint: {code} REASON` in a script of the \
             migration accepts it there.\n",
            code = self.name(),
            title = self.title(),
            why = self.why(),
            fix = self.fix(),
        )
    }

    /// What to do about it.
    pub fn fix(self) -> &'static str {
        match self {
            Self::Ds101 => {
                "keep the rows beside the schema (`stashed:`), or leave the table for a release (`kept:`)"
            }
            Self::Ds102 => {
                "copy the values away (`stashed:`), or leave the column for a release (`kept:`)"
            }
            Self::Ds103 => "rename the value (`was:`), or change the rows before",
            Self::Ds104 => {
                "add a field of the new type with a `backfill:`, and drop the old one later"
            }
            Self::Mf101 => "find the duplicates before; the migration stops at them, with a sample",
            Self::Mf102 => "give the field a `backfill:` or a default",
            Self::Mf103 | Self::Mf104 | Self::Mf105 => {
                "find the rows before; the migration stops at them, with a sample"
            }
            Self::Bc101 | Self::Bc102 => {
                "stop it before this migrates, or add the new name beside the old one, which goes a release later"
            }
            Self::Bc103 => "release a version that reads both values first",
            Self::Bc104 => "give the field a default, or release it as optional first",
            Self::Bc105 => "stop the old release before, or add a field of the new type beside it",
            Self::Bc106 => "release a version that does not use it first",
            Self::Bc107 => "release a version that obeys the rule first",
            Self::Pg101 => {
                "run it when few are at work, or add a field of the new type with a `backfill:`"
            }
            Self::Pg102 => "no action needed; expect it to take a while on a large table",
            Self::Pg103 => {
                "no action needed; if it stops, the next run goes on there, and does nothing twice"
            }
            Self::Pg104 => {
                "make it `concurrently`, in a step of its own: `-- svcgen:step autocommit`"
            }
            Self::Pg105 => {
                "drop it `concurrently`, in a step of its own: `-- svcgen:step autocommit`"
            }
            Self::Pg106 => "add it `not valid`, and `validate constraint` in a step after",
            Self::Pg107 => {
                "add `check (… is not null) not valid`, validate that, then `set not null` reads nothing"
            }
            Self::Pg108 => {
                "make the unique index `concurrently`, and add the constraint `using index`"
            }
            Self::Pg109 => "prove it in a step of its own",
            Self::Pg110 => "write a batch at a time: `-- svcgen:step batches`",
            Self::Pg111 => {
                "run it when few are at work; it takes as long as reading the table once"
            }
            Self::Tx101 => "use it in a step after",
            Self::Tx102 => "put it into a step of its own: `-- svcgen:step autocommit`",
            Self::Tx103 => {
                "say `if exists` or `if not exists`, or put it into a `transaction` step"
            }
            Self::Tx104 => "leave it out: the runner begins and commits each step",
            Self::To101 => {
                "leave it out: `db.migrate_lock_timeout` and `db.migrate_statement_timeout` of the service say how long"
            }
            Self::To102 => "say `set local`",
            Self::Nm101 | Self::Nm102 => "give it another name",
            Self::Ix101 => "add an index that begins with the column",
            Self::Ix102 => "remove one of them",
            Self::In101 => "restore its files from version control, and change the schema instead",
            Self::Ar102 => "no action needed: a restore reads the old name as the new one",
            Self::Ar103 | Self::Ar104 => {
                "keep them beside the schema (`stashed:`), or leave them where they are"
            }
            Self::Sl01 => "run it by the service's own runner, which does that and counts the rows",
            Self::Sl02 | Self::Sl03 => "no action needed: the script and the runner carry them",
            Self::Sl04 => {
                "no action needed: every table is STRICT, and values that do not fit stop the migration"
            }
            Self::Sl05 => "give the rows a `backfill:`",
            Self::Sl06 => "use ids of the type uuid, or bigint, which svcgen makes AUTOINCREMENT",
            Self::Sl07 => "see to it that the disk has room; the service writes nothing meanwhile",
            Self::Sl08 => "make the new table under another name, and rename that one",
            Self::Sl09 => "write ON CONFLICT DO UPDATE",
            Self::Sl10 => "keep the rowid, and do not use it as an id",
        }
    }

    /// Whether it is about the release that runs meanwhile.
    pub fn is_of_releases(self) -> bool {
        matches!(
            self,
            Self::Bc101
                | Self::Bc102
                | Self::Bc103
                | Self::Bc104
                | Self::Bc105
                | Self::Bc106
                | Self::Bc107
        )
    }

    /// Whether a person has to decide, and not only to know.
    pub fn is_grave(self) -> bool {
        !matches!(
            self,
            Self::Pg102
                | Self::Pg103
                | Self::Ar102
                | Self::Sl01
                | Self::Sl02
                | Self::Sl03
                | Self::Sl04
                | Self::Sl05
                | Self::Sl07
        )
    }
}
