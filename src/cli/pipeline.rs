//! From schema files to what will be written: the road that `new` and `generate` share.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use super::{Failure, shell::Shell, state_files};
use crate::{
    diagnostic::Diagnostic,
    generate::{self, Generated},
    model::Service,
    plan::{Content, OnRecord, Ownership, Rendered},
    project::{self, Project, SchemaFile, transaction::Change},
    reconcile::{
        self, Action, Formatter, Found, OnDisk, Write, WritePlan,
        lock::{Lock, State},
        text::Fingerprint,
    },
    render::rustfmt,
    schema,
    source::Source,
    tables::intent::Allow,
};

/// Everything that is decided before the first byte is written.
#[derive(Debug)]
pub struct Prepared {
    /// What the schema means.
    pub service: Service,
    /// What will happen to each path.
    pub plan: WritePlan,
    /// How long each stage took.
    pub stages: Vec<(&'static str, Duration)>,
    /// What lies at each path that will change.
    seen: BTreeMap<String, Fingerprint>,
    lock_before: Option<String>,
    /// Files that were a person's and go along with what changed.
    carried: Vec<Carried>,
}

/// A person's file that goes along when something gets another name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    /// Where it was.
    pub from: String,
    /// Where it goes; perhaps where it was.
    pub to: String,
    /// Its content, names renamed.
    pub content: Vec<u8>,
    /// The names that were renamed in it.
    pub names: Vec<(String, String)>,
}

/// What goes along with a change of names.
pub trait Carry {
    /// Files that svcgen has no record of.
    fn looked_at(&self) -> &[String];

    /// Whether a seeded file is rendered although it was given away, for the names in it.
    fn is_fresh(&self, path: &str) -> bool;

    /// Moves files, and names in them, in what the plan will be made from.
    fn carry(
        &self,
        rendered: &[Rendered],
        lock: &mut Lock,
        disk: &mut OnDisk,
    ) -> Result<Vec<Carried>, Failure>;
}

/// Files that an example brings, by path. Those that take the place of seeded files
/// are taken out by [`prepare`]; the others are nobody's but the user's.
pub type Extras = BTreeMap<String, Vec<u8>>;

/// Generates in memory and decides what to write.
pub fn prepare(
    project: &Project,
    files: Vec<SchemaFile>,
    extras: &mut Extras,
    shell: &Shell,
) -> Result<Prepared, Failure> {
    prepare_carrying(project, files, extras, None, shell)
}

/// The same, while names change in the files of people.
pub fn prepare_carrying(
    project: &Project,
    files: Vec<SchemaFile>,
    extras: &mut Extras,
    carry: Option<&dyn Carry>,
    shell: &Shell,
) -> Result<Prepared, Failure> {
    let mut clock = Clock::start();
    let sources = sources(files)?;
    let lock_before = project.lock_text()?;
    let previous_tables = project.text(project::TABLES_FILE)?;
    let mut lock = match &lock_before {
        Some(text) => Lock::parse(text)?,
        None => Lock {
            lost: previous_tables.is_some(),
            ..Lock::default()
        },
    };
    let mut disk = OnDisk::new();
    project.look(
        lock.files
            .keys()
            .map(String::as_str)
            .chain(state_files::LOOKED_AT)
            .chain(
                carry
                    .iter()
                    .flat_map(|it| it.looked_at())
                    .map(String::as_str),
            ),
        &mut disk,
    )?;
    let rustfmt = project.rustfmt_configuration();
    clock.lap("read");
    let mut known = known(&lock, &disk, rustfmt);
    known.retain(|path, _| !carry.is_some_and(|it| it.is_fresh(path)));
    let inputs = generate::Inputs {
        sources: &sources,
        known: &known,
        previous_tables: previous_tables.as_deref(),
        project: Some(project.nearest_directory()),
        allow: Allow::default(),
    };
    let Generated {
        service,
        mut files,
        warnings,
        cautions,
        formatter,
    } = generate::generate(&inputs).map_err(|failure| match failure {
        generate::Failure::Schema(diagnostics) => Failure::Schema {
            diagnostics,
            sources: sources.clone(),
        },
        generate::Failure::Questions(questions) => {
            let told: Vec<String> = questions.iter().map(ToString::to_string).collect();
            Failure::InTheWay {
                message: format!("the schema does not say how the tables change:\n{}", told.join("\n")),
                hint: "write one of the answers into the schema, and run it again; nothing was written"
                    .to_owned(),
            }
        }
        generate::Failure::Unproved(unproved) => Failure::InTheWay {
            message: format!("the migration was not written, because it failed when it was tried: {unproved}"),
            hint: "make the change in smaller steps, or another way".to_owned(),
        },
        generate::Failure::Internal(error) => Failure::internal("cannot generate", error),
    })?;
    tell_warnings(&warnings, &sources, shell);
    for caution in &cautions {
        shell.warn(caution);
    }
    if formatter == crate::render::Formatter::BuiltIn {
        shell.warn("`rustfmt` is not installed: the Rust files are printed without their comments; run `rustup component add rustfmt`");
    }
    state_files::add(&mut files, &disk, &lock);
    take_extras(&mut files, extras)?;
    clock.lap("generate");
    project.look(files.iter().map(|it| it.path.as_str()), &mut disk)?;
    let seen = disk
        .iter()
        .filter_map(|(path, found)| Some((path.clone(), print_of(found)?)))
        .collect();
    let carried = match carry {
        Some(carry) => carry.carry(&files, &mut lock, &mut disk)?,
        None => Vec::new(),
    };
    let inputs = reconcile::Inputs {
        rendered: &files,
        lock: &lock,
        disk: &disk,
        rustfmt,
        unresolved: &BTreeSet::new(),
    };
    let plan = reconcile::reconcile(&inputs, &Rustfmt)?;
    clock.lap("reconcile");
    Ok(Prepared {
        seen,
        service,
        plan,
        stages: clock.laps,
        lock_before,
        carried,
    })
}

