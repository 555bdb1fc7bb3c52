//! Types of databases as types of the schema.

use super::catalogue::{DeclaredType, Engine};

/// What a type becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meaning {
    /// The type of the schema.
    pub ty: String,
    /// The most characters or octets.
    pub max: Option<u32>,
    /// A well-known form.
    pub format: Option<&'static str>,
    /// What is different, where something is.
    pub caution: Option<String>,
}

impl Meaning {
    fn plain(ty: &str) -> Self {
        Self {
            ty: ty.to_owned(),
            max: None,
            format: None,
            caution: None,
        }
    }

    fn but(ty: &str, caution: &str) -> Self {
        Self {
            caution: Some(caution.to_owned()),
            ..Self::plain(ty)
        }
    }
}

/// The longest `string` of a schema.
pub const LONGEST_STRING: u32 = 65_535;
/// The digits that a decimal can have everywhere.
const DIGITS: u32 = 28;

/// What a declared type becomes; nothing where the schema has no room for its values.
pub fn meaning(engine: Engine, ty: &DeclaredType) -> Option<Meaning> {
    if ty.array {
        return Some(list(engine, ty));
    }
    if !ty.labels.is_empty() {
        return Some(Meaning::plain("enum"));
    }
    let first = ty.arguments.first().copied();
    let meaning = match ty.name.as_str() {
        "tinyint" if first == Some(1) => Meaning::plain("bool"),
        "boolean" | "bool" | "bit" if ty.name != "bit" || engine == Engine::Sqlite => {
            Meaning::plain("bool")
        }
        "smallint" | "int2" | "tinyint" | "mediumint" | "smallserial" | "serial" => {
            Meaning::plain("int")
        }
        // An integer of SQLite has 64 bits whatever it is called.
        "integer" | "int" | "int4" if engine == Engine::Postgres => Meaning::plain("int"),
        "bigint" | "int8" | "bigserial" | "unsigned big int" | "integer" | "int" | "int4" => {
            Meaning::plain("bigint")
        }
        "real" | "float" | "float4" | "float8" | "double" | "double precision" => {
            Meaning::plain("float")
        }
        "numeric" | "decimal" | "dec" | "number" => decimal(&ty.arguments),
        "money" | "smallmoney" => Meaning::but(
            "decimal(19,2)",
            "`money` becomes a decimal with two digits after the point",
        ),
        "uuid" | "guid" | "uniqueidentifier" => Meaning::plain("uuid"),
        "date" => Meaning::plain("date"),
        "time" | "time without time zone" => Meaning::plain("time"),
        "time with time zone" | "timetz" => {
            Meaning::but("time", "a time of day has no zone in a schema")
        }
        "timestamp with time zone" | "timestamptz" => Meaning::plain("timestamp"),
        "timestamp without time zone" | "timestamp" | "datetime" => {
            if engine == Engine::Postgres {
                Meaning::but(
                    "timestamp",
                    "a point in time has a zone; values without one are taken for UTC",
                )
            } else {
                Meaning::plain("timestamp")
            }
        }
        "interval" => Meaning::but(
            "duration",
            "a duration has no months and days, only exact time",
        ),
        "json" | "jsonb" => Meaning::plain("json"),
        "bytea" | "blob" | "binary" | "varbinary" | "image" => Meaning {
            max: first,
            ..Meaning::plain("bytes")
        },
        "inet" | "cidr" => Meaning {
            format: Some("ip"),
            ..Meaning::but(
                "string",
                "a network address becomes text; a mask is not accepted",
            )
        },
        "citext" => Meaning::but(
            "text",
            "upper and lower case are different in a schema's texts",
        ),
        "xml" | "macaddr" | "macaddr8" | "bit" | "bit varying" | "ltree" | "pg_lsn" => {
            Meaning::but("text", &format!("the type `{}` becomes text", ty.name))
        }
        "tsvector" | "tsquery" => return None,
        "name" => Meaning {
            max: Some(63),
            ..Meaning::plain("string")
        },
        other => return by_name(engine, other, ty),
    };
    Some(meaning)
}

