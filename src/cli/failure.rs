//! Why a command did not do what it was asked, and which exit status says so.

use std::{error::Error, process::ExitCode};

use serde_json::json;

use super::{
    moved::{self, Likely},
    shell::Shell,
};
use crate::{
    diagnostic::{self, Diagnostic},
    project::ProjectError,
    reconcile::{Conflict, Refusal, lock::LockError, pages::QUESTION},
    source::Source,
    tables::question::Question,
};

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub enum Failure {
    /// The schema is wrong.
    Schema {
        /// What is wrong.
        diagnostics: Vec<Diagnostic>,
        /// The files the diagnostics point into.
        sources: Vec<Source>,
    },
    /// The schema is wrong, and that has been told.
    Told,
    /// Svcgen was called wrongly.
    Usage {
        /// What is wrong.
        message: String,
        /// What to do.
        hint: Option<String>,
    },
    /// The schema has to say more before the tables can change.
    Questions(Vec<Question>),
    /// Files are in the way; and where more is to be read of it.
    Conflicts(Vec<Conflict>, Option<String>),
    /// Files are gone, and others are like them.
    Moved(Vec<Likely>),
    /// Conflicts were written into files, this many.
    Marked(usize),
    /// Something else is in the way.
    InTheWay {
        /// What, perhaps in several lines.
        message: String,
        /// What to do.
        hint: String,
    },
    /// Svcgen or the system it runs on does not work.
    Internal {
        /// What was attempted.
        message: String,
        /// What to do.
        hint: Option<String>,
        /// Why it did not work.
        source: Option<Box<dyn Error>>,
    },
    /// The reader of standard output went away, as `head` does.
    NobodyReads,
    /// The user stopped it.
    Interrupted,
    /// A program that was started ended so. (On Unix it takes svcgen's place.)
    #[cfg(not(unix))]
    Ended(u8),
}

impl Failure {
    /// Svcgen was called wrongly.
    pub fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Usage {
            message: message.into(),
            hint: Some(hint.into()),
        }
    }

    /// Something that should have worked did not.
    pub fn internal(message: impl Into<String>, source: impl Error + 'static) -> Self {
        Self::Internal {
            message: message.into(),
            hint: None,
            source: Some(Box::new(source)),
        }
    }

    /// The same for programs: `{ "error": { "kind", "message", … } }`, or nothing where that
    /// has been told.
    pub fn to_json(&self) -> Option<serde_json::Value> {
        let (kind, message, hint) = match self {
            Self::Schema { .. } => ("schema", "the schema is wrong".to_owned(), None),
            Self::Usage { message, hint } => ("usage", message.clone(), hint.clone()),
            Self::Conflicts(conflicts, _) => {
                let files: Vec<String> = conflicts
                    .iter()
                    .map(|it| format!("{}: {it}", it.path))
                    .collect();
                let mut advice: Vec<String> = conflicts.iter().map(Conflict::advice).collect();
                advice.dedup();
                ("conflict", files.join("\n"), Some(advice.join("; ")))
            }
            Self::InTheWay { message, hint } => ("conflict", message.clone(), Some(hint.clone())),
            Self::Questions(questions) => ("conflict", asked(questions), Some(PASTE.to_owned())),
            Self::Moved(likely) => {
                let (message, hint) = moved::told(likely);
                ("conflict", message, Some(hint))
            }
            Self::Internal { message, hint, .. } => ("internal", message.clone(), hint.clone()),
            Self::Marked(count) => (
                "conflict",
                format!("{count} files have conflict markers"),
                Some("run `svcgen resolve --list`".to_owned()),
            ),
            _ => return None,
        };
        let mut error = json!({ "kind": kind, "message": message, "hint": hint });
        if let Self::Schema {
            diagnostics,
            sources,
        } = self
        {
            let text = diagnostic::to_json(diagnostics, sources);
            error["diagnostics"] = serde_json::from_str(&text).unwrap_or_default();
        }
        Some(json!({ "error": error }))
    }

    /// Tells it, and answers with the exit status.
    pub fn tell(self, shell: &Shell) -> ExitCode {
        match self {
            Self::Schema {
                diagnostics,
                sources,
            } => {
                shell.detail(&diagnostic::render(
                    &diagnostics,
                    &sources,
                    shell.diagnostic_style(),
                ));
                ExitCode::from(1)
            }
            Self::Told => ExitCode::from(1),
            Self::Usage { message, hint } => {
                shell.error(&message);
                if let Some(hint) = hint {
                    shell.hint(&hint);
                }
                ExitCode::from(2)
            }
            Self::Conflicts(conflicts, more) => {
                tell_conflicts(&conflicts, more.as_deref(), shell);
                ExitCode::from(3)
            }
            Self::Marked(count) => {
                let files = super::check::counted(count, "file has", "files have");
                shell.error(&format!("{files} conflicts; everything else is done"));
                shell.hint(
                    "choose between the sides in the files, delete the markers, and run `svcgen resolve --continue`; \
                     `svcgen resolve --abort` takes the run back",
                );
                ExitCode::from(3)
            }
            Self::InTheWay { message, hint } => {
                shell.error(&message);
                shell.hint(&hint);
                ExitCode::from(3)
            }
            Self::Moved(likely) => {
                let (message, hint) = moved::told(&likely);
                shell.error(&message);
                shell.hint(&hint);
                ExitCode::from(3)
            }
            Self::Questions(questions) => {
                shell.error(&asked(&questions));
                shell.hint(PASTE);
                ExitCode::from(3)
            }
            Self::Internal {
                message,
                hint,
                source,
            } => {
                shell.error(&message);
                let mut cause: Option<&dyn Error> = source.as_deref();
                while let Some(error) = cause {
                    shell.detail(&format!("  because: {error}"));
                    cause = error.source();
                }
                if let Some(hint) = hint {
                    shell.hint(&hint);
                }
                ExitCode::from(2)
            }
            Self::NobodyReads => ExitCode::SUCCESS,
            Self::Interrupted => ExitCode::from(130),
            #[cfg(not(unix))]
            Self::Ended(status) => ExitCode::from(status),
        }
    }
}

