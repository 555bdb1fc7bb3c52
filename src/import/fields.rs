//! From columns to fields.

use rust_decimal::Decimal;

use super::Note;
use super::catalogue::{Column, ForeignKey, OnDelete, Table};
use super::defaults;
use super::draft::{Automatic, Field, Id};
use super::expression;
use super::names::Members;
use super::rules::{self, Limit, Rule};
use super::types::{self, LONGEST_STRING, Meaning};
use super::understand::{Key, Scope, Subject, quoted};

/// The longest `string` unless its `max` says otherwise.
const STRING_MAX: u32 = 255;

/// What the checks of a table say of its columns.
#[derive(Debug)]
pub struct TableRules {
    rules: Vec<(String, Rule)>,
}

impl TableRules {
    /// Reads the checks; those that say something else are told of.
    pub fn of(table: &Table, notes: &mut Vec<Note>) -> Self {
        let mut found = Vec::new();
        for check in &table.checks {
            let read = expression::parse(&check.expression).and_then(|it| rules::of(&it));
            if let Some(read) = read {
                // A domain calls its own value `value`.
                let named = |(column, rule)| (check.domain_of.clone().unwrap_or(column), rule);
                found.extend(read.into_iter().map(named));
                continue;
            }
            let name = check
                .name
                .as_deref()
                .map_or(String::new(), |it| format!(" {it}"));
            notes.push(Note::left_out(
                format!("{}, check{name}", table.name),
                format!(
                    "a schema cannot say `{}`; check it in the rules of the entity",
                    check.expression
                ),
            ));
        }
        Self { rules: found }
    }

    fn for_column<'a>(&'a self, column: &'a str) -> impl Iterator<Item = &'a Rule> {
        self.rules
            .iter()
            .filter(move |(name, _)| name.eq_ignore_ascii_case(column))
            .map(|(_, rule)| rule)
    }
}

/// The fields of a table, and which of the columns that come by themselves it has.
pub fn of(
    scope: &Scope<'_>,
    subject: &Subject<'_>,
    rules: &TableRules,
    members: &mut Members<'_>,
    notes: &mut Vec<Note>,
) -> (Vec<Field>, Automatic) {
    let table = subject.table;
    tell_odd_keys(scope, table, notes);
    let mut automatic = Automatic::default();
    let mut fields = Vec::new();
    for column in &table.columns {
        let about = format!("{}.{}", table.name, column.name);
        if matches!(&subject.key, Key::Column(key, _) if *key == column.name) {
            continue;
        }
        if column.generated {
            notes.push(Note::left_out(
                about,
                "a schema has no computed columns; compute it in Rust",
            ));
            continue;
        }
        if take_automatic(scope, column, &mut automatic) {
            if column.nullable {
                notes.push(Note::changed(about, "it comes by itself and is never null"));
            }
            continue;
        }
        let field = match reference(scope, table, column) {
            Some((target, key)) => Some(referring(&about, column, target, key, members, notes)),
            None => plain(scope, &about, column, rules, members, notes),
        };
        let Some(mut field) = field else { continue };
        if rules
            .for_column(&column.name)
            .any(|rule| *rule == Rule::Required)
        {
            field.nullable = false;
        }
        if field.future_column() != column.name {
            notes.push(Note::changed(
                about,
                format!("the column becomes `{}`", field.future_column()),
            ));
        }
        fields.push(field);
    }
    (fields, automatic)
}

fn take_automatic(scope: &Scope<'_>, column: &Column, automatic: &mut Automatic) -> bool {
    let ty = types::meaning(scope.engine, &column.ty).map(|it| it.ty);
    let ty = ty.as_deref().unwrap_or_default();
    let is_moment = ty == "timestamp" || (scope.is_ours && ty == "bigint");
    let is_number = matches!(ty, "int" | "bigint") && !column.nullable;
    match column.name.as_str() {
        "created_at" if is_moment => automatic.created_at = true,
        "updated_at" if is_moment => automatic.updated_at = true,
        "version" if is_number => automatic.version = true,
        _ => return false,
    }
    true
}

/// The entity that a column refers to, by its identifier.
fn reference<'a>(
    scope: &'a Scope<'_>,
    table: &'a Table,
    column: &Column,
) -> Option<(&'a Subject<'a>, &'a ForeignKey)> {
    table.foreign_keys.iter().find_map(|key| {
        let target = scope.subjects.get(key.table.as_str())?;
        let Key::Column(id, _) = &target.key else {
            return None;
        };
        let to_id = key.targets.is_empty() || key.targets == [id.clone()];
        (key.columns == [column.name.clone()] && to_id).then_some((target, key))
    })
}

