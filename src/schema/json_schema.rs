//! The two JSON Schemas that editors complete and check from.
//!
//! They come from the types that read the YAML, so they cannot say anything else.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;

use super::entity::EntityDoc;
use super::service::ServiceDoc;

/// The file names and the texts of the JSON Schemas (draft 2020-12).
pub fn json_schemas() -> [(&'static str, String); 2] {
    [
        ("service.schema.json", text::<ServiceDoc>("svcgen service")),
        ("entity.schema.json", text::<EntityDoc>("svcgen entity")),
    ]
}

fn text<T: JsonSchema>(title: &str) -> String {
    let mut schema = SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<T>();
    schema.insert("title".to_owned(), title.into());
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}
