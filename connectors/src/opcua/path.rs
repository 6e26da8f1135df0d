//! Browse paths that survive a restart of the server: every name carries the URI of its namespace, never an index.

use std::{collections::BTreeMap, fmt};

/// The namespace of the OPC UA standard itself.
pub const STANDARD: &str = "http://opcfoundation.org/UA/";
/// Its alias, which every file has.
const STANDARD_ALIAS: &str = "ua";
/// Deepest path: what servers and `RelativePath` allow.
const MAX_SEGMENTS: usize = 32;

/// Why a path can not be used, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// What is wrong.
    pub problem: String,
    /// What to write instead.
    pub remedy: String,
}

impl Wrong {
    fn new(problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { problem: problem.into(), remedy: remedy.into() }
    }
}

/// Short names of namespaces.
#[derive(Clone, Debug)]
pub struct Aliases(BTreeMap<String, String>);

impl Aliases {
    /// Takes the aliases of a plant file and adds that of the standard.
    ///
    /// # Errors
    /// The alias that can not be used, and why.
    pub fn new(declared: &BTreeMap<String, String>) -> Result<Self, (String, Wrong)> {
        let mut aliases = BTreeMap::from([(STANDARD_ALIAS.to_owned(), STANDARD.to_owned())]);
        for (alias, uri) in declared {
            let wrong = if is_number(alias) {
                Some(index_refused(alias))
            } else if alias.is_empty() || alias.contains([':', '/', '&']) {
                Some(Wrong::new("an alias is a plain word", "write a word such as p"))
            } else if is_number(uri) || !uri.contains(':') {
                Some(Wrong::new(
                    format!("{uri:?} is no namespace URI"),
                    r#"write the URI, such as "urn:example:plant""#,
                ))
            } else {
                None
            };
            match wrong {
                Some(wrong) => return Err((alias.clone(), wrong)),
                None => aliases.insert(alias.clone(), uri.clone()),
            };
        }
        Ok(Self(aliases))
    }

    /// The URI that an alias, or a URI itself, stands for.
    fn uri(&self, name: &str) -> Result<&str, Wrong> {
        if is_number(name) {
            return Err(index_refused(name));
        }
        match self.0.get_key_value(name) {
            Some((_, uri)) => Ok(uri),
            None => {
                let known: Vec<_> = self.0.keys().map(String::as_str).collect();
                let problem = format!("the namespace {name:?} is not declared");
                let remedy = format!("add it to [opcua.namespaces], or use one of: {}", known.join(", "));
                Err(Wrong::new(problem, remedy))
            }
        }
    }
}

/// One step of a path: a browse name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Segment {
    /// The URI of its namespace.
    pub namespace: String,
    /// The name.
    pub name: String,
}

impl Segment {
    /// A browse name.
    pub fn new(namespace: &str, name: &str) -> Self {
        Self { namespace: namespace.to_owned(), name: name.to_owned() }
    }
}

/// A path of browse names that begins below the server's `Objects` folder.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NodePath {
    /// As a person wrote it, for messages.
    text: String,
    segments: Vec<Segment>,
}

