//! The statements by which a record that is written gets its many-to-many links, and what that
//! changes of the records at the other end, where those show the link too.

use crate::dialect::{Dialect, quoted};
use crate::model::{Entity, Link, Via};
use crate::tables::build::id_type;

use super::sql::{Statement, Statements};

/// Whether an entity shows the rows of a link table that hold its id in a column.
pub fn shows(entity: &Entity, table: &str, column: &str) -> bool {
    let mut collections = entity.collections.iter();
    collections.any(
        |it| matches!(&it.via, Via::Link(link) if link.table == table && link.own_column == column),
    )
}

/// Whether the other end of a link shows it, in something that a change of it can raise.
pub fn is_touched(target: &Entity, link: &Link) -> bool {
    shows(target, &link.table, &link.target_column) && !raised(target, "").is_empty()
}

/// Whether the other end is held before the record itself: everybody who changes a link holds
/// the rows of one table before those of the other, and within one in the order of their ids.
pub fn is_held_first(entity: &Entity, target: &Entity, link: &Link) -> bool {
    is_touched(target, link) && target.name.plural_snake() <= entity.name.plural_snake()
}

/// What a change of what a record shows raises in its own columns.
pub fn raised(entity: &Entity, now: &str) -> Vec<String> {
    let mut sets = Vec::new();
    if entity.automatic.version {
        sets.push("version = version + 1".to_owned());
    }
    if entity.automatic.updated_at {
        sets.push(format!("updated_at = {now}"));
    }
    sets
}

/// That a row is among those a subquery finds, held in the order of their ids.
pub fn in_order(dialect: &dyn Dialect, table: &str, rows: &str) -> String {
    match dialect.for_change() {
        "" => rows.to_owned(),
        held => format!(
            "id in (\n    select id\n    from {table}\n    where {}\n    order by id{}\n)",
            rows.replace('\n', "\n    "),
            held.replace('\n', "\n    ")
        ),
    }
}

impl Statements<'_> {
    /// The statements that tie and untie one many-to-many link.
    pub fn link(&self, link: &Link, target: &Entity, name: &str) -> Vec<Statement> {
        let table = quoted(&link.table);
        let (own, other) = (quoted(&link.own_column), quoted(&link.target_column));
        let constant = name.to_uppercase();
        let mut statements = vec![
            self.make(
                &format!("LINK_{constant}"),
                &format!("New rows of `{}` from a JSON array of ids.", link.table),
                |dialect| {
                    format!(
                        "insert into {table} ({own}, {other})\nselect distinct {}, {}\nfrom {}",
                        dialect.parameter(1, id_type(self.entity.id)),
                        dialect.json_element(id_type(target.id)),
                        dialect.json_elements(2)
                    )
                },
            ),
            self.make(
                &format!("UNLINK_{constant}"),
                &format!("The end of a record's rows of `{}`.", link.table),
                |_| format!("delete from {table} where {own} = $1"),
            ),
        ];
        if is_touched(target, link) {
            statements.push(self.touch(link, target, &constant));
        }
        if is_held_first(self.entity, target, link) {
            statements.push(self.hold(link, target, &constant));
        }
        statements
    }

    /// What other ids in a record's links change of the records that show those links too.
    fn touch(&self, link: &Link, target: &Entity, constant: &str) -> Statement {
        let doc = format!(
            "What another JSON array of ids changes of the {}, which show `{}` too: of those that it adds or leaves out.",
            target.name.plural_sentence(),
            link.table
        );
        let others = quoted(target.name.plural_snake());
        let (own, other) = (quoted(&link.own_column), quoted(&link.target_column));
        // A record that is linked with itself is written anyway.
        let itself = if target.name == self.entity.name {
            " and id is distinct from $1"
        } else {
            ""
        };
        self.make(&format!("TOUCH_{constant}"), &doc, |dialect| {
            let rows = format!(
                "id in (select id from differing group by id having count(*) = 1){itself}"
            );
            format!(
                "with differing as (\n    select {other} as id from {} where {own} = $1\n    union all\n    select distinct {}\n    from {}\n)\nupdate {others}\nset {}\nwhere {}",
                quoted(&link.table),
                dialect.json_element(id_type(target.id)),
                dialect.json_elements(2),
                raised(target, "$3").join(", "),
                in_order(dialect, &others, &rows)
            )
        })
    }

    /// The records that a change of links can touch, held before the record itself.
    fn hold(&self, link: &Link, target: &Entity, constant: &str) -> Statement {
        let doc = format!(
            "The {} that another JSON array of ids can change, held until the transaction ends.",
            target.name.plural_sentence()
        );
        let (own, other) = (quoted(&link.own_column), quoted(&link.target_column));
        let itself = if target.name == self.entity.name {
            "id = $1 or "
        } else {
            ""
        };
        self.make(&format!("HOLD_{constant}"), &doc, |dialect| {
            format!(
                "select true\nfrom {}\nwhere {itself}id in (\n    select {other} from {} where {own} = $1\n    union all\n    select {}\n    from {}\n)\norder by id{}",
                quoted(target.name.plural_snake()),
                quoted(&link.table),
                dialect.json_element(id_type(target.id)),
                dialect.json_elements(2),
                dialect.for_change()
            )
        })
    }
}
