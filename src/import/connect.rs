//! A connection to the PostgreSQL server that a URL names, encrypted where the URL says so.
//!
//! As in the services: `sslmode=require` encrypts, and then the certificate and the name of the
//! server are always verified; anything less is in the clear. The words of PostgreSQL's own
//! programs for that are understood too: `verify-ca` and `verify-full` are the same here, and
//! `sslrootcert=FILE` names what to verify with in place of the system's certificates.
//! Knows nothing of what is asked on the connection.

use std::sync::Arc;
use std::time::Duration;

use postgres::config::SslMode;
use postgres::{Client, Config, NoTls};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::migrate::verify::postgres::said;

/// The longest to wait for a server that does not answer, where its URL does not say.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The server cannot be reached, or refuses, or the URL is none.
    #[error("{}", said(.0))]
    Server(#[from] postgres::Error),
    /// The file that the URL names for them has no certificates that can be used.
    #[error("the certificates in `{path}` cannot be used: {why}")]
    Certificates {
        /// The file.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// The system has none.
    #[error("there are no certificates on this system to verify the server with")]
    NoCertificates,
    /// The library has not what it takes.
    #[error(transparent)]
    Tls(#[from] rustls::Error),
}

impl ConnectError {
    /// What to do about it, where that can be told.
    pub fn help(&self) -> Option<&'static str> {
        let said = match self {
            Self::Server(error) => said(error),
            Self::Certificates { .. } | Self::NoCertificates => {
                return Some("name a file in PEM form in the URL: `sslrootcert=FILE`");
            }
            Self::Tls(_) => return None,
        };
        if said.contains("certificate") {
            Some(
                "the server's certificate is always verified; name the file with that of its authority in the URL: `sslrootcert=FILE`",
            )
        } else if said.contains("no encryption") || said.contains("SSL off") {
            Some("the server wants TLS: say `sslmode=require` in the URL")
        } else if said.contains("does not support TLS") {
            Some(
                "the server has no TLS; nothing was sent to it. Where the way there is safe, say `sslmode=disable`",
            )
        } else {
            None
        }
    }
}

/// Connects. The server is told for what.
pub fn connect(url: &str, purpose: &str) -> Result<Client, ConnectError> {
    let (url, certificates) = understood(url);
    let mut config: Config = url.parse()?;
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(PATIENCE);
    }
    config.application_name(purpose);
    match config.get_ssl_mode() {
        SslMode::Require => Ok(config.connect(encryption(certificates.as_deref())?)?),
        // `prefer` would encrypt without knowing for whom.
        _ => Ok(config.connect(NoTls)?),
    }
}

/// A URL in the driver's own words, and the file of certificates that it named.
fn understood(url: &str) -> (String, Option<String>) {
    let Some((place, options)) = url.split_once('?') else {
        return (url.to_owned(), None);
    };
    let mut certificates = None;
    let mut kept = Vec::new();
    for option in options.split('&') {
        match option.split_once('=') {
            Some(("sslrootcert", path)) => certificates = Some(path).filter(|it| *it != "system"),
            Some(("sslmode", "verify-ca" | "verify-full")) => kept.push("sslmode=require"),
            _ => kept.push(option),
        }
    }
    let url = format!("{place}?{}", kept.join("&"));
    (url, certificates.map(str::to_owned))
}

/// TLS that trusts these certificates, or else the system's.
fn encryption(certificates: Option<&str>) -> Result<MakeRustlsConnect, ConnectError> {
    let mut roots = RootCertStore::empty();
    if let Some(path) = certificates {
        let unusable = |error: &dyn std::fmt::Display| ConnectError::Certificates {
            path: path.to_owned(),
            why: error.to_string(),
        };
        let found = CertificateDer::pem_file_iter(path).map_err(|it| unusable(&it))?;
        for certificate in found {
            let certificate = certificate.map_err(|it| unusable(&it))?;
            roots.add(certificate).map_err(|it| unusable(&it))?;
        }
        if roots.is_empty() {
            return Err(unusable(&"there is none in it"));
        }
    } else {
        let found = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(found.certs);
        if roots.is_empty() {
            return Err(ConnectError::NoCertificates);
        }
    }
    // Ring, because it needs no system library; the services have the same.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(client))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_postgres_own_programs_are_understood() {
        let said = |url| understood(url);
        assert_eq!(said("postgres://a/b"), ("postgres://a/b".to_owned(), None));
        assert_eq!(
            said("postgres://a/b?sslrootcert=/ca.pem&sslmode=verify-full&connect_timeout=3"),
            (
                "postgres://a/b?sslmode=require&connect_timeout=3".to_owned(),
                Some("/ca.pem".to_owned())
            )
        );
        assert_eq!(
            said("postgres://a/b?sslmode=verify-ca&sslrootcert=system"),
            ("postgres://a/b?sslmode=require".to_owned(), None)
        );
    }

    #[test]
    fn a_file_without_certificates_is_named() {
        let missing = connect(
            "postgres://a?sslmode=require&sslrootcert=/no/such",
            "a test",
        );
        let error = missing.err().expect("an error");
        assert!(error.to_string().contains("`/no/such`"), "{error}");
        assert!(error.help().is_some_and(|it| it.contains("sslrootcert")));
    }
}
