//! What the generated files of relations use.

use crate::model::{Entity, EntityId, Service, Via};

use super::super::imports::Imports;
use super::super::rust;
use super::{included_references, is_shown_there, links_of, touch_time};

/// The `use` lines of the operations.
pub fn of_operations(service: &Service, entity: &Entity) -> Vec<String> {
    let mut imports = Imports::new();
    imports.add_all("svcgen_runtime", &["Error", "http", "list"]);
    imports.add("crate::app", "App");
    imports.add("super::model", entity.name.pascal());
    let add_entity = |imports: &mut Imports, id: EntityId, name: &str| {
        let module = rust::escaped(service.entity(id).name.snake());
        if service.entity(id).name == entity.name {
            imports.add("super::model", name);
        } else {
            imports.add(&format!("crate::{module}"), name);
        }
    };
    for (_, target) in included_references(entity) {
        rust::import_id(service.entity(target).id, &mut imports);
        add_entity(&mut imports, target, service.entity(target).name.pascal());
    }
    for collection in &entity.collections {
        let name = service.entity(collection.target).name.pascal();
        rust::import_id(entity.id, &mut imports);
        add_entity(&mut imports, collection.target, name);
        add_entity(&mut imports, collection.target, &format!("{name}Page"));
        imports.add_all("svcgen_runtime", &["db", "params"]);
    }
    for (collection, link) in links_of(entity) {
        let target = service.entity(collection.target);
        rust::import_id(target.id, &mut imports);
        imports.add("super::commands", "LOCK");
        imports.add("super::removal", "missed");
        imports.add("svcgen_runtime", "Unit");
        imports.add("super::hooks", "Rules as _");
        imports.add("super::model", &format!("{}Changes", entity.name.pascal()));
        imports.add("super::rules", &format!("{}Rules", entity.name.pascal()));
        imports.add("super", "queries");
        imports.add("svcgen_runtime", "Violations");
        let is_timed = touch_time(entity).len() + touch_time(target).len() > 0;
        if is_timed && (entity.automatic.updated_at || is_shown_there(target, link)) {
            imports.add("jiff", "Timestamp");
        }
    }
    // The list of statements names the type even where it is empty.
    imports.add("svcgen_runtime", "db");
    imports.lines()
}

/// The `use` lines of the routes.
pub fn of_routes(service: &Service, entity: &Entity) -> Vec<String> {
    let mut imports = Imports::new();
    imports.add("axum", "Router");
    imports.add("axum::extract", "State");
    imports.add("axum::routing", "get");
    imports.add_all("svcgen_runtime", &["Error", "http"]);
    imports.add("crate::app", "App");
    let own = rust::escaped(entity.name.snake());
    imports.add(&format!("crate::{own}"), "relations");
    rust::import_id(entity.id, &mut imports);
    for collection in &entity.collections {
        let target = service.entity(collection.target);
        let module = rust::escaped(target.name.snake());
        let name = target.name.pascal();
        imports.add(&format!("crate::{module}"), &format!("{name}Page"));
        match collection.via {
            Via::Reference { .. } => {
                imports.add(&format!("crate::{module}"), name);
                imports.add("svcgen_runtime", "Saved");
                imports.add("axum::response", "IntoResponse as _");
            }
            Via::Link(_) => {
                imports.add("axum::routing", "put");
                rust::import_id(target.id, &mut imports);
            }
        }
    }
    imports.lines()
}
