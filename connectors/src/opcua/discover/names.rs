//! How a proposal writes names of a server that nobody vouches for: as TOML, as paths, as comments.

use std::collections::BTreeMap;

use super::find::{DEVICES, ISA95_JOBS, MACHINERY, MACHINERY_JOBS, PACKML};
use crate::opcua::path::{STANDARD, Segment};

/// Longest piece of a server's text that a comment repeats.
const MAX_COMMENT: usize = 200;
/// Longest code of a line.
const MAX_CODE: usize = 32;

/// Short names of the namespaces that a proposal uses, in the order of their first use.
#[derive(Debug, Default)]
pub(super) struct Namespaces(Vec<(String, String)>);

impl Namespaces {
    /// The path as a plant file has it, or why no plant file can have it.
    pub(super) fn path(&mut self, segments: &[&Segment]) -> Result<String, String> {
        let mut parts = Vec::with_capacity(segments.len());
        for segment in segments {
            let alias = self.alias(&segment.namespace)?;
            parts.push(format!("{alias}:{}", escaped(&segment.name)));
        }
        Ok(parts.join("/"))
    }

    fn alias(&mut self, uri: &str) -> Result<String, String> {
        if uri == STANDARD {
            return Ok("ua".to_owned());
        }
        if let Some((_, alias)) = self.0.iter().find(|(known, _)| known == uri) {
            return Ok(alias.clone());
        }
        if !uri.contains(':') || uri.chars().any(char::is_control) {
            return Err(format!("its namespace {} is no URI", comment(uri)));
        }
        let wanted = match uri {
            PACKML => "packml",
            MACHINERY => "machinery",
            MACHINERY_JOBS => "jobs",
            DEVICES => "di",
            _ if ISA95_JOBS.contains(&uri) => "isa95",
            _ => "p",
        };
        let taken = |alias: &str| self.0.iter().any(|(_, known)| known == alias);
        let alias = match taken(wanted) {
            false => wanted.to_owned(),
            true => (2..).map(|n| format!("{wanted}{n}")).find(|alias| !taken(alias)).unwrap_or_default(),
        };
        self.0.push((uri.to_owned(), alias.clone()));
        Ok(alias)
    }

    /// What `[opcua.namespaces]` has to say.
    pub(super) fn all(&self) -> &[(String, String)] {
        &self.0
    }
}

/// A name inside a path. `=` too, because `;s=` in a path looks like a node id.
fn escaped(name: &str) -> String {
    let special = |c: char| matches!(c, '/' | ':' | '&' | '=');
    name.chars().flat_map(|c| special(c).then_some('&').into_iter().chain([c])).collect()
}

/// A text as TOML has it.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A text inside a comment: it must not end the comment.
pub(super) fn comment(text: &str) -> String {
    let plain = |c: char| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { '?' } else { c };
    let mut short: String = text.chars().take(MAX_COMMENT).map(plain).collect();
    if text.chars().count() > MAX_COMMENT {
        short.push('…');
    }
    short
}

/// A code made of a name, another one than those before.
pub(super) fn code(name: &str, before: &mut BTreeMap<String, usize>) -> String {
    let plain: String = name.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
    let plain: String = plain.trim_matches('-').to_uppercase().chars().take(MAX_CODE).collect();
    let base = if plain.is_empty() { "LINE".to_owned() } else { plain };
    let mut code = base.clone();
    while before.contains_key(&code) {
        let number = before.entry(base.clone()).or_insert(1);
        *number += 1;
        code = format!("{base}-{number}");
    }
    before.insert(code.clone(), 1);
    code
}

/// The UCUM unit of a UNECE code as `EngineeringUnits` carries it, for units of the floor.
pub(super) fn ucum(unit_id: i32) -> Option<&'static str> {
    const KNOWN: [(&str, &str); 28] = [
        ("CEL", "Cel"),
        ("KEL", "K"),
        ("BAR", "bar"),
        ("PAL", "Pa"),
        ("KPA", "kPa"),
        ("MPA", "MPa"),
        ("P1", "%"),
        ("C62", "1"),
        ("MMT", "mm"),
        ("CMT", "cm"),
        ("MTR", "m"),
        ("GRM", "g"),
        ("KGM", "kg"),
        ("SEC", "s"),
        ("C26", "ms"),
        ("MIN", "min"),
        ("HUR", "h"),
        ("MTS", "m/s"),
        ("RPM", "{rpm}"),
        ("HTZ", "Hz"),
        ("AMP", "A"),
        ("VLT", "V"),
        ("WTT", "W"),
        ("KWT", "kW"),
        ("KWH", "kW.h"),
        ("NEW", "N"),
        ("LTR", "L"),
        ("MQH", "m3/h"),
    ];
    let bytes = unit_id.to_be_bytes();
    let code: String = bytes.iter().filter(|byte| **byte != 0).map(|byte| char::from(*byte)).collect();
    KNOWN.iter().find(|(known, _)| *known == code).map(|(_, ucum)| *ucum)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::opcua::path::{Aliases, NodePath};

    #[test]
    fn units_are_told_in_ucum() {
        assert_eq!(ucum(4_408_652), Some("Cel"));
        assert_eq!(ucum(4_342_098), Some("bar"));
        assert_eq!(ucum(20_529), Some("%"));
        assert_eq!(ucum(0), None);
    }

    #[test]
    fn codes_are_unique_and_plain() {
        let mut before = BTreeMap::new();
        let mut code = |name| code(name, &mut before);
        assert_eq!(
            [code("Line 1"), code("line-1"), code("LINE 1"), code("///")],
            ["LINE-1", "LINE-1-2", "LINE-1-3", "LINE"]
        );
    }

    proptest! {
        /// Whatever a server calls its nodes: the path that is written leads to that very name.
        #[test]
        fn any_name_is_written_so_that_it_reads_back(names in prop::collection::vec(".{1,20}", 1..5)) {
            let mut namespaces = Namespaces::default();
            let segments: Vec<_> = names.iter().map(|name| Segment::new("urn:x", name)).collect();
            let path = namespaces.path(&segments.iter().collect::<Vec<_>>()).expect("a URI");
            let document = format!("path = {}\n# {}\n", quoted(&path), comment(&names.join("")));
            let table: toml::Table = document.parse().expect("valid TOML");
            prop_assert_eq!(table.len(), 1);
            let aliases = Aliases::new(&BTreeMap::from([("p".to_owned(), "urn:x".to_owned())])).expect("valid");
            let read = NodePath::parse(table["path"].as_str().expect("a text"), None, &aliases).expect("valid");
            prop_assert_eq!(read.segments(), segments.as_slice());
        }
    }
}
