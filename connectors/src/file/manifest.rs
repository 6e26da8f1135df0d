//! What a manifest says of a folder and its files.

use serde::Deserialize;

use super::text::Encoding;
use crate::{
    b2mml::Reading,
    manifest::{Checked, Problem},
};

/// Rows of one page unless the manifest says otherwise: one transaction here.
const PAGE_ROWS: usize = 500;
/// More rows than this in one transaction would keep the twin's writer from the floor.
const PAGE_ROWS_MAX: usize = 5_000;
/// The largest file unless the manifest says otherwise. It is held in memory while it is read.
const FILE_BYTES: u64 = 16 << 20;
/// What a manifest may allow at most.
const FILE_BYTES_MAX: u64 = 256 << 20;

/// `system:` of the kind `file`. Where the folder is, the plant file says as `url`: a path, or `file:` and a path.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct System {
    /// `file`.
    pub kind: String,
}

/// `read:` of a stream: some of the files of the folder.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Read {
    /// The names of its files, with `*` for any characters: `lots-*.csv`.
    pub files: String,
    /// How they are written.
    pub format: Format,
    /// What the characters are.
    #[serde(default)]
    pub encoding: Encoding,
    /// What a file holds.
    #[serde(default)]
    pub mode: Mode,
    /// The largest file that is read, in bytes.
    #[serde(default = "file_bytes", deserialize_with = "file_size")]
    pub max_bytes: u64,
    /// Rows of a page.
    #[serde(default = "page_rows", deserialize_with = "page_size")]
    pub page: usize,
}

/// What a file holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// What changed since the last file.
    #[default]
    Changes,
    /// Everything there is: what is in none of two files in a row is gone.
    Full,
}

/// How a file is written.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Format {
    /// Fields between delimiters, one row a line. Every value is text; an empty field is null.
    Csv(Csv),
    /// Elements as rows: attributes as `@name`, elements by name, several of one name as a list, text beside them as `#text`.
    Xml {
        /// The path of the elements that are rows, from the first element: `Export/Lots/Lot`.
        rows: String,
    },
    /// One document.
    Json {
        /// The keys that lead to the list of rows: `data.lots`. Nothing: the document is the list.
        #[serde(default)]
        rows: String,
    },
    /// One JSON object a line.
    Ndjson {},
    /// A message of B2MML; only for systems of that kind.
    #[serde(skip)]
    B2mml(Reading),
}

/// Details of CSV.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Csv {
    /// What stands between two fields.
    #[serde(default = "comma")]
    pub delimiter: char,
    /// What stands around a field that holds a delimiter; doubled inside it.
    #[serde(default = "quote")]
    pub quote: char,
    /// The names of the columns, for files without a line of names.
    #[serde(default)]
    pub columns: Vec<String>,
}

impl Default for Csv {
    fn default() -> Self {
        Self { delimiter: comma(), quote: quote(), columns: Vec::new() }
    }
}

fn comma() -> char {
    ','
}

fn quote() -> char {
    '"'
}

fn page_rows() -> usize {
    PAGE_ROWS
}

fn file_bytes() -> u64 {
    FILE_BYTES
}

fn page_size<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    match usize::deserialize(deserializer)? {
        rows @ 1..=PAGE_ROWS_MAX => Ok(rows),
        _ => Err(serde::de::Error::custom(format!("write a number of rows from 1 to {PAGE_ROWS_MAX}"))),
    }
}

fn file_size<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    match u64::deserialize(deserializer)? {
        bytes @ 1..=FILE_BYTES_MAX => Ok(bytes),
        _ => Err(serde::de::Error::custom(format!("write a number of bytes from 1 to {FILE_BYTES_MAX}"))),
    }
}

impl Read {
    /// Files with messages of B2MML.
    pub(super) fn b2mml(files: &str, reading: Reading) -> Self {
        Self {
            files: files.to_owned(),
            format: Format::B2mml(reading),
            encoding: Encoding::Utf8,
            mode: Mode::Changes,
            max_bytes: file_bytes(),
            page: page_rows(),
        }
    }
}

impl Checked for System {}

impl Checked for Read {
    fn check(&self) -> Result<(), Problem> {
        let unusable =
            self.files.is_empty() || self.files.contains(['/', '\\']) || self.files.chars().any(char::is_control);
        if unusable {
            let remedy = "write a name with * for any characters, such as lots-*.csv";
            return Err(Problem::new("files", format!("{:?} is no pattern of names", self.files), remedy));
        }
        Ok(())
    }
}
