//! `svcgen mv`: a file goes to another place, or was moved there by hand, and svcgen keeps it up
//! to date there. Also how `svcgen restore` brings a moved file back.

use std::{path::Path, time::Instant};

use super::{
    Failure,
    arguments::Move,
    carrying::{Carried, Carry, Here},
    conflicts, files, generate, merging,
    moved::{self, Answers},
    pipeline::{self, Wishes},
    prepared::Prepared,
    report::Summary,
    shell::Shell,
    upgrade,
};
use crate::{
    plan::{Ownership, Rendered},
    project::{Held, Project},
    reconcile::{
        Found, OnDisk,
        lock::{Lock, State},
        path,
    },
};

/// A file that goes along as it is.
struct AsItIs(Vec<Carried>);

impl Carry for AsItIs {
    fn looked_at(&self) -> &[String] {
        &[]
    }

    fn destination(&self, path: &str) -> String {
        path.to_owned()
    }

    fn is_fresh(&self, _: &str) -> bool {
        false
    }

    fn carry(&self, _: &[Rendered], here: &mut Here<'_>) -> Result<Vec<Carried>, Failure> {
        for file in &self.0 {
            here.disk.remove(&file.from);
            here.disk
                .insert(file.to.clone(), Found::file(file.content.clone()));
        }
        Ok(self.0.clone())
    }
}

/// Runs `svcgen mv FROM TO`.
pub fn run(project: Option<&Path>, options: &Move, shell: &Shell) -> Result<(), Failure> {
    let project = generate::find(project)?;
    let from = files::inside(&project, &options.from)?;
    let to = files::inside(&project, &options.to)?;
    let mut found = OnDisk::new();
    project.look([to.as_str()].into_iter(), &mut found)?;
    let to = match found.get(&to) {
        Some(Found::Other("a directory")) => {
            let name = from.rsplit('/').next().unwrap_or(&from);
            format!("{to}/{name}")
        }
        _ => to,
    };
    let held = generate::hold(project, shell)?;
    let lock = lock(held.project())?;
    refuse(&from, &to, &lock)?;
    go(&held, (&from, &to), Wishes::default(), shell)
}

/// Brings a moved file back to where it is planned, as svcgen makes it.
pub fn back(project: &Project, planned: &str, shell: &Shell) -> Result<(), Failure> {
    let held = generate::hold(project.clone(), shell)?;
    let lock = lock(held.project())?;
    let mut wishes = Wishes::default();
    wishes.conflicts.restore.insert(planned.to_owned());
    go(&held, (lock.moved.place(planned), planned), wishes, shell)
}

fn lock(project: &Project) -> Result<Lock, Failure> {
    if let Some(from) = upgrade::older(project)? {
        return Err(Failure::InTheWay {
            message: format!(
                "svcgen {from} wrote this project, and this is a newer one; nothing was written"
            ),
            hint: "run `svcgen generate` first, and look at what the new version changes"
                .to_owned(),
        });
    }
    let Some(text) = project.lock_text()? else {
        return Err(Failure::usage(
            "nothing is on record: there is no `svcgen.lock`",
            "run `svcgen generate`",
        ));
    };
    Ok(Lock::parse(&text)?)
}

/// What cannot be moved, and where nothing can be moved to.
fn refuse(from: &str, to: &str, lock: &Lock) -> Result<(), Failure> {
    let Some(entry) = lock.files.get(from) else {
        return Err(files::unknown(from, lock));
    };
    let extension = |path: &str| Path::new(path).extension().map(std::ffi::OsStr::to_owned);
    match entry.ownership {
        Ownership::History => return Err(files::unknown(from, lock)),
        Ownership::Sealed => {
            return Err(Failure::usage(
                format!("`{from}` is derived from the schema and looked for at its place"),
                "copy it, if it is needed elsewhere as well",
            ));
        }
        Ownership::Managed | Ownership::Seeded if !moved::is_movable(from, entry.ownership) => {
            return Err(Failure::usage(
                format!("`{from}` is looked for at its place, by cargo or by git"),
                "leave it where it is",
            ));
        }
        Ownership::Managed | Ownership::Seeded => {}
    }
    if let Err(problem) = path::check(to) {
        let message = format!("no file that svcgen writes can be `{to}`: {problem}");
        return Err(Failure::usage(
            message,
            "choose another path in the project",
        ));
    }
    if lock.files.contains_key(to) {
        let message = format!("`{to}` is a file that svcgen writes");
        return Err(Failure::usage(message, "choose another path"));
    }
    if extension(from) != extension(to) {
        let message = format!("`{to}` would be another kind of file than `{from}`");
        return Err(Failure::usage(message, "keep what follows the dot"));
    }
    Ok(())
}

fn go(
    held: &Held,
    (from, to): (&str, &str),
    wishes: Wishes<'_>,
    shell: &Shell,
) -> Result<(), Failure> {
    let started = Instant::now();
    let project = held.project();
    let along = AsItIs(along(project, from, to)?);
    let mut wishes = Wishes {
        moves: Answers {
            moved: vec![(from.to_owned(), to.to_owned())],
            ..Answers::default()
        },
        fresh: [from.to_owned()].into(),
        ..wishes
    };
    wishes.conflicts.on_conflict = conflicts::wishes(None).on_conflict;
    let gathered = pipeline::gather(project, project.schema(), &wishes, shell)?;
    let prepared = gathered.prepare(Some(&along));
    let prepared: Prepared = prepared.map_err(|it| conflicts::reported(it, project))?;
    let (name, plan) = (
        prepared.service.name.kebab().to_owned(),
        Summary::of(&prepared.plan),
    );
    let (marked, index) = (prepared.plan.marked.clone(), prepared.index.clone());
    let notes = prepared.moved.notes.clone();
    held.apply(&prepared.changes())?;
    merging::mark(project, &marked, &index, shell);
    shell.status("Moved", &format!("{from} to {to}"));
    for note in notes {
        shell.warn(&note);
    }
    plan.tell_done(&name, started.elapsed(), shell);
    if marked.is_empty() {
        return Ok(());
    }
    Err(Failure::Marked(marked.len()))
}

/// The file on its way, unless its owner has moved it.
fn along(project: &Project, from: &str, to: &str) -> Result<Vec<Carried>, Failure> {
    let mut disk = OnDisk::new();
    project.look([from, to].into_iter(), &mut disk)?;
    let content = match (disk.get(from), disk.get(to)) {
        (Some(Found::Other(what)), _) => return Err(files::no_file(from, what)),
        (_, Some(Found::Other(what))) => return Err(files::no_file(to, what)),
        (None, Some(_)) => return Ok(Vec::new()),
        (Some(Found::File { bytes, .. }), None) => bytes,
        (Some(Found::File { print, .. }), Some(Found::File { bytes, .. })) => {
            let entry = lock(project)?.files.remove(from);
            let is_as_written = matches!(
                entry.map(|it| it.state),
                Some(State::Written(it)) if it.raw == *print || it.formatted == Some(*print)
            );
            if !is_as_written {
                return Err(Failure::InTheWay {
                    message: format!("both `{from}` and `{to}` are there; nothing was written"),
                    hint: "take what is worth keeping from one into the other, delete the first, and run it again"
                        .to_owned(),
                });
            }
            bytes
        }
        (None, None) => {
            return Err(Failure::usage(
                format!("neither `{from}` nor `{to}` is there"),
                format!("`svcgen restore {from}` writes it again"),
            ));
        }
    };
    Ok(vec![Carried {
        from: from.to_owned(),
        to: to.to_owned(),
        content: content.clone(),
        names: Vec::new(),
    }])
}
