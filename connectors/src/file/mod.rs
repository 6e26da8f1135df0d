//! Systems that put files into a folder: CSV, XML, JSON, and B2MML.
//!
//! A file that is complete is taken by renaming it into `taken/`, read page by page, and when its last page is stored
//! moved into `done/`, or into `error/` with a text beside it that says what is wrong. Whoever writes the folder and
//! whoever reads it therefore never see half of each other's work, and a restart goes on in the middle of a file.
//!
//! Read in this order: what a manifest says ([`manifest`]), bytes as text ([`text`]) and as items ([`items`]), the folder
//! ([`folder`]), how far it was read ([`cursor`]), and the source ([`source`]).

mod csv;
mod cursor;
mod folder;
mod items;
mod json;
pub mod manifest;
mod open;
mod source;
pub(crate) mod text;
mod why;
pub mod xml;
mod xml_rows;

pub(crate) use self::source::folder_of;
pub use self::{
    manifest::{Format, Mode, Read, System},
    source::FileSource,
};

#[cfg(test)]
pub(crate) use self::source::scratch;
