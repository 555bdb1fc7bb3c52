//! What a merge needs from the project, and what it leaves there: bases, copies, the list
//! of unresolved files, marks in git's index.

use std::{
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use super::{Failure, heads::Joining, migrate, shell::Shell, state_files};
use crate::{
    generate,
    migrate::{
        folder::{self, Folder, SUM},
        sum::{self, Link},
    },
    plan::{Content, Ownership},
    project::{
        self, Project, SchemaFile,
        copies::{UNRESOLVED_FILE, unresolved_text},
        git::{Git, Stage},
        transaction::Change,
    },
    reconcile::{
        Marked, OnDisk, WritePlan,
        bases::{Bases, Branches},
        lock::{Entry, Lock, State, Written},
        merge::markers,
        moves::{self, Moves},
        pages::UNRESOLVED,
        path::COPIES,
        text::{BlobId, Fingerprint},
    },
    schema,
    tables::intent::Allow,
};

/// What a project keeps for merges, as a run finds it.
#[derive(Debug, Clone, Default)]
pub struct Kept {
    /// Copies of what was generated, by the path of the file that was edited.
    pub copies: BTreeMap<String, Vec<u8>>,
    /// Files with conflicts of an earlier run that nobody has resolved.
    pub unresolved: BTreeSet<String>,
    /// Whether a list of unresolved files is there, though all may be resolved by now.
    has_list: Option<Fingerprint>,
}

impl Kept {
    /// Of a project.
    pub fn of(project: &Project) -> Result<Self, Failure> {
        let list = project.text(UNRESOLVED_FILE)?;
        let unresolved = still_marked(project)?;
        Ok(Self {
            copies: project.copies()?,
            unresolved,
            has_list: list.map(|it| Fingerprint::of(it.as_bytes())),
        })
    }

    /// A run on top of unresolved conflicts would mix two runs.
    pub fn refuse_unresolved(&self) -> Result<(), Failure> {
        if self.unresolved.is_empty() {
            return Ok(());
        }
        let files: Vec<String> = self.unresolved.iter().map(|it| format!("  {it}")).collect();
        Err(Failure::InTheWay {
            message: format!(
                "conflicts of the last run are not resolved yet [{UNRESOLVED}]:\n{}",
                files.join("\n")
            ),
            hint: "resolve them in the files, then run `svcgen resolve --continue`; `svcgen resolve --abort` takes \
                   the run back"
                .to_owned(),
        })
    }

    /// What is to be kept after a run.
    pub fn changes(&self, plan: &WritePlan, index: &BTreeMap<String, String>) -> Vec<Change> {
        let mut changes = Vec::new();
        for (path, copy) in &plan.copies {
            let before = self.copies.get(path);
            if before != Some(copy) {
                changes.push(Change {
                    path: format!("{COPIES}/{path}"),
                    content: Some(copy.clone()),
                    before: before.map(|it| Fingerprint::of(it)),
                });
            }
        }
        for (path, copy) in &self.copies {
            if !plan.copies.contains_key(path) {
                changes.push(Change {
                    path: format!("{COPIES}/{path}"),
                    content: None,
                    before: Some(Fingerprint::of(copy)),
                });
            }
        }
        let marked = plan.marked.iter().map(|it| {
            let entry = index.get(&it.path).map(String::as_str);
            (it.path.as_str(), entry)
        });
        let list = unresolved_text(marked);
        if !list.is_empty() || self.has_list.is_some() {
            changes.push(Change {
                path: UNRESOLVED_FILE.to_owned(),
                content: (!list.is_empty()).then(|| list.into_bytes()),
                before: self.has_list,
            });
        }
        changes
    }
}

/// The files on the list of unresolved ones that still have markers.
pub fn still_marked(project: &Project) -> Result<BTreeSet<String>, Failure> {
    let mut marked = BTreeSet::new();
    for path in project.unresolved()?.into_keys() {
        let text = project.text(&path)?.unwrap_or_default();
        if markers::are_in(text.as_bytes()) {
            marked.insert(path);
        }
    }
    Ok(marked)
}

/// The lock, and that of the other branch while git has two: two people have regenerated,
/// and git could not merge what came of it. What only the other one has on record is taken
/// over, since its files are here by now.
pub fn locks(
    project: &Project,
    text: Option<&str>,
    joining: Option<&Joining>,
) -> Result<(Lock, Option<Lock>), Failure> {
    let Some(text) = text else {
        return Ok((Lock::default(), None));
    };
    let (mut ours, theirs) = read_locks(project, text)?;
    if let Some(joining) = joining {
        follow(project, &joining.chain, &mut ours)?;
        take_chosen(project, &joining.chain, &mut ours)?;
        ours.files
            .retain(|path, _| !joining.withdrawn.contains(path));
    } else if theirs.is_none() {
        follow_chain(project, &mut ours)?;
    }
    Ok((ours, theirs))
}

fn read_locks(project: &Project, text: &str) -> Result<(Lock, Option<Lock>), Failure> {
    let git = Git::of(project.root());
    let stage = |stage| {
        let git = git
            .as_ref()
            .filter(|it| it.is_unmerged(project::LOCK_FILE))?;
        String::from_utf8(git.stage(project::LOCK_FILE, stage)?).ok()
    };
    let Some(theirs) = stage(Stage::Theirs) else {
        return Ok((Lock::parse(text)?, None));
    };
    // Without the project's attributes git may have mixed the two.
    let ours = Lock::parse(text).or_else(|error| {
        let ours = stage(Stage::Ours);
        ours.map_or(Err(error), |it| Lock::parse(&it))
    });
    let (mut ours, theirs) = (ours?, Lock::parse(&theirs)?);
    let moved_there: Vec<_> = theirs
        .moved
        .iter()
        .filter(|(it, _)| ours.moved.place(it) == *it)
        .collect();
    for (planned, place) in moved_there {
        ours.follow(planned, place);
    }
    for (place, entry) in &theirs.files {
        let path = ours.moved.place(theirs.moved.planned(place)).to_owned();
        ours.files.entry(path).or_insert_with(|| entry.clone());
    }
    forget_withdrawn(project, &mut ours)?;
    Ok((ours, Some(theirs)))
}

/// Takes the migrations of the chain for those on record. They differ where two branches became
/// one in a commit that left the lock of one: `svcgen migrate merge` settled the chain then.
fn follow_chain(project: &Project, lock: &mut Lock) -> Result<(), Failure> {
    let text = project.text(SUM)?.unwrap_or_default();
    match sum::read(&text) {
        Some(chain) => follow(project, &chain, lock),
        None => Ok(()),
    }
}

fn follow(project: &Project, chain: &[Link], lock: &mut Lock) -> Result<(), Failure> {
    let recorded: BTreeSet<String> = lock.files.keys().filter_map(|it| migration(it)).collect();
    if chain.iter().all(|it| recorded.contains(&it.id)) && chain.len() == recorded.len() {
        return Ok(());
    }
    let in_chain = |path: &str| migration(path).is_none_or(|id| chain.iter().any(|it| it.id == id));
    let withdrawn = lock.files.keys().filter(|it| !in_chain(it)).cloned();
    let mut disk = OnDisk::new();
    let withdrawn: Vec<String> = withdrawn.collect();
    project.look(withdrawn.iter().map(String::as_str), &mut disk)?;
    lock.files
        .retain(|path, _| in_chain(path) || disk.contains_key(path));
    for link in chain.iter().filter(|it| !recorded.contains(&it.id)) {
        record(lock, &link.id, migrate::folder(project, &link.id)?);
    }
    Ok(())
}

/// Of two migrations of one name, the lock has this branch's; on record is the one that was chosen.
fn take_chosen(project: &Project, chain: &[Link], lock: &mut Lock) -> Result<(), Failure> {
    for (at, link) in chain.iter().enumerate() {
        let before = at.checked_sub(1).map(|it| &chain[it]);
        let folder = migrate::folder(project, &link.id)?;
        if folder.is_as_written(before, link) {
            let own = format!("migrations/{}/", link.id);
            lock.files.retain(|path, _| !path.starts_with(&own));
            record(lock, &link.id, folder);
        }
    }
    Ok(())
}

/// Takes the files of a migration as they are for those on record.
fn record(lock: &mut Lock, id: &str, folder: Folder) {
    for (name, text) in folder.files {
        let print = Fingerprint::of(text.as_bytes());
        let written = Written {
            raw: print,
            formatted: Some(print),
            rendering: None,
            blob: Some(BlobId::of(text.as_bytes())),
        };
        let entry = Entry {
            ownership: Ownership::History,
            state: State::Written(written),
        };
        lock.files.insert(folder::path(id, &name), entry);
    }
}

/// The migration that a path is a file of.
fn migration(path: &str) -> Option<String> {
    let (id, _) = path.strip_prefix("migrations/")?.split_once('/')?;
    Some(id.to_owned())
}

/// A migration that was taken away while two branches become one is not missing: what it
/// did is planned anew, after the migrations that stay.
fn forget_withdrawn(project: &Project, lock: &mut Lock) -> Result<(), Failure> {
    let is_history = |entry: &Entry| entry.ownership == Ownership::History;
    let history = lock.files.iter().filter(|(_, entry)| is_history(entry));
    let mut disk = OnDisk::new();
    project.look(history.map(|(path, _)| path.as_str()), &mut disk)?;
    lock.files
        .retain(|path, entry| !is_history(entry) || disk.contains_key(path));
    Ok(())
}

/// What git's index has of the files that are about to be marked, where it has them.
pub fn index_of(known: &Known, marked: &[Marked]) -> BTreeMap<String, String> {
    let entry = |it: &Marked| Some((it.path.clone(), known.git()?.entry(&it.path)?));
    marked.iter().filter_map(entry).collect()
}

/// Tells git's index of the conflicts, so that editors and `git mergetool` know of them.
pub fn mark(project: &Project, marked: &[Marked], index: &BTreeMap<String, String>, shell: &Shell) {
    let Some(git) = Git::of(project.root()).filter(|_| !index.is_empty()) else {
        return;
    };
    for Marked { path, versions, .. } in marked {
        let Some((mode, _)) = index.get(path).and_then(|it| it.split_once(' ')) else {
            continue;
        };
        if git.mark(path, mode, versions).is_none() {
            shell.warn(&format!("git's index could not be told of `{path}`"));
        }
    }
}

/// The files of the schema of the last run, without their comments and layout.
pub fn last_schema(project: &Project) -> Result<Option<Vec<SchemaFile>>, Failure> {
    let text = project.text(state_files::LAST_SCHEMA)?;
    let sources = text.as_deref().and_then(schema::restored);
    let file =
        |source: crate::source::Source| SchemaFile::new(source.path, source.text.into_bytes());
    Ok(sources.map(|it| it.into_iter().map(file).collect()))
}

/// Where bases are looked for beyond the copies.
#[derive(Debug)]
pub struct Known {
    project: Project,
    /// The schema of the last run as this run finds it.
    schema: Option<String>,
    tables: Option<String>,
    git: OnceCell<Option<Git>>,
    /// The lock of the other branch, while git has two.
    theirs: Option<Lock>,
    /// Where files lay in the last run, and where they lie in this one.
    moved: [Moves; 2],
    last: OnceCell<BTreeMap<String, Vec<u8>>>,
}

impl Known {
    /// Of a project, whose tables of the last run were read already.
    pub fn of(
        project: &Project,
        tables: Option<String>,
        theirs: Option<Lock>,
        moved: &Moves,
    ) -> Result<Self, Failure> {
        Ok(Self {
            moved: [moved.clone(), moved.clone()],
            schema: project.text(state_files::LAST_SCHEMA)?,
            project: project.clone(),
            tables,
            git: OnceCell::new(),
            theirs,
            last: OnceCell::new(),
        })
    }

    /// The same, where files have been moved since.
    pub fn following(self, moved: &Moves) -> Self {
        let [before, _] = self.moved;
        Self {
            moved: [before, moved.clone()],
            ..self
        }
    }

    /// The project's repository, if it is in one.
    pub fn git(&self) -> Option<&Git> {
        let git = self.git.get_or_init(|| Git::of(self.project.root()));
        git.as_ref()
    }

    /// What this svcgen makes of the schema that the other branch was generated from.
    fn their_rendering(&self, git: &Git, path: &str) -> Option<Vec<u8>> {
        let stage = |path: &str| String::from_utf8(git.stage(path, Stage::Theirs)?).ok();
        let sources = schema::restored(&stage(state_files::LAST_SCHEMA)?)?;
        let tables = stage(project::TABLES_FILE);
        let directory = self.project.nearest_directory();
        let moved = &self.theirs.as_ref()?.moved;
        let place = moved.place(self.moved[1].planned(path));
        render(&sources, tables.as_deref(), directory, moved)?.remove(place)
    }

    /// What this svcgen makes of the last schema.
    fn last(&self) -> &BTreeMap<String, Vec<u8>> {
        self.last.get_or_init(|| {
            let sources = self.schema.as_deref().and_then(schema::restored);
            let rendered = sources.and_then(|sources| {
                let tables = self.tables.as_deref();
                let directory = self.project.nearest_directory();
                render(&sources, tables, directory, &self.moved[0])
            });
            rendered.unwrap_or_default()
        })
    }
}

/// The texts that come of a schema, by path.
fn render(
    sources: &[crate::source::Source],
    tables: Option<&str>,
    directory: &Path,
    moved: &Moves,
) -> Option<BTreeMap<String, Vec<u8>>> {
    let inputs = generate::Inputs {
        sources,
        known: &BTreeMap::new(),
        previous_tables: tables,
        project: Some(directory),
        // The tables are those of this very schema, so there is nothing to allow.
        allow: Allow::default(),
    };
    let mut generated = generate::generate(&inputs).ok()?;
    moves::relocate(&mut generated.files, moved, &OnDisk::new()).ok()?;
    let text = |file: crate::plan::Rendered| match file.content {
        Content::Whole(text) => Some((file.path, text)),
        Content::AsBefore => None,
    };
    Some(generated.files.into_iter().filter_map(text).collect())
}

impl Bases for Known {
    fn rendering(&self, path: &str) -> Option<Vec<u8>> {
        let [before, now] = &self.moved;
        self.last().get(before.place(now.planned(path))).cloned()
    }

    fn blob(&self, id: BlobId) -> Option<Vec<u8>> {
        self.git()?.blob(id)
    }

    fn branches(&self, path: &str) -> Option<Branches> {
        let (git, theirs) = (self.git()?, self.theirs.as_ref()?);
        let there = theirs.moved.place(self.moved[1].planned(path));
        let written = theirs.written(there)?.clone();
        let theirs = git.stage(path, Stage::Theirs)?;
        let copy = format!("{COPIES}/{path}");
        let copies = [
            git.stage(&copy, Stage::Theirs),
            self.project.text(&copy).ok()?.map(String::into_bytes),
            written.blob.and_then(|id| git.blob(id)),
        ];
        let mut candidates: Vec<Vec<u8>> = copies.into_iter().flatten().collect();
        candidates.push(theirs.clone());
        candidates.extend(self.their_rendering(git, path));
        Some(Branches {
            ours: git.stage(path, Stage::Ours)?,
            theirs,
            written,
            candidates,
        })
    }
}