/// Text types, and for SQLite whatever else a type can be called: its letters decide.
fn by_name(engine: Engine, name: &str, ty: &DeclaredType) -> Option<Meaning> {
    let has = |part: &str| name.contains(part);
    if has("char") || has("clob") || has("text") || name == "string" {
        let max = ty.arguments.first().copied().filter(|max| *max > 0);
        let fixed = matches!(name, "character" | "char" | "nchar" | "bpchar");
        let kind = match max {
            Some(max) if max <= LONGEST_STRING => "string",
            _ => "text",
        };
        let caution = (fixed && engine == Engine::Postgres)
            .then(|| "the blanks that fill a `char` up are not part of a text".to_owned());
        return Some(Meaning {
            max,
            caution,
            ..Meaning::plain(kind)
        });
    }
    if engine == Engine::Postgres {
        return None;
    }
    let meaning = if has("int") {
        Meaning::plain("bigint")
    } else if has("blob") {
        Meaning::plain("bytes")
    } else if has("real") || has("floa") || has("doub") {
        Meaning::plain("float")
    } else if has("date") || has("time") {
        Meaning::plain("timestamp")
    } else if name.is_empty() || name == "any" {
        Meaning::but("text", "a column without a type becomes text")
    } else {
        Meaning::but("text", &format!("the type `{name}` becomes text"))
    };
    Some(meaning)
}

fn decimal(arguments: &[u32]) -> Meaning {
    let (precision, scale) = match arguments {
        [precision] => (*precision, 0),
        [precision, scale, ..] => (*precision, *scale),
        [] => {
            return Meaning::but(
                "decimal(28,10)",
                "a decimal needs its digits in a schema; 28 of them, 10 after the point, are assumed",
            );
        }
    };
    if precision <= DIGITS && scale <= precision && precision > 0 {
        return Meaning::plain(&format!("decimal({precision},{scale})"));
    }
    let scale = scale.min(10);
    Meaning::but(
        &format!("decimal({DIGITS},{scale})"),
        &format!("a decimal has at most {DIGITS} digits in a schema"),
    )
}

fn list(engine: Engine, ty: &DeclaredType) -> Meaning {
    let element = DeclaredType {
        array: false,
        labels: Vec::new(),
        ..ty.clone()
    };
    let of = if ty.labels.is_empty() {
        meaning(engine, &element).map(|it| it.ty)
    } else {
        Some("string".to_owned())
    };
    match of {
        Some(of) if of != "json" && of != "duration" => Meaning::but(
            &format!("list({of})"),
            "an array becomes a list, which is kept as JSON; one of arrays would not fit",
        ),
        _ => Meaning::but("json", "an array of this type becomes JSON"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(engine: Engine, text: &str) -> Option<(String, Option<u32>)> {
        meaning(engine, &DeclaredType::parse(text)).map(|it| (it.ty, it.max))
    }

    #[test]
    fn types_of_both_engines_are_known() {
        for (engine, text, ty, max) in [
            (Engine::Postgres, "integer", "int", None),
            (Engine::Sqlite, "INTEGER", "bigint", None),
            (
                Engine::Postgres,
                "character varying(40)",
                "string",
                Some(40),
            ),
            (Engine::Sqlite, "NVARCHAR(160)", "string", Some(160)),
            (Engine::Sqlite, "varchar(70000)", "text", Some(70_000)),
            (Engine::Postgres, "text", "text", None),
            (Engine::Postgres, "numeric(10,2)", "decimal(10,2)", None),
            (Engine::Postgres, "numeric(40,20)", "decimal(28,10)", None),
            (Engine::Sqlite, "DATETIME", "timestamp", None),
            (Engine::Sqlite, "", "text", None),
            (Engine::Sqlite, "tinyint(1)", "bool", None),
            (Engine::Postgres, "text[]", "list(text)", None),
            (
                Engine::Postgres,
                "numeric(5,2)[]",
                "list(decimal(5,2))",
                None,
            ),
            (Engine::Postgres, "jsonb[]", "json", None),
            (Engine::Postgres, "time without time zone", "time", None),
        ] {
            assert_eq!(of(engine, text), Some((ty.to_owned(), max)), "{text}");
        }
        assert_eq!(of(Engine::Postgres, "tsvector"), None);
        assert_eq!(of(Engine::Postgres, "point"), None);
    }
}