fn tell_odd_keys(scope: &Scope<'_>, table: &Table, notes: &mut Vec<Note>) {
    let mut seen: Vec<&[String]> = Vec::new();
    for key in &table.foreign_keys {
        let why = if key.columns.len() > 1 {
            Some(
                "a reference has one column in a schema; the columns stay as plain fields"
                    .to_owned(),
            )
        } else if seen.contains(&key.columns.as_slice()) {
            Some(format!(
                "the column has another reference already; that to `{}` is left out",
                key.table
            ))
        } else {
            match scope.subjects.get(key.table.as_str()) {
                None => Some(format!(
                    "`{}` is no entity of the schema; the column stays as a plain field",
                    key.table
                )),
                Some(Subject { key: Key::New, .. }) => Some(format!(
                    "`{}` gets an `id` that the values do not know; the column stays as a plain field",
                    key.table
                )),
                Some(Subject {
                    key: Key::Column(id, _),
                    ..
                }) if !key.targets.is_empty() && key.targets != [id.clone()] => Some(format!(
                    "a reference is to the `id` in a schema, not to {}; the column stays as a plain field",
                    quoted(&key.targets)
                )),
                Some(_) => None,
            }
        };
        if let Some(why) = why {
            notes.push(Note::left_out(
                format!(
                    "{}, reference {} to {}",
                    table.name,
                    key.columns.join(", "),
                    key.table
                ),
                why,
            ));
        }
        seen.push(&key.columns);
    }
}

fn referring(
    about: &str,
    column: &Column,
    target: &Subject<'_>,
    key: &ForeignKey,
    members: &mut Members<'_>,
    notes: &mut Vec<Note>,
) -> Field {
    if column.default.is_some() {
        notes.push(Note::left_out(about, "a reference has no default"));
    }
    let on_archive = match key.on_delete {
        OnDelete::Refuse => None,
        OnDelete::Cascade => Some("cascade"),
        OnDelete::SetNull if column.nullable => Some("set_null"),
        OnDelete::SetNull | OnDelete::SetDefault => {
            notes.push(Note::left_out(
                about,
                "what a deletion does to the reference; it is refused instead",
            ));
            None
        }
    };
    Field {
        column: column.name.clone(),
        name: members.reference(&column.name),
        ty: target.name.entity.clone(),
        nullable: column.nullable,
        on_archive,
        doc: column.comment.clone(),
        ..Field::default()
    }
}

fn plain(
    scope: &Scope<'_>,
    about: &str,
    column: &Column,
    rules: &TableRules,
    members: &mut Members<'_>,
    notes: &mut Vec<Note>,
) -> Option<Field> {
    let Some(meaning) = types::meaning(scope.engine, &column.ty) else {
        notes.push(Note::left_out(
            about,
            format!("a schema has no type for `{}`", column.ty.name),
        ));
        return None;
    };
    if let Some(caution) = &meaning.caution {
        notes.push(Note::changed(about, caution.as_str()));
    }
    let Meaning {
        ty, max, format, ..
    } = meaning;
    let mut field = Field {
        column: column.name.clone(),
        name: members.field(&column.name),
        ty,
        nullable: column.nullable,
        max: max.map(|it| it.to_string()),
        format,
        doc: column.comment.clone(),
        ..Field::default()
    };
    if field.ty == "enum" {
        become_one_of(&mut field, about, &column.ty.labels, notes);
    }
    for rule in rules.for_column(&column.name) {
        if let Err(what) = apply(&mut field, about, rule, notes) {
            notes.push(Note::left_out(about, what));
        }
    }
    settle_text(&mut field);
    if let Some(default) = &column.default {
        match defaults::of(default, &field) {
            Ok(default) => field.default = default,
            Err(why) => notes.push(Note::left_out(
                about,
                format!("the default `{default}`: {why}"),
            )),
        }
    }
    Some(field)
}

/// A bounded text is a `string`, whose own limit need not be said.
fn settle_text(field: &mut Field) {
    let max = field.max.as_deref().and_then(|it| it.parse::<u32>().ok());
    if matches!(field.ty.as_str(), "string" | "text") {
        match max {
            Some(max) if max <= LONGEST_STRING => {
                "string".clone_into(&mut field.ty);
                if max == STRING_MAX {
                    field.max = None;
                }
            }
            _ => "text".clone_into(&mut field.ty),
        }
    }
}

