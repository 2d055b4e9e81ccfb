//! TLS where no proxy stands before the server: one certificate, which can be exchanged while connections come.
//!
//! TLS 1.2 and 1.3, HTTP/2 and HTTP/1.1. Nothing of a request is known before the other end has shown that it speaks TLS, which it
//! must within a few seconds.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};
use tokio_rustls::server::TlsStream;

/// How long a connection may take to come to speak TLS, as long as a request's head may.
const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(10);

/// What is spoken inside, the best first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// Why a certificate can't be shown.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    #[error("it holds no certificate in PEM")]
    NoCertificate,
    #[error("the certificate can't be read")]
    Certificate(#[source] pem::Error),
    #[error("the key can't be read: it should be one private key in PEM, without a password")]
    Key(#[source] pem::Error),
    #[error("the certificate and the key don't go together")]
    Together(#[source] rustls::Error),
}

/// A certificate with its key.
pub struct Certificate(Arc<ServerConfig>);

impl Certificate {
    /// Reads a chain of certificates, the server's own first, and its private key: both in PEM.
    ///
    /// # Errors
    /// When one of them is no PEM, or the key is another's.
    pub fn of_pem(chain: &[u8], key: &[u8]) -> Result<Self, CertificateError> {
        let chain = CertificateDer::pem_slice_iter(chain)
            .collect::<Result<Vec<_>, _>>()
            .map_err(CertificateError::Certificate)?;
        if chain.is_empty() {
            return Err(CertificateError::NoCertificate);
        }
        let key = PrivateKeyDer::from_pem_slice(key).map_err(CertificateError::Key)?;
        let provider = Arc::new(ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(CertificateError::Together)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(CertificateError::Together)?;
        config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).into();
        Ok(Self(Arc::new(config)))
    }
}

/// The certificate that is shown now. One for all workers.
pub struct Tls {
    config: ArcSwap<ServerConfig>,
}

impl Tls {
    #[must_use]
    pub fn new(certificate: Certificate) -> Self {
        Self { config: ArcSwap::new(certificate.0) }
    }

    /// Shows another certificate to whoever comes from now on.
    pub fn show(&self, certificate: Certificate) {
        self.config.store(certificate.0);
    }

    /// The enciphered stream, unless its other end doesn't come to speak TLS; what it does instead is its own to know.
    pub(crate) async fn accept(&self, stream: TcpStream) -> Option<TlsStream<TcpStream>> {
        let acceptor = TlsAcceptor::from(self.config.load_full());
        tokio::time::timeout(HANDSHAKE_TIME_MAX, acceptor.accept(stream)).await.ok()?.ok()
    }
}
