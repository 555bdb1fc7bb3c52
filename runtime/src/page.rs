//! Page tokens: where the next page of a list begins, sealed.
//!
//! A token says nothing to a client and cannot be made by one: it is encrypted
//! and authenticated (XChaCha20-Poly1305), bound to the list that gave it out
//! (its scope) and good for three days. It names the key that sealed it, so that
//! keys can be replaced while older tokens still open. It grants nothing; whoever
//! may not read the list may not read it with a token either.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, Generate, KeyInit, Nonce, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use crate::Error;
use crate::input::Violations;

/// How long a token is good for.
const LIFETIME: Duration = Duration::from_secs(3 * 24 * 60 * 60);
/// The first byte of every token; another layout gets another number.
const VERSION: u8 = 2;
/// How many bytes of a token name its key.
const KEY_NAME: usize = 4;
const NONCE: usize = 24;
const EXPIRY: usize = 8;
/// Longer ones are not ours, and are not decoded.
const LONGEST: usize = 16 << 10;

/// Seals and opens page tokens. Cloning is cheap.
#[derive(Clone)]
pub struct PageTokens {
    /// The key that seals; those after it only open.
    keys: Arc<[NamedKey]>,
    nonces: Arc<Nonces>,
}

/// Nonces that never come twice. The system is asked for randomness once: a list has two tokens, and to
/// ask for each would cost it as much as to find a row.
struct Nonces {
    secret: [u8; 32],
    given: AtomicU64,
}

impl Nonces {
    fn new() -> Self {
        Self {
            secret: Key::generate().into(),
            given: AtomicU64::new(0),
        }
    }

    /// 192 bits of a digest of a secret, a counter and what is to be sealed. They look like chance and tell
    /// nothing; should a copy of the running machine begin to count where this one stood, then the same
    /// nonce still belongs to the same message.
    fn next(&self, message: &[u8], bound: &[u8]) -> Nonce<XChaCha20Poly1305> {
        let count = self.given.fetch_add(1, Ordering::Relaxed);
        let digest = Sha256::new()
            .chain_update(self.secret)
            .chain_update(count.to_be_bytes())
            .chain_update(bound.len().to_be_bytes())
            .chain_update(bound)
            .chain_update(message)
            .finalize();
        let mut nonce = [0; NONCE];
        nonce.copy_from_slice(&digest[..NONCE]);
        nonce.into()
    }
}

/// A cipher, and the name of its key: a digest, which tells nothing of it.
struct NamedKey {
    name: [u8; KEY_NAME],
    cipher: XChaCha20Poly1305,
}

impl NamedKey {
    fn new(key: &[u8; 32]) -> Self {
        let digest = Sha256::new()
            .chain_update(b"page_token key name\0")
            .chain_update(key)
            .finalize();
        let mut name = [0; KEY_NAME];
        name.copy_from_slice(&digest[..KEY_NAME]);
        Self {
            name,
            cipher: XChaCha20Poly1305::new(&Key::from(*key)),
        }
    }
}

impl std::fmt::Debug for PageTokens {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("PageTokens(…)")
    }
}

