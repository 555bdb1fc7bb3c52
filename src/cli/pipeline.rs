//! From schema files to what will be written: the road that `new` and `generate` share.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use super::{
    Failure,
    carrying::{Carried, Carry, Here},
    heads::{self, Joining},
    merging::{self, Kept, Known},
    moved::{self, Sought},
    prepared::Prepared,
    proving::{self, Proving},
    shell::Shell,
    state_files,
    upgrade::Step,
};
use crate::{
    diagnostic::Diagnostic,
    generate::{self, Generated},
    model::Service,
    plan::{Content, OnRecord, Ownership, Rendered},
    project::{self, Project, SchemaFile},
    reconcile::{
        self, Action, Formatter, Found, OnConflict, OnDisk, WritePlan, bases,
        lock::{Entry, Lock, State},
        standing::{self, FileStatus},
        text::Fingerprint,
    },
    render::rustfmt,
    source::Source,
    tables::intent::Allow,
};

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
    /// What the tables may lose, for this once.
    pub allow: Allow,
    /// Where a new migration is proved besides, if it is about to be written.
    pub proving: Option<&'a Proving>,
    /// The tables of a step before this one.
    pub tables: Option<String>,
    /// Two chains of migrations that become one.
    pub joining: Option<&'a Joining>,
    /// What is known of files that were moved.
    pub moves: moved::Answers,
    /// Whether warnings are left to another step.
    pub is_silent: bool,
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
    /// Bases of merges: copies of what was generated.
    copies: BTreeMap<String, Vec<u8>>,
    wishes: reconcile::Wishes,
    formatter: Rustfmt,
    bases: Known,
    moved: Sought,
    clock: Clock,
}

/// Generates in memory and decides what to write.
pub fn prepare(
    project: &Project,
    files: Vec<SchemaFile>,
    extras: &mut Extras,
    shell: &Shell,
) -> Result<Prepared, Failure> {
    let proving = Proving::usual();
    let wishes = Wishes {
        proving: Some(&proving),
        conflicts: reconcile::Wishes {
            keep_foreign: true,
            ..reconcile::Wishes::default()
        },
        ..Wishes::default()
    };
    let mut gathered = gather(project, files, &wishes, shell)?;
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
    let sources = sources(files);
    let lock_before = project.lock_text()?;
    if wishes.joining.is_none() {
        heads::refuse(project)?;
    }
    let tables_before = match &wishes.tables {
        Some(tables) => Some(tables.clone()),
        None => project.text(project::TABLES_FILE)?,
    };
    let joined_tables = wishes.joining.map(|it| it.tables.clone());
    let previous_tables = joined_tables.or_else(|| tables_before.clone());
    let (lock, theirs) = merging::locks(project, lock_before.as_deref(), wishes.joining)?;
    let lost = lock_before.is_none() && previous_tables.is_some();
    let mut lock = Lock { lost, ..lock };
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
    let known = moved::known(known, &lock, &disk, wishes);
    let inputs = generate::Inputs {
        sources: &sources,
        known: &known,
        previous_tables: previous_tables.as_deref(),
        project: Some(project.nearest_directory()),
        allow: wishes.allow,
    };
    let Generated {
        service,
        mut files,
        warnings,
        cautions,
        migration,
        formatter,
    } = generate::generate(&inputs).map_err(|failure| refused(failure, &sources))?;
    if !wishes.is_silent {
        tell_warnings(&warnings, &sources, shell);
        for caution in &cautions {
            shell.warn(caution);
        }
    }
    if !wishes.is_silent && formatter == crate::render::Formatter::BuiltIn {
        shell.warn("`rustfmt` is not installed: the Rust files are printed without their comments; run `rustup component add rustfmt`");
    }
    state_files::add(&mut files, &sources, &disk, &lock);
    clock.lap("generate");
    let kept = Kept::of(project)?;
    let bases = Known::of(project, tables_before, theirs, &lock.moved)?;
    let mut copies = kept.copies.clone();
    let moved = moved::Here {
        project,
        files: &mut files,
        lock: &mut lock,
        disk: &mut disk,
        copies: &mut copies,
        known: &bases,
    }
    .settle(wishes)?;
    if let (Some(proving), Some(planned)) = (wishes.proving, &migration) {
        // A migration that would be refused afterwards is not worth the proof.
        kept.refuse_unresolved()?;
        proving.prove(planned, shell)?;
        clock.lap("prove");
    }
    project.look(files.iter().map(|it| it.path.as_str()), &mut disk)?;
    if wishes.conflicts.on_conflict == OnConflict::Beside {
        let beside: Vec<_> = files.iter().map(|it| format!("{}.new", it.path)).collect();
        project.look(beside.iter().map(String::as_str), &mut disk)?;
    }
    Ok(Gathered {
        copies,
        service,
        files,
        disk,
        rustfmt,
        lock_before,
        kept,
        wishes: wishes.conflicts.clone(),
        formatter: Rustfmt::at(project.nearest_directory()),
        bases: bases.following(&lock.moved),
        lock,
        moved,
        clock,
    })
}

