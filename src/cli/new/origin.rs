//! Where a new service comes from: an example, schema files, options, or answers.

use std::{
    fs,
    path::{Component, Path, PathBuf},
};

use super::{
    ask, examples,
    schema_text::{self, Service},
    shorthand::Entity,
};
use crate::{
    cli::{
        Failure,
        arguments::{DatabaseName, FeatureName, New},
        pipeline::{self, Extras},
        shell::Shell,
        state_files,
    },
    project::{self, SCHEMA_FILE, SchemaFile},
};

/// What a new project begins with.
#[derive(Debug)]
pub struct Origin {
    /// The schema, as it will be written.
    pub schema: Vec<SchemaFile>,
    /// Other files.
    pub extras: Extras,
}

/// The service's name: given, asked for, or that of the example or the schema.
pub fn name(options: &New) -> Result<String, Failure> {
    let name = match (&options.name, &options.example, &options.from) {
        (Some(name), _, _) => name.clone(),
        (None, Some(example), _) => example.clone(),
        (None, None, Some(from)) => name_of(from)?,
        (None, None, None) if may_ask(options) => {
            ask::prepare();
            return ask::name(check_name);
        }
        (None, None, None) => {
            return Err(Failure::usage(
                "the service has no name",
                "run `svcgen new NAME`",
            ));
        }
    };
    check_name(&name).map_err(|message| Failure::Usage {
        message,
        hint: None,
    })?;
    Ok(name)
}

