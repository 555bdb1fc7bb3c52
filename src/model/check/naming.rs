//! The form of names: which characters, which case, how long.

use heck::{ToPascalCase, ToSnakeCase};

use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Span, Spanned};

pub use crate::model::words::{is_never_rust, is_rust_keyword};

/// The longest identifier of `PostgreSQL`, in bytes.
pub const LONGEST: usize = 63;

/// How a kind of name is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `OrderLine`
    Pascal,
    /// `order_line`
    Snake,
    /// Any case: enum values are sent as they are written.
    Any,
}

/// Reports a name that is not of its form; true when it is.
pub fn check(
    name: &Spanned<String>,
    what: &str,
    form: Form,
    problems: &mut Vec<Diagnostic>,
) -> bool {
    let written = name.value.as_str();
    let problem = if written.is_empty() {
        Some(bad(
            name,
            format!("{what} has no name"),
            "a name belongs here",
        ))
    } else if let Some(odd) = written
        .chars()
        .find(|c| !c.is_ascii_alphanumeric() && *c != '_')
    {
        Some(odd_character(name, what, form, odd))
    } else if !written.starts_with(|c: char| c.is_ascii_alphabetic()) {
        Some(bad(
            name,
            format!("the name of {what} does not begin with a letter"),
            "begin with a letter",
        ))
    } else if written.len() > LONGEST {
        Some(too_long(name.span, &format!("the name of {what}"), written))
    } else {
        wrong_case(name, what, form)
    };
    match problem {
        Some(problem) => {
            problems.push(problem);
            false
        }
        None => true,
    }
}

/// Reports an identifier that a database would cut.
pub fn too_long(at: Span, what: &str, identifier: &str) -> Diagnostic {
    let shown: String = identifier.chars().take(80).collect();
    let shown = if shown.len() < identifier.len() {
        format!("{shown}…")
    } else {
        shown
    };
    Diagnostic::new(Code::NameTooLong, format!("{what}, `{shown}`, has {} bytes; {LONGEST} are allowed", identifier.len()))
        .label(at, "too long")
        .help("PostgreSQL cuts longer identifiers, so that two of them can become one; choose a shorter name")
}

fn bad(name: &Spanned<String>, message: String, label: &str) -> Diagnostic {
    Diagnostic::new(Code::BadName, message).label(name.span, label)
}

fn odd_character(name: &Spanned<String>, what: &str, form: Form, odd: char) -> Diagnostic {
    let written = &name.value;
    let shown = if odd.is_control() {
        odd.escape_debug().to_string()
    } else {
        odd.to_string()
    };
    let problem = bad(
        name,
        format!("the name of {what} has the character `{shown}`"),
        "ASCII letters, digits and `_` only",
    );
    let cleaned: String = written
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    let suggestion = match form {
        Form::Pascal => cleaned.to_pascal_case(),
        Form::Snake | Form::Any => cleaned.to_snake_case(),
    };
    if written.is_ascii() && suggestion.starts_with(|c: char| c.is_ascii_alphabetic()) {
        problem.help(format!("write `{suggestion}`"))
    } else {
        problem.help(
            "names become Rust items, SQL columns and JSON members; put other scripts into `doc:`",
        )
    }
}

fn wrong_case(name: &Spanned<String>, what: &str, form: Form) -> Option<Diagnostic> {
    let (style, suggestion) = match form {
        Form::Pascal => ("PascalCase", name.value.to_pascal_case()),
        Form::Snake => ("snake_case", name.value.to_snake_case()),
        Form::Any => return None,
    };
    (suggestion != name.value).then(|| {
        let problem = bad(
            name,
            format!("the name of {what} is not in {style}"),
            &format!("expected {style}"),
        );
        // What would be refused as well is no advice; why it would be is told besides.
        if is_never_rust(&suggestion) {
            problem
        } else {
            problem.help(format!("write `{suggestion}`"))
        }
    })
}
