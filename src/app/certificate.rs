//! The certificate's files: read at the start, and again when they have changed, as they do when a certificate is renewed.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::Failure;
use crate::api::tls::{Certificate, Tls};

/// Where the certificate and its key are.
#[derive(Debug, Clone)]
pub(super) struct CertificateFiles {
    pub(super) chain: PathBuf,
    pub(super) key: PathBuf,
}

/// When both were changed last.
type Changed = (SystemTime, SystemTime);

/// The files of a certificate that is shown.
pub(super) struct WatchedCertificate {
    files: CertificateFiles,
    tls: Arc<Tls>,
    seen: Changed,
}

impl CertificateFiles {
    fn changed(&self) -> io::Result<Changed> {
        let changed = |path: &Path| std::fs::metadata(path)?.modified();
        Ok((changed(&self.chain)?, changed(&self.key)?))
    }

    fn read(&self) -> Result<Certificate, Failure> {
        let read = |path: &Path| std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()));
        let (chain, key) = (read(&self.chain)?, read(&self.key)?);
        Certificate::of_pem(&chain, &key).map_err(|error| {
            let (chain, key) = (self.chain.display(), self.key.display());
            format!("the certificate {chain} with the key {key}: {}", super::explain(&error)).into()
        })
    }

    /// Reads the files and watches them from now on.
    pub(super) fn watch(self) -> Result<WatchedCertificate, Failure> {
        // Asked before they are read, so that a change meanwhile is seen later.
        let seen = self.changed().map_err(|error| {
            format!("the certificate {} with the key {}: {error}", self.chain.display(), self.key.display())
        })?;
        let tls = Arc::new(Tls::new(self.read()?));
        Ok(WatchedCertificate { files: self, tls, seen })
    }
}

impl WatchedCertificate {
    pub(super) fn tls(&self) -> Arc<Tls> {
        Arc::clone(&self.tls)
    }

    /// Shows what the files hold, when they have changed and go together; else the former certificate goes on.
    pub(super) fn look(&mut self) {
        let Ok(changed) = self.files.changed() else { return };
        if changed == self.seen {
            return;
        }
        match self.files.read() {
            Ok(certificate) => {
                self.tls.show(certificate);
                self.seen = changed;
                tracing::info!("the certificate was renewed");
            }
            // Perhaps one of the two is written and the other is not yet: looked at again until both go together.
            Err(failure) => {
                tracing::warn!(%failure, "the certificate's files have changed and can't be used; the former one is shown");
            }
        }
    }
}
