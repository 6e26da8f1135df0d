//! The folder: which files are complete, and where each goes.
//!
//! Everything is a rename inside one folder, which is one step for everybody who looks.

use std::{
    collections::HashMap,
    io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use tokio::{fs, time::Instant};

use crate::Error;

/// Names of files that are still being written.
const UNFINISHED: [&str; 5] = [".tmp", ".part", ".partial", ".crdownload", ".filepart"];
/// Files that one look considers. More wait for the next.
const FILES_MAX: usize = 10_000;
/// How long a file has to be as it is before it counts as complete: whoever copies it over a network pauses less.
pub(super) const STABLE_AFTER: Duration = Duration::from_secs(2);

/// A folder with files of a system.
pub(super) struct Folder {
    path: PathBuf,
    /// The files of the last look, and since when they are as they are: one that is still growing is not complete.
    seen: HashMap<String, (Shape, Instant)>,
    stable_after: Duration,
}

/// Size and time of a file.
type Shape = (u64, Option<SystemTime>);

/// Where a file that was read goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Done,
    Error,
}

impl Folder {
    pub(super) fn new(path: PathBuf, stable_after: Duration) -> Self {
        Self { path, seen: HashMap::new(), stable_after }
    }

    /// The files in `taken/` that match, and then those that are complete, in the order of their times and names.
    pub(super) async fn look(&mut self, pattern: &str) -> Result<Vec<String>, Error> {
        let mut names = self.list(&self.taken(), pattern).await?.into_iter().map(|file| file.name).collect::<Vec<_>>();
        names.sort();
        let mut files = self.list(&self.path, pattern).await?;
        files.sort_by(|a, b| (a.changed, &a.name).cmp(&(b.changed, &b.name)));
        let before = std::mem::take(&mut self.seen);
        for file in files {
            let shape = (file.size, file.changed);
            let since = match before.get(&file.name) {
                Some((known, since)) if *known == shape => *since,
                _ => Instant::now(),
            };
            if before.contains_key(&file.name) && since.elapsed() >= self.stable_after && !names.contains(&file.name) {
                names.push(file.name.clone());
            }
            self.seen.insert(file.name, (shape, since));
        }
        Ok(names)
    }

    /// Takes a file, if it is not taken already.
    pub(super) async fn take(&self, name: &str) -> Result<(), Error> {
        let taken = self.taken().join(name);
        if is_file(&taken).await {
            return Ok(());
        }
        self.rename(&self.path.join(name), &taken).await
    }

    /// The content of a taken file; `None` when somebody removed it.
    pub(super) async fn read(&self, name: &str, bytes_max: u64) -> Result<Option<Result<Vec<u8>, String>>, Error> {
        let path = self.taken().join(name);
        let size = match fs::symlink_metadata(&path).await {
            Ok(found) if found.is_file() => found.len(),
            Ok(_) => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unusable(&path, &error)),
        };
        if size > bytes_max {
            return Ok(Some(Err(format!("at most {bytes_max} bytes: it has {size}"))));
        }
        fs::read(&path).await.map(|bytes| Some(Ok(bytes))).map_err(|error| unusable(&path, &error))
    }

    /// Moves a taken file to where it ends, with a text beside it when there is one.
    pub(super) async fn end(&self, name: &str, sum: &str, end: End, why: Option<&str>) -> Result<(), Error> {
        let folder = self.path.join(if end == End::Done { "done" } else { "error" });
        let mut target = folder.join(name);
        if is_file(&target).await {
            // Another file of that name came before.
            target = folder.join(format!("{name}.{}", sum.get(..8).unwrap_or(sum)));
        }
        if let Some(why) = why {
            make(&folder).await?;
            let mut beside = target.clone().into_os_string();
            beside.push(".why.txt");
            fs::write(&beside, why).await.map_err(|error| unusable(Path::new(&beside), &error))?;
        }
        self.rename(&self.taken().join(name), &target).await
    }

    fn taken(&self) -> PathBuf {
        self.path.join("taken")
    }

    async fn rename(&self, from: &Path, to: &Path) -> Result<(), Error> {
        if let Some(folder) = to.parent() {
            make(folder).await?;
        }
        fs::rename(from, to).await.map_err(|error| unusable(from, &error))
    }

    async fn list(&self, folder: &Path, pattern: &str) -> Result<Vec<File>, Error> {
        let mut entries = match fs::read_dir(folder).await {
            Ok(entries) => entries,
            // The folder of the system has to be there; our own ones come when they are needed.
            Err(error) if error.kind() == io::ErrorKind::NotFound && folder != self.path => return Ok(Vec::new()),
            Err(error) => return Err(unusable(folder, &error)),
        };
        let mut files = Vec::new();
        while let Some(entry) = entries.next_entry().await.map_err(|error| unusable(folder, &error))? {
            let Ok(name) = entry.file_name().into_string() else { continue };
            if !matches(pattern, &name) || is_unfinished(&name) || name.chars().any(char::is_control) {
                continue;
            }
            // Not through a link: it may lead out of the folder.
            let Ok(found) = entry.path().symlink_metadata() else { continue };
            if found.is_file() {
                files.push(File { name, size: found.len(), changed: found.modified().ok() });
            }
            if files.len() >= FILES_MAX {
                break;
            }
        }
        Ok(files)
    }
}