impl PageTokens {
    /// With a key that all instances of the service share.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        Self::rotated(key, &[])
    }

    /// With a key that seals, and the keys before it, whose tokens still open.
    #[must_use]
    pub fn rotated(key: &[u8; 32], previous: &[[u8; 32]]) -> Self {
        let keys = std::iter::once(key).chain(previous).map(NamedKey::new);
        Self {
            keys: keys.collect(),
            nonces: Arc::new(Nonces::new()),
        }
    }

    /// A token for the cursor, good for this scope only. A scope names the
    /// list, its order and its filters: whatever must not change between pages.
    pub fn seal(&self, cursor: &impl Serialize, scope: &str) -> Result<String, Error> {
        let expiry = now().saturating_add(LIFETIME.as_secs());
        self.seal_until(cursor, scope, expiry)
    }

    fn seal_until(
        &self,
        cursor: &impl Serialize,
        scope: &str,
        expiry: u64,
    ) -> Result<String, Error> {
        let mut message = Vec::with_capacity(128);
        message.extend_from_slice(&expiry.to_be_bytes());
        serde_json::to_writer(&mut message, cursor).map_err(Error::internal)?;
        let bound = bound(scope);
        let nonce = self.nonces.next(&message, &bound);
        let payload = Payload {
            msg: &message,
            aad: &bound,
        };
        // The constructor puts one in.
        let key = &self.keys[0];
        let sealed = key
            .cipher
            .encrypt(&nonce, payload)
            .map_err(|_| Error::internal("a page token cannot be sealed"))?;
        let mut token = Vec::with_capacity(1 + KEY_NAME + NONCE + sealed.len());
        token.push(VERSION);
        token.extend_from_slice(&key.name);
        token.extend_from_slice(&nonce);
        token.extend_from_slice(&sealed);
        let token = URL_SAFE_NO_PAD.encode(token);
        if token.len() > LONGEST {
            return Err(too_long());
        }
        Ok(token)
    }

    /// The cursor of a token of this scope. Any other token is 400
    /// `INVALID_PAGE_TOKEN`, and which of the reasons it was is not told.
    pub fn open<T: DeserializeOwned>(&self, token: &str, scope: &str) -> Result<T, Error> {
        let cursor = self.try_open(token, scope, now()).ok_or_else(invalid)?;
        serde_json::from_slice(&cursor).map_err(|_| invalid())
    }

    /// What every token that does not open is answered with.
    pub(crate) fn invalid() -> Error {
        invalid()
    }

    fn try_open(&self, token: &str, scope: &str, now: u64) -> Option<Vec<u8>> {
        if token.len() > LONGEST {
            return None;
        }
        let token = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (version, rest) = token.split_first()?;
        let (name, rest) = rest.split_at_checked(KEY_NAME)?;
        let (nonce, sealed) = rest.split_at_checked(NONCE)?;
        if *version != VERSION {
            return None;
        }
        let nonce = Nonce::<XChaCha20Poly1305>::try_from(nonce).ok()?;
        let bound = bound(scope);
        let payload = Payload {
            msg: sealed,
            aad: &bound,
        };
        let key = self.keys.iter().find(|key| key.name == name)?;
        let message = key.cipher.decrypt(&nonce, payload).ok()?;
        let (expiry, cursor) = message.split_at_checked(EXPIRY)?;
        let expiry = u64::from_be_bytes(expiry.try_into().ok()?);
        (now < expiry).then(|| cursor.to_vec())
    }

    /// Makes a page of `size + 1` rows that were asked for: the surplus row is
    /// cut off, and if there was one, the cursor of the last row that stays
    /// becomes the token of the next page. Empty when this was the last page.
    pub fn page<T, C: Serialize>(
        &self,
        mut rows: Vec<T>,
        size: i64,
        scope: &str,
        cursor: impl FnOnce(&T) -> C,
    ) -> Result<(Vec<T>, String), Error> {
        let size = usize::try_from(size).unwrap_or(0);
        if rows.len() <= size {
            return Ok((rows, String::new()));
        }
        rows.truncate(size);
        let token = match rows.last() {
            Some(last) => self.seal(&cursor(last), scope)?,
            None => String::new(),
        };
        Ok((rows, token))
    }
}

/// What the seal covers beside the message: another version, or another use of the same key, opens nothing.
fn bound(scope: &str) -> Vec<u8> {
    let mut bound = Vec::with_capacity(128);
    bound.push(VERSION);
    bound.extend_from_slice(b"page_token\0");
    bound.extend_from_slice(scope.as_bytes());
    bound
}

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

fn invalid() -> Error {
    let mut found = Violations::new();
    found.add_parameter(
        "page_token",
        "INVALID_PAGE_TOKEN",
        "Is not a token that this list gave out, or is too old.",
    );
    Error::bad_request(
        "INVALID_PAGE_TOKEN",
        "The page token is not valid here. Begin again with the first page.",
    )
    .with_violations(found)
}

