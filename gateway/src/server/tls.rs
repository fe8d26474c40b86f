//! TLS 1.3 with ring; client certificates are optional, and those presented are verified against the trust list's roots.

use std::path::Path;
use std::sync::Arc;

use certs::key::PublicKey;
use certs::trust::{Purpose, Trust};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{WantsServerCert, WebPkiClientVerifier};
use rustls::{ConfigBuilder, RootCertStore, ServerConfig, version};
use tokio_rustls::TlsAcceptor;

use crate::config::ServerConfig as Files;

/// Why TLS cannot be offered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TlsFault {
    /// The certificate chain cannot be read.
    #[error("no certificate chain in PEM")]
    Certificate,
    /// The private key cannot be read.
    #[error("no private key in PEM")]
    Key,
    /// Key and certificate do not belong together, or are of a kind that is not supported.
    #[error("certificate and key cannot be used together")]
    Pair,
    /// A root for client certificates that TLS cannot use: whoever has a certificate of it would be turned away without a reason.
    #[error("the root {subject} for client certificates cannot be used for TLS")]
    ClientRoot {
        /// Its subject.
        subject: String,
    },
    /// No root of the trust list is for client certificates.
    #[error("the trust list has no root for client certificates")]
    NoClientRoot,
}

/// What accepts connections of whoever comes, for a server that asks nobody who it is.
///
/// # Errors
/// [`TlsFault`] naming what cannot be used.
pub fn open_acceptor(certificate: &Path, key: &Path) -> Result<TlsAcceptor, TlsFault> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_protocol_versions(&[&version::TLS13]);
    finish(builder.map_err(|_| TlsFault::Pair)?.with_no_client_auth(), certificate, key)
}

/// What accepts connections for a server with these files and this trust.
///
/// # Errors
/// [`TlsFault`] naming what cannot be used.
pub fn acceptor(files: &Files, trust: &Trust) -> Result<TlsAcceptor, TlsFault> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    for anchor in trust.anchors(Purpose::TlsClient) {
        let root = &anchor.certificate;
        let unusable = || TlsFault::ClientRoot { subject: root.subject().to_string() };
        // TLS here knows no SM2: a root of such a key would never match, and nobody would know why.
        root.public_key().ok().filter(|key| !matches!(key, PublicKey::Sm2(_))).ok_or_else(unusable)?;
        roots.add(CertificateDer::from(root.der().to_vec())).map_err(|_| unusable())?;
    }
    let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
        .allow_unauthenticated()
        .build()
        .map_err(|_| TlsFault::NoClientRoot)?;
    let builder = ServerConfig::builder_with_provider(provider).with_protocol_versions(&[&version::TLS13]);
    let builder = builder.map_err(|_| TlsFault::Pair)?.with_client_cert_verifier(clients);
    finish(builder, &files.certificate, &files.key)
}

fn finish(
    builder: ConfigBuilder<ServerConfig, WantsServerCert>,
    certificate: &Path,
    key: &Path,
) -> Result<TlsAcceptor, TlsFault> {
    let chain = chain(certificate)?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(|_| TlsFault::Key)?;
    let mut config = builder.with_single_cert(chain, key).map_err(|_| TlsFault::Pair)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    // Early data can be replayed by anyone who saw it.
    config.max_early_data_size = 0;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsFault> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path).map_err(|_| TlsFault::Certificate)?.collect();
    chain.ok().filter(|chain| !chain.is_empty()).ok_or(TlsFault::Certificate)
}
