//! Two branches that have each added a migration: the chain of one of them stays, and what the
//! other one's migrations did is planned anew on top of it.

use std::collections::BTreeSet;

use super::{Failure, migrate, prepared, shell::Shell};
use crate::{
    generate::remembered,
    migrate::{
        folder::{self, SUM},
        record,
        sum::{self, Link},
    },
    project::{self, Project, transaction::Change},
    reconcile::OnDisk,
    tables::Schema,
};

/// Whose migrations stay as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Those of the branch that is checked out.
    Ours,
    /// Those of the branch that is merged into it.
    Theirs,
}

/// Two chains that begin alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heads {
    kept: Vec<Link>,
    withdrawn: Vec<Link>,
    /// Whether somebody has settled the chain, so that nothing on record says how the folders
    /// that are outside of it were written.
    is_settled: bool,
}

/// What a run starts from that makes one chain of two.
#[derive(Debug, Clone)]
pub struct Joining {
    /// The chain that stays.
    pub chain: Vec<Link>,
    /// The tables after it, as svcgen remembers them.
    pub tables: String,
    /// The files of the migrations that go.
    pub withdrawn: BTreeSet<String>,
    /// Takes them away.
    pub removals: Vec<Change>,
    ids: Vec<String>,
}

/// The two chains of a project, if it has two: in a sum that git could not merge, or where a
/// migration's folder is outside of the chain.
pub fn of(project: &Project, keep: Keep) -> Result<Option<Heads>, Failure> {
    let text = project.text(SUM)?.unwrap_or_default();
    if let Some((ours, theirs)) = sum::sides(&text) {
        let (kept, withdrawn) = match keep {
            Keep::Ours => (ours, theirs),
            Keep::Theirs => (theirs, ours),
        };
        return Ok(Some(Heads {
            kept,
            withdrawn,
            is_settled: false,
        }));
    }
    let Some(kept) = sum::read(&text) else {
        return Ok(None);
    };
    let mut withdrawn = Vec::new();
    for id in project.migrations()? {
        let folder = migrate::folder(project, &id)?;
        if kept.iter().all(|it| it.id != id) && folder.text(folder::PLAN).is_some() {
            withdrawn.push(Link {
                id,
                digest: String::new(),
            });
        }
    }
    Ok((!withdrawn.is_empty()).then_some(Heads {
        kept,
        withdrawn,
        is_settled: true,
    }))
}

/// Refuses a run that would leave the migrations of one branch outside of the chain.
pub fn refuse(project: &Project) -> Result<(), Failure> {
    of(project, Keep::Theirs)?.map_or(Ok(()), |heads| Err(heads.refusal()))
}

impl Heads {
    /// What is withdrawn and was written by hand as well must not go without being asked for.
    pub fn refuse_edited(&self, project: &Project) -> Result<(), Failure> {
        if self.is_settled {
            return Err(self.refusal());
        }
        let mut before: Option<&Link> = None;
        for link in &self.withdrawn {
            if !self.kept.contains(link)
                && !migrate::folder(project, &link.id)?.is_as_written(before, link)
            {
                return Err(self.refusal());
            }
            before = Some(link);
        }
        Ok(())
    }

    fn refusal(&self) -> Failure {
        Failure::InTheWay {
            message: format!(
                "two branches have each added a migration: {} is not in the chain of the other",
                self.ids().join(", ")
            ),
            hint:
                "resolve the schema, then run `svcgen migrate merge`: what it did is planned anew, \
                   after what stays"
                    .to_owned(),
        }
    }

    fn ids(&self) -> Vec<String> {
        let withdrawn = self.withdrawn.iter().filter(|it| !self.kept.contains(it));
        withdrawn.map(|it| format!("`{}`", it.id)).collect()
    }

    /// What a run starts from that makes one chain of the two.
    pub fn join(self, project: &Project) -> Result<Joining, Failure> {
        let ids = self.ids();
        let tables = remembered(&self.kept, recorded(project, &self.kept)?)
            .map_err(|error| Failure::internal("the tables cannot be written down", error))?;
        let mut withdrawn = BTreeSet::new();
        for link in self.withdrawn.iter().filter(|it| !self.kept.contains(it)) {
            if let Some(at) = self.kept.iter().position(|it| it.id == link.id) {
                let before = at.checked_sub(1).map(|it| &self.kept[it]);
                if migrate::folder(project, &link.id)?.is_as_written(before, &self.kept[at]) {
                    // That one was chosen, so nothing of the other is left to take away.
                    continue;
                }
                return Err(namesakes(&link.id));
            }
            let files = migrate::folder(project, &link.id)?.files.into_iter();
            withdrawn.extend(files.map(|(name, _)| folder::path(&link.id, &name)));
        }
        let mut disk = OnDisk::new();
        project.look(withdrawn.iter().map(String::as_str), &mut disk)?;
        let removal = |path: &String| Change {
            before: disk.get(path).and_then(prepared::print_of),
            path: path.clone(),
            content: None,
        };
        Ok(Joining {
            removals: withdrawn.iter().map(removal).collect(),
            chain: self.kept,
            tables,
            withdrawn,
            ids,
        })
    }
}

/// Both branches call a migration by one name, and only one folder can have it.
fn namesakes(id: &str) -> Failure {
    Failure::InTheWay {
        message: format!("both branches have a migration `{id}`, and they differ"),
        hint: format!(
            "choose one of them: `git checkout --theirs migrations/{id}` and `svcgen migrate merge`, or \
             `git checkout --ours migrations/{id}` and `svcgen migrate merge --keep-ours`; what the other did is \
             planned anew"
        ),
    }
}

impl Joining {
    /// Says what is about to happen.
    pub fn tell(&self, shell: &Shell) {
        let what = format!(
            "what {} did, on top of the other branch",
            self.ids.join(", ")
        );
        shell.status("Planning", &what);
    }
}

/// The files that git may have merged: what it has made of the two is nobody's edit.
pub fn restored() -> BTreeSet<String> {
    [SUM, project::TABLES_FILE].map(str::to_owned).into()
}

/// The tables after these migrations, as their folders record them.
fn recorded(project: &Project, links: &[Link]) -> Result<Schema, Failure> {
    let mut schema = Schema::default();
    for link in links {
        let path = folder::path(&link.id, folder::TABLES);
        let hint = "restore it from version control".to_owned();
        let Some(text) = project.text(&path)? else {
            let message = format!("`{path}`, which says what the migration changes, is not there");
            return Err(Failure::InTheWay { message, hint });
        };
        schema = record::read(&schema, &text).map_err(|error| Failure::InTheWay {
            message: format!("`{path}` cannot be read: {error}"),
            hint,
        })?;
    }
    Ok(schema)
}
