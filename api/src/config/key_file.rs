//! Secrets that the process makes for itself and keeps in a file that only its owner can read.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// Only the owner may read and write the file.
#[cfg(unix)]
const OWNER_ONLY: u32 = 0o600;

/// A key fits in a few hundred bytes.
const KEY_FILE_BYTES_MAX: u64 = 16 * 1024;

/// A key file can not be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// Reading or writing failed.
    #[error("cannot {doing} the key file {}", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Others can read the file.
    #[error("the key file {} can be read by others; run: chmod 600 {}", path.display(), path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
    },
}

/// Reads the key at `path`, or puts there what `make` returns. When two processes start at once, one wins and both
/// use its key: the file appears complete or not at all.
pub fn load_or_create(path: &Path, make: impl FnOnce() -> String) -> Result<String, KeyFileError> {
    match load(path) {
        Err(KeyFileError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            create(path, &make()).map_err(|source| KeyFileError::Io {
                doing: "create",
                path: path.to_owned(),
                source,
            })?;
            load(path)
        }
        loaded => loaded,
    }
}

fn load(path: &Path) -> Result<String, KeyFileError> {
    let failed = |source| KeyFileError::Io { doing: "read", path: path.to_owned(), source };
    let metadata = fs::metadata(path).map_err(failed)?;
    if metadata.len() > KEY_FILE_BYTES_MAX {
        return Err(failed(io::Error::other("the file is too large for a key")));
    }
    if exposed(&metadata) {
        return Err(KeyFileError::Exposed { path: path.to_owned() });
    }
    fs::read_to_string(path).map_err(failed)
}

fn create(path: &Path, content: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(format!(".{}", std::process::id()));
    let unfinished = PathBuf::from(unfinished);
    let written = write_owner_only(&unfinished, content).and_then(|()| match fs::hard_link(&unfinished, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    });
    let removed = fs::remove_file(&unfinished);
    written.and(removed)
}

fn write_owner_only(path: &Path, content: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, OWNER_ONLY);
    let mut file = options.open(path)?;
    file.write_all(content.as_bytes())?;
    file.sync_all()
}

#[cfg(unix)]
fn exposed(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn exposed(_metadata: &fs::Metadata) -> bool {
    false
}