fn refused(failure: generate::Failure, sources: &[Source]) -> Failure {
    match failure {
        generate::Failure::Schema(diagnostics) => Failure::Schema {
            diagnostics,
            sources: sources.to_vec(),
        },
        generate::Failure::Questions(questions) => Failure::Questions(questions),
        generate::Failure::Unproved(unproved) => proving::unproved(&unproved),
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
            copies: &self.copies,
            wishes: &self.wishes,
        }
    }

    /// Decides what to write, with what goes along.
    pub fn prepare(mut self, carry: Option<&dyn Carry>) -> Result<Prepared, Failure> {
        let found = self.disk.clone();
        let mut carried = Vec::new();
        if let Some(carry) = carry {
            let (formatter, bases) = (&self.formatter, &self.bases);
            let base = |path: &str, lock: &Lock, copies: &BTreeMap<String, Vec<u8>>| {
                let copy = copies.get(path).map(Vec::as_slice);
                bases::find(path, lock.written(path)?, copy, bases, formatter)
            };
            let mut here = Here {
                lock: &mut self.lock,
                disk: &mut self.disk,
                copies: &mut self.copies,
                base: &base,
            };
            carried = carry.carry(&self.files, &mut here)?;
        }
        self.decide(found, carried, None)
    }

    /// Decides what to write on top of a step that was decided before.
    pub fn after(mut self, first: Step) -> Result<Prepared, Failure> {
        let found = self.disk.clone();
        for write in &first.plan.writes {
            match &write.action {
                Action::Create(content) | Action::Replace(content) => {
                    let file = Found::file(content.clone());
                    self.disk.insert(write.path.clone(), file);
                }
                Action::Remove => drop(self.disk.remove(&write.path)),
                Action::Keep => {}
            }
        }
        self.lock = first.plan.lock.clone();
        self.copies = first.plan.copies.clone();
        self.decide(found, Vec::new(), Some(first))
    }

    /// What a file said when it was last generated, where anybody still knows.
    pub fn base(&self, path: &str) -> Option<String> {
        let written = match &self.lock.files.get(path)?.state {
            State::Written(written) | State::Owned(Some(written)) => written,
            State::Owned(None) | State::Deleted => return None,
        };
        let copy = self.copies.get(path).map(Vec::as_slice);
        bases::find(path, written, copy, &self.bases, &self.formatter)
    }

    fn decide(
        mut self,
        found: OnDisk,
        carried: Vec<Carried>,
        first: Option<Step>,
    ) -> Result<Prepared, Failure> {
        moved::refuse(&self.moved.likely)?;
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
            moved: self.moved,
            first,
        })
    }
}

/// The files as sources. Loading tells of those that cannot be read, together with what
/// is wrong with the others.
pub fn sources(files: Vec<SchemaFile>) -> Vec<Source> {
    files.into_iter().map(SchemaFile::source).collect()
}

/// Refuses a schema with errors.
pub fn refuse_wrong(files: &[SchemaFile]) -> Result<Service, Failure> {
    let sources = sources(files.to_vec());
    let (service, diagnostics) = generate::check_only(&sources);
    service.ok_or(Failure::Schema {
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

/// The project's own rustfmt.
#[derive(Debug)]
pub struct Rustfmt {
    directory: PathBuf,
}

impl Rustfmt {
    /// As it formats in this directory.
    pub fn at(directory: &Path) -> Self {
        Self {
            directory: directory.to_owned(),
        }
    }
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
