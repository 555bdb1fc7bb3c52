//! `svcgen generate`: the service, up to date with its schema.

use std::{path::Path, time::Instant};

use super::{
    Failure,
    arguments::Generate,
    pipeline::{self, Extras},
    report,
    settled::{self, Settled},
    shell::Shell,
};
use crate::project::{Project, ProjectError, recovery::Recovered};

/// Runs the command.
pub fn run(project: Option<&Path>, options: Generate, shell: &Shell) -> Result<(), Failure> {
    let started = Instant::now();
    let project = find(project)?;
    if options.dry_run {
        return rehearse(&project, shell);
    }
    let (held, recovered) =
        project.hold(|| shell.status("Blocking", "waiting for another svcgen in this project"))?;
    tell_recovered(&recovered, shell);
    let project = held.project();
    let schema = project.schema()?;
    if let Some(settled) = settled::look(project, &schema)? {
        report::tell_unchanged(&settled.name, settled.files, started.elapsed(), shell);
        shell.timing(&[("look", started.elapsed())]);
        return Ok(());
    }
    let progress = shell.progress("generating");
    let prepared = pipeline::prepare(project, schema, &mut Extras::new(), shell);
    drop(progress);
    let prepared = prepared?;
    let (name, plan) = (
        prepared.service.name.kebab().to_owned(),
        report::Summary::of(&prepared.plan),
    );
    let mut stages = prepared.stages.clone();
    let writing = Instant::now();
    held.apply(&prepared.changes())?;
    stages.push(("write", writing.elapsed()));
    plan.tell_done(&name, started.elapsed(), shell);
    shell.timing(&stages);
    let settled = Settled {
        name,
        files: plan.files(),
    };
    settled::remember(project, &settled, shell)?;
    Ok(())
}

/// What lies on the disk between two states is nothing to compare with.
pub fn refuse_interrupted(project: &Project) -> Result<(), Failure> {
    if project.is_interrupted() {
        return Err(Failure::InTheWay {
            message: "a run was stopped while it was writing, so the files are between two states"
                .to_owned(),
            hint: "run `svcgen generate` without `--dry-run` to clear that up first".to_owned(),
        });
    }
    Ok(())
}

fn rehearse(project: &Project, shell: &Shell) -> Result<(), Failure> {
    refuse_interrupted(project)?;
    let prepared = pipeline::prepare(project, project.schema()?, &mut Extras::new(), shell)?;
    report::Summary::of(&prepared.plan).tell_rehearsed(shell)
}

/// The project that is meant: the one named, or the one that the working directory is in.
pub fn find(named: Option<&Path>) -> Result<Project, Failure> {
    if let Some(root) = named {
        return Ok(Project::at(root)?);
    }
    let here = std::env::current_dir().map_err(|source| ProjectError::Read {
        path: "the working directory".to_owned(),
        source,
    })?;
    Ok(Project::discover(&here)?)
}

/// Says how a stopped run was cleared up.
pub fn tell_recovered(recovered: &[Recovered], shell: &Shell) {
    for one in recovered {
        match one {
            Recovered::Forward => {
                shell.status("Recovered", "finished a run that was stopped while writing");
            }
            Recovered::Back(left_alone) => {
                shell.status(
                    "Recovered",
                    "took back a run that was stopped while writing",
                );
                for path in left_alone {
                    shell.warn(&format!(
                        "`{path}` was changed since, and was left as it is"
                    ));
                }
            }
        }
    }
}
