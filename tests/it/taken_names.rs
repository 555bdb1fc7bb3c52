//! No entity can have a name that generated code imports or defines, or that the description of
//! the API has: what nobody has put on a list of taken names is found here.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use heck::ToPascalCase as _;
use svcgen::source::Source;
use syn::visit::Visit;

use crate::errors::checked;
use crate::support::Place;

/// Names of types, by the file that has them first.
#[derive(Default)]
struct Names {
    file: String,
    found: BTreeMap<String, String>,
}

impl Names {
    fn add(&mut self, name: &str) {
        if name.starts_with(|it: char| it.is_ascii_uppercase()) && name.contains(char::is_lowercase)
        {
            let file = || self.file.clone();
            self.found.entry(name.to_owned()).or_insert_with(file);
        }
    }
}

impl<'ast> Visit<'ast> for Names {
    fn visit_use_name(&mut self, it: &'ast syn::UseName) {
        self.add(&it.ident.to_string());
    }

    fn visit_item_struct(&mut self, it: &'ast syn::ItemStruct) {
        self.add(&it.ident.to_string());
    }

    fn visit_item_enum(&mut self, it: &'ast syn::ItemEnum) {
        self.add(&it.ident.to_string());
    }

    fn visit_item_trait(&mut self, it: &'ast syn::ItemTrait) {
        self.add(&it.ident.to_string());
    }

    fn visit_item_type(&mut self, it: &'ast syn::ItemType) {
        self.add(&it.ident.to_string());
    }
}

fn walk(root: &Path, extension: &str) -> Vec<(String, String)> {
    let files = walkdir::WalkDir::new(root).sort_by_file_name().into_iter();
    let files = files.map(|it| it.expect("readable").into_path());
    let of_kind = files.filter(|it| it.extension().is_some_and(|it| it == extension));
    let read = |path: std::path::PathBuf| {
        let name = path
            .strip_prefix(root)
            .expect("inside")
            .display()
            .to_string();
        (name, fs::read_to_string(path).expect("text"))
    };
    of_kind.map(read).collect()
}

/// A generated service's schema and every name that its code and its description have.
fn of_service(arguments: &[&str]) -> (Vec<Source>, Names) {
    let place = Place::empty();
    let asked = ["new", "it", "--no-input", "--no-git", "--quiet"];
    place.ok(&[&asked, arguments].concat());
    let root = place.root().join("it");
    let mut names = Names::default();
    // What is beside the entities' own directories names none of their types, and rules are their
    // owner's.
    let is_of_slice = |file: &str| file.contains('/') && !file.contains("/rules");
    let slices = walk(&root.join("src"), "rs").into_iter();
    for (file, text) in slices.filter(|(file, _)| is_of_slice(file)) {
        names.file = file;
        names.visit_file(&syn::parse_file(&text).expect("Rust"));
    }
    // Modules that stand beside those of the entities.
    for directory in ["src", "tests/api"] {
        let beside = walk(&root.join(directory), "rs").into_iter();
        for (file, _) in beside.filter(|(file, _)| !file.contains('/')) {
            let module = file.trim_end_matches(".rs").to_pascal_case();
            names.file = format!("{directory}/{file}");
            names.add(&module);
        }
    }
    "openapi.json".clone_into(&mut names.file);
    let document: serde_json::Value =
        serde_json::from_str(&place.read("it/openapi.json")).expect("JSON");
    let schemas = document["components"]["schemas"]
        .as_object()
        .expect("an object");
    schemas.keys().for_each(|it| names.add(it));
    let source = |(path, text): (String, String)| {
        Source::from_bytes(format!("entities/{path}"), text.into_bytes())
    };
    let mut sources: Vec<Source> = walk(&root.join("entities"), "yaml")
        .into_iter()
        .map(source)
        .collect();
    let service = place.read("it/svcgen.yaml");
    sources.push(Source::from_bytes("svcgen.yaml", service.into_bytes()));
    (sources, names)
}

#[test]
fn what_generated_code_names_no_entity_can_be_called() {
    let types = format!("{}/tests/types/schema", env!("CARGO_MANIFEST_DIR"));
    for arguments in [
        &["--from", &types][..],
        &["--example", "shop"],
        &["--example", "clinic"],
    ] {
        let (sources, names) = of_service(arguments);
        let (service, _) = checked(&sources);
        let service = service.expect("a good schema");
        let own: BTreeSet<&str> = service.entities.iter().map(|it| it.name.pascal()).collect();
        let mut free = Vec::new();
        for (name, file) in &names.found {
            if own.contains(name.as_str()) {
                continue;
            }
            let entity = format!("entity: {name}\nfields:\n  a: int\n");
            let path = format!("entities/it_is_{}.yaml", name.to_lowercase());
            let mut with_it = sources.clone();
            with_it.push(Source::from_bytes(path, entity.into_bytes()));
            let (service, _) = checked(&with_it);
            if service.is_some() {
                free.push(format!("{name}, of {file}"));
            }
        }
        assert!(names.found.len() > 60, "{:?}", names.found);
        assert!(free.is_empty(), "{arguments:?}: {free:#?}");
    }
}
