//! The kinds of systems. Each brings two types: `System`, the section `system:`, and `Read`, the key `read:` of a stream.

use super::{
    Manifest,
    check::{Checked, Problem},
    load::Reader,
};
use crate::Error;

macro_rules! kinds {
    ($($variant:ident($word:literal) = $($module:ident)::+;)+) => {
        /// How a system is spoken to.
        #[derive(Clone, Debug)]
        #[allow(clippy::large_enum_variant, reason = "there is one in a process for each system")]
        pub enum System {
            $(#[doc = concat!("`", $word, "`")] $variant($($module)::+::System),)+
        }

        /// What a stream asks for.
        #[derive(Clone, Debug)]
        #[expect(clippy::large_enum_variant, reason = "a manifest has few streams, and each is read once")]
        pub enum Read {
            $(#[doc = concat!("`", $word, "`")] $variant($($module)::+::Read),)+
        }

        /// The words for `system.kind`.
        pub const WORDS: &[&str] = &[$($word),+];

        impl System {
            /// The word of its kind.
            pub fn word(&self) -> &'static str {
                match self { $(Self::$variant(_) => $word),+ }
            }
        }

        impl Checked for System {
            fn check(&self) -> Result<(), Problem> {
                match self { $(Self::$variant(system) => system.check()),+ }
            }
        }

        impl Checked for Read {
            fn check(&self) -> Result<(), Problem> {
                match self { $(Self::$variant(read) => read.check()),+ }
            }
        }

        /// Reads a manifest of a kind; `None`: there is no such kind.
        pub(super) fn read(word: &str, reader: &Reader<'_>) -> Option<Result<Manifest, Error>> {
            match word {
                $($word => Some(
                    reader.read::<$($module)::+::System, $($module)::+::Read>(System::$variant, Read::$variant)
                ),)+
                _ => None,
            }
        }

        /// The schema of each kind.
        #[cfg(test)]
        pub(super) fn schemas(generator: &mut schemars::SchemaGenerator) -> Vec<(&'static str, schemars::Schema)> {
            vec![$(($word, generator.subschema_for::<super::Written<$($module)::+::System, $($module)::+::Read>>())),+]
        }
    };
}

// A new kind is a line here, and a `Source` in `system.rs`.
kinds! {
    HttpJson("http-json") = crate::http_json::manifest;
    Odata("odata") = crate::odata;
    Tryton("tryton") = crate::erp::tryton::manifest;
    Sql("sql") = crate::sql::manifest;
    B2mml("b2mml") = crate::b2mml::manifest;
    File("file") = crate::file::manifest;
    Mqtt("mqtt") = crate::mqtt::manifest;
}
