//! An insert or a look at one row, written again so that it takes many: each parameter becomes an array.
//!
//! PostgreSQL spends more on a statement than on a row, so that a thousand rows in one statement
//! cost a small part of a thousand statements. It knows the statements that generated code has,
//! `insert into … (…) values (…) returning …`, and leaves every other one alone.

use std::fmt::Write as _;

use tokio_postgres::types::{Kind, Type};

use crate::db::sql::words;

/// What the rows are called in the statement.
const ROWS: &str = "svcgen_rows";

/// The statement for rows whose parameters are of these types; `None` where it is not such an insert.
pub(super) fn of(text: &str, types: &[Type]) -> Option<String> {
    let head = text.trim_start().get(..11)?;
    if !head.eq_ignore_ascii_case("insert into") || types.is_empty() {
        return None;
    }
    let (before, rest) = text.split_once("values (")?;
    let end = closing(rest)?;
    let (values, after) = (&rest[..end], &rest[end + 1..]);
    if before.contains('$') || after.contains('$') || !is_plain_end(after) {
        return None;
    }
    let mut many = String::with_capacity(text.len() + 40 * types.len());
    many.push_str(before);
    many.push_str("select ");
    push_values(&mut many, values)?;
    many.push_str(" from ");
    push_rows(&mut many, types)?;
    // Ids that the database gives out follow the order of the rows, and so does what comes back.
    write!(many, " order by {ROWS}.place{after}").ok()?;
    Some(many)
}

/// The statement that looks for each of many rows, for one that looks for one of them. Its last
/// column tells for which; `None` where the statement does more than look.
pub(super) fn lookups(text: &str, types: &[Type]) -> Option<String> {
    let locks = |word: &str| {
        ["update", "share"]
            .iter()
            .any(|it| word.eq_ignore_ascii_case(it))
    };
    let mut all = words(text);
    let is_lookup = all.next()?.eq_ignore_ascii_case("select") && !all.any(locks);
    if !is_lookup || types.is_empty() {
        return None;
    }
    let mut many = String::with_capacity(text.len() + 200);
    write!(many, "select svcgen_found.*, {ROWS}.place from ").ok()?;
    push_rows(&mut many, types)?;
    many.push_str(" cross join lateral (");
    push_values(&mut many, text)?;
    many.push_str(") as svcgen_found");
    Some(many)
}

/// The rows that the arrays are, each with its place.
fn push_rows(out: &mut String, types: &[Type]) -> Option<()> {
    out.push_str("unnest(");
    for (index, kind) in types.iter().enumerate() {
        let is_known = matches!(kind.kind(), Kind::Simple) && kind.schema() == "pg_catalog";
        let separator = if index == 0 { "" } else { ", " };
        let number = index + 1;
        let name = is_known.then(|| kind.name())?;
        write!(out, "{separator}${number}::\"{name}\"[]").ok()?;
    }
    write!(out, ") with ordinality as {ROWS} (").ok()?;
    for number in 1..=types.len() {
        write!(out, "p{number}, ").ok()?;
    }
    out.push_str("place)");
    Some(())
}

/// The same as [`of`] for a statement that gives its rows back, as one that fails unless every row
/// was inserted: somebody's trigger may leave some out, and which is not told.
pub(super) fn all_or_none(text: &str, types: &[Type]) -> Option<String> {
    let many = of(text, types)?;
    let first = types.first()?.name();
    words(text).any(|word| word.eq_ignore_ascii_case("returning")).then(|| {
        format!(
            "with svcgen_inserted as ({many}) select svcgen_inserted.* from svcgen_inserted, \
             (select 1 / (count(*) = cardinality($1::\"{first}\"[]))::int as complete from svcgen_inserted) as svcgen_counted \
             where svcgen_counted.complete = 1"
        )
    })
}

/// Where the parenthesis closes in which the text begins. What is quoted is passed over.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate() {
        if let Some(open) = quote {
            quote = (open != byte).then_some(open);
            continue;
        }
        match byte {
            b'\'' | b'"' => quote = Some(byte),
            b'(' => depth += 1,
            b')' if depth == 0 => return Some(at),
            b')' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Nothing, or what is to be given back.
fn is_plain_end(text: &str) -> bool {
    let text = text.trim_start();
    text.is_empty()
        || text
            .get(..10)
            .is_some_and(|it| it.eq_ignore_ascii_case("returning "))
        || text
            .get(..10)
            .is_some_and(|it| it.eq_ignore_ascii_case("returning\n"))
}

/// The values, each parameter as the column of the rows that has its number.
fn push_values(out: &mut String, values: &str) -> Option<()> {
    let mut parts = values.split('$');
    out.push_str(parts.next()?);
    for part in parts {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        // A dollar that begins no parameter may begin a quoted text.
        let number = (digits > 0).then(|| &part[..digits])?;
        write!(out, "{ROWS}.p{number}{}", &part[digits..]).ok()?;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_insert_of_a_row_becomes_one_of_many() {
        let text = "insert into t (a, b, c)\n values ($1, 1, coalesce($2, ')'), $1)\n returning id, (select 1)";
        assert_eq!(
            of(text, &[Type::UUID, Type::TEXT]).as_deref(),
            Some(
                "insert into t (a, b, c)\n select svcgen_rows.p1, 1, coalesce(svcgen_rows.p2, ')'), svcgen_rows.p1 \
                 from unnest($1::\"uuid\"[], $2::\"text\"[]) with ordinality as svcgen_rows (p1, p2, place) \
                 order by svcgen_rows.place\n returning id, (select 1)"
            )
        );
    }

    #[test]
    fn a_look_at_a_row_becomes_one_at_many() {
        assert_eq!(
            lookups(
                "select a, b from t where id = $1 and c > $2",
                &[Type::UUID, Type::INT8]
            )
            .as_deref(),
            Some(
                "select svcgen_found.*, svcgen_rows.place from unnest($1::\"uuid\"[], $2::\"int8\"[]) \
                 with ordinality as svcgen_rows (p1, p2, place) cross join lateral (\
                 select a, b from t where id = svcgen_rows.p1 and c > svcgen_rows.p2) as svcgen_found"
            )
        );
        for text in [
            "select a from t where id = $1 for update",
            "with a as (select 1) select $1",
            "insert into t (a) values ($1) returning a",
            "select $$x$$ from t where id = $1",
        ] {
            assert_eq!(lookups(text, &[Type::INT8]), None, "{text}");
        }
        assert_eq!(lookups("select 1", &[]), None);
    }

    #[test]
    fn all_rows_or_none_need_what_was_inserted() {
        let returning = "insert into t (a) values ($1) returning a";
        let all = all_or_none(returning, &[Type::INT8]).unwrap();
        assert!(
            all.contains("count(*) = cardinality($1::\"int8\"[])"),
            "{all}"
        );
        let silent = "insert into t (a) values ($1)";
        assert!(of(silent, &[Type::INT8]).is_some());
        assert_eq!(all_or_none(silent, &[Type::INT8]), None);
    }

    #[test]
    fn what_is_no_such_insert_is_left_alone() {
        for text in [
            "select $1",
            "insert into t (a) select $1",
            "insert into t (a) values ($1) on conflict do nothing",
            "insert into t (a) values ($1) returning a = $1",
            "insert into t (a) values ($1), ($1)",
            "insert into t (a) values ($$x$$)",
            "insert into t (a) values ($1",
            "insert",
            "",
        ] {
            assert_eq!(of(text, &[Type::INT8]), None, "{text}");
        }
        assert_eq!(of("insert into t default values", &[]), None);
    }
}
