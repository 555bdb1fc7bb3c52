//! How the generated Rust spells a field: its type, how it is read from a row,
//! passed to a statement, and read from a request.

use serde_json::Value as Json;

use crate::model::types::{Bound, DecimalType, TextType};
use crate::model::words::rust_identifier;
use crate::model::{
    DefaultValue, Entity, Field, FieldKind, Format, IdType, ListType, ScalarType, Service,
};

use super::imports::Imports;

/// The type of an identifier.
pub fn id_type(id: IdType) -> &'static str {
    match id {
        IdType::Uuid => "Uuid",
        IdType::Bigint => "i64",
        IdType::String => "String",
    }
}

/// What a handler takes an identifier as: a borrow where a copy would allocate.
pub fn id_argument(id: IdType) -> &'static str {
    match id {
        IdType::Uuid => "Uuid",
        IdType::Bigint => "i64",
        IdType::String => "&str",
    }
}

/// The imports that an identifier's type needs.
pub fn import_id(id: IdType, imports: &mut Imports) {
    if id == IdType::Uuid {
        imports.add("uuid", "Uuid");
    }
}

/// The type of a field that is there.
pub fn value_type(service: &Service, kind: &FieldKind) -> String {
    match kind {
        FieldKind::Scalar(scalar) => scalar_type(scalar).to_owned(),
        FieldKind::Enum(enumeration) => enumeration.name.pascal().to_owned(),
        FieldKind::List(list) => format!("Vec<{}>", scalar_type(&list.of)),
        FieldKind::Reference(reference) => id_type(service.entity(reference.target).id).to_owned(),
    }
}

/// The type of a field as the record holds it.
pub fn field_type(service: &Service, field: &Field) -> String {
    let value = value_type(service, &field.kind);
    if field.nullable {
        format!("Option<{value}>")
    } else {
        value
    }
}

/// The imports that a field's type needs.
pub fn import_type(service: &Service, kind: &FieldKind, imports: &mut Imports) {
    match kind {
        FieldKind::Scalar(scalar) => import_scalar(scalar, imports),
        FieldKind::List(list) => import_scalar(&list.of, imports),
        FieldKind::Reference(reference) => {
            import_id(service.entity(reference.target).id, imports);
        }
        FieldKind::Enum(_) => {}
    }
}

fn scalar_type(scalar: &ScalarType) -> &'static str {
    match scalar {
        ScalarType::String(_) | ScalarType::Text(_) => "String",
        ScalarType::Int(_) => "i32",
        ScalarType::Bigint(_) => "i64",
        ScalarType::Float(_) => "f64",
        ScalarType::Decimal(_) => "Decimal",
        ScalarType::Bool => "bool",
        ScalarType::Uuid => "Uuid",
        ScalarType::Date => "Date",
        ScalarType::Time => "Time",
        ScalarType::Timestamp => "Timestamp",
        ScalarType::Duration => "SignedDuration",
        ScalarType::Json => "Value",
        ScalarType::Bytes(_) => "Bytes",
    }
}

fn import_scalar(scalar: &ScalarType, imports: &mut Imports) {
    match scalar {
        ScalarType::Decimal(_) => imports.add("rust_decimal", "Decimal"),
        ScalarType::Uuid => imports.add("uuid", "Uuid"),
        ScalarType::Date => imports.add("jiff::civil", "Date"),
        ScalarType::Time => imports.add("jiff::civil", "Time"),
        ScalarType::Timestamp => imports.add("jiff", "Timestamp"),
        ScalarType::Duration => imports.add("jiff", "SignedDuration"),
        ScalarType::Json => imports.add("serde_json", "Value"),
        ScalarType::Bytes(_) => imports.add("svcgen_runtime::db", "Bytes"),
        ScalarType::String(_)
        | ScalarType::Text(_)
        | ScalarType::Int(_)
        | ScalarType::Bigint(_)
        | ScalarType::Float(_)
        | ScalarType::Bool => {}
    }
}

