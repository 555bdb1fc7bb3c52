//! Measures such as `count()`, `sum(total)` and `max(placed_at)`: what they are of, and what comes out.

use crate::db::exact::AVERAGE_DIGITS;
use crate::input::nearest;
use crate::list::Mistake;
use crate::list::column::{Column, Kind, Table};
use crate::list::filter::check::{Subject, field, no_such};
use crate::list::filter::parse::{Operand, OperandKind};

/// A measure whose name and field are known to be good.
#[derive(Debug, Clone)]
pub(super) struct Measure {
    /// As the caller wrote it.
    pub name: String,
    pub function: Function,
    /// What is measured; nothing for `count()`.
    pub of: Option<Subject>,
    /// What comes out.
    pub kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Count,
    CountDistinct,
    Sum,
    Avg,
    Min,
    Max,
}

impl Function {
    const ALL: [(&'static str, Self); 6] = [
        ("count", Self::Count),
        ("count_distinct", Self::CountDistinct),
        ("sum", Self::Sum),
        ("avg", Self::Avg),
        ("min", Self::Min),
        ("max", Self::Max),
    ];

    /// What comes out for a field of this kind; `None` where nothing can.
    fn result(self, of: Kind) -> Option<Kind> {
        match self {
            Self::Count | Self::CountDistinct => Some(Kind::Bigint),
            Self::Sum | Self::Avg => {
                let more = if self == Self::Avg { AVERAGE_DIGITS } else { 0 };
                match of {
                    Kind::Float => Some(Kind::Float),
                    other => scale(other).map(|scale| Kind::Exact {
                        scale: scale + more,
                    }),
                }
            }
            Self::Min | Self::Max => match of {
                Kind::Bool | Kind::Uuid | Kind::Enum(_) => None,
                other => Some(other),
            },
        }
    }
}

/// The digits after the point of what can be summed exactly; durations are summed in seconds.
pub(super) fn scale(kind: Kind) -> Option<u8> {
    match kind {
        Kind::Int | Kind::Bigint => Some(0),
        Kind::Decimal { scale, .. } => Some(scale),
        Kind::Duration => Some(6),
        _ => None,
    }
}

/// Whether a field may be grouped by and measured: what a caller may filter or order by.
pub(super) fn may_use(column: &Column) -> bool {
    column.filter || column.order
}

/// The measure that an operand means.
pub(super) fn read(operand: &Operand, table: &Table) -> Result<Measure, Mistake> {
    let names = Function::ALL.iter().map(|it| it.0);
    let OperandKind::Call { name, of } = &operand.kind else {
        let text = operand.to_string();
        let near = nearest(&text, names).map(|near| match near {
            "count" => "count()".to_owned(),
            other => format!("{other}(…)"),
        });
        let what = "measure such as `sum(…)` or `count()`";
        return Err(no_such(operand.at, &text, what, near.as_deref()));
    };
    let found = Function::ALL.iter().find(|it| it.0 == name);
    let Some((_, function)) = found else {
        return Err(no_such(operand.at, name, "measure", nearest(name, names)));
    };
    let of = match (of.as_slice(), function) {
        ([], Function::Count) => None,
        ([of], _) => Some(field(table, of, &may_use)?),
        _ => {
            let detail = format!("`{name}` takes one field.");
            return Err(Mistake::new(operand.at, detail));
        }
    };
    let kind = match &of {
        None => Kind::Bigint,
        Some(of) => function.result(of.kind).ok_or_else(|| {
            let detail = format!("There is no `{name}` of such a field.");
            Mistake::new(operand.at, detail)
        })?,
    };
    Ok(Measure {
        name: operand.to_string(),
        function: *function,
        of,
        kind,
    })
}
