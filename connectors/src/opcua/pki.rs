//! The folder of keys and trust: `own` and `private` are ours, `trusted` holds the servers that a person trusts,
//! `rejected` the ones that came along and were not.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use opcua::{
    crypto::{CertificateStore, X509, X509Data},
    sync::RwLock,
};
use tokio::fs;

use super::certificate::Certificate;
use crate::Error;

/// The name in our own certificate.
const COMMON_NAME: &str = "plantgraph";
/// The size that Basic256Sha256 asks for at least, and that every server takes.
const KEY_BITS: u32 = 2048;
/// Our own certificate lives this long: servers pin it by hand, so it must not change every year.
const VALID_DAYS: u32 = 5 * 365;
/// The folder of our private key.
const PRIVATE: &str = "private";

/// Our key pair, and whom we trust.
pub(super) struct Pki {
    folder: PathBuf,
    /// What the library reads our key pair and its trust from.
    pub(super) store: Arc<RwLock<CertificateStore>>,
    /// What our certificate calls us; a server refuses another name.
    pub(super) application_uri: String,
    /// Until when our certificate is valid.
    pub(super) own_until: DateTime<Utc>,
}

/// Why a certificate is not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    /// What is wrong, and what to do.
    pub(super) problem: String,
    /// The server is trusted with another certificate: it was replaced, or somebody stands between.
    pub(super) changed: bool,
}

impl From<String> for Refused {
    fn from(problem: String) -> Self {
        Self { problem, changed: false }
    }
}

impl Pki {
    /// Opens the folder, and makes a key pair if there is none. Blocking: making a key takes up to seconds.
    ///
    /// # Errors
    /// [`Error::Pki`] when the folder or the key pair can not be used.
    pub(super) fn open(folder: &Path) -> Result<Self, Error> {
        let wrong = |problem: String| Error::Pki { problem: format!("{}: {problem}", folder.display()) };
        let private = folder.join(PRIVATE);
        make_private(&private).map_err(|error| wrong(format!("cannot make {PRIVATE}: {error}")))?;
        let (mut store, own, key) =
            CertificateStore::new_with_x509_data(folder, false, None, None, Some(own_certificate()));
        let (Some(own), Some(_)) = (own, key) else {
            return Err(wrong(
                "own/cert.der and private/private.pem do not belong together or can not be read; put a matching \
                 pair there, or remove both to have a new one made"
                    .to_owned(),
            ));
        };
        // Names and validity are checked by us, whatever their order; trust and key length still by the library too.
        store.set_skip_verify_certs(true);
        protect(&store.own_private_key_path()).map_err(|error| wrong(format!("cannot protect the key: {error}")))?;
        let own = own.to_der().map_err(|_| "it does not encode".to_owned()).and_then(|der| Certificate::from_der(&der));
        let own = own.map_err(|problem| wrong(format!("own/cert.der: {problem}")))?;
        let Some(uri) = own.application_uri() else {
            return Err(wrong("own/cert.der names no application URI, which servers insist on".to_owned()));
        };
        Ok(Self {
            folder: folder.to_owned(),
            application_uri: uri.to_owned(),
            own_until: own.not_after(),
            store: Arc::new(RwLock::new(store)),
        })
    }

    /// Checks that a person trusts this very certificate and that it fits the server. Otherwise it is put into `rejected`.
    ///
    /// # Errors
    /// Why not, and how to trust it.
    pub(super) async fn check(
        &self,
        certificate: &Certificate,
        application_uri: &str,
        host: &str,
        now: DateTime<Utc>,
    ) -> Result<(), Refused> {
        let (trusted, rejected) = (self.folder.join("trusted"), self.folder.join("rejected"));
        // Named by what no server can choose: the name goes into a command that a person copies.
        let refused = rejected.join(format!("{}.der", certificate.thumbprint()));
        let failed =
            |error: io::Error| Refused::from(format!("the folder {} can not be used: {error}", self.folder.display()));
        let Some(found) = find(&trusted, certificate).await.map_err(failed)? else {
            let before = of_application(&trusted, application_uri).await.map_err(failed)?;
            fs::write(&refused, &certificate.der).await.map_err(failed)?;
            return Err(first_contact(certificate, before.as_ref(), &refused, &trusted));
        };
        if let Some(problem) = certificate.problem(application_uri, host, now) {
            return Err(problem.into());
        }
        // The library wants it under a name of its own making, and refuses what lies in both folders. It is moved and not
        // copied, so that taking the one file away takes the trust away.
        let name = CertificateStore::cert_file_name(&certificate.x509);
        if found != trusted.join(&name) {
            fs::write(trusted.join(&name), &certificate.der).await.map_err(failed)?;
            fs::remove_file(found).await.map_err(failed)?;
        }
        for leftover in [refused, rejected.join(&name)] {
            match fs::remove_file(leftover).await {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
                _ => {}
            }
        }
        Ok(())
    }
}