impl Prepared {
    /// Files of people that go along.
    pub fn carried(&self) -> &[Carried] {
        &self.carried
    }

    /// What is to be written, the lock last.
    pub fn changes(self) -> Vec<Change> {
        let mut changes = Vec::new();
        let mut carried: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        for file in self.carried {
            if file.from != file.to {
                changes.push(Change {
                    before: self.seen.get(&file.from).copied(),
                    path: file.from,
                    content: None,
                });
            }
            carried.insert(file.to, file.content);
        }
        for Write { path, action, .. } in self.plan.writes {
            let content = match action {
                Action::Create(content) | Action::Replace(content) => Some(content),
                Action::Remove => None,
                Action::Keep => continue,
            };
            carried.remove(&path);
            changes.push(Change {
                before: self.seen.get(&path).copied(),
                path,
                content,
            });
        }
        for (path, content) in carried {
            changes.push(Change {
                before: self.seen.get(&path).copied(),
                path,
                content: Some(content),
            });
        }
        let lock = self.plan.lock.render();
        if self.lock_before.as_deref() != Some(&lock) {
            let before = self.lock_before.map(|it| Fingerprint::of(it.as_bytes()));
            changes.push(Change {
                path: project::LOCK_FILE.to_owned(),
                content: Some(lock.into_bytes()),
                before,
            });
        }
        changes
    }
}

fn print_of(found: &Found) -> Option<Fingerprint> {
    match found {
        Found::File { print, .. } => Some(*print),
        Found::Other(_) => None,
    }
}

/// The files as sources; those that are no text are told of together with every
/// other file that cannot be read as a schema.
pub fn sources(files: Vec<SchemaFile>) -> Result<Vec<Source>, Failure> {
    let mut sources = Vec::with_capacity(files.len());
    let mut diagnostics = Vec::new();
    for file in files {
        match Source::from_bytes(&file.path, file.bytes) {
            Ok(source) => sources.push(source),
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
    }
    if diagnostics.is_empty() {
        return Ok(sources);
    }
    diagnostics.extend(schema::load(&sources).1);
    Err(Failure::Schema {
        diagnostics,
        sources,
    })
}

fn tell_warnings(warnings: &[Diagnostic], sources: &[Source], shell: &Shell) {
    if !warnings.is_empty() {
        shell.text(&crate::diagnostic::render(
            warnings,
            sources,
            shell.diagnostic_style(),
        ));
    }
}

/// The renderings of the last run that lie on the disk untouched: their formatted
/// text is there, so it need not be made again. Nor need that of seeded files.
fn known(lock: &Lock, disk: &OnDisk, rustfmt: Option<Fingerprint>) -> BTreeMap<String, OnRecord> {
    let of = |(path, entry): (&String, &reconcile::lock::Entry)| {
        if entry.ownership == Ownership::Seeded {
            return Some((path.clone(), OnRecord::GivenAway));
        }
        let State::Written(written) = &entry.state else {
            return None;
        };
        let is_regenerated = matches!(entry.ownership, Ownership::Managed | Ownership::Sealed);
        let is_untouched =
            matches!(disk.get(path), Some(Found::File { print, .. }) if *print == written.raw);
        let digest = written
            .rendering
            .clone()
            .filter(|_| is_regenerated && is_untouched && lock.rustfmt == rustfmt)?;
        Some((path.clone(), OnRecord::Rendering(digest)))
    };
    lock.files.iter().filter_map(of).collect()
}

fn take_extras(files: &mut [Rendered], extras: &mut Extras) -> Result<(), Failure> {
    for file in files {
        let Some(content) = extras.remove(&file.path) else {
            continue;
        };
        if file.ownership != Ownership::Seeded {
            let message = format!(
                "the example brings `{}`, which svcgen keeps up to date itself",
                file.path
            );
            return Err(Failure::Internal {
                message,
                hint: None,
                source: None,
            });
        }
        file.content = Content::Whole(content);
    }
    Ok(())
}

struct Rustfmt;

impl Formatter for Rustfmt {
    fn normalise(&self, texts: &[&str]) -> Vec<Option<String>> {
        rustfmt::normalise(texts)
    }
}

struct Clock {
    last: Instant,
    laps: Vec<(&'static str, Duration)>,
}

impl Clock {
    fn start() -> Self {
        Self {
            last: Instant::now(),
            laps: Vec::new(),
        }
    }

    fn lap(&mut self, name: &'static str) {
        self.laps.push((name, self.last.elapsed()));
        self.last = Instant::now();
    }
}
