//! How bodies are packed on their way (RFC 9110 §8.4): what a client takes, and what that does to entity tags.
//!
//! A strong tag names the bytes, so a packed answer has a tag of its own: that
//! of the record with a suffix, `"7-gzip"`. A client gives it back in its
//! conditions, where the suffix is taken off again. Proxies that pack answers
//! make tags of the same form.

#[cfg(feature = "compression")]
use ::http::HeaderValue;
#[cfg(any(feature = "compression", feature = "docs-ui"))]
use ::http::{HeaderMap, header};

/// A way to pack a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    /// RFC 8878; the fastest to make.
    Zstd,
    /// RFC 7932; the smallest.
    Brotli,
    /// RFC 1952; what every client takes.
    Gzip,
}

impl Coding {
    /// All of them, in the order of our liking.
    pub(crate) const ALL: [Self; 3] = [Self::Zstd, Self::Brotli, Self::Gzip];

    /// Its name in headers.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Zstd => "zstd",
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }

    /// Of these, which stand in the order of our liking, the one that the client likes best.
    #[cfg(any(feature = "compression", feature = "docs-ui"))]
    pub(crate) fn choose(headers: &HeaderMap, ours: &[Self]) -> Option<Self> {
        let mut best = None;
        let mut best_weight = 0;
        for coding in ours {
            let weight = weight(headers, coding.name());
            if weight > best_weight {
                (best, best_weight) = (Some(*coding), weight);
            }
        }
        best
    }
}

/// How much a client likes a coding, in thousandths; what it does not name it does not take.
#[cfg(any(feature = "compression", feature = "docs-ui"))]
fn weight(headers: &HeaderMap, name: &str) -> u16 {
    let lines = headers.get_all(header::ACCEPT_ENCODING).iter();
    let items = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','));
    let mut any = 0;
    for item in items {
        let mut parts = item.split(';').map(str::trim);
        let coding = parts.next().unwrap_or_default();
        let named = coding.eq_ignore_ascii_case(name)
            || (name == "gzip" && coding.eq_ignore_ascii_case("x-gzip"));
        if !named && coding != "*" {
            continue;
        }
        let weight = parts
            .find_map(|it| it.strip_prefix("q=").or_else(|| it.strip_prefix("Q=")))
            .map_or(1000, thousandths);
        if named {
            return weight;
        }
        any = weight;
    }
    any
}

/// A weight (RFC 9110 §12.4.2); what is none counts as a refusal.
#[cfg(any(feature = "compression", feature = "docs-ui"))]
fn thousandths(text: &str) -> u16 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_number = fraction.len() <= 3 && fraction.bytes().all(|it| it.is_ascii_digit());
    match whole {
        "1" if is_number => 1000,
        "0" if is_number => format!("{fraction:0<3}").parse().unwrap_or(0),
        _ => 0,
    }
}

/// An opaque tag without the suffix of a coding.
pub(crate) fn unpacked(opaque: &[u8]) -> &[u8] {
    let suffix = |coding: Coding| {
        let before = opaque.strip_suffix(coding.name().as_bytes())?;
        before.strip_suffix(b"-")
    };
    Coding::ALL.into_iter().find_map(suffix).unwrap_or(opaque)
}

/// The tag of a packed answer. A weak one says nothing of bytes, and stays as it is.
#[cfg(feature = "compression")]
pub(crate) fn packed_tag(tag: &HeaderValue, coding: Coding) -> HeaderValue {
    let text = tag.to_str().unwrap_or_default();
    let strong = text.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    strong
        .and_then(|opaque| HeaderValue::try_from(format!("\"{opaque}-{}\"", coding.name())).ok())
        .unwrap_or_else(|| tag.clone())
}

#[cfg(all(test, feature = "compression"))]
mod tests {
    use super::*;

    fn chosen(given: &[&'static str]) -> Option<&'static str> {
        let mut headers = HeaderMap::new();
        for line in given {
            headers.append(header::ACCEPT_ENCODING, HeaderValue::from_static(line));
        }
        Coding::choose(&headers, &Coding::ALL).map(Coding::name)
    }

    #[test]
    fn the_client_decides_and_we_break_ties() {
        for (given, expected) in [
            (&["gzip, deflate, br, zstd"][..], Some("zstd")),
            (&["gzip, deflate, br"], Some("br")),
            (&["gzip"], Some("gzip")),
            (&["X-GZIP"], Some("gzip")),
            (&["GZip;q=0.5, br;q=0.4"], Some("gzip")),
            (&["br;q=0.001"], Some("br")),
            (&["*"], Some("zstd")),
            (&["*;q=0.1, gzip;q=0.2"], Some("gzip")),
            (&["zstd;q=0, *"], Some("br")),
            (&["gzip;q=0.3", "br;q=0.7"], Some("br")),
            (&["br; q=1.000 , gzip"], Some("br")),
            (&[], None),
            (&[""], None),
            (&["identity"], None),
            (&["deflate, compress"], None),
            (&["gzip;q=0"], None),
            (&["*;q=0"], None),
            (&["gzip;q=2"], None),
            (&["gzip;q=0.1234"], None),
            (&["gzip;q="], None),
            (&["gzip;q=-1"], None),
        ] {
            assert_eq!(chosen(given), expected, "{given:?}");
        }
    }

    #[test]
    fn a_suffix_comes_off_as_it_went_on() {
        for coding in Coding::ALL {
            let tag = packed_tag(&HeaderValue::from_static("\"7\""), coding);
            let opaque = &tag.as_bytes()[1..tag.len() - 1];
            assert_eq!(unpacked(opaque), b"7");
        }
        let weak = HeaderValue::from_static("W/\"7\"");
        assert_eq!(packed_tag(&weak, Coding::Gzip), weak);
        for other in ["7", "7-deflate", "gzip", "7gzip", ""] {
            assert_eq!(unpacked(other.as_bytes()), other.as_bytes());
        }
    }
}
