//! The aggregates of a slice: groups of its records, and what is measured in each.

use serde_json::{Value, json};

use crate::model::{Column, Entity, FieldKind, ScalarType, Service};
use crate::tables::build::column_name;

use super::lists;
use super::operations::{json_content, operation, read, shared};

/// The page of groups that a caller asks for.
pub fn aggregate(service: &Service, entity: &Entity) -> Value {
    let plural = entity.name.plural_sentence();
    let mut parameters = Vec::new();
    let fields = fields(entity);
    if let Some(field) = fields.first() {
        parameters.push(parameter(
            "group_by",
            &format!(
                "Fields with commas between them; of dates also parts, such as `year(…)` or `month(…)`. \
                 Empty for one group of everything. It knows {}.",
                lists::listed(&fields)
            ),
            field,
        ));
    }
    parameters.push(parameter(
        "measures",
        "With commas between them: `count()`, `count(field)`, `count_distinct(field)`, `sum(field)`, `avg(field)`, `min(field)`, \
         `max(field)`. Sums and averages are exact decimals, those of durations in seconds. Without it, records are counted.",
        &measures(entity),
    ));
    if !entity.list.filter.is_empty() {
        parameters.push(lists::filter(service, entity));
    }
    parameters.push(parameter(
        "having",
        "A condition that groups must fulfil, over the groups and measures of this request, as `filter` has it.",
        "count() > 0",
    ));
    parameters.push(parameter(
        "order_by",
        "Groups and measures of this request with commas between them, each with ` desc` where larger values come first.",
        "count() desc",
    ));
    parameters.push(lists::page_size(
        entity.list.default_page,
        entity.list.max_page,
    ));
    parameters.push(shared("parameters", "PageToken"));
    let page = json!({
        "description": format!("One page of groups of {plural}."),
        "content": json_content("Groups"),
    });
    operation(
        entity,
        &format!("Aggregate{}", entity.name.plural_pascal()),
        &format!("Count, sum and compare {plural}"),
        json!({ "parameters": parameters, "responses": read(page, &[]) }),
    )
}

/// One page of groups, the same for every entity.
pub fn schema() -> Value {
    json!({
        "type": "object",
        "description": "One page of groups.",
        "required": ["groups"],
        "properties": {
            "groups": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["group", "measures"],
                    "properties": {
                        "group": {
                            "type": "object",
                            "description": "What the records of the group share, by the names in `group_by`.",
                            "additionalProperties": { "type": ["string", "number", "boolean", "null"] },
                        },
                        "measures": {
                            "type": "object",
                            "description": "The measures, by the names in `measures`; exact decimals are strings.",
                            "additionalProperties": { "type": ["string", "number", "null"] },
                        },
                    },
                },
            },
            "next_page_token": {
                "type": "string",
                "description": "Asks for the next page; absent on the last one.",
            },
        },
    })
}

fn parameter(name: &str, description: &str, example: &str) -> Value {
    json!({
        "name": name,
        "in": "query",
        "description": description,
        "schema": { "type": "string", "examples": [example] },
    })
}

/// The columns that may be grouped by and measured.
fn fields(entity: &Entity) -> Vec<String> {
    usable(entity)
        .map(|column| column_name(entity, column))
        .collect()
}

fn usable(entity: &Entity) -> impl Iterator<Item = &Column> {
    let list = &entity.list;
    let ordered = list.order.iter();
    let filtered = list
        .filter
        .iter()
        .filter(|column| !list.order.contains(column));
    ordered.chain(filtered)
}

/// Measures that the list takes.
fn measures(entity: &Entity) -> String {
    let number = usable(entity).find(|column| match column {
        Column::Field(index) => matches!(
            entity.fields[*index].kind,
            FieldKind::Scalar(
                ScalarType::Int(_)
                    | ScalarType::Bigint(_)
                    | ScalarType::Float(_)
                    | ScalarType::Decimal(_)
                    | ScalarType::Duration
            )
        ),
        _ => false,
    });
    match number {
        Some(column) => format!("count(), sum({})", column_name(entity, column)),
        None => "count()".to_owned(),
    }
}
