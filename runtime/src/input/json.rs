//! A strict JSON parser: RFC 8259, and nothing that two readers could understand differently.
//!
//! `serde_json` keeps the last of two members with the same name, turns integers
//! beyond 64 bits into rounded floats and says nothing of either. A service
//! that stores what it was sent must refuse both, and name the place; hence
//! this reader. It knows nothing of fields or types.

use serde_json::{Map, Number, Value};

/// How deep arrays and objects may be nested.
pub const MAX_DEPTH: usize = 64;

/// Why a text is not acceptable JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// What is wrong, in a sentence without the place.
    pub detail: String,
    /// Where, as a JSON pointer to the value that was being read.
    pub pointer: String,
    /// Where, in lines from 1.
    pub line: usize,
    /// Where, in characters from 1.
    pub column: usize,
}

impl std::fmt::Display for Malformed {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            out,
            "{} (line {}, column {})",
            self.detail, self.line, self.column
        )
    }
}

/// Reads one JSON value that fills the whole text.
pub fn parse(bytes: &[u8]) -> Result<Value, Malformed> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            // Everything before the first bad byte is text, so the place can be told.
            let good = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
            return Err(malformed(
                &good,
                good.len(),
                "The text is not valid UTF-8.",
                &[],
            ));
        }
    };
    let mut reader = Reader {
        text,
        bytes,
        at: 0,
        path: Vec::new(),
    };
    let read = reader.document();
    read.map_err(|detail| malformed(text, reader.at, &detail, &reader.path))
}

fn malformed(text: &str, at: usize, detail: &str, path: &[Step]) -> Malformed {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let before = &text[..at];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let mut pointer = String::new();
    for step in path {
        pointer.push('/');
        match step {
            Step::Item(index) => pointer.push_str(&index.to_string()),
            Step::Member(name) => pointer.push_str(&name.replace('~', "~0").replace('/', "~1")),
        }
    }
    Malformed {
        detail: detail.to_owned(),
        pointer,
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
    }
}

enum Step {
    Item(usize),
    Member(String),
}

/// The reader's place in the text. On an error `path` is left as it stands, and so is the pointer to it.
struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    path: Vec<Step>,
}

type Read<T> = Result<T, String>;