/// Whether a value is passed by copying it.
pub fn is_copy(service: &Service, kind: &FieldKind) -> bool {
    match kind {
        FieldKind::Scalar(scalar) => !matches!(
            scalar,
            ScalarType::String(_) | ScalarType::Text(_) | ScalarType::Json | ScalarType::Bytes(_)
        ),
        FieldKind::Enum(_) => true,
        FieldKind::List(_) => false,
        FieldKind::Reference(reference) => service.entity(reference.target).id != IdType::String,
    }
}

/// How the next column of a row becomes the field.
pub fn from_row(field: &Field, imports: &mut Imports) -> String {
    match (&field.kind, field.nullable) {
        (FieldKind::Scalar(ScalarType::Decimal(decimal)), nullable) => {
            imports.add("svcgen_runtime", "db");
            let scaled = scaled(decimal);
            if nullable {
                format!("row.next::<Option<{scaled}>>()?.map(|scaled| scaled.0)")
            } else {
                format!("row.next::<{scaled}>()?.0")
            }
        }
        (FieldKind::List(list), nullable) => {
            imports.add("svcgen_runtime", "db");
            let list = format!("db::Json<Vec<{}>>", scalar_type(&list.of));
            if nullable {
                format!("row.next::<Option<{list}>>()?.map(|list| list.0)")
            } else {
                format!("row.next::<{list}>()?.0")
            }
        }
        _ => "row.next()?".to_owned(),
    }
}

/// How the value at `place` is passed to a statement; `optional` says whether it is an `Option`.
pub fn parameter(
    service: &Service,
    field: &Field,
    place: &str,
    optional: bool,
    imports: &mut Imports,
) -> String {
    match &field.kind {
        FieldKind::Scalar(ScalarType::Decimal(decimal)) => {
            imports.add("svcgen_runtime", "db");
            let scaled = scaled(decimal).replacen('<', "::<", 1);
            if optional {
                format!("{place}.map({scaled})")
            } else {
                format!("{scaled}({place})")
            }
        }
        FieldKind::List(_) => {
            imports.add("svcgen_runtime", "db");
            if optional {
                format!("{place}.as_ref().map(db::Json)")
            } else {
                format!("db::Json(&{place})")
            }
        }
        kind if is_copy(service, kind) => place.to_owned(),
        _ => format!("&{place}"),
    }
}

fn scaled(decimal: &DecimalType) -> String {
    format!("db::Scaled<{}, {}>", decimal.precision, decimal.scale)
}

/// The combinator that says what a request may send for a field.
pub fn accepts(service: &Service, kind: &FieldKind, imports: &mut Imports) -> String {
    match kind {
        FieldKind::Scalar(scalar) => scalar_accepts(scalar, imports),
        FieldKind::Enum(enumeration) => {
            imports.add("svcgen_runtime", "input");
            format!("input::one_of::<{}>()", enumeration.name.pascal())
        }
        FieldKind::List(ListType { of, max_items }) => {
            let element = scalar_accepts(of, imports);
            format!("input::list({element}).max_items({max_items})")
        }
        FieldKind::Reference(reference) => {
            id_accepts(service.entity(reference.target).id, imports).to_owned()
        }
    }
}

/// The combinator for an identifier.
pub fn id_accepts(id: IdType, imports: &mut Imports) -> &'static str {
    imports.add("svcgen_runtime", "input");
    match id {
        IdType::Uuid => "input::uuid()",
        IdType::Bigint => "input::bigint()",
        IdType::String => "input::text().min(1).max(255)",
    }
}

