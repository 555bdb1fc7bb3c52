//! Constant texts put together by the compiler. It does not know that they are SQL.

/// Puts constant texts together when the service is compiled: what several statements say alike
/// stands in one constant.
///
/// ```
/// use svcgen_runtime::db;
///
/// const COLUMNS: &str = "id, name";
/// const FIND: db::Sql = db::Sql::new(db::text!("select ", COLUMNS, " from authors where id = $1"));
/// assert_eq!(FIND.text(db::Engine::Sqlite), "select id, name from authors where id = $1");
/// ```
#[macro_export]
macro_rules! text {
    ($($piece:expr),+ $(,)?) => {{
        const PIECES: &[&str] = &[$($piece),+];
        const BYTES: [u8; $crate::db::text_length(PIECES)] = $crate::db::joined(PIECES);
        $crate::db::text_of(&BYTES)
    }};
}

/// A select whose rows are held until the transaction ends, as pieces of its text: on PostgreSQL
/// `for update`; on SQLite a transaction that writes holds everything.
///
/// ```
/// use svcgen_runtime::db;
///
/// const HOLD: db::Sql = db::held!("select id from authors where id = $1");
/// assert_eq!(HOLD.text(db::Engine::Sqlite), "select id from authors where id = $1");
/// assert_eq!(HOLD.text(db::Engine::Postgres), "select id from authors where id = $1 for update");
/// ```
#[macro_export]
macro_rules! held {
    ($($piece:expr),+ $(,)?) => {
        $crate::db::Sql::each($crate::text!($($piece),+), $crate::text!($($piece),+, " for update"))
    };
}

#[doc(hidden)]
pub const fn text_length(pieces: &[&str]) -> usize {
    let mut length = 0;
    let mut at = 0;
    while at < pieces.len() {
        length += pieces[at].len();
        at += 1;
    }
    length
}

#[doc(hidden)]
pub const fn joined<const LENGTH: usize>(pieces: &[&str]) -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    let (mut end, mut piece) = (0, 0);
    while piece < pieces.len() {
        let from = pieces[piece].as_bytes();
        let mut at = 0;
        while at < from.len() {
            bytes[end] = from[at];
            end += 1;
            at += 1;
        }
        piece += 1;
    }
    bytes
}

#[doc(hidden)]
pub const fn text_of(bytes: &[u8]) -> &str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        // Whole texts one after the other are a text; and this runs in the compiler.
        Err(_) => panic!("texts put together are a text"),
    }
}
