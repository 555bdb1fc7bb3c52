//! Managed files that their owners edited: what was generated last, what they made of
//! it and what is generated now become one text, or a conflict.
//!
//! Merged are texts as the project's own rustfmt prints them, so that formatting is no
//! change; what the owner had laid out in his own way, and the merge has not touched, is
//! laid out so again.

use super::{
    Action, Because, ConflictKind, Formatter, Marked, OnConflict,
    bases::{self, Bases},
    branches,
    decide::{Decider, Edited},
    lock::{Entry, State},
    merge::{self, Language, Merged, Resolution, Versions, layout, markers},
    text::{in_the_manner_of, plain},
};

/// An edited file on its way.
struct Case<'a> {
    edited: Edited<'a>,
    language: Language,
    /// What was generated last; empty where nobody knows.
    base: String,
    has_base: bool,
    yours: String,
    new: String,
    wish: OnConflict,
}

/// Merges every edited file.
pub(super) fn settle(decider: &mut Decider<'_>, formatter: &dyn Formatter, bases: &dyn Bases) {
    let mut cases = Vec::new();
    for edited in std::mem::take(&mut decider.edited) {
        match case(edited, decider, formatter, bases) {
            Ok(Some(case)) => cases.push(case),
            Ok(None) => {}
            Err(refused) => {
                let (edited, kind) = *refused;
                decider.conflict(edited.file, kind, None);
            }
        }
    }
    let printed = print(&cases, formatter);
    let merged: Vec<Merged> = cases
        .iter()
        .zip(&printed)
        .map(|(case, printed)| case.merge(printed))
        .collect();
    let texts = finish(&cases, &printed, &merged, formatter);
    for ((case, merged), text) in cases.into_iter().zip(merged).zip(texts) {
        record(&case, &merged, &text, decider);
    }
}

/// What is known of an edited file; nothing where nothing is left to merge.
fn case<'a>(
    edited: Edited<'a>,
    decider: &mut Decider<'_>,
    formatter: &dyn Formatter,
    bases: &dyn Bases,
) -> Result<Option<Case<'a>>, Box<(Edited<'a>, ConflictKind)>> {
    let path = edited.file.path.as_str();
    let before = edited.before.as_ref();
    let is_as_before = before.is_some_and(|it| {
        it.raw == edited.written.raw
            || (it.formatted.is_some() && it.formatted == edited.written.formatted)
    });
    let has_markers = markers::are_in(edited.disk);
    if is_as_before && !has_markers {
        decider.edit_stays(&edited);
        return Ok(None);
    }
    let inputs = decider.inputs;
    let copy = inputs.copies.get(path).map(Vec::as_slice);
    let base = before.and_then(|it| bases::find(path, it, copy, bases, formatter));
    let wish = inputs.wishes.of(path, base.is_some());
    let is_text = !edited.disk[..edited.disk.len().min(8000)].contains(&0);
    let text = |bytes: &[u8]| String::from_utf8(plain(bytes).into_owned()).ok();
    let yours = text(edited.disk).filter(|_| is_text);
    let language = Language::of(path);
    if let (true, Some(base), Some(new)) = (has_markers, &base, text(edited.content))
        && let Some(sides) = branches::sides(path, base, &new, bases, formatter)
    {
        // What is generated now is what the two have in common.
        return Ok(Some(Case {
            language,
            base: new,
            has_base: true,
            yours: sides.ours,
            new: sides.theirs,
            wish,
            edited,
        }));
    }
    let problem = match &yours {
        _ if has_markers => Some(ConflictKind::Markers),
        None => Some(ConflictKind::NoText),
        Some(yours) => language.problem(yours).map(ConflictKind::Unreadable),
    };
    match (problem, yours, text(edited.content)) {
        (None, Some(yours), Some(new)) => {
            if base.is_none() && wish == OnConflict::Stop {
                return Err(Box::new((edited, ConflictKind::NoBase)));
            }
            Ok(Some(Case {
                language,
                has_base: base.is_some(),
                base: base.unwrap_or_default(),
                yours: with_last_line_ended(yours),
                new,
                wish,
                edited,
            }))
        }
        // There is nothing to merge: one of the two it is, if that was asked for.
        (problem, ..) => match wish {
            OnConflict::Generated => {
                decider.overwrite(&edited);
                Ok(None)
            }
            OnConflict::Yours => {
                decider.edit_stays(&edited);
                Ok(None)
            }
            OnConflict::Stop | OnConflict::Markers | OnConflict::Beside => {
                Err(Box::new((edited, problem.unwrap_or(ConflictKind::NoText))))
            }
        },
    }
}

/// That a last line has no end is put back in the end, and is no change until then.
fn with_last_line_ended(mut text: String) -> String {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// The base and the owner's text as rustfmt prints them, or as they are.
fn print(cases: &[Case<'_>], formatter: &dyn Formatter) -> Vec<[String; 2]> {
    let rust = |case: &&Case<'_>| case.language == Language::Rust;
    let texts: Vec<&str> = cases
        .iter()
        .filter(rust)
        .flat_map(|it| [it.base.as_str(), it.yours.as_str()])
        .collect();
    let mut printed = if texts.is_empty() {
        Vec::new()
    } else {
        formatter.print(&texts)
    }
    .into_iter();
    let one = |case: &Case<'_>| {
        if case.language != Language::Rust {
            return [case.base.clone(), case.yours.clone()];
        }
        let pair = (printed.next().flatten(), printed.next().flatten());
        match pair {
            (Some(base), Some(yours)) => [base, yours],
            // Only alike printed texts can be compared.
            _ => [case.base.clone(), case.yours.clone()],
        }
    };
    cases.iter().map(one).collect()
}

impl Case<'_> {
    fn merge(&self, [base, yours]: &[String; 2]) -> Merged {
        let resolution = match self.wish {
            OnConflict::Stop | OnConflict::Markers | OnConflict::Beside => Resolution::Markers,
            OnConflict::Yours => Resolution::Yours,
            OnConflict::Generated => Resolution::Generated,
        };
        let versions = Versions {
            base,
            yours,
            new: &self.new,
        };
        if self.has_base || resolution == Resolution::Markers {
            return merge::merge(self.language, versions, resolution);
        }
        // Without a base every difference is a conflict, and one side has it all.
        let text = match resolution {
            Resolution::Generated => &self.new,
            Resolution::Yours | Resolution::Markers => yours,
        };
        Merged {
            text: text.clone(),
            conflicts: 1,
        }
    }

    fn is_marked(&self, merged: &Merged) -> bool {
        merged.conflicts > 0 && self.wish == OnConflict::Markers
    }
}