impl Reader<'_> {
    fn document(&mut self) -> Read<Value> {
        self.space();
        if self.peek().is_none() {
            return Err("The text is empty; a JSON value is expected.".into());
        }
        let value = self.value()?;
        self.space();
        match self.peek() {
            None => Ok(value),
            Some(_) => Err(format!(
                "{} stands after the end of the value.",
                self.here()
            )),
        }
    }

    fn value(&mut self) -> Read<Value> {
        match self.peek() {
            Some(b'{') => self.object(),
            Some(b'[') => self.array(),
            Some(b'"') => Ok(Value::String(self.string()?)),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Null),
            _ => Err(format!(
                "A value is expected here, but {} stands here.",
                self.here()
            )),
        }
    }

    fn object(&mut self) -> Read<Value> {
        self.descend()?;
        let mut members = Map::new();
        if self.eat(b'}') {
            return Ok(Value::Object(members));
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(format!(
                    "A member name in quotes is expected here, but {} stands here.",
                    self.here()
                ));
            }
            let name = self.string()?;
            self.path.push(Step::Member(name.clone()));
            if members.contains_key(&name) {
                return Err("The object has this member twice.".into());
            }
            self.space();
            self.require(b':', "a colon")?;
            self.space();
            let value = self.value()?;
            self.path.pop();
            members.insert(name, value);
            self.space();
            if self.eat(b'}') {
                return Ok(Value::Object(members));
            }
            self.require(b',', "a comma or `}`")?;
            self.space();
        }
    }

    fn array(&mut self) -> Read<Value> {
        self.descend()?;
        let mut items = Vec::new();
        if self.eat(b']') {
            return Ok(Value::Array(items));
        }
        loop {
            self.path.push(Step::Item(items.len()));
            items.push(self.value()?);
            self.path.pop();
            self.space();
            if self.eat(b']') {
                return Ok(Value::Array(items));
            }
            self.require(b',', "a comma or `]`")?;
            self.space();
        }
    }

    /// Steps over an opening bracket. The path is as long as the nesting is deep.
    fn descend(&mut self) -> Read<()> {
        if self.path.len() >= MAX_DEPTH {
            return Err(format!(
                "The value is nested deeper than {MAX_DEPTH} levels."
            ));
        }
        self.at += 1;
        self.space();
        Ok(())
    }

    fn word(&mut self, word: &str, value: Value) -> Read<Value> {
        if self.bytes[self.at..].starts_with(word.as_bytes()) {
            self.at += word.len();
            Ok(value)
        } else {
            Err(format!(
                "A value is expected here, but {} stands here.",
                self.here()
            ))
        }
    }

    fn number(&mut self) -> Read<Value> {
        let start = self.at;
        self.eat(b'-');
        match self.peek() {
            Some(b'0') => {
                self.at += 1;
                if matches!(self.peek(), Some(b'0'..=b'9')) {
                    return Err("A number has no leading zeros.".into());
                }
            }
            _ => self.digits()?,
        }
        let mut integral = true;
        if self.eat(b'.') {
            integral = false;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            integral = false;
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        let text = &self.text[start..self.at];
        let number = if integral {
            integer(text)
        } else {
            text.parse().ok().and_then(Number::from_f64)
        };
        number.map(Value::Number).ok_or_else(|| {
            self.at = start;
            "The number is out of range: integers have 64 bits, other numbers are IEEE doubles."
                .into()
        })
    }

    fn digits(&mut self) -> Read<()> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start {
            Err(format!(
                "A digit is expected here, but {} stands here.",
                self.here()
            ))
        } else {
            Ok(())
        }
    }

    fn string(&mut self) -> Read<String> {
        self.at += 1;
        let start = self.at;
        // Nearly every string has no escape: one scan, one copy.
        let mut out = String::new();
        let mut copied = start;
        loop {
            match self.peek() {
                Some(b'"') => {
                    out.push_str(&self.text[copied..self.at]);
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => {
                    out.push_str(&self.text[copied..self.at]);
                    out.push(self.escape()?);
                    copied = self.at;
                }
                Some(0..=0x1f) => {
                    return Err("A control character in a string must be escaped.".into());
                }
                Some(_) => self.at += 1,
                None => return Err("The text ends inside a string.".into()),
            }
        }
    }

    fn escape(&mut self) -> Read<char> {
        let letter = self.bytes.get(self.at + 1).copied();
        let plain = match letter {
            Some(letter @ (b'"' | b'\\' | b'/')) => char::from(letter),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => return Err("The escape after the backslash is unknown.".into()),
        };
        self.at += 2;
        Ok(plain)
    }

    /// `\uXXXX`, or two of them that make a surrogate pair.
    fn unicode(&mut self) -> Read<char> {
        let high = self.unit()?;
        if !(0xd800..0xe000).contains(&high) {
            return char::from_u32(high).ok_or_else(|| "The escape is no character.".into());
        }
        let alone = "The escape is half of a surrogate pair; the other half is missing.";
        if high >= 0xdc00 || !self.bytes[self.at..].starts_with(b"\\u") {
            return Err(alone.into());
        }
        let low = self.unit()?;
        if !(0xdc00..0xe000).contains(&low) {
            return Err(alone.into());
        }
        char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00))
            .ok_or_else(|| alone.into())
    }

    fn unit(&mut self) -> Read<u32> {
        let digits = self.bytes.get(self.at + 2..self.at + 6);
        let unit = digits.filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let unit = unit.and_then(|digits| std::str::from_utf8(digits).ok());
        let unit = unit.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let unit = unit.ok_or("Four hexadecimal digits are expected after `\\u`.")?;
        self.at += 6;
        Ok(unit)
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let here = self.peek() == Some(byte);
        self.at += usize::from(here);
        here
    }

    fn require(&mut self, byte: u8, what: &str) -> Read<()> {
        if self.eat(byte) {
            Ok(())
        } else {
            Err(format!("Expected {what}, but {} stands here.", self.here()))
        }
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn here(&self) -> String {
        match self
            .text
            .get(self.at..)
            .and_then(|rest| rest.chars().next())
        {
            None => "the end of the text".into(),
            Some(letter) => format!("`{}`", letter.escape_debug()),
        }
    }
}

fn integer(text: &str) -> Option<Number> {
    let signed = text.parse::<i64>().ok().map(Number::from);
    signed.or_else(|| text.parse::<u64>().ok().map(Number::from))
}

#[cfg(test)]
mod tests;
