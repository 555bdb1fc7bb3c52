//! Circles of references: required ones, in which no first record could be made, and cascades,
//! in which a removal would come back to where it began.

use super::draft::Draft;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Field, FieldKind, OnArchive, Reference};
use crate::source::Span;

struct Edge<'a> {
    from: usize,
    to: usize,
    at: Span,
    field: &'a str,
}

/// Reports every circle once, each with all of its references.
pub fn check(drafts: &[Draft<'_>], problems: &mut Vec<Diagnostic>) {
    let cascades = references(drafts, |_, it| it.on_archive == OnArchive::Cascade);
    circles(drafts, &cascades, problems, cascading);
    let edges = references(drafts, |field, _| !field.nullable);
    for edge in edges.iter().filter(|edge| edge.from == edge.to) {
        let entity = drafts[edge.from].name.pascal();
        problems.push(
            Diagnostic::new(
                Code::RequiredCycle,
                format!("each `{entity}` needs another `{entity}` first"),
            )
            .label(edge.at, "refers to its own entity and is required")
            .help(format!("make it nullable: `{}: {entity}?`", edge.field)),
        );
    }
    circles(drafts, &edges, problems, requiring);
}

/// Reports the circles through several entities.
fn circles(
    drafts: &[Draft<'_>],
    edges: &[Edge<'_>],
    problems: &mut Vec<Diagnostic>,
    report: impl Fn(&[Draft<'_>], &[&Edge<'_>]) -> Diagnostic,
) {
    let mut left: Vec<bool> = vec![true; drafts.len()];
    let others: Vec<&Edge<'_>> = edges.iter().filter(|edge| edge.from != edge.to).collect();
    loop {
        strip(&mut left, &others);
        let Some(circle) = circle(&left, &others) else {
            break;
        };
        problems.push(report(drafts, &circle));
        for edge in circle {
            left[edge.from] = false;
        }
    }
}

fn references<'a>(
    drafts: &'a [Draft<'_>],
    is_meant: impl Fn(&Field, &Reference) -> bool,
) -> Vec<Edge<'a>> {
    let mut edges = Vec::new();
    for (from, draft) in drafts.iter().enumerate() {
        for (member, _, field) in draft.columns() {
            if let Some(field) = field
                && let FieldKind::Reference(reference) = &field.kind
                && is_meant(field, reference)
            {
                edges.push(Edge {
                    from,
                    to: reference.target.0,
                    at: member.at,
                    field: member.name.snake(),
                });
            }
        }
    }
    edges
}

/// Takes out what needs nothing that is left, again and again: the rest has circles.
fn strip(left: &mut [bool], edges: &[&Edge<'_>]) {
    loop {
        let mut needs = vec![false; left.len()];
        for edge in edges.iter().filter(|edge| left[edge.from] && left[edge.to]) {
            needs[edge.from] = true;
        }
        let before = left.iter().filter(|it| **it).count();
        for (left, needs) in left.iter_mut().zip(&needs) {
            *left = *left && *needs;
        }
        if left.iter().filter(|it| **it).count() == before {
            return;
        }
    }
}

/// Everything that is left needs something that is left, so a walk comes back to where it was.
fn circle<'a>(left: &[bool], edges: &[&'a Edge<'a>]) -> Option<Vec<&'a Edge<'a>>> {
    let mut here = left.iter().position(|it| *it)?;
    let mut path: Vec<&Edge<'_>> = Vec::new();
    loop {
        if let Some(start) = path.iter().position(|edge| edge.from == here) {
            return Some(path.split_off(start));
        }
        let edge = edges
            .iter()
            .find(|edge| edge.from == here && left[edge.to])?;
        path.push(edge);
        here = edge.to;
    }
}

fn requiring(drafts: &[Draft<'_>], circle: &[&Edge<'_>]) -> Diagnostic {
    let message = format!("required references form a circle: {}", way(drafts, circle));
    let problem = Diagnostic::new(Code::RequiredCycle, message)
        .help("none of them could be made first; make one reference nullable (`?` after its type)");
    circle.iter().take(6).fold(problem, |problem, edge| {
        problem.label(edge.at, format!("needs {} first", name(drafts, edge.to)))
    })
}

fn cascading(drafts: &[Draft<'_>], circle: &[&Edge<'_>]) -> Diagnostic {
    let message = format!("removals would go in a circle: {}", way(drafts, circle));
    let problem = Diagnostic::new(Code::CascadeCycle, message)
        .help("let one of the references `restrict`, or be nullable and `set_null`");
    circle.iter().take(6).fold(problem, |problem, edge| {
        problem.label(edge.at, format!("goes with its {}", name(drafts, edge.to)))
    })
}

fn name(drafts: &[Draft<'_>], index: usize) -> String {
    format!("`{}`", drafts[index].name.pascal())
}

fn way(drafts: &[Draft<'_>], circle: &[&Edge<'_>]) -> String {
    let mut names: Vec<String> = circle.iter().map(|edge| name(drafts, edge.from)).collect();
    names.extend(circle.first().map(|edge| name(drafts, edge.from)));
    names.join(" → ")
}
