//! The removal of whatever a filter matches (AIP-165, with `validate_only` for its trial).

use serde_json::{Map, Value, json};

use super::super::entity::sample;
use super::lists;
use super::operations::{operation, written};
use super::schemas::{id_type, object};
use super::writes::{keyed, reason};
use crate::model::{Entity, Service};
use crate::tables::build::archive_options;

/// `POST` of a removal by a filter.
pub fn remove(service: &Service, entity: &Entity) -> Value {
    let plural = entity.name.plural_sentence();
    let most = entity.write.max_batch;
    let batch = match archive_options(entity) {
        Some(_) => ", as one batch of the archive",
        None => "",
    };
    let mut filter = lists::filter(service, entity);
    filter["required"] = json!(true);
    // The documentation fills in what is required from here.
    filter["example"] = filter["schema"]["examples"][0].clone();
    let own = [filter].into_iter().chain(reason(entity)).collect();
    let id = format!("DeleteMatching{}", entity.name.plural_pascal());
    operation(
        entity,
        &id,
        &format!("Remove the {plural} that a filter matches"),
        json!({
            "description": format!(
                "All of them or none{batch}, and at most {most}: 409 where more match. The last one goes \
                 first, so that what refers to others of them goes before these. With `validate_only` the answer \
                 tells which ones would go. Records that change meanwhile and match no longer stay."
            ),
            "parameters": keyed(entity, &id, own),
            "responses": written("200", removed(entity), &[409, 422]),
        }),
    )
}

fn removed(entity: &Entity) -> Value {
    let ids = json!({
        "type": "array",
        "items": id_type(entity.id),
        "description": "In the order in which they went.",
        "examples": [[sample::id(entity.id).json()]],
    });
    let mut properties = Map::from_iter([("ids".to_owned(), ids)]);
    if archive_options(entity).is_some() {
        let batch = json!({
            "type": "string",
            "format": "uuid",
            "description": "The batch of the archive that they are; absent where there are none.",
        });
        properties.insert("batch".to_owned(), batch);
    }
    let doc = format!("The {} that went.", entity.name.plural_sentence());
    json!({
        "description": "They are removed.",
        "content": {
            "application/json": { "schema": object(&doc, properties, &["ids".to_owned()]) },
        },
    })
}
