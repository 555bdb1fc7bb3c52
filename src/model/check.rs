//! STUB, replaced when the front half is merged.
#![allow(missing_docs)]

use super::{
    Automatic, Database, Delete, Entity, Features, HttpFeature, IdType, List, Name, OpenapiFeature,
    RuntimeSource, Service,
};
use crate::{diagnostic::Diagnostic, schema::Document};

pub fn check(document: &Document) -> (Option<Service>, Vec<Diagnostic>) {
    let entities = document.entities.iter().map(|name| entity(name)).collect();
    let service = Service {
        name: Name::new(&document.name),
        doc: None,
        databases: vec![Database::Sqlite],
        runtime: RuntimeSource::Vendored,
        features: Features {
            http: Some(HttpFeature {
                prefix: "/v1".to_owned(),
            }),
            grpc: None,
            openapi: Some(OpenapiFeature { ui: true }),
        },
        entities,
        clients: Vec::new(),
    };
    (Some(service), Vec::new())
}

fn entity(name: &str) -> Entity {
    Entity {
        name: Name::new(name),
        doc: None,
        id: IdType::Uuid,
        fields: Vec::new(),
        collections: Vec::new(),
        indexes: Vec::new(),
        uniques: Vec::new(),
        delete: Delete::Hard,
        list: List {
            filter: Vec::new(),
            order: Vec::new(),
            default_order: Vec::new(),
            default_page: 50,
            max_page: 500,
        },
        automatic: Automatic {
            created_at: true,
            updated_at: true,
            version: true,
        },
        was: None,
    }
}