fn scalar_accepts(scalar: &ScalarType, imports: &mut Imports) -> String {
    imports.add("svcgen_runtime", "input");
    match scalar {
        ScalarType::String(text) | ScalarType::Text(text) => text_accepts(text),
        ScalarType::Int(bound) => format!("input::int(){}", limits(bound)),
        ScalarType::Bigint(bound) => format!("input::bigint(){}", limits(bound)),
        ScalarType::Float(bound) => format!("input::float(){}", float_limits(bound)),
        ScalarType::Decimal(decimal) => decimal_accepts(decimal, imports),
        ScalarType::Bool => "input::boolean()".to_owned(),
        ScalarType::Uuid => "input::uuid()".to_owned(),
        ScalarType::Date => "input::date()".to_owned(),
        ScalarType::Time => "input::time()".to_owned(),
        ScalarType::Timestamp => "input::timestamp()".to_owned(),
        ScalarType::Duration => "input::duration()".to_owned(),
        ScalarType::Json => "input::json()".to_owned(),
        ScalarType::Bytes(bound) => format!("input::bytes(){}", limits(bound)),
    }
}

fn limits<T: ToString>(bound: &Bound<T>) -> String {
    let mut calls = String::new();
    for (name, limit) in [("min", &bound.min), ("max", &bound.max)] {
        if let Some(limit) = limit {
            calls.extend([".", name, "(", &limit.to_string(), ")"]);
        }
    }
    calls
}

fn float_limits(bound: &Bound<f64>) -> String {
    limits(&Bound {
        min: bound.min.map(|limit| format!("{limit:?}")),
        max: bound.max.map(|limit| format!("{limit:?}")),
    })
}

fn text_accepts(text: &TextType) -> String {
    let mut calls = format!(
        "input::text(){}",
        limits(&Bound {
            min: text.min,
            max: text.max
        })
    );
    if let Some(pattern) = &text.pattern {
        let pattern = string_literal(pattern);
        calls.extend([".pattern(svcgen_runtime::pattern!(", &pattern, "))"]);
    }
    if let Some(format) = text.format {
        calls.push_str(match format {
            Format::Email => ".email()",
            Format::Url => ".url()",
            Format::Hostname => ".hostname()",
            Format::Ip => ".ip()",
            Format::Slug => ".slug()",
            Format::Phone => ".phone()",
        });
    }
    calls
}

fn decimal_accepts(decimal: &DecimalType, imports: &mut Imports) -> String {
    let limit =
        |value: &rust_decimal::Decimal, imports: &mut Imports| decimal_literal(*value, imports);
    let bound = Bound {
        min: decimal.bound.min.as_ref().map(|it| limit(it, imports)),
        max: decimal.bound.max.as_ref().map(|it| limit(it, imports)),
    };
    format!(
        "input::decimal({}, {}){}",
        decimal.precision,
        decimal.scale,
        limits(&bound)
    )
}

fn decimal_literal(value: rust_decimal::Decimal, imports: &mut Imports) -> String {
    imports.add("svcgen_runtime", "dec");
    format!("dec!({value})")
}

/// The expression of a default, of the field's value type.
pub fn default_value(field: &Field, default: &DefaultValue, imports: &mut Imports) -> String {
    match default {
        DefaultValue::Text(text) => format!("{}.to_owned()", string_literal(text)),
        DefaultValue::Int(value) => value.to_string(),
        DefaultValue::Float(value) => format!("{value:?}"),
        DefaultValue::Decimal(value) => decimal_literal(*value, imports),
        DefaultValue::Bool(value) => value.to_string(),
        DefaultValue::Uuid(value) => uuid_literal(*value, imports),
        DefaultValue::NewUuid => "Uuid::now_v7()".to_owned(),
        DefaultValue::Date(value) => date_literal(*value),
        DefaultValue::Today => {
            imports.add("jiff", "Timestamp");
            imports.add("jiff::tz", "TimeZone");
            "Timestamp::now().to_zoned(TimeZone::UTC).date()".to_owned()
        }
        DefaultValue::Time(value) => time_literal(*value),
        DefaultValue::Timestamp(value) => timestamp_literal(*value),
        DefaultValue::Now => "Timestamp::now()".to_owned(),
        DefaultValue::Duration(value) => duration_literal(*value),
        DefaultValue::Json(value) => {
            if let FieldKind::List(list) = &field.kind {
                list_literal(list, value, imports)
            } else {
                imports.add("serde_json", "json");
                format!("json!({value})")
            }
        }
        DefaultValue::Bytes(value) => format!("Bytes(vec!{value:?})"),
        DefaultValue::EnumValue(value) => match &field.kind {
            FieldKind::Enum(enumeration) => enumeration
                .values
                .iter()
                .find(|it| it.name.written() == value)
                .map(|it| format!("{}::{}", enumeration.name.pascal(), it.name.pascal()))
                .unwrap_or_default(),
            _ => String::new(),
        },
    }
}

