//! What people have made of a column beside svcgen: an index, a check, a view, a right.
//!
//! A column that another takes the place of is dropped, and PostgreSQL drops its indexes and its
//! constraints along with it, without a word. So a plan looks first, and stops where there is
//! anything it does not know how to make again.

use std::collections::BTreeSet;

use crate::dialect::{postgres, quoted, text_literal};
use crate::tables::Table;
use crate::tables::delta::Pair;

use super::super::step::{Place, Step};

/// How many things are named.
const SAMPLE: usize = 5;

/// That nothing is of these columns, each by its old name and its new one, but what svcgen has
/// made; asked by the old names where `place` is the precheck, and by the new ones otherwise.
pub fn none(place: Place, pair: &Pair, columns: &[(&str, &str)]) -> Step {
    let (old, new): (Vec<&str>, Vec<&str>) = columns.iter().copied().unzip();
    let mut names = known(&pair.old, &old);
    names.extend(known(&pair.new, &new));
    let (table, columns) = match place {
        Place::Precheck => (&pair.old.name, old),
        _ => (&pair.new.name, new),
    };
    let said: Vec<String> = columns.iter().map(|it| format!("`{it}`")).collect();
    let title = format!(
        "Nothing has been made of {} of `{table}` by hand, for it would go with the old column; drop it, and make \
         it again afterwards.",
        said.join(", "),
    );
    Step::check(place, table, title, dependents(table, &columns, &names))
}

fn dependents(table: &str, columns: &[&str], known: &BTreeSet<String>) -> String {
    let on = format!("{}::regclass", text_literal(&quoted(table)));
    let columns: Vec<String> = columns.iter().map(|it| text_literal(it)).collect();
    let columns = columns.join(", ");
    let known: Vec<String> = known.iter().map(|it| text_literal(it)).collect();
    let known = known.join(", ");
    // What says that a column is not null is a constraint of its own from PostgreSQL 18 on.
    format!(
        "select type || ' ' || array_to_string(object_names, '.'), count(*)
from pg_depend
    join pg_attribute on attrelid = refobjid and attnum = refobjsubid,
    pg_identify_object_as_address(classid, objid, objsubid)
where refclassid = 'pg_class'::regclass and refobjid = {on} and attname in ({columns})
    and object_names[cardinality(object_names)] not in ({known})
    and not exists (select 1 from pg_constraint where oid = objid and contype = 'n')
group by 1
union all
select 'the comment on or the rights to ' || attname, 1
from pg_attribute
where attrelid = {on} and attname in ({columns})
    and (col_description(attrelid, attnum) is not null or attacl is not null)
order by 1 limit {SAMPLE};
"
    )
}

/// What svcgen itself makes of these columns of a table; a default goes by the column's name.
fn known(table: &Table, columns: &[&str]) -> BTreeSet<String> {
    let is_of = |column: &String| columns.contains(&column.as_str());
    let indexes = table.indexes.iter();
    let indexes = indexes.filter(|it| it.terms.iter().any(|term| is_of(&term.column)));
    let checks = table.checks.iter().filter(|it| is_of(&it.column));
    let keys = table.foreign_keys.iter().filter(|it| is_of(&it.column));
    let search = table.search.iter();
    let search = search.filter(|it| it.columns.iter().any(is_of));
    let of_columns = columns.iter().map(|it| (*it).to_owned());
    of_columns
        .chain(indexes.map(|it| it.name.clone()))
        .chain(checks.map(|it| it.name.clone()))
        .chain(keys.map(|it| it.name.clone()))
        .chain(search.map(postgres::words_keeper))
        .collect()
}
