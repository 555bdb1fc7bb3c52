//! A newer svcgen meets a project that an older one wrote: what its templates change is merged
//! first, and what the schema changes after that, so that each change and each conflict has
//! one cause.

use super::{
    Failure, heads, merging,
    pipeline::{self, Wishes},
    prepared::Prepared,
    shell::Shell,
};
use crate::{
    project::{self, Project, SchemaFile},
    reconcile::{
        Action, WritePlan,
        lock::{self, is_newer},
    },
};

/// The step that is owed to another version of svcgen.
#[derive(Debug, Clone)]
pub struct Step {
    /// The version that wrote the project.
    pub from: String,
    /// What its templates and those of this one differ in.
    pub plan: WritePlan,
}

/// The version that wrote a project, where that is older than this one.
pub fn older(project: &Project) -> Result<Option<String>, Failure> {
    let lock = project.lock_text()?.unwrap_or_default();
    let written_by = lock::written_by(&lock).map(str::to_owned);
    Ok(written_by.filter(|it| is_newer(&lock::version(), it)))
}

/// Decides what to write: in one step, or in two where svcgen itself is another.
pub fn prepare(
    project: &Project,
    schema: Vec<SchemaFile>,
    wishes: &Wishes<'_>,
    shell: &Shell,
) -> Result<Prepared, Failure> {
    let Some(from) = older(project)? else {
        return pipeline::gather(project, schema, wishes, shell)?.prepare(None);
    };
    if wishes.joining.is_some() {
        heads::refuse(project)?;
    }
    let Some(last) = merging::last_schema(project)? else {
        shell.warn(&format!(
            "svcgen {from} left no schema on record, so what its templates change cannot be told from what the schema changes"
        ));
        return pipeline::gather(project, schema, wishes, shell)?.prepare(None);
    };
    let first = Wishes {
        is_silent: true,
        conflicts: wishes.conflicts.clone(),
        moves: wishes.moves.clone(),
        ..Wishes::default()
    };
    let first = pipeline::gather(project, last, &first, shell)
        .and_then(|it| it.prepare(None))
        .inspect_err(|failure| {
            if matches!(failure, Failure::Conflicts(..)) {
                shell.warn(&format!(
                    "what follows comes of svcgen itself, which is {} and was {from}, and not of the schema",
                    lock::version()
                ));
            }
        })?;
    let changed = |it: &&crate::reconcile::Write| !matches!(it.action, Action::Keep);
    let second = Wishes {
        fresh: first
            .plan
            .writes
            .iter()
            .filter(changed)
            .map(|it| it.path.clone())
            .collect(),
        tables: content(&first.plan, project::TABLES_FILE),
        conflicts: wishes.conflicts.clone(),
        allow: wishes.allow,
        proving: wishes.proving,
        moves: wishes.moves.clone(),
        ..Wishes::default()
    };
    let gathered = pipeline::gather(project, schema, &second, shell)?;
    gathered.after(Step {
        from,
        plan: first.plan,
    })
}

/// What a plan writes to a path, as text.
fn content(plan: &WritePlan, path: &str) -> Option<String> {
    let write = plan.writes.iter().find(|it| it.path == path)?;
    match &write.action {
        Action::Create(content) | Action::Replace(content) => {
            Some(String::from_utf8_lossy(content).into_owned())
        }
        Action::Keep | Action::Remove => None,
    }
}
