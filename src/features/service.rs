//! The files that every service has once, made from what the features added.

use minijinja::{Value, context};

use crate::model::{Database, RuntimeSource, Service};
use crate::plan::Ownership;

use super::entity::naming::{capitalised, doc_lines};
use super::{Context, Contribution, Dependency};

/// Adds the manifest, the crate's root, the application, and what is seeded once.
pub fn contribute(context: &Context<'_>, out: &mut Contribution) {
    let service = context.service;
    out.modules.push(super::Module {
        name: "app".to_owned(),
    });
    out.modules.sort();
    out.routers.sort();
    out.dependencies.sort_by_key(|dependency| dependency.name);
    let view = view(service, out);
    for (path, template, ownership) in [
        ("Cargo.toml", "service/Cargo.toml", Ownership::Managed),
        ("src/main.rs", "service/main.rs", Ownership::Seeded),
        ("src/lib.rs", "service/lib.rs", Ownership::Managed),
        ("src/app.rs", "service/app.rs", Ownership::Managed),
        (
            "config/service.toml",
            "service/service.toml",
            Ownership::Seeded,
        ),
        ("README.md", "service/README.md", Ownership::Seeded),
    ] {
        out.template(path, template, view.clone(), ownership, None);
    }
}

fn view(service: &Service, out: &Contribution) -> Value {
    let name = service.name.kebab();
    let doc = doc_lines(service.doc.as_deref())
        .unwrap_or_else(|| vec![format!("The {} service.", service.name.sentence())]);
    let modules: Vec<String> = out.modules.iter().map(|it| it.name.clone()).collect();
    let (dev, normal): (Vec<_>, Vec<_>) = out.dependencies.iter().partition(|it| it.only_tests);
    let manifest_lines =
        |list: Vec<&Dependency>| -> Vec<String> { list.into_iter().map(manifest_line).collect() };
    context! {
        name,
        env_prefix => env_prefix(name),
        crate_name => name.replace('-', "_"),
        title => capitalised(service.name.sentence()),
        summary => doc[0].clone(),
        doc,
        modules,
        routers => out.routers.clone(),
        service_items => out.service_items.clone(),
        dependencies => manifest_lines(normal),
        dev_dependencies => manifest_lines(dev),
        runtime => runtime_line(service, &out.runtime_features),
        runtime_for_tests => runtime_line(service, &["testing"]),
        sqlite => service.databases.contains(&Database::Sqlite),
        postgres => service.databases.contains(&Database::Postgres),
        pages => out.pages.clone(),
        databases => databases(service),
        entities => service.entities.iter().map(|entity| context! {
            name => entity.name.pascal(),
            module => entity.name.snake(),
            path => super::http::resource_path(service, entity),
            doc => doc_lines(entity.doc.as_deref()).map_or(String::new(), |lines| lines[0].clone()),
        }).collect::<Vec<_>>(),
    }
}

/// The environment variable in which a service looks for the URL of its database.
pub fn url_variable(name: &str) -> String {
    format!("{}__DB__URL", env_prefix(name))
}

fn env_prefix(name: &str) -> String {
    name.replace('-', "_").to_uppercase()
}

/// What the README says of each database.
fn databases(service: &Service) -> Vec<String> {
    let name = service.name.kebab();
    if service.databases == [Database::Postgres] {
        let variable = url_variable(name);
        return vec![
            format!(
                "The database is PostgreSQL. The service starts when it is told where that is: in the variable `{variable}`,"
            ),
            format!(
                "in `db.url` of `config/service.toml`, or by `--database-url`; such as `postgres://user@host/{name}`, which has"
            ),
            "to be there. The tests need a PostgreSQL as well, whose URL is in `TEST_DATABASE_URL`.".to_owned(),
        ];
    }
    let line = |database: &Database| match database {
        Database::Sqlite => {
            format!("The database is SQLite, in `data/{name}.db`, unless a URL says otherwise.")
        }
        Database::Postgres => {
            format!("For PostgreSQL: `cargo run -- --database-url postgres://user@host/{name}`.")
        }
    };
    service.databases.iter().map(line).collect()
}

fn manifest_line(dependency: &Dependency) -> String {
    let Dependency {
        name,
        version,
        default_features,
        features,
        ..
    } = dependency;
    if *default_features && features.is_empty() {
        return format!("{name} = \"{version}\"");
    }
    let mut parts = vec![format!("version = \"{version}\"")];
    if !default_features {
        parts.push("default-features = false".to_owned());
    }
    if !features.is_empty() {
        parts.push(format!("features = {features:?}"));
    }
    format!("{name} = {{ {} }}", parts.join(", "))
}

/// The manifest's line for the runtime.
fn runtime_line(service: &Service, features: &[&str]) -> String {
    let place = match &service.runtime {
        RuntimeSource::Vendored => "path = \"vendor/svcgen-runtime\"".to_owned(),
        RuntimeSource::Path(path) => format!("path = {path:?}"),
        RuntimeSource::Git { url, rev: None } => format!("git = {url:?}"),
        RuntimeSource::Git {
            url,
            rev: Some(rev),
        } => format!("git = {url:?}, rev = {rev:?}"),
        RuntimeSource::Version(version) => format!("version = {version:?}"),
    };
    let mut features = features.to_vec();
    features.sort_unstable();
    format!("svcgen-runtime = {{ {place}, default-features = false, features = {features:?} }}")
}
