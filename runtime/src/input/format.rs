//! The formats of strings that a schema can name.

/// A format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Email,
    Url,
    Hostname,
    Ip,
    Slug,
    Phone,
}

impl Format {
    /// Completes "Must be …".
    pub(super) const fn description(self) -> &'static str {
        match self {
            Self::Email => "an e-mail address such as `ada@example.org`",
            Self::Url => "an absolute http or https URL",
            Self::Hostname => "a host name",
            Self::Ip => "an IPv4 or IPv6 address",
            Self::Slug => "lower-case letters and digits, in words joined by single hyphens",
            Self::Phone => "a telephone number in international form, such as `+4915112345678`",
        }
    }

    pub(super) fn matches(self, text: &str) -> bool {
        match self {
            Self::Email => email(text),
            Self::Url => url(text),
            Self::Hostname => hostname(text),
            Self::Ip => text.parse::<std::net::IpAddr>().is_ok(),
            Self::Slug => slug(text),
            Self::Phone => phone(text),
        }
    }
}

/// What HTML's `<input type=email>` takes, with the lengths of RFC 5321 and at least one dot-free label on the right.
fn email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let allowed =
        |byte: u8| byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&byte);
    let local_is_good = (1..=64).contains(&local.len()) && local.bytes().all(allowed);
    let dots_are_good = !local.starts_with('.') && !local.ends_with('.') && !local.contains("..");
    local_is_good && dots_are_good && text.len() <= 254 && hostname(domain)
}

fn hostname(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(label)
}

fn url(text: &str) -> bool {
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return false;
    }
    let Ok(uri) = text.parse::<::http::Uri>() else {
        return false;
    };
    let scheme = matches!(uri.scheme_str(), Some("http" | "https"));
    let Some(authority) = uri.authority() else {
        return false;
    };
    let host = authority.host();
    let address = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let host_is_good = match address {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => hostname(host),
    };
    let after_host = &authority.as_str()[authority.as_str().rfind('@').map_or(0, |at| at + 1)..];
    let port = after_host.strip_prefix(host).unwrap_or_default();
    let port_is_good = port.is_empty()
        || port
            .strip_prefix(':')
            .is_some_and(|it| it.parse::<u16>().is_ok());
    scheme && host_is_good && port_is_good
}

fn slug(text: &str) -> bool {
    let word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|it| it.is_ascii_lowercase() || it.is_ascii_digit())
    };
    text.split('-').all(word)
}

fn phone(text: &str) -> bool {
    let Some(digits) = text.strip_prefix('+') else {
        return false;
    };
    (2..=15).contains(&digits.len())
        && digits.bytes().all(|it| it.is_ascii_digit())
        && !digits.starts_with('0')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(format: Format, good: &[&str], bad: &[&str]) {
        for text in good {
            assert!(format.matches(text), "{format:?} must take {text}");
        }
        for text in bad {
            assert!(!format.matches(text), "{format:?} must refuse {text}");
        }
    }

    #[test]
    fn formats_take_the_good_and_refuse_the_bad() {
        table(
            Format::Email,
            &["a@b", "ada.l+x@example.org", "o'neil@x-y.example"],
            &[
                "",
                "@",
                "a@",
                "@b",
                "a b@c",
                "a@b@c d",
                ".a@b",
                "a..b@c",
                "a@-b",
                "ä@b",
                "Ada <a@b>",
                "a@b.",
            ],
        );
        table(
            Format::Url,
            &[
                "http://a",
                "https://example.org:8080/p?q=1#f",
                "https://[::1]/",
                "https://u:p@example.org/",
            ],
            &[
                "",
                "example.org",
                "/a",
                "ftp://a",
                "javascript:alert(1)",
                "http://",
                "http://a b",
                "http://a:99999/",
                "http://ä",
            ],
        );
        table(
            Format::Hostname,
            &["a", "a-b.example"],
            &["", ".", "a.", "-a", "a_b", "a..b"],
        );
        table(
            Format::Ip,
            &["1.2.3.4", "::1"],
            &["", "1.2.3", "01.2.3.4", "1.2.3.4:80", "[::1]"],
        );
        table(
            Format::Slug,
            &["a", "a-1"],
            &["", "-", "a--b", "A", "a-", "é"],
        );
        table(
            Format::Phone,
            &["+4915112345678"],
            &["", "+", "+0151", "0151", "+12 3", "+1234567890123456"],
        );
    }
}