struct File {
    name: String,
    size: u64,
    changed: Option<SystemTime>,
}

async fn is_file(path: &Path) -> bool {
    fs::symlink_metadata(path).await.is_ok_and(|found| found.is_file())
}

async fn make(folder: &Path) -> Result<(), Error> {
    fs::create_dir_all(folder).await.map_err(|error| unusable(folder, &error))
}

fn is_unfinished(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    name.starts_with('.') || name.ends_with('~') || UNFINISHED.iter().any(|ending| lower.ends_with(ending))
}

fn unusable(path: &Path, error: &io::Error) -> Error {
    Error::ErpUnreachable { url: path.display().to_string(), problem: error.to_string() }
}

/// Whether a name matches a pattern, in which `*` stands for any characters.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_names() {
        for (pattern, name, expected) in [
            ("*.csv", "lots.csv", true),
            ("lots-*.csv", "lots-2026.csv", true),
            ("lots-*.csv", "lots-.csv", true),
            ("lots-*.csv", "lots.csv", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c", false),
            ("ab*ba", "aba", false),
            ("exact", "exact", true),
            ("exact", "exactly", false),
            ("*", "anything", true),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[tokio::test]
    async fn a_file_is_complete_when_two_looks_agree() {
        let folder = crate::file::source::scratch();
        let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
        let mut looks = Folder::new(folder.clone(), Duration::from_millis(20));
        let pause = || tokio::time::sleep(Duration::from_millis(30));
        write("a.csv", "x");
        write("b.csv.tmp", "x");
        write("c.txt", "x");
        #[cfg(unix)]
        std::os::unix::fs::symlink("/etc/passwd", folder.join("link.csv")).unwrap();
        std::fs::create_dir(folder.join("folder.csv")).unwrap();
        assert_eq!(looks.look("*.csv*").await.unwrap(), Vec::<String>::new());
        pause().await;
        write("a.csv", "longer");
        assert_eq!(looks.look("*.csv*").await.unwrap(), Vec::<String>::new(), "it is still growing");
        assert_eq!(looks.look("*.csv*").await.unwrap(), Vec::<String>::new(), "it may still be growing");
        pause().await;
        assert_eq!(looks.look("*.csv*").await.unwrap(), ["a.csv"]);
        looks.take("a.csv").await.unwrap();
        looks.take("a.csv").await.unwrap();
        assert_eq!(looks.look("*.csv*").await.unwrap(), ["a.csv"], "what was taken comes first after a restart");
        assert!(looks.read("a.csv", 2).await.unwrap().unwrap().is_err());
        looks.end("a.csv", "0123456789", End::Error, Some("line 1")).await.unwrap();
        assert_eq!(std::fs::read_to_string(folder.join("error/a.csv.why.txt")).unwrap(), "line 1");
        assert!(looks.read("a.csv", 2).await.unwrap().is_none());
    }
}
