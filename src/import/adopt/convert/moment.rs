//! Dates, times and points in time on SQLite, which has no type for them.
//!
//! SQLite's own functions take `now`, numbers of days and the 31st of February for dates, and
//! read three digits of a second. So a text is taken apart here, and only its parts are given
//! to them. An integer counts from 1970 in the unit that its size tells without doubt.

use super::{FIRST_MICROSECOND, LAST_MICROSECOND};

/// Days that others put before a time of day where a column must have one.
const PLACEHOLDERS: &str = "'2000-01-01', '1970-01-01', '1900-01-01', '0001-01-01'";

/// A text of the form `2026-01-02[ 03:04[:05[.678]][offset]]` as its parts; the offset is what
/// remains, and SQLite reads it. A row, or none where the text is not of that form.
fn parts(c: &str) -> String {
    let digits = "'0123456789'";
    format!(
        "(select day, clock, trim(zone) as zone, \
         case when rest like '.%' then substr(rest, 2, length(rest) - length(zone) - 1) else '' end as fraction from (\
         select *, case when rest like '.%' then ltrim(substr(rest, 2), {digits}) else rest end as zone from (\
         select substr(c, 1, 10) as day, substr(c, 11, 1) as mark, \
         case when length(c) = 10 then '00:00:00' when substr(c, 17, 1) = ':' then substr(c, 12, 8) else substr(c, 12, 5) || ':00' end as clock, \
         case when substr(c, 17, 1) = ':' then substr(c, 20) else substr(c, 17) end as rest \
         from (select {c} as c) where typeof(c) = 'text')) \
         where mark in ('', ' ', 'T') and day glob '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]' and day = date(day) and day > '0001' \
         and clock glob '[0-2][0-9]:[0-5][0-9]:[0-5][0-9]' and clock < '24' and rest not like '.' || zone)"
    )
}

/// Whether a fraction has no more than microseconds.
const IS_EXACT: &str = "rtrim(substr(fraction, 7), '0') = ''";
/// Whether there is no offset, or none from UTC.
const HAS_NO_ZONE: &str = "zone in ('', 'Z', 'UTC', '+00:00')";
/// The microseconds of a fraction.
const MICROS: &str = "substr(fraction || '000000', 1, 6)";

/// Microseconds since 1970; a text without an offset is taken for UTC.
pub fn timestamp(c: &str) -> String {
    let read = format!(
        "(select unixepoch(day || ' ' || clock || replace(zone, 'UTC', 'Z')) * 1000000 + {MICROS} from {} where {IS_EXACT})",
        parts(c)
    );
    let micros = format!(
        "case typeof({c}) when 'text' then {read} when 'integer' then {} \
         when 'real' then case when abs({c}) >= 1e8 and abs({c}) < 42e8 and round({c} * 1e6) / 1e6 = {c} \
         then cast(round({c} * 1e6) as integer) end end",
        counted(c)
    );
    format!(
        "(select micros from (select {micros} as micros) where micros between {FIRST_MICROSECOND} and {LAST_MICROSECOND})"
    )
}

/// A date; a time of day after it is midnight, or something would be lost.
pub fn date(c: &str) -> String {
    let counted = counted(c);
    format!(
        "case typeof({c}) when 'text' then (select day from {} where clock = '00:00:00' and {HAS_NO_ZONE} and rtrim(fraction, '0') = '') \
         when 'integer' then case when {counted} % 86400000000 = 0 then date({counted} / 1000000, 'unixepoch') end end",
        parts(c)
    )
}

/// A time of day with six digits of a second. A number is none.
pub fn time(c: &str) -> String {
    let with_day = format!("case when {c} glob '????-*' then {c} else '2000-01-01 ' || {c} end");
    format!(
        "case when typeof({c}) = 'text' and length({c}) <> 10 then (select clock || '.' || {MICROS} from {} \
         where day in ({PLACEHOLDERS}) and {HAS_NO_ZONE} and {IS_EXACT}) end",
        parts(&with_day)
    )
}

/// Microseconds of an integer that counts seconds, milliseconds or microseconds: which of them,
/// its size tells for the years from 1973 to 2103; others may be anything, the year itself too.
fn counted(c: &str) -> String {
    let between = |zeros: usize| {
        let zeros = "0".repeat(zeros);
        format!("abs({c}) between 1{zeros} and 42{zeros}")
    };
    format!(
        "case when {c} = 0 then 0 when {} then {c} * 1000000 when {} then {c} * 1000 when {} then {c} end",
        between(8),
        between(11),
        between(14)
    )
}