fn apply(field: &mut Field, about: &str, rule: &Rule, notes: &mut Vec<Note>) -> Result<(), String> {
    let ty = field.ty.clone();
    let is_text = matches!(ty.as_str(), "string" | "text");
    let has_length = is_text || ty == "bytes";
    let is_whole = matches!(ty.as_str(), "int" | "bigint");
    let is_number = is_whole || ty == "float" || ty.starts_with("decimal");
    match rule {
        // The caller sees to it.
        Rule::Required => {}
        Rule::OneOf(values) if is_text => become_one_of(field, about, values, notes),
        Rule::ZeroOrOne if is_whole => "bool".clone_into(&mut field.ty),
        Rule::ZeroOrOne if ty == "bool" => {}
        Rule::MinLength(length) if has_length => field.min = Some(length.to_string()),
        Rule::MaxLength(length) if has_length => {
            let now = field.max.as_deref().and_then(|it| it.parse::<u32>().ok());
            field.max = Some(now.map_or(*length, |now| now.min(*length)).to_string());
        }
        Rule::AtLeast(limit) if is_number => field.min = Some(inclusive(limit, &ty, 1)?),
        Rule::AtMost(limit) if is_number => field.max = Some(inclusive(limit, &ty, -1)?),
        Rule::Matches(pattern) if is_text => {
            field.pattern = Some(pattern.clone());
            notes.push(Note::changed(
                about,
                "its regular expression is checked by the service, whose syntax differs a little",
            ));
        }
        Rule::Json if is_text => {
            "json".clone_into(&mut field.ty);
            field.max = None;
        }
        Rule::Json if ty == "json" => {}
        _ => return Err(format!("a check that does not fit the type `{ty}`")),
    }
    Ok(())
}

/// A limit as a schema has it: its value is inside. Below and above a number there is a next
/// one where the digits are counted.
fn inclusive(limit: &Limit, ty: &str, step: i64) -> Result<String, String> {
    if !limit.strict {
        return Ok(limit.number.clone());
    }
    let scale = match ty {
        "int" | "bigint" => Some(0),
        ty => ty
            .strip_prefix("decimal(")
            .and_then(|it| it.strip_suffix(')')?.split_once(',')?.1.parse().ok()),
    };
    let number: Option<Decimal> = limit.number.parse().ok();
    let next = number
        .zip(scale)
        .and_then(|(number, scale)| number.checked_add(Decimal::try_new(step, scale).ok()?));
    next.map(|it| it.to_string())
        .ok_or_else(|| "a check with `<` or `>`; limits include their value in a schema".to_owned())
}

/// An enum, where its values can be names; otherwise a text that matches one of them.
fn become_one_of(field: &mut Field, about: &str, values: &[String], notes: &mut Vec<Note>) {
    use heck::ToPascalCase as _;
    let is_name = |value: &String| {
        value.starts_with(|c: char| c.is_ascii_alphabetic())
            && value.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && value.len() <= 63
            && !crate::model::words::is_never_rust(&value.to_pascal_case())
    };
    let mut variants: Vec<String> = values.iter().map(|it| it.to_pascal_case()).collect();
    variants.sort();
    variants.dedup();
    if values.iter().all(is_name) && variants.len() == values.len() {
        "enum".clone_into(&mut field.ty);
        field.values = values.to_vec();
        field.min = None;
        field.max = None;
        return;
    }
    let longest = values
        .iter()
        .map(|it| it.chars().count())
        .max()
        .unwrap_or(1)
        .max(1);
    "string".clone_into(&mut field.ty);
    field.max = Some(longest.to_string());
    let escaped: Vec<String> = values.iter().map(|it| escape(it)).collect();
    field.pattern = Some(format!("^({})$", escaped.join("|")));
    notes.push(Note::changed(
        about,
        "not every value can be the name of an enum's; it becomes text that the service checks against them",
    ));
}

fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        if "\\.+*?()|[]{}^$#&-~".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// Whether a column could hold the identifiers of an entity.
pub fn holds(id: Id, column: &Column, scope: &Scope<'_>) -> bool {
    super::understand::id_of(column, scope.engine) == Some(id)
}