/// The merged texts, formatted, with the owner's layout where the merge left it alone.
fn finish(
    cases: &[Case<'_>],
    printed: &[[String; 2]],
    merged: &[Merged],
    formatter: &dyn Formatter,
) -> Vec<String> {
    let is_formatted = |case: &Case<'_>, merged: &Merged| {
        case.language == Language::Rust && !markers::are_in(merged.text.as_bytes())
    };
    let mut texts: Vec<String> = merged.iter().map(|it| it.text.clone()).collect();
    reprint(&mut texts, formatter, |at| {
        is_formatted(&cases[at], &merged[at])
    });
    let mut laid_out = texts.clone();
    let mut is_laid_out = vec![false; cases.len()];
    for (at, case) in cases.iter().enumerate() {
        let [_, yours] = &printed[at];
        if is_formatted(case, &merged[at])
            && let Some(text) = layout::restore(case.language, &case.yours, yours, &texts[at])
        {
            laid_out[at] = text;
            is_laid_out[at] = true;
        }
    }
    // It must still say the same.
    let mut proof = laid_out.clone();
    reprint(&mut proof, formatter, |at| is_laid_out[at]);
    for at in 0..texts.len() {
        if is_laid_out[at] && proof[at] == texts[at] {
            texts[at].clone_from(&laid_out[at]);
        }
    }
    texts
}

fn reprint(texts: &mut [String], formatter: &dyn Formatter, which: impl Fn(usize) -> bool) {
    let chosen: Vec<usize> = (0..texts.len()).filter(|&at| which(at)).collect();
    if chosen.is_empty() {
        return;
    }
    let borrowed: Vec<&str> = chosen.iter().map(|&at| texts[at].as_str()).collect();
    for (at, text) in chosen.into_iter().zip(formatter.print(&borrowed)) {
        if let Some(text) = text {
            texts[at] = text;
        }
    }
}

/// Takes what came of a merge into the plan.
fn record(case: &Case<'_>, merged: &Merged, text: &str, decider: &mut Decider<'_>) {
    let edited = &case.edited;
    let path = edited.file.path.as_str();
    let bytes = in_the_manner_of(edited.disk, text.as_bytes()).into_owned();
    let because = match (merged.conflicts, case.wish) {
        (0, _) => Because::Merged,
        (_, OnConflict::Yours) => Because::MergedForYou,
        (_, OnConflict::Generated) if !case.has_base => Because::Overwritten,
        (_, OnConflict::Generated) => Because::MergedForGenerator,
        (_, OnConflict::Markers) => Because::Marked,
        (_, OnConflict::Beside) => return beside(case, decider),
        (count, OnConflict::Stop) => {
            let texts = Some([case.base.clone(), case.new.clone()]);
            return decider.conflict(edited.file, ConflictKind::Places(count), texts);
        }
    };
    if case.is_marked(merged) {
        decider.marked.push(Marked {
            path: path.to_owned(),
            conflicts: merged.conflicts,
            versions: [
                case.base.clone().into_bytes(),
                edited.disk.to_vec(),
                edited.content.to_vec(),
            ],
        });
    }
    let mut entry = edited.entry();
    if bytes == *in_the_manner_of(edited.disk, edited.content) {
        // No edit is left but the file's own line ends.
        entry.state = State::Written(edited.written.clone().laid_out(&bytes));
    } else {
        let copy = edited.content.to_vec();
        decider.copies.insert(path.to_owned(), copy);
    }
    let action = if bytes == edited.disk {
        Action::Keep
    } else {
        Action::Replace(bytes)
    };
    let because = if action == Action::Keep && because == Because::Merged {
        Because::Edited
    } else {
        because
    };
    decider.write(path, entry, action, because);
}

/// The file and its record stay, so that the next run merges again; the new text is put
/// beside it.
fn beside(case: &Case<'_>, decider: &mut Decider<'_>) {
    let edited = &case.edited;
    let path = edited.file.path.as_str();
    let neighbour = format!("{path}.new");
    let action = if decider.inputs.disk.contains_key(&neighbour) {
        Action::Replace(edited.content.to_vec())
    } else {
        Action::Create(edited.content.to_vec())
    };
    decider.push(&neighbour, edited.file.ownership, action, Because::New);
    if case.has_base {
        let base = case.base.clone().into_bytes();
        decider.copies.insert(path.to_owned(), base);
    }
    let state = edited.before.clone().map(State::Written);
    let entry = state.map_or_else(
        || edited.entry(),
        |state| Entry {
            state,
            ..edited.entry()
        },
    );
    decider.write(path, entry, Action::Keep, Because::SetBeside);
}

#[cfg(test)]
mod tests;
