//! Files that cannot be read as a schema: why, and what is said of each.

use std::string::FromUtf8Error;

use super::{MAX_BYTES, Source, SourceId, Span, without_mark};
use crate::diagnostic::{Code, Diagnostic};

/// Why a file cannot be read as a schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It has bytes that are no text.
    #[error("is not UTF-8")]
    NotUtf8 {
        /// Where the first of them is shown in the text.
        at: usize,
        /// Whether it looks like UTF-16.
        is_wide: bool,
    },
    /// It is larger than [`MAX_BYTES`].
    #[error("is larger than {} KiB", MAX_BYTES / 1024)]
    TooLarge,
    /// It is no ordinary file, but what the words say.
    #[error("is {0}, and a schema file is to be there")]
    NoFile(&'static str),
    /// The system would not give it, for the reason that it says.
    #[error("cannot be read: {0}")]
    Unreadable(String),
    /// It is to be the directory of the entities, and is what the words say.
    #[error("is {0}, and the directory of the entity files is to be there")]
    NoDirectory(&'static str),
    /// It lies below the directory of the entities, and not in it.
    #[error("is not read: entity files lie in `entities` itself")]
    TooDeep,
    /// It is almost called like the service file, which is there as well.
    #[error("is not read: the service file is `svcgen.yaml`")]
    NotTheService,
}

/// What stands in a text for bytes that are none.
const SHOWN_AS: char = char::REPLACEMENT_CHARACTER;

impl Source {
    /// Whether there are lines to tell a place by.
    pub fn has_lines(&self) -> bool {
        matches!(self.fault, None | Some(Fault::NotUtf8 { .. }))
    }

    /// What is to be said of a file that cannot be read as a schema.
    pub fn problem(&self, id: SourceId) -> Option<Diagnostic> {
        let fault = self.fault.as_ref()?;
        let span = |at: usize, length: usize| Span {
            source: id,
            start: at,
            end: at + length,
        };
        let problem = Diagnostic::new(fault.code(), format!("`{}` {fault}", self.path));
        let problem = match fault {
            Fault::NotUtf8 { at, .. } => {
                problem.label(span(*at, SHOWN_AS.len_utf8()), "a byte that is no text")
            }
            _ => problem.label(span(0, 0), ""),
        };
        Some(match fault.help(&self.path) {
            Some(help) => problem.help(help),
            None => problem,
        })
    }
}

impl Fault {
    fn code(&self) -> Code {
        match self {
            Self::NotUtf8 { .. } => Code::NotUtf8,
            Self::TooLarge => Code::FileTooLarge,
            Self::NoFile(_) | Self::Unreadable(_) | Self::NoDirectory(_) => Code::UnreadableFile,
            Self::TooDeep | Self::NotTheService => Code::MisplacedFile,
        }
    }

    fn help(&self, path: &str) -> Option<String> {
        let help = match self {
            Self::NotUtf8 { is_wide: true, .. } => "the file looks like UTF-16; save it as UTF-8",
            Self::NotUtf8 { is_wide: false, .. } => "save the file as UTF-8",
            Self::TooLarge => {
                "a schema file describes one entity or one service; split it, or remove data that does not belong here"
            }
            Self::NoFile(_) => "move it away, or give it a name without `.yaml`",
            Self::Unreadable(_) => return None,
            Self::NoDirectory(_) => "move it away; each entity has a file in that directory",
            Self::TooDeep => {
                let name = path.rsplit('/').next().unwrap_or(path);
                return Some(format!(
                    "move it to `entities/{name}`, or out of `entities`"
                ));
            }
            Self::NotTheService => "keep one of the two, under the name `svcgen.yaml`",
        };
        Some(help.to_owned())
    }
}

/// A file that is not UTF-8, with what can be shown of it.
pub(super) fn shown(path: String, error: &FromUtf8Error) -> Source {
    let bytes = error.as_bytes();
    let is_wide = matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]);
    let text = String::from_utf8_lossy(bytes).into_owned();
    let length = text.len();
    let text = without_mark(text);
    let at = error.utf8_error().valid_up_to() - (length - text.len());
    Source {
        path,
        // Every other byte of UTF-16 is a zero where the text is mostly ASCII.
        text: if is_wide {
            text.replace('\0', "")
        } else {
            text
        },
        fault: Some(Fault::NotUtf8 { at, is_wide }),
    }
}
