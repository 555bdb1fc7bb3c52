//! Everything that happens when a record goes: rows that go along, links that end,
//! references that are cut, and references that refuse.

use crate::model::{Entity, EntityId, OnArchive, Service, Via};
use crate::tables::build::is_archived;
use crate::tables::{Table, TableKind};

use super::super::super::Context;
use super::super::linking::{raised, shows};
use super::levels::{Level, levels, referrers};

/// What goes with a record.
pub struct Going<'a> {
    /// The entity of the record.
    pub root: &'a Entity,
    /// The service.
    pub service: &'a Service,
    /// The rows that go, from the root down, each kind after all it refers to.
    pub levels: Vec<Level>,
    /// The tables of the levels, in their order.
    pub tables: Vec<&'a Table>,
    /// The link rows that end.
    pub links: Vec<LinkRows<'a>>,
    /// The references that are cut, by the table that holds them.
    pub cuts: Vec<Cut<'a>>,
    /// The references that keep the record.
    pub restricts: Vec<Restrict>,
}

/// Rows of a link table that end because a side of theirs goes.
pub struct LinkRows<'a> {
    /// The link table.
    pub table: &'a Table,
    /// Whose retention they have.
    pub keeper: &'a Entity,
    /// Whether they are archived.
    pub archived: bool,
    /// The columns that can refer to what goes, each with its level.
    pub ties: Vec<(String, usize)>,
}

/// What records that stay lose: references that become null, and links that they show.
pub struct Cut<'a> {
    /// Whose.
    pub child: &'a Entity,
    /// The columns that become null.
    pub ties: Vec<Tie>,
    /// The links that end.
    pub links: Vec<Shown>,
    /// The level of the same table, if some of its rows go.
    pub own_level: Option<usize>,
}

/// Links that a record shows, and that end with what goes.
pub struct Shown {
    /// The link table.
    pub table: String,
    /// Its column of the record that shows them.
    pub own_column: String,
    /// Its column of what goes.
    pub column: String,
    /// The level of that.
    pub level: usize,
}

/// A column that is cut.
pub struct Tie {
    /// Its name.
    pub column: String,
    /// The level it refers to.
    pub level: usize,
    /// Whether a restore ties it again.
    pub remembered: bool,
}

/// A reference that keeps what it refers to.
pub struct Restrict {
    /// The table that refers.
    pub table: String,
    /// Its column.
    pub column: String,
    /// The level it refers to.
    pub level: usize,
    /// The level of the same table, if some of its rows go.
    pub own_level: Option<usize>,
}

impl<'a> Going<'a> {
    /// What goes with a record of the entity.
    pub fn of(context: &Context<'a>, root: EntityId) -> Self {
        let service = context.service;
        let levels = levels(service, root);
        let tables = levels
            .iter()
            .filter_map(|level| context.schema.table(&level.table))
            .collect();
        let mut going = Self {
            root: service.entity(root),
            service,
            tables,
            links: Vec::new(),
            cuts: Vec::new(),
            restricts: Vec::new(),
            levels,
        };
        going.add_references();
        going.add_links(context);
        going
    }

    fn add_references(&mut self) {
        for (at, level) in self.levels.iter().enumerate() {
            for (child, field, on_archive) in referrers(self.service, level.entity) {
                let own_level = self.levels.iter().position(|it| it.entity == child);
                let child = self.service.entity(child);
                let remembered = match on_archive {
                    OnArchive::Cascade => continue,
                    OnArchive::Restrict => {
                        self.restricts.push(Restrict {
                            table: child.name.plural_snake().to_owned(),
                            column: field.column(),
                            level: at,
                            own_level,
                        });
                        continue;
                    }
                    OnArchive::SetNull => false,
                    OnArchive::Detach => true,
                };
                let tie = Tie {
                    column: field.column(),
                    level: at,
                    remembered,
                };
                cut(&mut self.cuts, child, own_level).ties.push(tie);
            }
        }
    }

    /// A link table is asked once, though both of its sides may go: a row between two of them goes once.
    fn add_links(&mut self, context: &Context<'a>) {
        for table in &context.schema.tables {
            if table.kind != TableKind::Link {
                continue;
            }
            let mut keeper = None;
            let mut ties = Vec::new();
            for (at, level) in self.levels.iter().enumerate().rev() {
                for key in table
                    .foreign_keys
                    .iter()
                    .filter(|key| key.table == level.table)
                {
                    keeper = keeper.or(Some(self.service.entity(level.entity)));
                    ties.push((key.column.clone(), at));
                }
            }
            let Some(keeper) = keeper else { continue };
            if is_restricted(self.service, &table.name) {
                let kept = ties.into_iter().map(|(column, level)| Restrict {
                    table: table.name.clone(),
                    column,
                    level,
                    own_level: None,
                });
                self.restricts.extend(kept);
                continue;
            }
            self.add_shown(table, &ties);
            self.links.push(LinkRows {
                table,
                keeper,
                archived: context.schema.archive_of(&table.name).is_some(),
                ties,
            });
        }
    }

    /// The records at the other ends of links that end, where they show them.
    fn add_shown(&mut self, table: &Table, ties: &[(String, usize)]) {
        for (column, level) in ties {
            for key in table.foreign_keys.iter().filter(|it| it.column != *column) {
                let of_key = |it: &&Entity| it.name.plural_snake() == key.table;
                let Some(child) = self.service.entities.iter().find(of_key) else {
                    continue;
                };
                if !shows(child, &table.name, &key.column) || raised(child, "").is_empty() {
                    continue;
                }
                let own_level = self.levels.iter().position(|it| it.table == key.table);
                cut(&mut self.cuts, child, own_level).links.push(Shown {
                    table: table.name.clone(),
                    own_column: key.column.clone(),
                    column: column.clone(),
                    level: *level,
                });
            }
        }
    }

    /// The entity of a level.
    pub fn entity(&self, level: &Level) -> &'a Entity {
        self.service.entity(level.entity)
    }

    /// Whether any row goes into an archive.
    pub fn archives(&self) -> bool {
        self.levels.iter().any(|it| is_archived(self.entity(it)))
            || self.links.iter().any(|it| it.archived)
    }

    /// Whether any reference is remembered.
    pub fn remembers(&self) -> bool {
        self.cuts
            .iter()
            .flat_map(|it| &it.ties)
            .any(|it| it.remembered)
    }
}

/// What records of a kind lose, told together: PostgreSQL changes a row once in a statement.
fn cut<'c, 'a>(
    cuts: &'c mut Vec<Cut<'a>>,
    child: &'a Entity,
    own_level: Option<usize>,
) -> &'c mut Cut<'a> {
    let found = cuts.iter().position(|it| it.child.name == child.name);
    let at = found.unwrap_or_else(|| {
        cuts.push(Cut {
            child,
            ties: Vec::new(),
            links: Vec::new(),
            own_level,
        });
        cuts.len() - 1
    });
    &mut cuts[at]
}

/// Whether links of this table keep a record from being removed.
fn is_restricted(service: &Service, table: &str) -> bool {
    let collections = service.entities.iter().flat_map(|it| &it.collections);
    collections.into_iter().any(|collection| {
        matches!(&collection.via, Via::Link(link) if link.table == table && link.on_archive == OnArchive::Restrict)
    })
}
