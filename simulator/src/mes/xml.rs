//! XML as a tree by local names: what a MES needs to read a message.

use quick_xml::{Reader, events::Event};

/// Deepest nesting of a message.
const DEPTH_MAX: usize = 64;

/// An element.
#[derive(Clone, Debug, Default)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) children: Vec<Element>,
}

impl Element {
    /// The first element along a path of names.
    pub(super) fn at(&self, path: &[&str]) -> Option<&Element> {
        path.iter().try_fold(self, |element, name| element.children.iter().find(|child| child.name == *name))
    }

    /// The text at the end of a path; none when it is empty.
    pub(super) fn text_at(&self, path: &[&str]) -> Option<&str> {
        self.at(path).map(|element| element.text.trim()).filter(|text| !text.is_empty())
    }

    /// All elements of a name.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }
}

/// Reads a document.
pub(super) fn parse(text: &str) -> Result<Element, String> {
    let mut reader = Reader::from_str(text);
    let mut open = vec![Element::default()];
    loop {
        match reader.read_event().map_err(|problem| problem.to_string())? {
            Event::Start(start) => {
                if open.len() > DEPTH_MAX {
                    return Err("nested too deeply".to_owned());
                }
                open.push(Element { name: start.local_name().as_ref().to_owned(), ..Element::default() });
            }
            Event::Empty(start) => {
                let element = Element { name: start.local_name().as_ref().to_owned(), ..Element::default() };
                innermost(&mut open)?.children.push(element);
            }
            Event::End(_) => {
                let closed = open.pop().ok_or("an element ends that did not begin")?;
                innermost(&mut open)?.children.push(closed);
            }
            Event::Text(text) => innermost(&mut open)?.text.push_str(&text.xml10_content()),
            Event::CData(text) => innermost(&mut open)?.text.push_str(&text.xml10_content()),
            Event::GeneralRef(reference) => {
                let character = reference.resolve_char_ref().map_err(|problem| problem.to_string())?;
                let resolved = match character {
                    Some(character) => character.to_string(),
                    None => quick_xml::escape::resolve_xml_entity(&reference.into_inner())
                        .ok_or("an unknown entity")?
                        .to_owned(),
                };
                innermost(&mut open)?.text.push_str(&resolved);
            }
            Event::DocType(_) => return Err("a document type definition is not accepted".to_owned()),
            Event::Comment(_) | Event::PI(_) | Event::Decl(_) => {}
            Event::Eof => break,
        }
    }
    match (open.len(), open.pop().and_then(|mut outside| outside.children.pop())) {
        (1, Some(root)) => Ok(root),
        _ => Err("the document is not complete".to_owned()),
    }
}

fn innermost(open: &mut [Element]) -> Result<&mut Element, String> {
    open.last_mut().ok_or_else(|| "an element ends that did not begin".to_owned())
}