/// The name that a schema gives its service, or else its directory has.
fn name_of(from: &Path) -> Result<String, Failure> {
    use heck::ToKebabCase as _;
    let (directory, file) = if from.is_dir() {
        need_service(from)?;
        (from, from.join(SCHEMA_FILE))
    } else {
        let parent = from.parent().filter(|it| !it.as_os_str().is_empty());
        (parent.unwrap_or(Path::new(".")), from.to_owned())
    };
    let bytes = read(&file)?;
    let text = String::from_utf8_lossy(&bytes);
    if let Some(name) = schema_text::get(&text, "name") {
        return Ok(name.to_owned());
    }
    let directory = fs::canonicalize(directory).unwrap_or_else(|_| directory.to_owned());
    match directory.file_name() {
        Some(name) if schema_text::get(&text, "svcgen").is_some() => {
            Ok(name.to_string_lossy().to_kebab_case())
        }
        _ => Err(Failure::usage(
            format!(
                "the service has no name, and `{}` gives it none",
                from.display()
            ),
            "run `svcgen new NAME --from FILE`",
        )),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    project::schema::read(path).map_err(|fault| Failure::Usage {
        message: format!("`{}` {fault}", path.display()),
        hint: None,
    })
}

/// Refuses a directory that holds no schema.
fn need_service(from: &Path) -> Result<(), Failure> {
    if project::schema::is_service(from)? {
        return Ok(());
    }
    let message = format!("there is no `{SCHEMA_FILE}` in `{}`", from.display());
    Err(Failure::usage(
        message,
        "`--from` takes the directory of a schema, or one schema file",
    ))
}

/// A crate's name that is also fit for a directory. What else is wrong with it, such
/// as a reserved word, the schema's check says.
fn check_name(name: &str) -> Result<(), String> {
    use heck::ToKebabCase as _;
    let starts_well = name.starts_with(|first: char| first.is_ascii_lowercase());
    let is_fine =
        |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-' || it == '_';
    if starts_well && name.len() <= 64 && name.chars().all(is_fine) {
        return Ok(());
    }
    let shown: String = name
        .chars()
        .take(80)
        .map(|it| if it.is_control() { '?' } else { it })
        .collect();
    let better: String = name
        .to_kebab_case()
        .chars()
        .filter(|it| is_fine(*it))
        .take(64)
        .collect();
    let better = better.trim_start_matches(|it: char| !it.is_ascii_lowercase());
    let try_this = if better.is_empty() {
        String::new()
    } else {
        format!(", such as `{better}`")
    };
    Err(format!(
        "`{shown}` is no name for a service: use lower-case letters, digits and `-`{try_this}"
    ))
}

fn may_ask(options: &New) -> bool {
    let has_source =
        options.example.is_some() || options.from.is_some() || !options.entity.is_empty();
    !options.no_input && !has_source && ask::is_possible()
}

/// The schema of the new project, complete.
pub fn gather(name: String, root: &Path, options: &New, shell: &Shell) -> Result<Origin, Failure> {
    let service_name = name.clone();
    let (schema, extras) = if let Some(example) = &options.example {
        examples::load(example).ok_or_else(|| Failure::Usage {
            message: format!("there is no example `{example}`"),
            hint: None,
        })?
    } else if let Some(from) = &options.from {
        (from_files(from, name)?, Extras::new())
    } else {
        let (service, entities) = if may_ask(options) {
            ask::prepare();
            ask::rest(name, options)?
        } else {
            from_options(name, options, shell)?
        };
        (write_schema(&service, &entities)?, Extras::new())
    };
    let runtime = options
        .runtime_path
        .as_deref()
        .map(|it| relative(it, root))
        .transpose()?;
    let given = schema.clone();
    let schema = schema
        .into_iter()
        .map(|file| finish(file, &service_name, runtime.as_deref()))
        .collect::<Result<Vec<_>, _>>()?;
    if options.from.is_some() && pipeline::refuse_wrong(&schema).is_err() {
        // What is wrong is to be told by its place in the file as it lies.
        pipeline::refuse_wrong(&given)?;
    }
    Ok(Origin { schema, extras })
}

fn from_options(
    name: String,
    options: &New,
    shell: &Shell,
) -> Result<(Service, Vec<Entity>), Failure> {
    let mut entities = Vec::new();
    for line in &options.entity {
        entities.push(Entity::parse(line).map_err(|error| {
            Failure::usage(
                error.to_string(),
                "write `--entity 'Order number:string total:decimal(12,2) note:text?'`",
            )
        })?);
    }
    if entities.is_empty() {
        shell.status(
            "Assuming",
            "an example entity, Note, since no `--entity`, `--from` or `--example` was given",
        );
        let note = Entity::parse("Note title:string body:text? pinned:bool");
        entities.push(
            note.map_err(|error| Failure::internal("cannot read the example entity", error))?,
        );
    }
    let doc = options.doc.clone();
    let databases = match options.database.as_slice() {
        [] => vec![DatabaseName::Sqlite, DatabaseName::Postgres],
        given => given.to_vec(),
    };
    let features = match options.feature.as_slice() {
        [] => vec![FeatureName::Http, FeatureName::Openapi],
        given => given.to_vec(),
    };
    Ok((
        Service {
            name,
            doc,
            databases,
            features,
        },
        entities,
    ))
}

fn write_schema(service: &Service, entities: &[Entity]) -> Result<Vec<SchemaFile>, Failure> {
    let mut schema = vec![SchemaFile::new(SCHEMA_FILE, service.to_yaml().into_bytes())];
    for entity in entities {
        let path = entity.path();
        if schema.iter().any(|it| it.path == path) {
            return Err(Failure::Usage {
                message: format!("the entity `{}` is there twice", entity.name),
                hint: None,
            });
        }
        schema.push(SchemaFile::new(path, entity.to_yaml().into_bytes()));
    }
    Ok(schema)
}

/// The schema files of a directory; or of the directory of a service file; or an
/// entity file alone, with a service around it.
fn from_files(from: &Path, name: String) -> Result<Vec<SchemaFile>, Failure> {
    if from.is_dir() {
        need_service(from)?;
        return Ok(project::schema::files(from));
    }
    let bytes = read(from)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    if schema_text::get(&text, "svcgen").is_some() {
        let directory = from.parent().unwrap_or(Path::new("."));
        let mut schema = vec![SchemaFile::new(SCHEMA_FILE, bytes)];
        schema.extend(project::schema::entities(directory));
        return Ok(schema);
    }
    let Some(entity) = schema_text::get(&text, "entity") else {
        let message = format!(
            "`{}` is no schema file: it has neither `svcgen:` nor `entity:`",
            from.display()
        );
        return Err(Failure::Usage {
            message,
            hint: None,
        });
    };
    let path = Entity {
        name: entity.to_owned(),
        fields: Vec::new(),
    }
    .path();
    let databases = vec![DatabaseName::Sqlite, DatabaseName::Postgres];
    let service = Service {
        name,
        doc: None,
        databases,
        features: vec![FeatureName::Http, FeatureName::Openapi],
    };
    let mut schema = write_schema(&service, &[])?;
    schema.push(SchemaFile::new(path, bytes));
    Ok(schema)
}

/// The file as it is written: with the line for editors, the service's name and its runtime.
fn finish(file: SchemaFile, name: &str, runtime: Option<&str>) -> Result<SchemaFile, Failure> {
    let (service_schema, entity_schema) = state_files::schema_names()?;
    let text = String::from_utf8(file.bytes.clone());
    let (Ok(text), None) = (text, &file.fault) else {
        // The schema's check says what is wrong with it.
        return Ok(file);
    };
    let text = text
        .strip_prefix('\u{feff}')
        .unwrap_or(&text)
        .replace("\r\n", "\n");
    let text = if file.path == SCHEMA_FILE {
        let mut text = schema_text::set(&text, "name", name);
        if let Some(path) = runtime {
            text = schema_text::set(
                &text,
                "runtime",
                &format!("{{ path: {} }}", schema_text::quoted(path)),
            );
        }
        schema_text::with_modeline(&file.path, service_schema, &text)
    } else {
        schema_text::with_modeline(&file.path, entity_schema, &text)
    };
    Ok(SchemaFile {
        bytes: text.into_bytes(),
        ..file
    })
}

/// The way from the project to the runtime's directory.
fn relative(to: &Path, root: &Path) -> Result<String, Failure> {
    if !to.join("Cargo.toml").is_file() {
        let message = format!("there is no crate in `{}`", to.display());
        return Err(Failure::usage(
            message,
            "`--runtime-path` takes the directory of the crate svcgen-runtime",
        ));
    }
    let real = |path: &Path| -> std::io::Result<PathBuf> {
        // What is not there yet is put below what is.
        let path = std::path::absolute(path)?;
        let there = path.ancestors().find(|it| it.exists()).unwrap_or(&path);
        Ok(fs::canonicalize(there)?.join(path.strip_prefix(there).unwrap_or(Path::new(""))))
    };
    let failed =
        |error| Failure::internal(format!("cannot find the way to `{}`", to.display()), error);
    let (from, to) = (real(root).map_err(failed)?, real(to).map_err(failed)?);
    let shared = from
        .components()
        .zip(to.components())
        .take_while(|(left, right)| left == right)
        .count();
    let up = from.components().skip(shared).map(|_| Component::ParentDir);
    let way: PathBuf = up.chain(to.components().skip(shared)).collect();
    Ok(way.to_string_lossy().replace('\\', "/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_fit_for_a_crate_and_a_directory() {
        for name in ["shop", "web-shop", "shop2", "a_b"] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        for (name, better) in [
            ("WebShop", "`web-shop`"),
            ("my shop", "`my-shop`"),
            ("../x", "`x`"),
            ("", "`-`"),
            ("2fast", "`fast`"),
        ] {
            let message = check_name(name).expect_err(name);
            assert!(message.ends_with(better), "{message}");
        }
    }

    #[test]
    fn the_way_to_a_neighbour_goes_up_and_down() {
        let place = tempfile::tempdir().expect("a directory");
        let runtime = place.path().join("tool/runtime");
        fs::create_dir_all(&runtime).expect("created");
        fs::write(runtime.join("Cargo.toml"), "").expect("written");
        let way = relative(&runtime, &place.path().join("work/shop")).expect("a way");
        assert_eq!(way, "../../tool/runtime");
        assert!(relative(place.path(), place.path()).is_err());
    }
}
