//! XML as a tree, by local names. Definitions of types and entities are refused, and so is what is too deep or too large.

use quick_xml::{
    Reader, XmlVersion,
    events::{BytesStart, Event},
};

/// No message of a business system is nested deeper; a hostile one would end at the bottom of the stack.
const DEPTH_MAX: usize = 64;
/// Elements of one document: a full snapshot of a large plant has some hundred thousand.
const ELEMENTS_MAX: usize = 2_000_000;
/// Attributes of one element.
const ATTRIBUTES_MAX: usize = 256;

/// An element. Prefixes and namespaces are left out: versions of one format differ in nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// Its name, without prefix.
    pub name: String,
    /// Its attributes, without prefix; declarations of namespaces are none.
    pub attributes: Vec<(String, String)>,
    /// The elements inside.
    pub children: Vec<Element>,
    /// The text directly inside, trimmed.
    pub text: String,
    /// The line where it begins, from 1.
    pub line: u64,
}

/// Why a document can not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The line, from 1.
    pub line: u64,
    /// What is wrong there.
    pub problem: String,
}

impl Element {
    /// The first element of that name inside.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// All elements of that name inside.
    pub fn children<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of the first element of that name; an empty one says nothing.
    pub fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.as_str()).filter(|text| !text.is_empty())
    }

    /// An attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Reads a document.
///
/// # Errors
/// Where it is not well-formed, defines types or entities, or is deeper or larger than anything real.
pub fn parse(text: &str) -> Result<Element, Wrong> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_comments = true;
    let mut lines = Lines::new(text);
    let mut builder = Builder::default();
    loop {
        let before = reader.buffer_position();
        let line = lines.at(before);
        let wrong = |problem: String| Wrong { line, problem };
        let event = reader.read_event().map_err(|error| Wrong {
            line: Lines::new(text).at(reader.error_position().max(before)),
            problem: error.to_string(),
        })?;
        match event {
            Event::Start(start) => builder.open(&start, line).map_err(wrong)?,
            Event::Empty(start) => {
                builder.open(&start, line).map_err(wrong)?;
                builder.close().map_err(wrong)?;
            }
            Event::End(_) => builder.close().map_err(wrong)?,
            Event::Text(text) => builder.text(&text.xml10_content()).map_err(wrong)?,
            Event::CData(text) => builder.text(&text.xml10_content()).map_err(wrong)?,
            Event::GeneralRef(reference) => {
                let character = reference.resolve_char_ref().map_err(|error| wrong(error.to_string()))?;
                let resolved = match character {
                    Some(character) => Some(character.to_string()),
                    None => quick_xml::escape::resolve_xml_entity(&reference.into_inner()).map(str::to_owned),
                };
                // Only the five that XML itself knows: others come from definitions, which are refused.
                let resolved = resolved.ok_or_else(|| wrong("an entity that XML does not know".to_owned()))?;
                builder.text(&resolved).map_err(wrong)?;
            }
            Event::DocType(_) => return Err(wrong("a document type definition is not accepted".to_owned())),
            Event::Comment(_) | Event::PI(_) | Event::Decl(_) => {}
            Event::Eof => return builder.finish().map_err(wrong),
        }
    }
}

/// Builds the tree.
#[derive(Default)]
struct Builder {
    open: Vec<Element>,
    root: Option<Element>,
    count: usize,
}

impl Builder {
    fn open(&mut self, start: &BytesStart<'_>, line: u64) -> Result<(), String> {
        self.count += 1;
        if self.open.len() >= DEPTH_MAX {
            return Err(format!("more than {DEPTH_MAX} elements inside each other"));
        }
        if self.count > ELEMENTS_MAX {
            return Err(format!("more than {ELEMENTS_MAX} elements"));
        }
        if self.open.is_empty() && self.root.is_some() {
            return Err("a second element after the first one ended".to_owned());
        }
        let mut element = Element { name: start.local_name().as_ref().to_owned(), line, ..Element::default() };
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| error.to_string())?;
            let key = attribute.key;
            if key.as_namespace_binding().is_some() {
                continue;
            }
            if element.attributes.len() >= ATTRIBUTES_MAX {
                return Err(format!("more than {ATTRIBUTES_MAX} attributes"));
            }
            let value = attribute.normalized_value(XmlVersion::Explicit1_0).map_err(|error| error.to_string())?;
            check(&value)?;
            element.attributes.push((key.local_name().as_ref().to_owned(), value.into_owned()));
        }
        self.open.push(element);
        Ok(())
    }

    fn close(&mut self) -> Result<(), String> {
        let mut element = self.open.pop().ok_or("an end without a beginning")?;
        element.text = element.text.trim().to_owned();
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.root = Some(element),
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), String> {
        check(text)?;
        match self.open.last_mut() {
            Some(element) => element.text.push_str(text),
            None if text.trim().is_empty() => {}
            None => return Err("text outside of every element".to_owned()),
        }
        Ok(())
    }

    fn finish(self) -> Result<Element, String> {
        match (self.open.last(), self.root) {
            (Some(open), _) => Err(format!("it ends inside of <{}>", open.name)),
            (None, Some(root)) => Ok(root),
            (None, None) => Err("there is no element".to_owned()),
        }
    }
}

fn check(text: &str) -> Result<(), String> {
    match text.chars().find(|c| super::text::is_forbidden(*c)) {
        Some(c) => Err(format!("the control character U+{:04X}", c as u32)),
        None => Ok(()),
    }
}

/// Counts lines while positions grow.
struct Lines<'a> {
    text: &'a [u8],
    position: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        Self { text: text.as_bytes(), position: 0, line: 1 }
    }

    fn at(&mut self, position: u64) -> u64 {
        let position = usize::try_from(position).unwrap_or(usize::MAX).min(self.text.len());
        if position > self.position {
            self.line += self.text[self.position..position].iter().filter(|byte| **byte == b'\n').count() as u64;
            self.position = position;
        }
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_by_local_name_with_text_references_and_cdata() {
        let text = "<?xml version=\"1.0\"?>\n<b:A xmlns:b='urn:x' b:id='1&amp;2'>\n <b:C> a &lt;&#65; <![CDATA[<raw>]]></b:C><C/></b:A>";
        let root = parse(text).unwrap();
        assert_eq!((root.name.as_str(), root.attribute("id"), root.attributes.len()), ("A", Some("1&2"), 1));
        assert_eq!(root.text_of("C"), Some("a <A <raw>"));
        assert_eq!((root.children("C").count(), root.children[0].line), (2, 3));
    }

    #[test]
    fn refuses_what_is_hostile_and_says_where() {
        let bomb = "<!DOCTYPE a [<!ENTITY x \"xxxx\"><!ENTITY y \"&x;&x;\">]><a>&y;</a>";
        let external = "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>";
        let deep = "<a>".repeat(DEPTH_MAX + 1);
        let cases = [
            bomb,
            external,
            &deep,
            "<a>&x;</a>",
            "<a><b></a></b>",
            "<a>",
            "",
            "x",
            "<a/><b/>",
            "<a b=1/>",
            "<a b='1' b='2'/>",
            "<a>\u{1}</a>",
            "<a>&#0;</a>",
            "<a>&#x1;</a>",
            "<a/>x",
            "</a>",
        ];
        for case in cases {
            assert!(parse(case).is_err(), "{:.40}", case);
        }
        assert_eq!(parse("<a>\n\n<b>\n</c></a>").unwrap_err().line, 4);
    }
}
