//! `svcgen generate`: the service, up to date with its schema.

use std::{path::Path, time::Instant};

use super::{
    Failure,
    arguments::{Format, Generate},
    conflicts,
    difference::{Side, unified},
    findings,
    heads::{self, Joining, Keep},
    merging, moved,
    pipeline::{self, Wishes},
    prepared::Prepared,
    proving::Proving,
    questions, report,
    settled::{self, Settled},
    shell::Shell,
    upgrade::{self, Step},
};
use crate::{
    project::{self, Held, Project, ProjectError, SchemaFile, git::Git, recovery::Recovered},
    reconcile::{Found, lock},
    tables::intent::Allow,
};

/// How many files are told of by name in one line.
const MOST_TOLD: usize = 6;

/// Runs the command.
pub fn run(project: Option<&Path>, options: &Generate, shell: &Shell) -> Result<(), Failure> {
    let started = Instant::now();
    let project = find(project)?;
    if options.require_clean {
        require_clean(&project)?;
    }
    if options.dry_run || options.check || options.diff {
        return rehearse(&project, options, shell);
    }
    if !project.was_held() {
        pipeline::refuse_wrong(&project.schema())?;
    }
    let held = hold(project, shell)?;
    let project = held.project();
    let schema = project.schema();
    let joining = joining(project)?;
    let settled = settled::look(project, &schema)?.filter(|_| joining.is_none());
    if let Some(settled) = settled {
        report::tell_unchanged(&settled.name, settled.files, started.elapsed(), shell);
        if options.format == Format::Json {
            tell_json(
                &settled.name,
                true,
                None,
                &report::Summary::default(),
                shell,
            )?;
        }
        shell.timing(&[("look", started.elapsed())]);
        return Ok(());
    }
    let mut answered = schema.clone();
    if let Some(joining) = &joining {
        joining.tell(shell);
    }
    let prepared = prepare(project, &mut answered, joining.as_ref(), options, shell)?;
    let (name, plan) = (
        prepared.service.name.kebab().to_owned(),
        report::Summary::of(&prepared.plan),
    );
    let mut stages = prepared.stages.clone();
    let writing = Instant::now();
    let first = prepared.first.clone();
    let (marked, index) = (prepared.plan.marked.clone(), prepared.index.clone());
    let (moved, dirty) = (prepared.moved.clone(), dirty(project, &prepared));
    let mut changes = questions::changes(&schema, &answered);
    let answers: Vec<String> = changes.iter().map(|it| it.path.clone()).collect();
    changes.extend(joining.into_iter().flat_map(|it| it.removals));
    changes.extend(prepared.changes());
    held.apply(&changes)?;
    for path in answers {
        shell.status("Updated", &path);
    }
    merging::mark(project, &marked, &index, shell);
    stages.push(("write", writing.elapsed()));
    if let Some(step) = &first {
        tell_step(step, shell);
    }
    moved.tell(shell);
    if !dirty.is_empty() {
        let more = match dirty.len().saturating_sub(MOST_TOLD) {
            0 => String::new(),
            count => format!(" and {count} more"),
        };
        let told = dirty[..dirty.len().min(MOST_TOLD)].join(", ");
        let what = format!(
            "over changes that were not committed: {told}{more}; `svcgen undo` brings them back"
        );
        shell.status("Wrote", &what);
    }
    plan.tell_done(&name, started.elapsed(), shell);
    if options.format == Format::Json {
        tell_json(&name, true, first.as_ref(), &plan, shell)?;
    }
    shell.timing(&stages);
    if !marked.is_empty() {
        return Err(Failure::Marked(marked.len()));
    }
    let settled = Settled {
        name,
        files: plan.files(),
    };
    settled::remember(project, &settled, shell)?;
    Ok(())
}

/// The chains of two branches, if git has merged them and left two.
fn joining(project: &Project) -> Result<Option<Joining>, Failure> {
    let Some(heads) = heads::of(project, Keep::Theirs)? else {
        return Ok(None);
    };
    heads.refuse_edited(project)?;
    heads.join(project).map(Some)
}

/// The files that a run writes over changes that git has no commit of.
fn dirty(project: &Project, prepared: &Prepared) -> Vec<String> {
    // In a project that was never committed everything would be told of.
    let git = Git::of(project.root()).filter(|it| it.entry(project::LOCK_FILE).is_some());
    let uncommitted = git.and_then(|it| it.uncommitted()).unwrap_or_default();
    let outcome = prepared.outcome();
    let is_written = |path: &&String| {
        !path.starts_with(".svcgen/")
            && outcome.contains_key(path.as_str())
            && prepared.found.contains_key(path.as_str())
    };
    let dirty = uncommitted.iter().filter(is_written);
    dirty.map(|it| format!("`{it}`")).collect()
}

/// Refuses a project with changes that git could not bring back.
fn require_clean(project: &Project) -> Result<(), Failure> {
    let git = Git::of(project.root());
    let Some(uncommitted) = git.and_then(|it| it.uncommitted()) else {
        return Err(Failure::usage(
            "`--require-clean` asks git, and this project is in no repository, or git is not installed",
            "leave the option out: `svcgen undo` takes a run back without git",
        ));
    };
    if uncommitted.is_empty() {
        return Ok(());
    }
    let files: Vec<String> = uncommitted.iter().map(|it| format!("  {it}")).collect();
    Err(Failure::InTheWay {
        message: format!(
            "git has no commit of these files as they are; nothing was written:\n{}",
            files.join("\n")
        ),
        hint: "commit or stash them, or leave `--require-clean` out: `svcgen undo` takes a run back as well".to_owned(),
    })
}

