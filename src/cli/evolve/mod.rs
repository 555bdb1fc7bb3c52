//! Commands that change the schema: they edit the YAML, and write it together with the service
//! that comes of it as one transaction.

pub mod add;
mod carry;
mod identifiers;
pub mod remove;
pub mod rename;
mod told;

use std::{path::Path, time::Instant};

use self::{carry::Along, told::Outcome};
use super::{
    Failure,
    arguments::{Format, Manner},
    carrying::Carry,
    conflicts, generate, merging,
    new::ask,
    pipeline::{self, Wishes},
    proving::Proving,
    questions,
    report::Summary,
    shell::Shell,
    upgrade,
};
use crate::{
    project::{self, Project, SchemaFile, transaction::Change},
    reconcile::{self, text::Fingerprint},
    schema::edit::{
        self, EditError,
        refactor::{Edits, Files, RefactorError},
    },
};

/// A project whose schema is about to change.
struct Draft {
    project: Project,
    /// The schema as it lies on the disk.
    before: Vec<SchemaFile>,
    /// The schema as it is to be.
    after: Vec<SchemaFile>,
    files: Files,
    /// What goes along with a change of names.
    along: Option<Along>,
}

/// What to say once it is done.
struct Telling<'a> {
    /// The verb in a column, such as "Added".
    verb: &'a str,
    /// What was done, in a few words.
    what: String,
    /// What people do next: commands with reasons.
    next: Vec<(String, String)>,
}

impl Draft {
    /// Of the project that is meant.
    fn open(named: Option<&Path>) -> Result<Self, Failure> {
        let project = generate::find(named)?;
        let before = project.schema();
        if before.iter().any(|it| it.fault.is_some()) {
            pipeline::refuse_wrong(&before)?;
        }
        let texts: Result<Vec<_>, _> = before.iter().map(text).collect();
        let files = texts
            .and_then(|it| Files::of(it.into_iter()).map_err(|error| refuse("the schema", &error)));
        let files = files.map_err(|failure| {
            // The check tells of everything that is wrong, in all files.
            pipeline::refuse_wrong(&before).err().unwrap_or(failure)
        })?;
        Ok(Self {
            project,
            after: before.clone(),
            before,
            files,
            along: None,
        })
    }

    /// The same, with code that goes along.
    fn carrying(self, along: Along) -> Self {
        Self {
            along: Some(along),
            ..self
        }
    }

    /// Makes edits in the new schema.
    fn edit(&mut self, edits: Edits) -> Result<(), Failure> {
        for (file, edit) in edits {
            let Some(file) = self.after.get_mut(file) else {
                continue;
            };
            let edited =
                edit::apply(text(file)?, &[edit]).map_err(|error| refuse(&file.path, &error))?;
            file.bytes = edited.into_bytes();
        }
        Ok(())
    }

    /// What happens to the files of the schema.
    fn schema_changes(&self) -> Vec<Change> {
        let before = |path: &str| {
            let found = self.before.iter().find(|it| it.path == path);
            found.map(|it| Fingerprint::of(&it.bytes))
        };
        let is_new = |file: &&SchemaFile| !self.before.contains(file);
        let written = self.after.iter().filter(is_new).map(|file| Change {
            before: before(&file.path),
            path: file.path.clone(),
            content: Some(file.bytes.clone()),
        });
        let is_gone = |file: &&SchemaFile| !self.after.iter().any(|it| it.path == file.path);
        let removed = self.before.iter().filter(is_gone).map(|file| Change {
            before: before(&file.path),
            path: file.path.clone(),
            content: None,
        });
        written.chain(removed).collect()
    }