impl NodePath {
    /// Reads a path such as `p:Plant/p:Line1`, whose names without an alias are in the namespace `ns` (an alias or a URI).
    ///
    /// # Errors
    /// What is wrong with it, and what to write instead.
    pub fn parse(text: &str, ns: Option<&str>, aliases: &Aliases) -> Result<Self, Wrong> {
        if text.starts_with("ns=") || text.starts_with("nsu=") || text.contains(";s=") || text.contains(";i=") {
            let problem = format!("{text:?} is a node id, which a server may change");
            return Err(Wrong::new(problem, r#"write the browse path, such as "p:Plant/p:Line1""#));
        }
        let ns = ns.map(|ns| if is_uri(ns) { Ok(ns) } else { aliases.uri(ns) }).transpose()?;
        let parts = split(text, '/');
        if parts.len() > MAX_SEGMENTS {
            let problem = format!("the path has {} names", parts.len());
            return Err(Wrong::new(problem, format!("bind a node at most {MAX_SEGMENTS} levels below Objects")));
        }
        let segments = parts.iter().map(|part| segment(part, ns, aliases)).collect::<Result<_, _>>()?;
        Ok(Self { text: text.to_owned(), segments })
    }

    /// The node that `below` leads to from this one.
    pub fn join(&self, below: &[Segment]) -> Self {
        let mut path = self.clone();
        for segment in below {
            path.text.push('/');
            path.text.push_str(&segment.name);
            path.segments.push(segment.clone());
        }
        path
    }

    /// The browse names, from the one below `Objects` to the node itself.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }
}

/// As a person wrote it.
impl fmt::Display for NodePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn segment(part: &str, ns: Option<&str>, aliases: &Aliases) -> Result<Segment, Wrong> {
    let pieces = split(part, ':');
    let (namespace, name) = match pieces.as_slice() {
        [name] => match ns {
            Some(uri) => (uri, *name),
            None => {
                let problem = format!("the name {part:?} has no namespace");
                return Err(Wrong::new(problem, format!(r#"write an alias before it, such as "p:{part}", or add ns"#)));
            }
        },
        [alias, name] => (aliases.uri(alias)?, *name),
        _ => {
            let problem = format!("{part:?} has more than one colon");
            return Err(Wrong::new(problem, "write alias:Name, and &: for a colon inside the name"));
        }
    };
    let name = unescaped(name);
    if name.is_empty() {
        return Err(Wrong::new(
            "the path has an empty name",
            r#"write names between single slashes: "p:Plant/p:Line1""#,
        ));
    }
    if namespace == STANDARD && name == "Objects" {
        return Err(Wrong::new("the path begins with Objects", "leave it out: every path begins below Objects"));
    }
    Ok(Segment { namespace: namespace.to_owned(), name })
}

/// The parts between unescaped separators, still escaped.
fn split(text: &str, separator: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut escaped) = (0, false);
    for (at, c) in text.char_indices() {
        if escaped {
            escaped = false;
        } else if c == '&' {
            escaped = true;
        } else if c == separator {
            parts.push(&text[start..at]);
            start = at + c.len_utf8();
        }
    }
    parts.push(&text[start..]);
    parts
}

/// Without the `&` before escaped characters.
fn unescaped(text: &str) -> String {
    let mut name = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        name.extend(if c == '&' { chars.next() } else { Some(c) });
    }
    name
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_digit())
}

fn is_uri(text: &str) -> bool {
    text.contains(':')
}

fn index_refused(index: &str) -> Wrong {
    let problem = format!("{index} is a namespace index, and a server may hand out other indices after a restart");
    Wrong::new(problem, r#"declare the URI in [opcua.namespaces], such as p = "urn:example:plant", and write "p:Name""#)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn aliases() -> Aliases {
        Aliases::new(&BTreeMap::from([
            ("p".to_owned(), "urn:plant".to_owned()),
            ("q".to_owned(), "http://q/".to_owned()),
        ]))
        .expect("valid aliases")
    }

    #[test]
    fn resolves_aliases_per_name() {
        let path = NodePath::parse("p:Plant/q:Line1/ua:Server", None, &aliases()).expect("valid");
        let expected =
            [Segment::new("urn:plant", "Plant"), Segment::new("http://q/", "Line1"), Segment::new(STANDARD, "Server")];
        assert_eq!(path.segments(), expected);
        assert_eq!(path.to_string(), "p:Plant/q:Line1/ua:Server");
    }

    #[test]
    fn ns_is_the_namespace_of_plain_names() {
        let by_uri = NodePath::parse("Plant/q:Line1", Some("urn:plant"), &aliases()).expect("valid");
        let by_alias = NodePath::parse("Plant/q:Line1", Some("p"), &aliases()).expect("valid");
        assert_eq!(by_uri, by_alias);
        assert_eq!(by_uri.segments()[1], Segment::new("http://q/", "Line1"));
    }

    #[test]
    fn refuses_and_says_what_to_write() {
        for (text, ns, problem) in [
            ("2:Plant/2:Line1", None, "namespace index"),
            ("Plant", Some("2"), "namespace index"),
            ("ns=2;s=Plant.Line1", None, "node id"),
            ("nsu=urn:plant;s=Plant", None, "node id"),
            ("Plant/Line1", None, "no namespace"),
            ("x:Plant", None, "not declared"),
            ("p:Plant//p:Line1", None, "no namespace"),
            ("p:", None, "empty name"),
            ("", Some("p"), "empty name"),
            ("p:a:b", None, "colon"),
            ("ua:Objects/p:Plant", None, "Objects"),
        ] {
            let wrong = NodePath::parse(text, ns, &aliases()).expect_err(text);
            assert!(wrong.problem.contains(problem), "{text:?}: {wrong:?}");
            assert!(!wrong.remedy.is_empty(), "{text:?}");
        }
        let deep = vec!["p:a"; MAX_SEGMENTS + 1].join("/");
        assert!(NodePath::parse(&deep, None, &aliases()).is_err());
    }

    #[test]
    fn refuses_aliases_that_hide_an_index() {
        for (alias, uri) in [("2", "urn:x"), ("p", "2"), ("p", "plain"), ("a:b", "urn:x"), ("", "urn:x")] {
            let declared = BTreeMap::from([(alias.to_owned(), uri.to_owned())]);
            assert!(Aliases::new(&declared).is_err(), "{alias}={uri}");
        }
    }

    proptest! {
        #[test]
        fn any_name_survives_escaping(names in prop::collection::vec("[^\u{0}]{1,12}", 1..8)) {
            let escape = |name: &str| {
                name.chars().flat_map(|c| if matches!(c, '/' | ':' | '&') { vec!['&', c] } else { vec![c] }).collect::<String>()
            };
            let text: Vec<_> = names.iter().map(|name| format!("p:{}", escape(name))).collect();
            let path = NodePath::parse(&text.join("/"), None, &aliases());
            prop_assume!(!text[0].contains(";s=") && !text.join("/").contains(";i=") && !text.join("/").contains(";s="));
            let path = path.expect("escaped names are valid");
            let read: Vec<_> = path.segments().iter().map(|segment| segment.name.clone()).collect();
            prop_assert_eq!(read, names);
        }

        #[test]
        fn no_text_panics(text in ".{0,60}") {
            let _ = NodePath::parse(&text, Some("p"), &aliases());
        }
    }
}