/// A token is no place for a whole book that a list was ordered by.
fn too_long() -> Error {
    let mut found = Violations::new();
    found.add_parameter(
        "order_by",
        "ORDER_TOO_LONG",
        "What the list is ordered by is too long to go on from.",
    );
    Error::invalid_parameters(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(result: Result<(i64, String), Error>) {
        assert_eq!(
            result.expect_err("it was opened").reason(),
            "INVALID_PAGE_TOKEN"
        );
    }

    #[test]
    fn a_token_opens_where_it_was_sealed_and_nowhere_else() {
        let tokens = PageTokens::new(&[1; 32]);
        let cursor = (5_i64, "é".to_owned());
        let token = tokens.seal(&cursor, "orders").unwrap();
        assert_eq!(
            tokens.open::<(i64, String)>(&token, "orders").unwrap(),
            cursor
        );
        refused(tokens.open(&token, "customers"));
        refused(PageTokens::new(&[2; 32]).open(&token, "orders"));
        assert_ne!(
            token,
            tokens.seal(&cursor, "orders").unwrap(),
            "each token has its own nonce"
        );
    }

    #[test]
    fn every_tampered_token_is_refused() {
        let tokens = PageTokens::new(&[1; 32]);
        let token = tokens.seal(&(5_i64, "x"), "orders").unwrap();
        let raw = URL_SAFE_NO_PAD.decode(&token).unwrap();
        for at in 0..raw.len() {
            for bit in 0..8 {
                let mut changed = raw.clone();
                changed[at] ^= 1 << bit;
                refused(tokens.open(&URL_SAFE_NO_PAD.encode(changed), "orders"));
            }
        }
        for length in 0..token.len() {
            refused(tokens.open(&token[..length], "orders"));
        }
        refused(tokens.open(&"A".repeat(1_000_000), "orders"));
        refused(tokens.open("é", "orders"));
        assert!(
            tokens.open::<(i64, String)>(&token, "orders").is_ok(),
            "the control"
        );
    }

    #[test]
    fn a_replaced_key_still_opens_and_no_longer_seals() {
        let old = PageTokens::new(&[1; 32]);
        let new = PageTokens::rotated(&[2; 32], &[[3; 32], [1; 32]]);
        let token = old.seal(&5_i64, "orders").unwrap();
        assert_eq!(new.open::<i64>(&token, "orders").unwrap(), 5);
        let token = new.seal(&6_i64, "orders").unwrap();
        assert_eq!(new.open::<i64>(&token, "orders").unwrap(), 6);
        assert!(old.open::<i64>(&token, "orders").is_err());
        let without = PageTokens::rotated(&[2; 32], &[[3; 32]]);
        let token = old.seal(&5_i64, "orders").unwrap();
        assert!(without.open::<i64>(&token, "orders").is_err());
    }

    #[test]
    fn what_is_too_long_to_go_on_from_is_refused() {
        let tokens = PageTokens::new(&[1; 32]);
        let error = tokens.seal(&"x".repeat(LONGEST), "orders").unwrap_err();
        assert_eq!(error.status(), 400);
    }

    #[test]
    fn a_token_ends() {
        let tokens = PageTokens::new(&[1; 32]);
        let past = tokens
            .seal_until(&(5_i64, "x"), "orders", now() - 1)
            .unwrap();
        refused(tokens.open(&past, "orders"));
        let token = tokens.seal(&(5_i64, "x"), "orders").unwrap();
        assert!(
            tokens
                .try_open(&token, "orders", now() + LIFETIME.as_secs() - 60)
                .is_some()
        );
        assert!(
            tokens
                .try_open(&token, "orders", now() + LIFETIME.as_secs() + 60)
                .is_none()
        );
    }

    #[test]
    fn a_page_cuts_the_surplus_row() {
        let tokens = PageTokens::new(&[1; 32]);
        let (rows, token) = tokens.page(vec![1, 2, 3], 2, "x", |last| *last).unwrap();
        assert_eq!(rows, [1, 2]);
        assert_eq!(tokens.open::<i32>(&token, "x").unwrap(), 2);
        let (rows, token) = tokens.page(vec![1, 2], 2, "x", |last| *last).unwrap();
        assert_eq!((rows.len(), token.as_str()), (2, ""));
        let (rows, token) = tokens
            .page(Vec::<i32>::new(), 0, "x", |last| *last)
            .unwrap();
        assert_eq!((rows.len(), token.as_str()), (0, ""));
    }
}
