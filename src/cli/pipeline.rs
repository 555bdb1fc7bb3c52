//! From schema files to what will be written: the road that `new` and `generate` share.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    time::{Duration, Instant},
};

use super::{
    Failure,
    merging::{self, Kept, Known},
    shell::Shell,
    state_files,
};
use crate::{
    diagnostic::Diagnostic,
    generate::{self, Generated},
    model::Service,
    plan::{Content, OnRecord, Ownership, Rendered},
    project::{self, Project, SchemaFile, transaction::Change},
    reconcile::{
        self, Action, Formatter, Found, OnConflict, OnDisk, Write, WritePlan,
        lock::{Entry, Lock, State},
        standing::{self, FileStatus},
        text::Fingerprint,
    },
    render::rustfmt,
    schema,
    source::Source,
    tables::intent::Allow,
};

/// Everything that is decided before the first byte is written.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// What the schema means.
    pub service: Service,
    /// What will happen to each path.
    pub plan: WritePlan,
    /// How long each stage took.
    pub stages: Vec<(&'static str, Duration)>,
    /// What lies at each path that will change.
    pub found: OnDisk,
    lock_before: Option<String>,
    /// What git's index has of the files that will be marked.
    pub index: BTreeMap<String, String>,
    kept: Kept,
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

/// What a run asks for beside the schema.
#[derive(Default)]
pub struct Wishes<'a> {
    /// Files that are rendered although what is on record would do.
    pub fresh: BTreeSet<String>,
    /// What goes along with a change of names.
    pub carry: Option<&'a dyn Carry>,
    /// What becomes of edited files.
    pub conflicts: reconcile::Wishes,
}

/// Everything that a decision depends on: what files should be, what was written, what is there.
#[derive(Debug)]
pub struct Gathered {
    /// What the schema means.
    pub service: Service,
    /// What the files should be.
    pub files: Vec<Rendered>,
    /// What the last run wrote.
    pub lock: Lock,
    /// What lies on the disk.
    pub disk: OnDisk,
    rustfmt: Option<Fingerprint>,
    lock_before: Option<String>,
    kept: Kept,
    wishes: reconcile::Wishes,
    formatter: Rustfmt,
    bases: Known,
    clock: Clock,
}

/// Generates in memory and decides what to write.
pub fn prepare(
    project: &Project,
    files: Vec<SchemaFile>,
    extras: &mut Extras,
    shell: &Shell,
) -> Result<Prepared, Failure> {
    let mut gathered = gather(project, files, &Wishes::default(), shell)?;
    take_extras(&mut gathered.files, extras)?;
    gathered.prepare(None)
}

/// Generates in memory.
pub fn gather(
    project: &Project,
    files: Vec<SchemaFile>,
    wishes: &Wishes<'_>,
    shell: &Shell,
) -> Result<Gathered, Failure> {
    let mut clock = Clock::start();
    let sources = sources(files)?;
    let lock_before = project.lock_text()?;
    let previous_tables = project.text(project::TABLES_FILE)?;
    let (lock, theirs) = merging::locks(project, lock_before.as_deref())?;
    let lost = lock_before.is_none() && previous_tables.is_some();
    let lock = Lock { lost, ..lock };
    let mut disk = OnDisk::new();
    let recorded = lock.files.keys().map(String::as_str);
    let carried = wishes.carry.iter().flat_map(|it| it.looked_at());
    let paths = recorded
        .chain(state_files::LOOKED_AT)
        .chain(carried.map(String::as_str));
    project.look(paths, &mut disk)?;
    let rustfmt = project.rustfmt_configuration();
    clock.lap("read");
    let mut known = known(&lock, &disk, rustfmt);
    known.retain(|path, _| {
        let is_carried = wishes.carry.is_some_and(|it| it.is_fresh(path));
        !is_carried && !wishes.fresh.contains(path)
    });
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
    } = generate::generate(&inputs).map_err(|failure| refused(failure, &sources))?;
    tell_warnings(&warnings, &sources, shell);
    for caution in &cautions {
        shell.warn(caution);
    }
    if formatter == crate::render::Formatter::BuiltIn {
        shell.warn("`rustfmt` is not installed: the Rust files are printed without their comments; run `rustup component add rustfmt`");
    }
    state_files::add(&mut files, &sources, &disk, &lock);
    clock.lap("generate");
    project.look(files.iter().map(|it| it.path.as_str()), &mut disk)?;
    if wishes.conflicts.on_conflict == OnConflict::Beside {
        let beside: Vec<_> = files.iter().map(|it| format!("{}.new", it.path)).collect();
        project.look(beside.iter().map(String::as_str), &mut disk)?;
    }
    Ok(Gathered {
        service,
        files,
        lock,
        disk,
        rustfmt,
        lock_before,
        kept: Kept::of(project)?,
        wishes: wishes.conflicts.clone(),
        formatter: Rustfmt {
            directory: project.nearest_directory().to_owned(),
        },
        bases: Known::of(project, previous_tables, theirs)?,
        clock,
    })
}

