//! What a service can have: each feature is one file here, one folder under
//! `templates/`, and one line in [`ALL`].
//!
//! A feature contributes whole files and entries for the files that several
//! share (manifest, module list, router). The shared files loop over the
//! entries; they never ask which feature is on.

mod archive;
mod entity;
pub use entity::Past;
mod http;
pub use http::resource_path;
mod migrations;
pub use migrations::dialects;
pub use service::url_variable;
mod openapi;
mod runtime;
mod service;
mod tests;

use minijinja::Value;

use crate::migrate::{Migration, sum::Link};
use crate::model::Service;
use crate::plan::{Body, FilePlan, Ownership, PlannedFile, PlannedTwice};
use crate::tables::Schema;

/// One thing that a service can have.
pub trait Feature: Sync {
    /// The key under `features:` and the folder under `templates/`.
    fn name(&self) -> &'static str;

    /// Whether the schema asks for it.
    fn is_on(&self, service: &Service) -> bool;

    /// The files and entries it adds.
    fn contribute(&self, context: &Context<'_>, out: &mut Contribution);
}

/// Every feature, in the order in which they contribute.
pub const ALL: &[&dyn Feature] = &[
    &runtime::Runtime,
    &migrations::Migrations,
    &entity::Entities,
    &archive::Archive,
    &http::Http,
    &openapi::Openapi,
    &tests::Tests,
];

/// What a feature may read.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The service.
    pub service: &'a Service,
    /// Its tables.
    pub schema: &'a Schema,
    /// The migrations written so far, oldest first.
    pub history: &'a [Link],
    /// The migration from the tables of the last generation, if the databases have to do anything.
    pub migration: Option<&'a Migration>,
}

/// What the features add together.
#[derive(Debug, Default)]
pub struct Contribution {
    /// Whole files.
    pub files: Vec<PlannedFile>,
    /// Entries of the manifest.
    pub dependencies: Vec<Dependency>,
    /// Cargo features of the runtime.
    pub runtime_features: Vec<&'static str>,
    /// Modules of the crate.
    pub modules: Vec<Module>,
    /// Routers that the application merges.
    pub routers: Vec<String>,
    /// What the README says of pages that the service shows.
    pub pages: Vec<String>,
    /// Lines of the application's description, such as `const MIGRATIONS …`.
    pub service_items: Vec<String>,
}

impl Contribution {
    /// Adds a file made from a template.
    pub fn template(
        &mut self,
        path: impl Into<String>,
        name: &'static str,
        view: Value,
        ownership: Ownership,
        entity: Option<&str>,
    ) {
        self.files.push(PlannedFile {
            path: path.into(),
            body: Body::Template { name, view },
            ownership,
            entity: entity.map(str::to_owned),
        });
    }

    /// Adds a file whose text is complete.
    pub fn text(&mut self, path: impl Into<String>, text: String, ownership: Ownership) {
        self.files.push(PlannedFile {
            path: path.into(),
            body: Body::Text(text),
            ownership,
            entity: None,
        });
    }

    /// Adds a file whose text is made from the whole service.
    pub fn document(
        &mut self,
        path: impl Into<String>,
        make: fn(&Service) -> String,
        ownership: Ownership,
    ) {
        self.files.push(PlannedFile {
            path: path.into(),
            body: Body::Document(make),
            ownership,
            entity: None,
        });
    }

    /// Adds a crate to the manifest, or features to one that is there.
    pub fn depend(&mut self, name: &'static str, version: &'static str, features: &[&'static str]) {
        if !self.dependencies.iter().any(|it| it.name == name) {
            self.dependencies.push(Dependency {
                name,
                version,
                default_features: true,
                features: Vec::new(),
                only_tests: false,
            });
        }
        let entries = self.dependencies.iter_mut();
        for entry in entries.filter(|it| it.name == name) {
            for feature in features {
                if !entry.features.contains(feature) {
                    entry.features.push(feature);
                }
            }
        }
    }

    /// Leaves a crate's default features off.
    pub fn without_default_features(&mut self, name: &str) {
        for dependency in &mut self.dependencies {
            if dependency.name == name {
                dependency.default_features = false;
            }
        }
    }

    /// Adds a crate that only the tests use, unless the service itself uses it.
    pub fn depend_for_tests(
        &mut self,
        name: &'static str,
        version: &'static str,
        features: &[&'static str],
    ) {
        if !self.dependencies.iter().any(|it| it.name == name) {
            self.depend(name, version, features);
            if let Some(added) = self.dependencies.last_mut() {
                added.only_tests = true;
            }
        }
    }
}

/// A crate in the manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// Its name.
    pub name: &'static str,
    /// The version requirement.
    pub version: &'static str,
    /// Whether its default features are wanted.
    pub default_features: bool,
    /// Its features.
    pub features: Vec<&'static str>,
    /// Whether only the tests use it.
    pub only_tests: bool,
}

/// A module of the generated crate.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Module {
    /// Its name as Rust writes it.
    pub name: String,
}

/// Everything a service consists of.
pub fn plan(context: &Context<'_>) -> Result<FilePlan, PlannedTwice> {
    let mut contribution = Contribution::default();
    for feature in ALL {
        if feature.is_on(context.service) {
            feature.contribute(context, &mut contribution);
        }
    }
    // The shared files come last: they loop over what the others added.
    service::contribute(context, &mut contribution);
    let mut plan = FilePlan::default();
    for file in contribution.files {
        plan.add(file)?;
    }
    Ok(plan)
}
