//! What a change of the tables means for rows that are there, and for the release that runs meanwhile.

use crate::tables::TableKind;
use crate::tables::change::Change;
use crate::tables::convert::{self, Fit};
use crate::tables::delta::Delta;

use super::{Code, Finding, finding};

/// What one change means.
#[expect(clippy::too_many_lines, reason = "one arm for each change")]
pub fn of_change(change: &Change, delta: &Delta) -> Vec<Finding> {
    let table = change.table();
    let one = |code, message: String| vec![finding(code, table, message)];
    match change {
        Change::DropTable { table: gone, stash } if gone.kind == TableKind::Archive => {
            let lost = format!("`{table}` goes, with every removed record that it has");
            let found = stash.is_none().then(|| finding(Code::Ar103, table, lost));
            found.into_iter().collect()
        }
        Change::DropTable { stash, .. } => {
            let used = format!("the old release still uses `{table}`");
            let mut found = one(Code::Bc106, used);
            if stash.is_none() {
                let lost = format!("`{table}` goes, with all its rows");
                found.push(finding(Code::Ds101, table, lost));
            }
            found
        }
        Change::DropColumn { column, stash, .. } => {
            let name = &column.name;
            let used = format!("the old release still uses `{name}` of `{table}`");
            let mut found = one(Code::Bc106, used);
            let of_archive = delta.pair(table).map(|it| it.new.kind) == Some(TableKind::Archive);
            if of_archive && !stash {
                let lost =
                    format!("removed records lose their `{name}`, with `{name}` of `{table}`");
                found.push(finding(Code::Ar104, table, lost));
            } else if !stash {
                let lost = format!("`{name}` of `{table}` goes, with all its values");
                found.push(finding(Code::Ds102, table, lost));
            }
            found
        }
        Change::RenameTable { from, .. } => one(
            Code::Bc101,
            format!(
                "`{from}` is called `{table}` from now on, and the old release asks for `{from}`"
            ),
        ),
        Change::RenameColumn { from, to, .. } if !to.contains("__v") => one(
            Code::Bc102,
            format!(
                "`{from}` of `{table}` is called `{to}` from now on, and the old release asks for `{from}`"
            ),
        ),
        Change::AddColumn { column, fill, .. } if !column.nullable && column.default.is_none() => {
            let name = &column.name;
            let lacks =
                format!("the old release does not fill `{name}` of `{table}`, which is required");
            let mut found = one(Code::Bc104, lacks);
            if fill.is_none() {
                let rows =
                    format!("rows of `{table}` that are there have no `{name}`, which is required");
                found.push(finding(Code::Mf102, table, rows));
            }
            found
        }
        Change::Require { column, fill, .. } => {
            let may =
                format!("the old release may leave `{column}` of `{table}` out, which is required");
            let mut found = one(Code::Bc104, may);
            if fill.is_none() {
                let rows =
                    format!("rows of `{table}` may have no `{column}`, which becomes required");
                found.push(finding(Code::Mf103, table, rows));
            }
            found
        }
        Change::ChangeType {
            column,
            from,
            to,
            fit,
            ..
        } => {
            let says = format!(
                "`{column}` of `{table}` is {} instead of {}",
                convert::name(*to),
                convert::name(*from)
            );
            let mut found = one(
                Code::Bc105,
                format!("the old release does not know that {says}"),
            );
            match fit {
                Fit::Wider => {}
                Fit::Checked => {
                    found.push(finding(
                        Code::Mf104,
                        table,
                        format!("{says}, which not every value fits"),
                    ));
                }
                Fit::Lossy => found.push(finding(
                    Code::Ds104,
                    table,
                    format!("{says}, which says less"),
                )),
            }
            found
        }
        Change::ChangeCheck {
            column,
            narrows: true,
            from,
            to,
            ..
        } => {
            let values = |check: &Option<crate::tables::Check>| {
                check
                    .iter()
                    .flat_map(|it| &it.rules)
                    .any(|it| matches!(it, crate::tables::CheckRule::OneOf(_)))
            };
            let (code, what) = if values(from) && values(to) {
                let what = format!("a value of `{column}` of `{table}` goes, which rows may have");
                (Code::Ds103, what)
            } else {
                let what =
                    format!("the rule on `{column}` of `{table}` gets stricter than rows may be");
                (Code::Mf103, what)
            };
            let may = format!("the old release may break the new rule on `{column}` of `{table}`");
            vec![finding(code, table, what), finding(Code::Bc107, table, may)]
        }
        Change::AddIndex { index, .. } if index.unique => {
            let name = &index.name;
            let two = format!("`{name}` demands that no two rows of `{table}` agree, and two may");
            let mut found = one(Code::Mf101, two);
            let pair = delta.pair(table);
            let is_old = |column: &str| pair.is_some_and(|it| it.old_of(column).is_some());
            if index.terms.iter().all(|it| is_old(&it.column)) {
                let may = format!("the old release may write what `{name}` of `{table}` forbids");
                found.push(finding(Code::Bc107, table, may));
            }
            found
        }
        Change::AddForeignKey {
            key, fresh: false, ..
        } => {
            let (column, other) = (&key.column, &key.table);
            let nothing = format!("`{column}` of `{table}` may refer to nothing in `{other}`");
            let may = format!(
                "the old release may let `{column}` of `{table}` refer to nothing in `{other}`"
            );
            vec![
                finding(Code::Mf105, table, nothing),
                finding(Code::Bc107, table, may),
            ]
        }
        Change::RenameValues { column, values, .. } => {
            let olds: Vec<&str> = values.iter().map(|(was, _)| was.as_str()).collect();
            one(
                Code::Bc103,
                format!(
                    "the old release still writes {} in `{column}` of `{table}`",
                    olds.join(", ")
                ),
            )
        }
        _ => Vec::new(),
    }
}