/// Decides what to write, asking where that helps.
fn prepare(
    project: &Project,
    schema: &mut [SchemaFile],
    joining: Option<&Joining>,
    options: &Generate,
    shell: &Shell,
) -> Result<Prepared, Failure> {
    let proving = Proving::wished(options.postgres_url.as_deref(), options.no_postgres_proof);
    let mut wishes = Wishes {
        conflicts: conflicts::wishes(options.on_conflict),
        allow: allowed(options),
        proving: Some(&proving),
        joining,
        ..Wishes::default()
    };
    if joining.is_some() {
        wishes.conflicts.restore = heads::restored();
    }
    loop {
        let progress = shell.progress("generating");
        let prepared = upgrade::prepare(project, schema.to_vec(), &wishes, shell);
        drop(progress);
        match prepared {
            Err(Failure::Conflicts(found, _))
                if conflicts::ask(&found, &mut wishes.conflicts, shell)? => {}
            Err(Failure::Questions(asked)) => questions::answer(&asked, schema, shell)?,
            Err(Failure::Moved(likely)) => {
                if !moved::ask(&likely, &mut wishes.moves)? {
                    return Err(Failure::Moved(likely));
                }
            }
            Ok(prepared) if !prepared.moved.likely.is_empty() => {
                if !moved::ask(&prepared.moved.likely, &mut wishes.moves)? {
                    return Ok(prepared);
                }
            }
            other => return other.map_err(|it| conflicts::reported(it, project)),
        }
    }
}

/// What the tables may lose, for this once.
fn allowed(options: &Generate) -> Allow {
    Allow {
        drops: options.allow_drops,
        narrowing: options.allow_narrowing,
        stash: options.stash,
    }
}

/// Holds the project for a run, and clears up after one that was stopped.
pub fn hold(project: Project, shell: &Shell) -> Result<Held, Failure> {
    let (held, recovered) = project.hold(|holder| {
        let holder = if holder.is_empty() {
            String::new()
        } else {
            format!(" ({holder})")
        };
        let what = format!("waiting for another svcgen in this project{holder}");
        shell.status("Blocking", &what);
    })?;
    tell_recovered(&recovered, shell);
    Ok(held)
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

/// Says what a run would do, in the way that was asked for, and does nothing.
fn rehearse(project: &Project, options: &Generate, shell: &Shell) -> Result<(), Failure> {
    refuse_interrupted(project)?;
    let wishes = Wishes {
        allow: allowed(options),
        ..Wishes::default()
    };
    let prepared = match upgrade::prepare(project, project.schema(), &wishes, shell) {
        Err(Failure::Conflicts(conflicts, _)) if options.check => {
            let findings = findings::of_conflicts(&conflicts);
            return findings::tell(&findings, options.format, shell);
        }
        Err(Failure::Moved(likely)) if options.check => {
            let findings: Vec<_> = likely.iter().map(findings::of_moved).collect();
            return findings::tell(&findings, options.format, shell);
        }
        prepared => prepared?,
    };
    let name = prepared.service.name.kebab().to_owned();
    prepared.moved.tell(shell);
    if options.diff {
        shell.data(differences(&prepared).as_bytes())?;
    }
    if options.check {
        let mut findings = findings::of(&prepared);
        if findings.is_empty() && prepared.changes_lock() {
            findings.push(findings::stale(project::LOCK_FILE));
        }
        return findings::tell(&findings, options.format, shell);
    }
    let summary = report::Summary::of(&prepared.plan);
    if let Some(step) = prepared
        .first
        .as_ref()
        .filter(|_| options.format == Format::Human)
    {
        let files = report::Summary::of(&step.plan);
        let mut list = files.list();
        if !list.is_empty() {
            list.insert_str(
                0,
                &format!(
                    "# because of svcgen {}, which was {}\n",
                    lock::version(),
                    step.from
                ),
            );
            list.push_str("# because of the schema\n");
        }
        if !options.diff {
            shell.data(list.as_bytes())?;
        }
        tell_step(step, shell);
    }
    if options.format == Format::Json {
        return tell_json(&name, false, prepared.first.as_ref(), &summary, shell);
    }
    if options.diff {
        summary.tell_counts(shell);
        return Ok(());
    }
    summary.tell_rehearsed(shell)
}

/// What a run would write, line by line.
fn differences(prepared: &Prepared) -> String {
    let mut text = String::new();
    for (path, after) in prepared.outcome() {
        let before = match prepared.found.get(path) {
            Some(Found::File { bytes, .. }) => Some(bytes.as_slice()),
            _ => None,
        };
        let side = |label, content| Side { label, content };
        text.push_str(&unified(
            path,
            side("now", before),
            side("generated", after),
        ));
    }
    text
}

/// Says what svcgen changes because it is another version.
fn tell_step(step: &Step, shell: &Shell) {
    let files = report::Summary::of(&step.plan);
    let to = lock::version();
    let versions = format!("svcgen {} to {to}", step.from);
    if files.is_noop() {
        shell.status(
            "Upgraded",
            &format!("{versions}: its templates change nothing here"),
        );
        return;
    }
    files.tell_files(shell);
    shell.status(
        "Upgraded",
        &format!("{versions}: {}, because of its templates", files.counts()),
    );
}

fn tell_json(
    service: &str,
    is_written: bool,
    first: Option<&Step>,
    summary: &report::Summary,
    shell: &Shell,
) -> Result<(), Failure> {
    shell.json(&serde_json::json!({
        "service": service,
        "written": is_written,
        "upgrade": first.map(|step| serde_json::json!({
            "from": step.from,
            "to": lock::version(),
            "files": report::Summary::of(&step.plan).to_json(),
        })),
        "files": summary.to_json(),
    }))
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
fn tell_recovered(recovered: &[Recovered], shell: &Shell) {
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