fn uuid_literal(value: uuid::Uuid, imports: &mut Imports) -> String {
    imports.add("uuid", "uuid as uuid_literal");
    format!("uuid_literal!(\"{value}\")")
}

fn date_literal(value: jiff::civil::Date) -> String {
    format!(
        "Date::constant({}, {}, {})",
        value.year(),
        value.month(),
        value.day()
    )
}

fn time_literal(value: jiff::civil::Time) -> String {
    format!(
        "Time::constant({}, {}, {}, {})",
        value.hour(),
        value.minute(),
        value.second(),
        value.subsec_nanosecond()
    )
}

fn timestamp_literal(value: jiff::Timestamp) -> String {
    format!(
        "Timestamp::constant({}, {})",
        value.as_second(),
        value.subsec_nanosecond()
    )
}

fn duration_literal(value: jiff::SignedDuration) -> String {
    format!(
        "SignedDuration::new({}, {})",
        value.as_secs(),
        value.subsec_nanos()
    )
}

fn list_literal(list: &ListType, value: &Json, imports: &mut Imports) -> String {
    let elements: Vec<String> = value
        .as_array()
        .into_iter()
        .flatten()
        .map(|element| element_literal(&list.of, element, imports))
        .collect();
    if elements.is_empty() {
        "Vec::new()".to_owned()
    } else {
        format!("vec![{}]", elements.join(", "))
    }
}

fn element_literal(of: &ScalarType, element: &Json, imports: &mut Imports) -> String {
    let text = element.as_str().unwrap_or_default();
    match of {
        ScalarType::String(_) | ScalarType::Text(_) => {
            format!("{}.to_owned()", string_literal(text))
        }
        ScalarType::Decimal(_) => decimal_literal(text.parse().unwrap_or_default(), imports),
        ScalarType::Uuid => uuid_literal(text.parse().unwrap_or_default(), imports),
        ScalarType::Date => date_literal(text.parse().unwrap_or_default()),
        ScalarType::Time => time_literal(text.parse().unwrap_or_default()),
        ScalarType::Timestamp => timestamp_literal(text.parse().unwrap_or_default()),
        ScalarType::Duration => duration_literal(text.parse().unwrap_or_default()),
        ScalarType::Float(_) => format!("{:?}", element.as_f64().unwrap_or_default()),
        ScalarType::Json => {
            imports.add("serde_json", "json");
            format!("json!({element})")
        }
        ScalarType::Int(_) | ScalarType::Bigint(_) | ScalarType::Bool | ScalarType::Bytes(_) => {
            element.to_string()
        }
    }
}

/// A string as Rust writes it.
pub fn string_literal(text: &str) -> String {
    if text.contains('\\') && !text.contains('"') && !text.chars().any(char::is_control) {
        format!("r\"{text}\"")
    } else {
        format!("{text:?}")
    }
}

/// The name of the record's Rust field for a schema field.
pub fn field_ident(field: &Field) -> String {
    match field.kind {
        FieldKind::Reference(_) => format!("{}_id", field.name.snake()),
        _ => escaped(field.name.snake()),
    }
}

/// A name as Rust writes it: a keyword becomes a raw identifier.
pub fn escaped(snake: &str) -> String {
    rust_identifier(snake)
}

/// Whether the entity's identifier comes from the caller, and whether it must.
pub fn id_from_caller(entity: &Entity) -> Option<bool> {
    match entity.id {
        IdType::Uuid => Some(false),
        IdType::String => Some(true),
        IdType::Bigint => None,
    }
}
