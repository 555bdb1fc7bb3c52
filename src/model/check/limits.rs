//! Scalar types with their limits.

use rust_decimal::Decimal;

use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Bound, DecimalType, Format, ScalarType, TextType};
use crate::schema::field::{FieldOptions, FormatWord, Limit};
use crate::schema::type_expression::TypeExpression;
use crate::source::{Span, Spanned};

/// The length of a `string` unless the schema says otherwise.
const STRING_MAX: u32 = 255;
/// The longest `string`; `text` has no such bound.
const STRING_LIMIT: u32 = 65_535;
/// The digits that a decimal can have on every engine and in Rust.
const PRECISION: u32 = 28;
/// The longest pattern, in bytes.
const PATTERN_LIMIT: usize = 2_000;

/// The scalar type that an expression and its options describe. Without options
/// it is an element of a list.
pub fn scalar(
    r#type: &Spanned<TypeExpression>,
    options: Option<&FieldOptions>,
    problems: &mut Vec<Diagnostic>,
) -> Option<ScalarType> {
    let none = FieldOptions::default();
    let options = options.unwrap_or(&none);
    let name = r#type.value.name.as_str();
    let allowed: &[&str] = match name {
        "string" | "text" => &["min", "max", "pattern", "format", "searchable"],
        "int" | "bigint" | "float" | "decimal" | "bytes" => &["min", "max"],
        _ => &[],
    };
    fitting(options, &format!("the type `{name}`"), allowed, problems);
    if name != "decimal" && r#type.value.arguments.is_some() {
        problems.push(arguments(r#type));
        return None;
    }
    Some(match name {
        "string" => ScalarType::String(text(r#type.span, options, Some(STRING_MAX), problems)?),
        "text" => ScalarType::Text(text(r#type.span, options, None, problems)?),
        "int" => ScalarType::Int(integers(
            options,
            i64::from(i32::MIN),
            i64::from(i32::MAX),
            problems,
        )?),
        "bigint" => ScalarType::Bigint(integers(options, i64::MIN, i64::MAX, problems)?),
        "float" => ScalarType::Float(bound(
            options,
            "a number",
            |it| it.parse().ok().filter(|it: &f64| it.is_finite()),
            problems,
        )?),
        "decimal" => ScalarType::Decimal(decimal(r#type, options, problems)?),
        "bool" => ScalarType::Bool,
        "uuid" => ScalarType::Uuid,
        "date" => ScalarType::Date,
        "time" => ScalarType::Time,
        "timestamp" => ScalarType::Timestamp,
        "duration" => ScalarType::Duration,
        "json" => ScalarType::Json,
        _ => ScalarType::Bytes(bound(options, "a length", |it| it.parse().ok(), problems)?),
    })
}

/// Reports the options that have no meaning for a type.
pub fn fitting(
    options: &FieldOptions,
    what: &str,
    allowed: &[&str],
    problems: &mut Vec<Diagnostic>,
) {
    let written = [
        ("min", options.min.as_ref().map(|it| it.span)),
        ("max", options.max.as_ref().map(|it| it.span)),
        ("pattern", options.pattern.as_ref().map(|it| it.span)),
        ("format", options.format.as_ref().map(|it| it.span)),
        ("searchable", options.searchable.as_ref().map(|it| it.span)),
        ("values", options.values.as_ref().map(|it| it.span)),
        ("of", options.of.as_ref().map(|it| it.span)),
        ("max_items", options.max_items.as_ref().map(|it| it.span)),
        ("on_archive", options.on_archive.as_ref().map(|it| it.span)),
    ];
    for (option, span) in written {
        let (false, Some(span)) = (allowed.contains(&option), span) else {
            continue;
        };
        let problem = Diagnostic::new(
            Code::OptionDoesNotFit,
            format!("`{option}` does not fit {what}"),
        )
        .label(span, "has no meaning here");
        problems.push(match (option, what) {
            ("max", "a list") => problem.help("the number of elements is limited by `max_items`"),
            ("values", _) => problem.help("only an enum has values"),
            ("searchable", _) => problem.help("only a text has words"),
            ("on_archive", _) => problem.help("only a reference has `on_archive`"),
            _ => problem,
        });
    }
}

/// A number that is outside of what the format allows.
pub fn out_of_range(at: Span, allowed: &str) -> Diagnostic {
    Diagnostic::new(Code::BadQuantity, allowed.to_owned()).label(at, "out of range")
}

fn arguments(r#type: &Spanned<TypeExpression>) -> Diagnostic {
    let name = &r#type.value.name;
    let problem = Diagnostic::new(Code::BadType, format!("the type `{name}` has no arguments"))
        .label(r#type.span, "nothing belongs in brackets here");
    match (name.as_str(), r#type.value.arguments.as_deref()) {
        ("string" | "text", Some([length])) if length.parse::<u32>().is_ok() => {
            problem.help(format!("write `{{ type: {name}, max: {length} }}`"))
        }
        _ => problem,
    }
}

fn text(
    at: Span,
    options: &FieldOptions,
    default_max: Option<u32>,
    problems: &mut Vec<Diagnostic>,
) -> Option<TextType> {
    let bound = bound(options, "a length", |it| it.parse::<u32>().ok(), problems)?;
    let max = bound.max.or(default_max);
    let before = problems.len();
    if let (Some(limit), true) = (&options.max, default_max.is_some())
        && max.is_some_and(|max| max > STRING_LIMIT)
    {
        problems.push(
            Diagnostic::new(
                Code::BadLimits,
                format!("a `string` has at most {STRING_LIMIT} characters"),
            )
            .label(limit.span, "too long")
            .help("use `text` for longer ones"),
        );
    }
    if let (Some(limit), Some(0)) = (&options.max, max) {
        problems.push(
            Diagnostic::new(Code::BadLimits, "a text of no characters says nothing")
                .label(limit.span, "at least 1"),
        );
    }
    if let (Some(limit), None, Some(min)) = (&options.min, &options.max, bound.min)
        && max.is_some_and(|max| min > max)
    {
        problems.push(
            Diagnostic::new(Code::BadLimits, format!("`min` is above the {STRING_MAX} characters that a `string` has unless `max` says otherwise"))
                .label(limit.span, "too long")
                .label(at, "no `max` is given")
                .help("give a `max`, or use `text`"),
        );
    }
    if let Some(pattern) = &options.pattern {
        problems.extend(bad_pattern(pattern));
    }
    let pattern = options.pattern.as_ref().map(|it| it.value.clone());
    let format = options.format.as_ref().map(|it| format(it.value));
    (problems.len() == before).then_some(TextType {
        min: bound.min,
        max,
        pattern,
        format,
    })
}

fn bad_pattern(pattern: &Spanned<String>) -> Option<Diagnostic> {
    let reason = if pattern.value.len() > PATTERN_LIMIT {
        format!("it is longer than {PATTERN_LIMIT} bytes")
    } else {
        regex_lite::Regex::new(&pattern.value).err()?.to_string()
    };
    let problem = Diagnostic::new(
        Code::BadPattern,
        "the pattern is not a regular expression that the service can use",
    );
    let problem = problem.label(pattern.span, reason);
    Some(
        if pattern.value.contains("(?=")
            || pattern.value.contains("(?!")
            || pattern.value.contains("(?<")
        {
            problem.help("look-around is not supported: it can take exponential time; several fields or a rule in `rules.rs` can do it")
        } else if pattern.value.contains("\\p") {
            problem.help(
                "Unicode classes are not supported; list the characters, or check in `rules.rs`",
            )
        } else {
            problem
        },
    )
}

fn integers(
    options: &FieldOptions,
    least: i64,
    greatest: i64,
    problems: &mut Vec<Diagnostic>,
) -> Option<Bound<i64>> {
    let what = format!("a whole number from {least} to {greatest}");
    bound(
        options,
        &what,
        |it| it.parse().ok().filter(|it| (least..=greatest).contains(it)),
        problems,
    )
}

fn decimal(
    r#type: &Spanned<TypeExpression>,
    options: &FieldOptions,
    problems: &mut Vec<Diagnostic>,
) -> Option<DecimalType> {
    let numbers: Option<Vec<u32>> = r#type
        .value
        .arguments
        .as_ref()
        .and_then(|it| it.iter().map(|it| it.parse().ok()).collect());
    let (precision, scale) = match numbers.as_deref() {
        Some([precision, scale]) if (1..=PRECISION).contains(precision) && scale <= precision => {
            (*precision, *scale)
        }
        written => {
            problems.push(bad_decimal(r#type, written));
            return None;
        }
    };
    let what = format!("a number that fits decimal({precision},{scale})");
    let bound = bound(options, &what, |it| fit(it, precision, scale), problems)?;
    Some(DecimalType {
        precision,
        scale,
        bound,
    })
}

fn bad_decimal(r#type: &Spanned<TypeExpression>, written: Option<&[u32]>) -> Diagnostic {
    let label = match (written, &r#type.value.arguments) {
        (_, None) => "how many digits, and how many of them after the point?".to_owned(),
        (Some([precision, scale]), _) if scale > precision => {
            format!("{scale} of {precision} digits cannot stand after the point")
        }
        (Some([precision, _]), _) if *precision > PRECISION => {
            format!("at most {PRECISION} digits")
        }
        (Some([_, _]), _) => "at least one digit".to_owned(),
        _ => "two whole numbers belong in the brackets".to_owned(),
    };
    Diagnostic::new(Code::BadType, "a decimal has a precision and a scale")
        .label(r#type.span, label)
        .help("write `decimal(12,2)` for 12 digits, 2 of them after the point; inside `{ }` put it in quotes")
}

/// A decimal number at the scale of its type, when it fits.
pub fn fit(written: &str, precision: u32, scale: u32) -> Option<Decimal> {
    let mut number = Decimal::from_str_exact(written).ok()?.normalize();
    if number.scale() > scale {
        return None;
    }
    let whole = number.trunc().abs().to_string();
    if whole != "0" && whole.len() > usize::try_from(precision - scale).ok()? {
        return None;
    }
    number.rescale(scale);
    (number.scale() == scale).then_some(number)
}

fn bound<T: Copy + PartialOrd>(
    options: &FieldOptions,
    what: &str,
    parse: impl Fn(&str) -> Option<T>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Bound<T>> {
    let mut read = |name: &str, limit: &Option<Spanned<Limit>>| -> Result<Option<T>, ()> {
        let Some(limit) = limit else { return Ok(None) };
        let parsed = parse(&limit.value.0);
        if parsed.is_none() {
            problems.push(
                Diagnostic::new(Code::BadLimits, format!("`{name}` does not fit the field"))
                    .label(limit.span, format!("expected {what}")),
            );
        }
        parsed.map(Some).ok_or(())
    };
    let (min, max) = (read("min", &options.min), read("max", &options.max));
    let (Ok(min), Ok(max)) = (min, max) else {
        return None;
    };
    if let (Some(least), Some(greatest), Some(min_at), Some(max_at)) =
        (min, max, &options.min, &options.max)
        && least > greatest
    {
        problems.push(
            Diagnostic::new(Code::BadLimits, "`min` is above `max`, so nothing fits")
                .label(min_at.span, "at least this")
                .label(max_at.span, "at most this"),
        );
        return None;
    }
    Some(Bound { min, max })
}

fn format(word: FormatWord) -> Format {
    match word {
        FormatWord::Email => Format::Email,
        FormatWord::Url => Format::Url,
        FormatWord::Hostname => Format::Hostname,
        FormatWord::Ip => Format::Ip,
        FormatWord::Slug => Format::Slug,
        FormatWord::Phone => Format::Phone,
    }
}

#[cfg(test)]
mod tests {
    use super::fit;

    #[test]
    fn decimals_fit_or_do_not() {
        assert_eq!(fit("1.5", 4, 2).unwrap().to_string(), "1.50");
        assert_eq!(fit("-99.99", 4, 2).unwrap().to_string(), "-99.99");
        assert_eq!(fit("1.50", 4, 1).unwrap().to_string(), "1.5");
        assert_eq!(fit("0.01", 2, 2).unwrap().to_string(), "0.01");
        assert_eq!(
            fit("9999999999999999999999999999", 28, 0)
                .unwrap()
                .to_string(),
            "9999999999999999999999999999"
        );
        for bad in [
            "100",
            "1.555",
            "x",
            "",
            "1e3",
            "99999999999999999999999999999",
        ] {
            assert_eq!(fit(bad, 4, 2), None, "{bad}");
        }
    }
}
