//! Encryption of connections. It is on exactly when the URL says `sslmode=require`, and then
//! the certificate and the name of the server are always verified.

use tokio_postgres::config::SslMode;
use tokio_postgres::{Config, NoTls};

use crate::db::{DbConfig, DbError};

/// Whether and how connections are encrypted.
#[derive(Clone)]
pub(super) enum Encryption {
    /// In the clear, for a server on the same machine or in a private network.
    None(NoTls),
    /// By TLS.
    #[cfg(feature = "tls")]
    Tls(tokio_postgres_rustls::MakeRustlsConnect),
}

impl Encryption {
    /// What the URL and the settings ask for.
    pub(super) fn choose(config: &Config, settings: &DbConfig) -> Result<Self, DbError> {
        match config.get_ssl_mode() {
            SslMode::Require => required(settings),
            // `prefer` would encrypt without knowing for whom.
            _ => Ok(Self::None(NoTls)),
        }
    }
}

#[cfg(not(feature = "tls"))]
fn required(_settings: &DbConfig) -> Result<Encryption, DbError> {
    Err(DbError::other(
        "the database URL asks for `sslmode=require`, but this service is built without the feature `tls`",
    ))
}

#[cfg(feature = "tls")]
fn required(settings: &DbConfig) -> Result<Encryption, DbError> {
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let client = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(DbError::other)?
        .with_root_certificates(roots(settings)?)
        .with_no_client_auth();
    Ok(Encryption::Tls(
        tokio_postgres_rustls::MakeRustlsConnect::new(client),
    ))
}

#[cfg(feature = "tls")]
fn roots(settings: &DbConfig) -> Result<rustls::RootCertStore, DbError> {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject as _;

    let mut roots = rustls::RootCertStore::empty();
    if let Some(path) = &settings.root_certificates {
        let unreadable = |error: &dyn std::fmt::Display| {
            DbError::other(format!(
                "the root certificates in `{}` cannot be used: {error}",
                path.display()
            ))
        };
        for certificate in
            CertificateDer::pem_file_iter(path).map_err(|error| unreadable(&error))?
        {
            let certificate = certificate.map_err(|error| unreadable(&error))?;
            roots.add(certificate).map_err(|error| unreadable(&error))?;
        }
    } else {
        let found = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(found.certs);
    }
    if roots.is_empty() {
        return Err(DbError::other(
            "there are no root certificates to verify PostgreSQL with; name a file in `root_certificates`",
        ));
    }
    Ok(roots)
}