fn refused(failure: generate::Failure, sources: &[Source]) -> Failure {
    match failure {
        generate::Failure::Schema(diagnostics) => Failure::Schema {
            diagnostics,
            sources: sources.to_vec(),
        },
        generate::Failure::Questions(questions) => {
            let told: Vec<String> = questions.iter().map(ToString::to_string).collect();
            Failure::InTheWay {
                message: format!(
                    "the schema does not say how the tables change:\n{}",
                    told.join("\n")
                ),
                hint: "write one of the answers into the schema, and run it again; nothing was written"
                    .to_owned(),
            }
        }
        generate::Failure::Unproved(unproved) => Failure::InTheWay {
            message: format!(
                "the migration was not written, because it failed when it was tried: {unproved}"
            ),
            hint: "make the change in smaller steps, or another way".to_owned(),
        },
        generate::Failure::Internal(error) => Failure::internal("cannot generate", error),
    }
}

impl Gathered {
    /// How every file stands.
    pub fn survey(&self) -> Vec<FileStatus> {
        standing::survey(&self.inputs(), &self.formatter)
    }

    /// What would happen to each path.
    pub fn reconcile(&self) -> Result<WritePlan, Failure> {
        self.kept.refuse_unresolved()?;
        let inputs = self.inputs();
        Ok(reconcile::reconcile(&inputs, &self.formatter, &self.bases)?)
    }

    /// What goes on record of one path when it is written as svcgen makes it.
    pub fn entry(&self, path: &str) -> Result<Entry, Failure> {
        let rendered: Vec<Rendered> = self
            .files
            .iter()
            .filter(|it| it.path == path)
            .cloned()
            .collect();
        let inputs = reconcile::Inputs {
            rendered: &rendered,
            lock: &Lock::default(),
            disk: &OnDisk::new(),
            ..self.inputs()
        };
        let mut plan = reconcile::reconcile(&inputs, &self.formatter, &self.bases)?;
        plan.lock
            .files
            .remove(path)
            .ok_or_else(|| Failure::Internal {
                message: format!("there is nothing to record of `{path}`"),
                hint: None,
                source: None,
            })
    }

    fn inputs(&self) -> reconcile::Inputs<'_> {
        reconcile::Inputs {
            rendered: &self.files,
            lock: &self.lock,
            disk: &self.disk,
            rustfmt: self.rustfmt,
            unresolved: &self.kept.unresolved,
            copies: &self.kept.copies,
            wishes: &self.wishes,
        }
    }

    /// Decides what to write, with what goes along.
    pub fn prepare(mut self, carry: Option<&dyn Carry>) -> Result<Prepared, Failure> {
        let found = self.disk.clone();
        let carried = match carry {
            Some(carry) => carry.carry(&self.files, &mut self.lock, &mut self.disk)?,
            None => Vec::new(),
        };
        let plan = self.reconcile()?;
        self.clock.lap("reconcile");
        Ok(Prepared {
            service: self.service,
            stages: self.clock.laps,
            found,
            index: merging::index_of(&self.bases, &plan.marked),
            kept: self.kept,
            plan,
            lock_before: self.lock_before,
            carried,
        })
    }
}

impl Prepared {
    /// Whether the lock is to be written, whatever else is.
    pub fn changes_lock(&self) -> bool {
        self.lock_before.as_deref() != Some(&self.plan.lock.render())
    }

    /// Files of people that go along.
    pub fn carried(&self) -> &[Carried] {
        &self.carried
    }

    /// What is to be written, the lock last.
    pub fn changes(self) -> Vec<Change> {
        let mut changes = Vec::new();
        let kept = self.kept.changes(&self.plan, &self.index);
        let mut carried: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        for file in self.carried {
            if file.from != file.to {
                changes.push(Change {
                    before: self.found.get(&file.from).and_then(print_of),
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
                before: self.found.get(&path).and_then(print_of),
                path,
                content,
            });
        }
        changes.extend(kept);
        for (path, content) in carried {
            changes.push(Change {
                before: self.found.get(&path).and_then(print_of),
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

#[derive(Debug)]
struct Rustfmt {
    directory: PathBuf,
}

impl Formatter for Rustfmt {
    fn normalise(&self, texts: &[&str]) -> Vec<Option<String>> {
        rustfmt::normalise(texts)
    }

    fn print(&self, texts: &[&str]) -> Vec<Option<String>> {
        rustfmt::print(texts, &self.directory)
    }
}

#[derive(Debug)]
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
