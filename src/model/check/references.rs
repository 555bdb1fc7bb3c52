//! Circles of required references, in which no first record could be made.

use super::draft::Draft;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::FieldKind;
use crate::source::Span;

struct Edge<'a> {
    from: usize,
    to: usize,
    at: Span,
    field: &'a str,
}

/// Reports every circle once, each with all of its references.
pub fn check(drafts: &[Draft<'_>], problems: &mut Vec<Diagnostic>) {
    let edges = required(drafts);
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

fn required<'a>(drafts: &'a [Draft<'_>]) -> Vec<Edge<'a>> {
    let mut edges = Vec::new();
    for (from, draft) in drafts.iter().enumerate() {
        for (member, _, field) in draft.columns() {
            if let Some(field) = field.filter(|field| !field.nullable)
                && let FieldKind::Reference(reference) = &field.kind
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

fn report(drafts: &[Draft<'_>], circle: &[&Edge<'_>]) -> Diagnostic {
    let name = |index: usize| format!("`{}`", drafts[index].name.pascal());
    let mut names: Vec<String> = circle.iter().map(|edge| name(edge.from)).collect();
    names.extend(circle.first().map(|edge| name(edge.from)));
    let message = format!("required references form a circle: {}", names.join(" → "));
    let problem = Diagnostic::new(Code::RequiredCycle, message)
        .help("none of them could be made first; make one reference nullable (`?` after its type)");
    circle.iter().take(6).fold(problem, |problem, edge| {
        problem.label(edge.at, format!("needs {} first", name(edge.to)))
    })
}
