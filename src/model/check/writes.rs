//! How records are written: what a request has to say, and how many records it can be about.

use super::draft::Draft;
use super::limits;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::Write;
use crate::schema::entity::DemandWord;
use crate::source::Spanned;

/// The most records in one batch, unless the schema says otherwise.
const MAX_BATCH: u32 = 1000;

/// What an entity says under `write`.
pub fn read(draft: &Draft<'_>, problems: &mut Vec<Diagnostic>) -> Write {
    let doc = draft.doc.write.as_ref().map(|it| &it.value);
    let is_required = |word: Option<&Spanned<DemandWord>>| {
        word.is_some_and(|word| word.value == DemandWord::Required)
    };
    let if_match = doc.and_then(|it| it.if_match.as_ref());
    let max_batch = doc.and_then(|it| it.max_batch.as_ref());
    if let Some(max_batch) = max_batch.filter(|it| !(1..=10_000).contains(&it.value)) {
        problems.push(limits::out_of_range(
            max_batch.span,
            "a batch has between 1 and 10000 records",
        ));
    }
    let write = Write {
        needs_version: is_required(if_match),
        needs_key: is_required(doc.and_then(|it| it.idempotency_key.as_ref())),
        max_batch: max_batch.map_or(MAX_BATCH, |it| it.value),
    };
    if let (Some(if_match), true, false) = (if_match, write.needs_version, draft.automatic.version)
    {
        let problem = Diagnostic::new(
            Code::Contradiction,
            format!("no version of `{}` can be matched", draft.name.pascal()),
        );
        let problem = problem.label(if_match.span, "asks for a version");
        problems.push(match &draft.doc.version {
            Some(version) => problem
                .label(version.span, "here records have none")
                .help("remove one of the two"),
            None => problem.help("set `version: true`"),
        });
    }
    write
}
