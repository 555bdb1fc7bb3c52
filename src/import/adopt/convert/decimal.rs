//! Decimals on SQLite: integers, floats and texts as units of the last place.

/// The most digits that SQLite keeps as an integer.
const INTEGER_DIGITS: u32 = 18;
/// The digits of a wide decimal's text.
const WIDE_DIGITS: u32 = 28;

/// The decimal of a value, if it has one with so many digits. A float is taken for the decimal
/// that it is the nearest float of: who stored `0.1` meant that. What a sum left behind in the
/// last bit is another number.
pub fn of(c: &str, precision: u32, scale: u32) -> String {
    let zeros = "0".repeat(scale as usize);
    let value = if precision <= INTEGER_DIGITS {
        "cast(digits as integer) * case when negative then -1 else 1 end".to_owned()
    } else {
        wide()
    };
    format!(
        "(select {value} from (select negative, length(fraction) as places, ltrim(whole || substr(fraction || '{zeros}', 1, {scale}), '0') as digits from (\
         select negative, substr(plain, 1, instr(plain || '.', '.') - 1) as whole, rtrim(substr(plain, instr(plain || '.', '.') + 1), '0') as fraction from (\
         select case typeof({c}) when 'text' then substr({c}, 1, 1) = '-' else {c} < 0 end as negative, \
         case typeof({c}) when 'integer' then ltrim({c}, '-') when 'text' then substr({c}, 1 + (substr({c}, 1, 1) = '-')) \
         when 'real' then case when cast(printf('%.{scale}f', abs({c})) as real) = abs({c}) then printf('%.{scale}f', abs({c})) end end as plain) \
         where plain glob '*[0-9]*' and plain not glob '*[^0-9.]*' and plain not like '%.%.%')) \
         where places <= {scale} and length(digits) <= {precision})"
    )
}

/// A decimal of many digits as a text that sorts right: a mark of its sign, and its digits;
/// those of a negative one are what is missing to nine.
fn wide() -> String {
    let digits = format!(
        "substr('{}' || digits, -{WIDE_DIGITS})",
        "0".repeat(WIDE_DIGITS as usize)
    );
    // By way of letters, so that no digit is replaced twice.
    let letters = ('a'..='j').enumerate();
    let lettered = letters.fold(digits.clone(), |text, (digit, letter)| {
        format!("replace({text}, '{digit}', '{letter}')")
    });
    let complement = ('a'..='j')
        .enumerate()
        .fold(lettered, |text, (digit, letter)| {
            format!("replace({text}, '{letter}', '{}')", 9 - digit)
        });
    format!("case when negative and digits <> '' then '0' || {complement} else '1' || {digits} end")
}
