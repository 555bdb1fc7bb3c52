//! `svcgen remove-entity`: out of the schema and out of the service; what its owner edited stays.

use std::path::Path;

use super::{Draft, Failure, Shell, Telling, may_ask};
use crate::cli::{arguments::RemoveEntity, new::ask};

/// Runs the command.
pub fn entity(
    project: Option<&Path>,
    options: &RemoveEntity,
    shell: &Shell,
) -> Result<(), Failure> {
    let mut draft = Draft::open(project)?;
    let name = options.entity.as_str();
    let file = draft.files.file(name)?;
    let (edits, collections) = draft.files.remove_entity(name)?;
    let path = draft.before[file].path.clone();
    confirm(name, &path, &collections, options)?;
    draft.edit(edits)?;
    draft.after.retain(|it| it.path != path);
    let with = if collections.is_empty() {
        String::new()
    } else {
        format!(", and with it {}", crate::schema::list_of(&collections))
    };
    let telling = Telling {
        verb: "Removed",
        what: format!("{name}{with}"),
        next: vec![
            (
                "cargo test".to_owned(),
                "the compiler names what still needs it".to_owned(),
            ),
            ("svcgen undo".to_owned(), "takes all of it back".to_owned()),
        ],
    };
    draft.write(telling, options.manner, shell)
}

fn confirm(
    name: &str,
    path: &str,
    collections: &[String],
    options: &RemoveEntity,
) -> Result<(), Failure> {
    if options.yes || options.manner.dry_run {
        return Ok(());
    }
    let mut what = vec![format!("`{path}`")];
    what.extend(collections.iter().map(|it| format!("`{it}`")));
    let what = what.join(", ");
    if !may_ask(options.manner) {
        return Err(Failure::usage(
            format!("removing `{name}` takes {what} out of the schema, and nobody can be asked"),
            format!(
                "say so with `svcgen remove-entity {name} --yes`; `--dry-run` lists what would go"
            ),
        ));
    }
    ask::prepare();
    if ask::confirm(&format!("Remove {name}: {what} and the files made of it?"))? {
        Ok(())
    } else {
        Err(Failure::Interrupted)
    }
}
