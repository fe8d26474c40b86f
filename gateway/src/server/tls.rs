//! TLS 1.3 with ring; client certificates are optional, and those presented are verified against the trust list's roots.

use std::path::Path;
use std::sync::Arc;

use certs::trust::{Purpose, Trust};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, version};
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
    /// No root of the trust list is for client certificates.
    #[error("the trust list has no root for client certificates")]
    NoClientRoot,
}

/// What accepts connections for a server with these files and this trust.
///
/// # Errors
/// [`TlsFault`] naming what cannot be used.
pub fn acceptor(files: &Files, trust: &Trust) -> Result<TlsAcceptor, TlsFault> {
    let chain = chain(&files.certificate)?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|_| TlsFault::Key)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(
        trust.anchors(Purpose::TlsClient).iter().map(|root| CertificateDer::from(root.certificate.der())),
    );
    let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
        .allow_unauthenticated()
        .build()
        .map_err(|_| TlsFault::NoClientRoot)?;
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&version::TLS13])
        .map_err(|_| TlsFault::Pair)?
        .with_client_cert_verifier(clients)
        .with_single_cert(chain, key)
        .map_err(|_| TlsFault::Pair)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    // Early data can be replayed by anyone who saw it.
    config.max_early_data_size = 0;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsFault> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path).map_err(|_| TlsFault::Certificate)?.collect();
    chain.ok().filter(|chain| !chain.is_empty()).ok_or(TlsFault::Certificate)
}