/// Nobody trusts this very certificate. Another one of the same server makes a difference to a person.
fn first_contact(certificate: &Certificate, before: Option<&Certificate>, refused: &Path, trusted: &Path) -> Refused {
    let (thumbprint, from, to) = (certificate.thumbprint(), refused.display(), trusted.display());
    let problem = match before {
        None => format!(
            "nobody trusts it yet. Its thumbprint is {thumbprint}. If that is the server's, trust it with: mv \"{from}\" \"{to}/\""
        ),
        Some(before) => format!(
            "it has CHANGED: the server is trusted with another one (thumbprint {}, valid until {}). Somebody replaced it, or \
             stands between. The new one has the thumbprint {thumbprint}. Ask who replaced it; only if it is the server's, trust \
             it with: mv \"{from}\" \"{to}/\"",
            before.thumbprint(),
            before.not_after()
        ),
    };
    Refused { problem, changed: before.is_some() }
}

/// A trusted certificate of this application.
async fn of_application(folder: &Path, application_uri: &str) -> io::Result<Option<Certificate>> {
    let mut entries = fs::read_dir(folder).await?;
    while let Some(entry) = entries.next_entry().await? {
        if !entry.file_type().await?.is_file() {
            continue;
        }
        let bytes = fs::read(entry.path()).await?;
        let from_pem = || X509::from_pem(&bytes).ok().and_then(|x509| x509.to_der().ok());
        let certificate = Certificate::from_der(&bytes).ok().or_else(|| Certificate::from_der(&from_pem()?).ok());
        if let Some(certificate) = certificate.filter(|certificate| certificate.is_of(application_uri)) {
            return Ok(Some(certificate));
        }
    }
    Ok(None)
}

/// The file that holds this certificate, byte by byte, under whatever name a person gave it.
async fn find(folder: &Path, certificate: &Certificate) -> io::Result<Option<PathBuf>> {
    let mut entries = fs::read_dir(folder).await?;
    while let Some(entry) = entries.next_entry().await? {
        if !entry.file_type().await?.is_file() {
            continue;
        }
        let bytes = fs::read(entry.path()).await?;
        let same = bytes == certificate.der
            || X509::from_pem(&bytes)
                .ok()
                .and_then(|x509| x509.to_der().ok())
                .is_some_and(|der| der == certificate.der);
        if same {
            return Ok(Some(entry.path()));
        }
    }
    Ok(None)
}

/// Our own certificate: the URI first, because some clients and servers look at the first name only.
fn own_certificate() -> X509Data {
    let host = X509Data::computer_hostnames().into_iter().next().unwrap_or_else(|| "localhost".to_owned());
    X509Data {
        key_size: KEY_BITS,
        common_name: COMMON_NAME.to_owned(),
        organization: COMMON_NAME.to_owned(),
        organizational_unit: String::new(),
        country: String::new(),
        state: String::new(),
        alt_host_names: X509Data::alt_host_names(&format!("urn:{host}:{COMMON_NAME}"), None, true, true, false),
        certificate_duration_days: VALID_DAYS,
    }
}

/// Makes a folder that only we can look into, before a key is written there.
fn make_private(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// Takes from others the right to read our key.
fn protect(key: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(key, std::fs::Permissions::from_mode(0o600))?;
    }
    #[cfg(not(unix))]
    let _ = key;
    Ok(())
}

#[cfg(test)]
mod tests;