/// What to do with questions where nobody can be asked.
const PASTE: &str =
    "write one of the answers into the schema, and run it again; nothing was written";

fn asked(questions: &[Question]) -> String {
    let told: Vec<String> = questions.iter().map(ToString::to_string).collect();
    format!(
        "the schema does not say how the tables change [{QUESTION}]:\n{}",
        told.join("\n")
    )
}

/// The list, with each piece of advice told once.
fn tell_conflicts(conflicts: &[Conflict], more: Option<&str>, shell: &Shell) {
    let files = if conflicts.len() == 1 {
        "a file is"
    } else {
        "files are"
    };
    shell.error(&format!("{files} in the way; nothing was written"));
    let mut advice: Vec<(String, Vec<&str>)> = Vec::new();
    for conflict in conflicts {
        shell.detail(&format!(
            "  {}: {conflict} [{}]",
            conflict.path,
            conflict.kind.code()
        ));
        let new = conflict.advice();
        match advice.iter_mut().find(|(old, _)| *old == new) {
            Some((_, paths)) => paths.push(&conflict.path),
            None => advice.push((new, vec![&conflict.path])),
        }
    }
    if let Some(more) = more {
        shell.detail(&format!("  {more}"));
    }
    let is_one = advice.len() == 1;
    for (hint, paths) in advice {
        let more = if paths.len() > 1 { " and the like" } else { "" };
        shell.hint(&if is_one {
            hint
        } else {
            format!("`{}`{more}: {hint}", paths[0])
        });
    }
}

impl From<ProjectError> for Failure {
    fn from(error: ProjectError) -> Self {
        match error {
            ProjectError::NotFound(..) => Self::usage(error.to_string(), "run `svcgen new NAME` to begin a service"),
            ProjectError::NoFile(..) => Self::usage(error.to_string(), "move it away"),
            ProjectError::Misnamed(_) => Self::usage(error.to_string(), "rename it to `svcgen.yaml`"),
            ProjectError::Obstacles(_) => Self::InTheWay {
                message: format!("{error}\nnothing was written"),
                hint: "svcgen changes no permissions and follows no links; clear the way and run it again".to_owned(),
            },
            ProjectError::Transaction(_)
            | ProjectError::Read { .. }
            | ProjectError::Busy(_)
            | ProjectError::Recovery(_) => {
                let message = error.to_string();
                let source = error.source().map(|it| it.to_string().into());
                Self::Internal { message, hint: None, source }
            }
        }
    }
}

impl From<LockError> for Failure {
    fn from(error: LockError) -> Self {
        Self::Usage {
            message: format!("{error} [{}]", error.code()),
            hint: Some(error.hint()),
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Conflicts(conflicts) => Self::Conflicts(conflicts, None),
            Refusal::Path { .. } | Refusal::Twice(_) | Refusal::NoText(_) => Self::Internal {
                message: refusal.to_string(),
                hint: Some("this is a bug in svcgen; please report it with your schema".to_owned()),
                source: None,
            },
        }
    }
}
