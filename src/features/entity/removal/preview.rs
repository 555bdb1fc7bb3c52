//! What a removal would do, counted before it is asked for; and the record it is about.

use crate::dialect::{quoted, text_literal};
use crate::model::Service;
use crate::tables::build::is_archived;

use super::super::sql::statement;
use super::going::Going;
use super::levels::member;
use super::{Removal, named};

pub fn add(service: &Service, going: &Going<'_>, removal: &mut Removal) {
    let sentence = going.root.name.sentence();
    let table = quoted(going.root.name.plural_snake());
    let version = if going.root.automatic.version {
        " and version = coalesce($2, version)"
    } else {
        ""
    };
    let doc = format!("Whether the {sentence} is there, held until the transaction ends.");
    let root = statement(service, "ROOT", &doc, |dialect| {
        format!(
            "select true\nfrom {table}\nwhere id = $1{version}{}",
            dialect.for_update()
        )
    });
    named(&mut removal.shared, root);
    let doc = format!("What goes with the {sentence}, what is cut from it, and what keeps it.");
    let text = counts(going).join("\nunion all ");
    named(
        &mut removal.shared,
        statement(service, "PREVIEW", &doc, |_| text.clone()),
    );
}

/// One count for each table and effect, the record itself first.
fn counts(going: &Going<'_>) -> Vec<String> {
    let mut counts = Vec::new();
    for level in &going.levels {
        let effect = if is_archived(going.entity(level)) {
            "archived"
        } else {
            "deleted"
        };
        counts.push(count(&level.table, effect, &level.rows));
    }
    for link in &going.links {
        let ties: Vec<String> = link
            .ties
            .iter()
            .map(|(column, level)| refers(going, column, *level))
            .collect();
        counts.push(count(&link.table.name, "unlinked", &ties.join(" or ")));
    }
    for cut in &going.cuts {
        for tie in &cut.ties {
            let effect = if tie.remembered {
                "detached"
            } else {
                "cleared"
            };
            let condition = staying(going, &tie.column, tie.level, cut.own_level);
            counts.push(count(cut.child.name.plural_snake(), effect, &condition));
        }
    }
    for it in &going.restricts {
        let condition = staying(going, &it.column, it.level, it.own_level);
        counts.push(count(&it.table, "restricts", &condition));
    }
    counts
}

fn count(table: &str, effect: &str, condition: &str) -> String {
    format!(
        "select {} as name, '{effect}' as effect, count(*) as records\nfrom {}\nwhere {condition}",
        text_literal(table),
        quoted(table)
    )
}

fn refers(going: &Going<'_>, column: &str, level: usize) -> String {
    format!("{} {}", quoted(column), member(&going.levels[level].ids))
}

/// What holds for rows that refer to what goes and do not go themselves.
pub fn staying(going: &Going<'_>, column: &str, level: usize, own_level: Option<usize>) -> String {
    let refers = refers(going, column, level);
    match own_level {
        None => refers,
        Some(own) if going.levels[own].ids == "$1" => format!("{refers} and id <> $1"),
        Some(own) => format!("{refers} and id not in ({})", going.levels[own].ids),
    }
}