    /// Writes schema and service as one, or says what would be written.
    fn write(mut self, telling: Telling<'_>, manner: Manner, shell: &Shell) -> Result<(), Failure> {
        let started = Instant::now();
        if manner.dry_run {
            generate::refuse_interrupted(&self.project)?;
            let prepared = self.prepare(None, manner, shell)?;
            let outcome = Outcome::of(self.schema_changes(), &prepared, self.left(), telling);
            prepared.moved.tell(shell);
            return outcome.rehearsed(manner.format, shell);
        }
        if !self.project.was_held() {
            pipeline::refuse_wrong(&self.after)?;
        }
        let held = generate::hold(self.project.clone(), shell)?;
        // Another run may have changed what was read before this one held the project.
        if held.project().schema() != self.before {
            return Err(Failure::InTheWay {
                message: "the schema was changed while this command was reading it".to_owned(),
                hint: "run the command again".to_owned(),
            });
        }
        let progress = shell.progress("generating");
        let mut prepared = self.prepare(Some(&Proving::usual()), manner, shell);
        drop(progress);
        while let Err(Failure::Questions(asked)) = prepared {
            if !may_ask(manner) {
                return Err(Failure::Questions(asked));
            }
            questions::answer(&asked, &mut self.after, shell)?;
            prepared = self.prepare(Some(&Proving::usual()), manner, shell);
        }
        let prepared = prepared.map_err(|it| conflicts::reported(it, &self.project))?;
        let mut changes = self.schema_changes();
        let outcome = Outcome::of(changes.clone(), &prepared, self.left(), telling);
        let moved = prepared.moved.clone();
        let (marked, index) = (prepared.plan.marked.clone(), prepared.index.clone());
        changes.extend(prepared.changes());
        held.apply(&changes)?;
        merging::mark(&self.project, &marked, &index, shell);
        moved.tell(shell);
        outcome.done(manner.format, started.elapsed(), shell)?;
        if marked.is_empty() {
            return Ok(());
        }
        Err(Failure::Marked(marked.len()))
    }

    /// What a person has to look at.
    fn left(&self) -> Vec<(String, usize, String)> {
        self.along.as_ref().map_or_else(Vec::new, Along::left)
    }

    fn prepare(
        &self,
        proving: Option<&Proving>,
        manner: Manner,
        shell: &Shell,
    ) -> Result<super::prepared::Prepared, Failure> {
        let wishes = Wishes {
            proving,
            conflicts: match manner.on_conflict {
                None if !may_ask(manner) => reconcile::Wishes::default(),
                asked_for => conflicts::wishes(asked_for),
            },
            ..Wishes::default()
        };
        // As the next run will find them.
        let mut files = self.after.clone();
        files.sort_by_key(|it| (it.path != project::SCHEMA_FILE, it.path.clone()));
        let Some(along) = &self.along else {
            return upgrade::prepare(&self.project, files, &wishes, shell);
        };
        if let Some(from) = upgrade::older(&self.project)? {
            return Err(Failure::InTheWay {
                message: format!(
                    "svcgen {from} wrote this project, and this is a newer one; nothing was written"
                ),
                hint: "run `svcgen generate` first, and look at what the new version changes"
                    .to_owned(),
            });
        }
        let carry: &dyn Carry = along;
        let wishes = Wishes {
            carry: Some(carry),
            ..wishes
        };
        pipeline::gather(&self.project, files, &wishes, shell)?.prepare(Some(carry))
    }
}

/// The text of a schema file.
pub(super) fn text(file: &SchemaFile) -> Result<&str, Failure> {
    std::str::from_utf8(&file.bytes)
        .map_err(|error| Failure::internal(format!("`{}` is not UTF-8", file.path), error))
}

pub(super) fn refuse(path: &str, error: &EditError) -> Failure {
    Failure::InTheWay {
        message: format!("`{path}`: {error}; nothing was written"),
        hint: "make this change by hand and run `svcgen generate`".to_owned(),
    }
}

impl From<RefactorError> for Failure {
    fn from(error: RefactorError) -> Self {
        let message = error.to_string();
        match error {
            RefactorError::Missing {
                near: Some(near), ..
            } => Self::usage(message, format!("did you mean `{near}`?")),
            RefactorError::Missing { what, known, .. } if known.is_empty() => {
                Self::usage(message, format!("there is no {what} yet"))
            }
            RefactorError::Missing { known, .. } => Self::usage(
                message,
                format!("there is {}", crate::schema::list_of(&known)),
            ),
            RefactorError::Taken { .. } => Self::usage(message, "choose another name"),
            RefactorError::Referred { .. } => Self::InTheWay {
                message: format!("{message}; nothing was written"),
                hint:
                    "remove those fields from their entities first: what they hold goes with them"
                        .to_owned(),
            },
            RefactorError::Edit(error) => refuse("the schema", &error),
        }
    }
}

/// Whether there is somebody to ask, and may be asked.
fn may_ask(manner: Manner) -> bool {
    !manner.no_input && manner.format == Format::Human && ask::is_possible()
}

/// The line with which a summary counts files.
fn counts(summary: &Summary) -> String {
    summary.counts()
}
