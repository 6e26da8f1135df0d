//! Directories that end with what they were made for.

use std::path::{Path, PathBuf};

use uuid::Uuid;

/// A fresh directory, removed when this is dropped.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// A fresh directory; `label` tells a human what it is.
    pub fn new(label: &str) -> Self {
        let path = std::env::temp_dir().join(format!("plantgraph-{label}-{}", Uuid::new_v4()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A file that is still open can stay; it is below the system's directory for such things.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
