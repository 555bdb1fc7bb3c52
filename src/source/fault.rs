//! Files that cannot be read as a schema: why, and what is said of each.

use std::string::FromUtf8Error;

use super::{MAX_BYTES, Source, SourceId, Span, without_mark};
use crate::diagnostic::{Code, Diagnostic};

/// Why a file cannot be read as a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It has bytes that are no text.
    NotUtf8 {
        /// Where the first of them is shown in the text.
        at: usize,
        /// Whether it looks like UTF-16.
        is_wide: bool,
    },
    /// It is larger than [`MAX_BYTES`].
    TooLarge,
    /// It lies below the directory of the entities, and not in it.
    TooDeep,
    /// It is almost called like the service file, which is there as well.
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
        let path = &self.path;
        let span = |at: usize, length: usize| Span {
            source: id,
            start: at,
            end: at + length,
        };
        Some(match self.fault.as_ref()? {
            Fault::NotUtf8 { at, is_wide } => {
                Diagnostic::new(Code::NotUtf8, format!("`{path}` is not UTF-8"))
                    .label(span(*at, SHOWN_AS.len_utf8()), "a byte that is no text")
                    .help(if *is_wide {
                    "the file looks like UTF-16; save it as UTF-8"
                } else {
                    "save the file as UTF-8"
                })
            }
            Fault::TooLarge => Diagnostic::new(
                Code::FileTooLarge,
                format!("`{path}` is larger than {} KiB", MAX_BYTES / 1024),
            )
            .label(span(0, 0), "")
            .help("a schema file describes one entity or one service; split it, or remove data that does not belong here"),
            Fault::TooDeep => {
                let name = path.rsplit('/').next().unwrap_or(path);
                Diagnostic::new(
                    Code::MisplacedFile,
                    format!("`{path}` is not read: entity files lie in `entities` itself"),
                )
                .label(span(0, 0), "")
                .help(format!("move it to `entities/{name}`, or out of `entities`"))
            }
            Fault::NotTheService => Diagnostic::new(
                Code::MisplacedFile,
                format!("`{path}` is not read: the service file is `svcgen.yaml`"),
            )
            .label(span(0, 0), "")
            .help("keep one of the two, under the name `svcgen.yaml`"),
        })
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
